// Package postgres runs a private Postgres cluster for one process, so that
// nothing has to be installed or configured to try the whole system.
//
// The cluster listens on a free loopback port, requires a password that only
// the owner of its folder can read, and stops with the process that started it,
// also after SIGKILL. Commits are durable unless the cluster is ephemeral. A
// lock keeps a second process out of the folder.
//
// A start goes through: lock the folder, stop a server that outlived its
// process, choose binaries and a user, create the cluster if there is none,
// launch, create missing databases.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/embedded/filelock"
)

// Config describes the cluster to run.
type Config struct {
	// Dir has the cluster, its password and its log. It is created if missing.
	Dir string
	// Databases exist when Start returns. Those named at the very first start
	// cost a few milliseconds each, later ones about a quarter of a second.
	Databases []string
	// Log gets slow steps and failures; nil disables it.
	Log *slog.Logger
	// Ephemeral starts with an empty cluster every time and turns off fsync.
	Ephemeral bool
	// Detached lets the cluster outlive this process; Attach finds it again.
	Detached bool
	// MaxConnections is 200 if zero.
	MaxConnections int
}

// Cluster is a running Postgres.
type Cluster struct {
	dir      string
	port     int
	password string
	server   binaries
	as       identity
	log      *slog.Logger

	cmd    *exec.Cmd // nil when attached
	unlock func()    // releases the folder
	done   chan struct{}
	exit   error // of the server process; read after done

	stopping atomic.Bool
}

// Start creates the cluster if there is none yet and returns when it accepts
// connections.
func Start(ctx context.Context, cfg Config) (*Cluster, error) {
	c, err := start(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("start Postgres: %w", err)
	}
	return c, nil
}

func start(ctx context.Context, cfg Config) (_ *Cluster, err error) {
	c := &Cluster{log: cfg.Log, done: make(chan struct{}), unlock: func() {}}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.dir, err = makeDir(cfg.Dir); err != nil {
		return nil, err
	}
	if !cfg.Detached {
		if c.unlock, err = lockDir(c.dir); err != nil {
			return nil, err
		}
		defer func() {
			if err != nil {
				c.unlock()
			}
		}()
	}
	if err := stopLeftover(ctx, c.data(), c.log); err != nil {
		return nil, err
	}
	if cfg.Ephemeral {
		if err := os.RemoveAll(c.data()); err != nil {
			return nil, fmt.Errorf("remove the previous cluster: %w", err)
		}
	}
	if c.server, c.as, err = choose(ctx, c.dir, dataMajor(c.data()), c.log); err != nil {
		return nil, err
	}
	fresh, err := c.create(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := c.launch(ctx, cfg); err != nil {
		return nil, err
	}
	if !fresh {
		if err := c.CreateDatabases(ctx, cfg.Databases...); err != nil {
			return nil, errors.Join(err, c.Stop()) //nolint:contextcheck // also when ctx has ended
		}
	}
	return c, nil
}

// Attach returns the cluster that another process runs in dir.
func Attach(dir string) (*Cluster, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: dir, log: slog.New(slog.DiscardHandler), done: make(chan struct{})}
	pm, err := readPostmaster(c.data())
	if err != nil {
		return nil, fmt.Errorf("no Postgres runs in %s: %w", dir, err)
	}
	if !pm.ready || !pm.alive(c.data()) {
		return nil, fmt.Errorf("no Postgres runs in %s", dir)
	}
	c.port = pm.port
	c.password, err = readPassword(dir)
	return c, err
}

// URL returns the connection string for a database of the cluster.
func (c *Cluster) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, c.password),
		Host:     "127.0.0.1:" + strconv.Itoa(c.port),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// Port returns the loopback port that the cluster listens on.
func (c *Cluster) Port() int { return c.port }

// Pid returns the process id of the postmaster, 0 if the cluster was not
// started by this process.
func (c *Cluster) Pid() int {
	if c.cmd == nil {
		return 0
	}
	return c.cmd.Process.Pid
}

// Done is closed when Postgres has exited, for whatever reason.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// String is the version, the folder of the binaries and the address.
func (c *Cluster) String() string {
	if c.server.dir == "" {
		return fmt.Sprintf("Postgres on 127.0.0.1:%d", c.port)
	}
	s := fmt.Sprintf("Postgres %s (%s) on 127.0.0.1:%d", c.server.version, c.server.dir, c.port)
	if c.as.name != "" {
		s += " as " + c.as.name
	}
	return s
}

// CreateDatabases creates the databases that do not exist yet.
func (c *Cluster) CreateDatabases(ctx context.Context, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return fmt.Errorf("create databases: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database")
	if err != nil {
		return fmt.Errorf("create databases: %w", err)
	}
	exists := map[string]bool{}
	var name string
	if _, err := pgx.ForEachRow(rows, []any{&name}, func() error { exists[name] = true; return nil }); err != nil {
		return fmt.Errorf("create databases: %w", err)
	}
	for _, n := range names {
		if exists[n] {
			continue
		}
		exists[n] = true
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{n}.Sanitize()); err != nil {
			return fmt.Errorf("create database %s: %w", n, err)
		}
	}
	return nil
}

// How long Stop waits for a fast shutdown, which rolls back and flushes, and then
// for an immediate one, which leaves the rest to crash recovery.
const (
	fastShutdown      = 15 * time.Second
	immediateShutdown = 5 * time.Second
)

// Stop shuts the cluster down and returns when it has exited. Open transactions
// are rolled back. Further calls do nothing.
func (c *Cluster) Stop() error {
	if c.cmd == nil {
		return stopLeftover(context.Background(), c.data(), c.log)
	}
	defer c.unlock()
	c.stopping.Store(true)
	return c.shutdown()
}

// shutdown escalates from a fast shutdown to an immediate one to SIGKILL.
func (c *Cluster) shutdown() error {
	_ = c.cmd.Process.Signal(interrupt) // an error means that it has exited
	select {
	case <-c.done:
		return nil
	case <-time.After(fastShutdown):
	}
	_ = c.cmd.Process.Signal(quit)
	select {
	case <-c.done:
		return fmt.Errorf("stop Postgres: fast shutdown exceeded %s; it was aborted and recovers at the next start", fastShutdown)
	case <-time.After(immediateShutdown):
		_ = c.cmd.Process.Kill()
		<-c.done
		return errors.New("stop Postgres: immediate shutdown timed out; it was killed")
	}
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "pgdata") }

// makeDir creates the folder of the cluster and returns its real path. It is
// searchable by others, since Postgres may run as another user; the data in it
// is private.
func makeDir(dir string) (string, error) {
	if dir == "" {
		return "", errors.New("no folder was given")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// lockDir takes exclusive use of the folder among processes of this program.
func lockDir(dir string) (unlock func(), err error) {
	unlock, err = filelock.Try(filepath.Join(dir, "lock"))
	switch {
	case errors.Is(err, filelock.ErrHeld):
		return nil, fmt.Errorf("%s is in use by another instance of this program; stop it, or choose another data folder", dir)
	case errors.Is(err, errors.ErrUnsupported):
		return nil, errors.New("the embedded Postgres runs on Linux, macOS and BSD only; set the URL of a running server")
	default:
		return unlock, err
	}
}

// dataMajor returns the major version that wrote the cluster, 0 if there is
// no cluster.
func dataMajor(data string) int {
	b, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	return n
}
