package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const superuser = "postgres"

// access is the whole pg_hba.conf: loopback only, with the password.
const access = "host all all 127.0.0.1/32 scram-sha-256\n"

// create initialises the cluster unless there is one, and reports whether it did.
//
// It is written under a temporary name without fsync, then synced as a whole
// and renamed: an interrupted initialisation leaves no cluster, and the first
// start takes one second instead of five.
func (c *Cluster) create(ctx context.Context, cfg Config) (bool, error) {
	// PG_VERSION is in the folder only if it was renamed into place as a whole.
	if dataMajor(c.data()) != 0 {
		var err error
		if c.password, err = readPassword(c.dir); err != nil {
			return false, err
		}
		return false, c.as.own(c.data())
	}
	started := time.Now()
	// What an interrupted initialisation left is removed. The lock on the data folder
	// is held, so no other process writes it.
	tmp := c.data() + ".init"
	for _, old := range []string{tmp, c.data()} {
		if err := os.RemoveAll(old); err != nil {
			return false, fmt.Errorf("remove an incomplete cluster: %w", err)
		}
	}
	if err := c.initdb(ctx, tmp); err != nil {
		return false, err
	}
	if err := c.populate(ctx, tmp, cfg.Databases); err != nil {
		return false, err
	}
	// The order matters for a power loss: first the files, then the name that makes
	// them the cluster.
	if !cfg.Ephemeral {
		if err := syncFiles(tmp); err != nil {
			return false, fmt.Errorf("write the cluster to disk: %w", err)
		}
	}
	if err := os.Rename(tmp, c.data()); err != nil {
		return false, err
	}
	c.log.InfoContext(ctx, "created a Postgres cluster", "dir", c.dir, "version", c.server.version, "took", time.Since(started).Round(time.Millisecond).String())
	return true, nil
}

// initdb creates the folder, changes its owner to the user of the server, and
// initialises it.
func (c *Cluster) initdb(ctx context.Context, tmp string) error {
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	if err := c.as.own(tmp); err != nil {
		return err
	}
	// --auth=trust is for the single-user mode of populate only: the server never
	// listens with it, since pg_hba.conf is replaced below.
	args := []string{"-D", tmp, "-U", superuser, "-E", "UTF8", "--auth=trust", "--no-sync", "--no-instructions"}
	// Text sorts by code point everywhere: an order that depends on the machine's C
	// library would corrupt indexes when the folder moves to another one. Upper and
	// lower case follow Unicode.
	switch {
	case c.server.major() >= 17:
		args = append(args, "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
	case runtime.GOOS == "linux":
		args = append(args, "--locale=C.UTF-8")
	default:
		args = append(args, "--locale=en_US.UTF-8", "--lc-collate=C")
	}
	if out, err := c.command(ctx, "initdb", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, tail(out))
	}
	return os.WriteFile(filepath.Join(tmp, "pg_hba.conf"), []byte(access), 0o600)
}

// populate sets the password and creates databases in single-user mode, before
// the server listens.
func (c *Cluster) populate(ctx context.Context, data string, databases []string) error {
	// The password is written before the cluster has it: a crash in between leaves a
	// file that belongs to no cluster, and the next start makes both anew.
	c.password = rand.Text()
	if err := os.WriteFile(filepath.Join(c.dir, "password"), []byte(c.password+"\n"), 0o600); err != nil {
		return err
	}
	var script strings.Builder
	fmt.Fprintf(&script, "ALTER ROLE %s PASSWORD '%s'\n", superuser, c.password)
	created := map[string]bool{superuser: true}
	for _, name := range databases {
		// Single-user mode ends a statement at the end of its line.
		if strings.ContainsAny(name, "\n\x00") {
			return fmt.Errorf("invalid database name %q", name)
		}
		if created[name] {
			continue
		}
		created[name] = true
		fmt.Fprintf(&script, "CREATE DATABASE %s STRATEGY file_copy\n", pgx.Identifier{name}.Sanitize())
	}
	cmd := c.command(ctx, "postgres", "--single", "-F", "-D", data,
		"-c", "log_checkpoints=off", "-c", "dynamic_shared_memory_type=mmap", superuser)
	cmd.Stdin = strings.NewReader(script.String())
	// Single-user mode exits with 0 also after a statement has failed.
	out, err := cmd.CombinedOutput()
	if err == nil && (bytes.Contains(out, []byte("ERROR:")) || bytes.Contains(out, []byte("FATAL:"))) {
		err = errors.New("a statement was refused")
	}
	if err != nil {
		return fmt.Errorf("create databases: %w: %s", err, strings.ReplaceAll(tail(out), c.password, "…"))
	}
	return nil
}

// command runs one of the server's programs as the user of the server.
func (c *Cluster) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.server.path(program), args...)
	cmd.SysProcAttr = c.as.attr()
	cmd.Env = environment()
	cmd.Dir = c.dir
	return cmd
}

func readPassword(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, "password"))
	if err != nil {
		return "", fmt.Errorf("read the cluster's password: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
