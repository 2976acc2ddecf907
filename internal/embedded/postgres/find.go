package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// oldest is the first major version with every feature that we use.
const oldest = 15

// binaries is a folder with Postgres programs that run on this machine.
type binaries struct {
	dir     string
	version string // "17.10"
}

func (b binaries) path(program string) string { return filepath.Join(b.dir, program) }

func (b binaries) major() int {
	n, _ := strconv.Atoi(strings.SplitN(b.version, ".", 2)[0])
	return n
}

// choose returns the first Postgres that can read data of the given major
// version (0: no data yet), and the user that it can run as in dir. If the
// machine has none, it is downloaded.
func choose(ctx context.Context, dir string, major int, log *slog.Logger) (binaries, identity, error) {
	// Every reason is kept, for the user whose own Postgres was passed over.
	var refused []error
	for _, bin := range candidates() {
		b, as, err := try(ctx, bin, dir, major)
		if err == nil {
			return b, as, nil
		}
		refused = append(refused, err)
	}
	// Data of another major version cannot be read by the download, which would only
	// take minutes to fail.
	if major == 0 || major == fetchedMajor {
		bin, err := fetch(ctx, log)
		if err == nil {
			var b binaries
			var as identity
			if b, as, err = try(ctx, bin, dir, major); err == nil {
				return b, as, nil
			}
		}
		refused = append(refused, err)
	}
	want := fmt.Sprintf("%d or newer", oldest)
	if major != 0 {
		want = fmt.Sprintf("%d, which wrote %s,", major, dir)
	}
	return binaries{}, identity{}, fmt.Errorf(
		"no usable Postgres %s was found; install it, set POSTGRES_BIN to its bin folder, or give the URL of a running server: %w",
		want, errors.Join(refused...))
}

// candidates lists the folders with Postgres programs, in order of preference.
func candidates() []string {
	// Whoever names a folder means that one: no other of this machine is tried.
	if dir := os.Getenv("POSTGRES_BIN"); dir != "" {
		return []string{dir}
	}
	var dirs []string
	if p, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", // Debian, Ubuntu
		"/usr/pgsql-*/bin",          // Red Hat packages of postgresql.org
		"/usr/libexec/postgresql*",  // Alpine
		"/usr/local/pgsql/bin",      // built from source
		"/opt/homebrew/opt/postgresql@*/bin",
		"/usr/local/opt/postgresql@*/bin",
		"/opt/local/lib/postgresql*/bin", // MacPorts
		"/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
		dirs = append(dirs, found...)
	}
	return slices.DeleteFunc(dirs, func(dir string) bool {
		for _, p := range []string{"postgres", "initdb"} {
			if st, err := os.Stat(filepath.Join(dir, p)); err != nil || st.Mode()&0o111 == 0 {
				return true
			}
		}
		return false
	})
}

var digits = regexp.MustCompile(`[0-9]+`)

// number returns the first number in a path, which is its version.
func number(path string) int {
	n, _ := strconv.Atoi(digits.FindString(path))
	return n
}

// try checks whether the programs in bin run and have a usable version.
func try(ctx context.Context, bin, dir string, major int) (binaries, identity, error) {
	bin, err := filepath.Abs(bin)
	if err != nil {
		return binaries{}, identity{}, err
	}
	// Postgres finds its libraries and shared files from the place of its program, and
	// a symbolic link in PATH leads it astray.
	if real, err := filepath.EvalSymlinks(filepath.Join(bin, "postgres")); err == nil {
		bin = filepath.Dir(real)
	}
	var refused []error
	// Several users, since the first may not reach the folders: a data folder in
	// root's home is closed to the user postgres.
	for _, as := range identities() {
		b, err := probe(ctx, bin, dir, as)
		if err != nil {
			refused = append(refused, err)
			continue
		}
		if b.major() < oldest || major != 0 && b.major() != major {
			return b, as, fmt.Errorf("%s is Postgres %s", bin, b.version)
		}
		return b, as, nil
	}
	return binaries{}, identity{}, errors.Join(refused...)
}

// probe runs `postgres --version` as the user that would run the server.
func probe(ctx context.Context, bin, dir string, as identity) (binaries, error) {
	if err := as.enter(dir, bin); err != nil {
		return binaries{}, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version")
	cmd.SysProcAttr = as.attr()
	cmd.Env = environment()
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return binaries{}, fmt.Errorf("run %s%s: %w %s", cmd.Path, as.suffix(), err, tail(out))
	}
	words := strings.Fields(string(out)) // postgres (PostgreSQL) 15.18 (Debian …)
	if len(words) < 3 {
		return binaries{}, fmt.Errorf("%s --version printed %q", cmd.Path, tail(out))
	}
	return binaries{dir: bin, version: words[2]}, nil
}

// environment is that of Postgres programs: without PG… variables and languages
// of ours, which would change what they do and print.
func environment() []string {
	env := []string{"LC_ALL=C"}
	for _, name := range []string{"PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// tail returns the end of a program's output, which has the reason of a failure.
func tail(out []byte) string {
	const most = 1000
	if len(out) > most {
		out = out[len(out)-most:]
	}
	return strings.TrimSpace(string(out))
}
