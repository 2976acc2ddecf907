package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"

	"cartograph/internal/embedded/postgres"
)

const (
	idleLimit   = 5 * time.Minute // the cluster stops when unused for so long
	maxConns    = 500
	attachLimit = 20 * time.Second // for a cluster that is just stopping
	poll        = 20 * time.Millisecond
)

// clusterDir is where the shared cluster of this user lives.
func clusterDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("cartograph-test-%d", os.Getuid()))
}

// shared returns the throw-away cluster in dir, which it starts unless another
// test program has. It belongs to none of them: it goes on when the one that
// started it ends, and ends when none has been there for as long as idle.
func shared(ctx context.Context, dir string, idle time.Duration) (*server, error) {
	unlock, err := lock(dir + ".lock")
	if err != nil {
		return nil, fmt.Errorf("wait for the turn to start Postgres: %w", err)
	}
	defer unlock()
	if s, err := attach(ctx, dir); s != nil || err != nil {
		return s, err
	}
	if err := ours(dir); err != nil {
		return nil, err
	}
	c, err := postgres.Start(ctx, postgres.Config{Dir: dir, Ephemeral: true, Detached: true, MaxConnections: maxConns})
	if err != nil {
		return nil, err
	}
	if err := stopWhenIdle(ctx, c.URL("postgres"), idle); err != nil {
		return nil, errors.Join(fmt.Errorf("set the cluster's end: %w", err), c.Stop())
	}
	return open(ctx, c.URL("postgres"))
}

// attach returns the running cluster, or nil if there is none. One that is
// just stopping is waited for.
func attach(ctx context.Context, dir string) (*server, error) {
	deadline := time.Now().Add(attachLimit)
	for {
		c, err := postgres.Attach(dir)
		if err != nil {
			return nil, nil //nolint:nilerr // none runs
		}
		s, err := open(ctx, c.URL("postgres"))
		if err == nil {
			return s, nil
		}
		if time.Now().After(deadline) {
			return nil, err
		}
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// watch runs inside the cluster for all its life, in a session whose client
// has gone. It takes the exclusive side of the lock that users share: while it
// holds it nobody is there, and nobody can come between the look and the end.
const watch = `
DO $$
DECLARE
	idle_since timestamptz := clock_timestamp();
BEGIN
	LOOP
		COMMIT; -- or vacuum would spare all that is deleted from now on
		PERFORM pg_sleep(least(2, %[1]f / 4));
		IF NOT pg_try_advisory_lock(%[2]d, 0) THEN
			idle_since := clock_timestamp();
		ELSIF clock_timestamp() - idle_since < make_interval(secs => %[1]f) THEN
			PERFORM pg_advisory_unlock(%[2]d, 0);
		ELSE
			COPY (SELECT) TO PROGRAM 'cat >/dev/null; kill -INT "$(head -n 1 postmaster.pid)"';
			PERFORM pg_sleep(60);
		END IF;
	END LOOP;
END $$`

// stopWhenIdle starts that session and leaves it to itself.
func stopWhenIdle(ctx context.Context, url string, idle time.Duration) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	front := conn.PgConn().Frontend()
	front.Send(&pgproto3.Query{String: fmt.Sprintf(watch, idle.Seconds(), useClass)})
	if err := front.Flush(); err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	pid := conn.PgConn().PID()
	started := awaitActive(ctx, url, pid)
	hijacked, err := conn.PgConn().Hijack()
	if err != nil {
		return err
	}
	return errors.Join(started, hijacked.Conn.Close())
}

// awaitActive returns when the session executes something.
func awaitActive(ctx context.Context, url string, pid uint32) error {
	ctx, cancel := context.WithTimeout(ctx, attachLimit)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	for {
		var active bool
		err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep')", pid).Scan(&active)
		if err != nil || active {
			return err
		}
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
