//go:build unix

package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/embedded/postgres"
)

// TestMain also is the process to be killed: with PG_HELPER_DIR set, the test
// binary runs a cluster there and waits.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PG_HELPER_DIR"); dir != "" {
		runHelper(dir)
	}
	os.Exit(m.Run())
}

func runHelper(dir string) {
	c, err := postgres.Start(context.Background(), postgres.Config{Dir: dir, Databases: []string{"shop"}})
	if err != nil {
		fmt.Println("ERROR", err)
		os.Exit(1)
	}
	fmt.Println("READY", c.Pid(), c.URL("shop"))
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := c.Stop(); err != nil {
		fmt.Println("ERROR", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func TestFirstStartIsQuickAndHasTheDatabases(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	began := time.Now()
	c := start(t, postgres.Config{Dir: dir, Databases: []string{"user", "product", "cart", "order", "payment"}})
	t.Logf("cold start: %s (%s)", time.Since(began), c)

	for _, name := range []string{"user", "product", "cart", "order", "payment"} {
		if got := queryText(t, c.URL(name), "SELECT current_database()"); got != name {
			t.Errorf("connected to %q, want %q", got, name)
		}
	}
	if got := queryText(t, c.URL("user"), "SHOW fsync"); got != "on" {
		t.Errorf("fsync is %s, want on: commits must survive a power cut", got)
	}
	if got := queryText(t, c.URL("user"), "SELECT lower('ÀÉ') || upper('ß')"); got != "àéß" && got != "àéSS" {
		t.Errorf("letters with accents are not folded: %q", got)
	}
}

func TestCommitsSurviveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := start(t, postgres.Config{Dir: dir, Databases: []string{"shop"}})
	run(t, c.URL("shop"), "CREATE TABLE mugs AS SELECT 'blue' AS colour")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := c.Stop(); err != nil {
		t.Errorf("the second Stop fails: %v", err)
	}
	began := time.Now()
	c = start(t, postgres.Config{Dir: dir, Databases: []string{"shop", "later"}})
	t.Logf("warm start with one new database: %s", time.Since(began))
	if got := queryText(t, c.URL("shop"), "SELECT colour FROM mugs"); got != "blue" {
		t.Errorf("colour = %q, want blue", got)
	}
	if got := queryText(t, c.URL("later"), "SELECT current_database()"); got != "later" {
		t.Errorf("connected to %q, want later", got)
	}
	if err := c.CreateDatabases(t.Context(), "later", "odd \"name\"", "odd \"name\""); err != nil {
		t.Errorf("creating databases that exist: %v", err)
	}
}

func TestPasswordIsRequired(t *testing.T) {
	t.Parallel()
	c := start(t, postgres.Config{Dir: t.TempDir()})
	url := fmt.Sprintf("postgres://postgres:guess@127.0.0.1:%d/postgres?sslmode=disable", c.Port())
	if conn, err := pgx.Connect(t.Context(), url); err == nil {
		_ = conn.Close(t.Context())
		t.Error("a client with a wrong password was let in")
	}
}

func TestASecondInstanceIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, postgres.Config{Dir: dir})
	_, err := postgres.Start(t.Context(), postgres.Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "in use by another instance") {
		t.Errorf("second start on the same folder: %v, want a refusal", err)
	}
	if got := queryText(t, first.URL("postgres"), "SELECT 'well'"); got != "well" {
		t.Errorf("the first copy is not well: %q", got)
	}
}

func TestEphemeralStartsEmpty(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := start(t, postgres.Config{Dir: dir, Ephemeral: true, Databases: []string{"shop"}})
	run(t, c.URL("shop"), "CREATE TABLE mugs ()")
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	c = start(t, postgres.Config{Dir: dir, Ephemeral: true, Databases: []string{"shop"}})
	if got := queryText(t, c.URL("shop"), "SELECT coalesce(to_regclass('mugs')::text, 'none')"); got != "none" {
		t.Errorf("table %s is still there", got)
	}
}

func TestAnIncompleteClusterIsCreatedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, junk := range []string{"pgdata.init", "pgdata"} {
		if err := os.MkdirAll(filepath.Join(dir, junk, "base"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	c := start(t, postgres.Config{Dir: dir})
	if got := queryText(t, c.URL("postgres"), "SELECT 'well'"); got != "well" {
		t.Error(got)
	}
}

func TestADetachedClusterIsAttached(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := postgres.Attach(dir); err == nil {
		t.Error("found a cluster where there is none")
	}
	c := start(t, postgres.Config{Dir: dir, Ephemeral: true, Detached: true})
	again, err := postgres.Attach(dir)
	if err != nil {
		t.Fatal(err)
	}
	if c.URL("postgres") != again.URL("postgres") {
		t.Errorf("attached to %s, want %s", again, c)
	}
	if err := again.Stop(); err != nil {
		t.Fatal(err)
	}
	await(t, c.Done())
	if _, err := postgres.Attach(dir); err == nil {
		t.Error("found a cluster that was stopped")
	}
}

// A parent killed without warning leaves no server behind, loses nothing that
// was committed, and does not hinder the next start.
func TestTheServerStopsWithItsKilledParent(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	pid, url, kill := helper(t, dir)
	run(t, url, "CREATE TABLE orders AS SELECT 7 AS number")
	kill()

	c := start(t, postgres.Config{Dir: dir, Databases: []string{"shop"}})
	if err := syscall.Kill(pid, 0); err == nil && c.Pid() != pid && isPostgres(pid) {
		t.Errorf("the old server %d still runs", pid)
	}
	if got := queryText(t, c.URL("shop"), "SELECT number::text FROM orders"); got != "7" {
		t.Errorf("order number = %q, want 7", got)
	}
}

func TestAnOrphanedServerExits(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("only Linux signals a child when its parent exits")
	}
	pid, _, kill := helper(t, t.TempDir())
	kill()
	deadline := time.Now().Add(20 * time.Second)
	for isPostgres(pid) {
		if time.Now().After(deadline) {
			t.Fatalf("server %d still runs", pid)
		}
		time.Sleep(10 * time.Millisecond) // nothing to wait on: it is not our child
	}
}

// The postmaster killed, but not its parent: the next start recovers.
func TestServerKilledRecovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := start(t, postgres.Config{Dir: dir})
	run(t, c.URL("postgres"), "CREATE TABLE orders AS SELECT 7 AS number")
	if err := syscall.Kill(c.Pid(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, c.Done())
	_ = c.Stop()
	c = start(t, postgres.Config{Dir: dir})
	if got := queryText(t, c.URL("postgres"), "SELECT number::text FROM orders"); got != "7" {
		t.Errorf("order number = %q, want 7", got)
	}
}

func TestStartErrorsNameTheirCause(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := t.TempDir()
	if err := os.MkdirAll(filepath.Join(foreign, "pgdata"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(foreign, "pgdata", "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		cfg  postgres.Config
		want string
	}{
		"no folder":                {postgres.Config{}, "no folder was given"},
		"a file":                   {postgres.Config{Dir: file}, "not a directory"},
		"another version's folder": {postgres.Config{Dir: foreign}, "Postgres 9, which wrote"},
		"a database's bad name":    {postgres.Config{Dir: t.TempDir(), Databases: []string{"a\nb"}}, "invalid database name"},
	} {
		_, err := postgres.Start(t.Context(), tc.cfg)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, tc.want)
		}
	}
}

// A folder that only root can enter still works for root: in a namespace.
func TestRootMayUseItsOwnFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("an ordinary user runs Postgres as itself")
	}
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	c, err := postgres.Start(t.Context(), postgres.Config{Dir: filepath.Join(closed, "pg")})
	if err != nil {
		if strings.Contains(err.Error(), "cannot enter") {
			t.Logf("no user namespaces here; refused clearly: %v", err)
			return
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop() })
	if got := queryText(t, c.URL("postgres"), "SELECT 'well'"); got != "well" {
		t.Error(got)
	}
	if !strings.Contains(c.String(), "namespace") {
		t.Errorf("%s, want it in a namespace", c)
	}
}

func helper(t *testing.T, dir string) (pid int, url string, kill func()) {
	t.Helper()
	open(t, dir)
	cmd := exec.Command(os.Args[0]) //nolint:noctx // killed below
	cmd.Env = append(os.Environ(), "PG_HELPER_DIR="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) != 3 || words[0] != "READY" {
		t.Fatalf("the helper printed %q, %v", line, err)
	}
	if pid, err = strconv.Atoi(words[1]); err != nil {
		t.Fatal(err)
	}
	return pid, words[2], kill
}

func start(t *testing.T, cfg postgres.Config) *postgres.Cluster {
	t.Helper()
	open(t, cfg.Dir)
	c, err := postgres.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// open lets the user that Postgres runs as into a test's folder, which the
// testing package closes to all but its owner.
func open(t *testing.T, dir string) {
	t.Helper()
	for ; strings.HasPrefix(dir, os.TempDir()+"/"); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil && !errors.Is(err, fs.ErrPermission) {
			t.Fatal(err)
		}
	}
}

func isPostgres(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), "(postgres) ") && !strings.Contains(string(b), ") Z ")
}

func await(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the server has not ended after 20 s")
	}
}

func run(t *testing.T, url, sql string) {
	t.Helper()
	conn := connect(t, url)
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func queryText(t *testing.T, url, sql string) string {
	t.Helper()
	var answer string
	if err := connect(t, url).QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}
