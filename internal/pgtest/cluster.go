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

	"cartograph/internal/embedded/filelock"
	"cartograph/internal/embedded/postgres"
)

const (
	idleLimit   = 5 * time.Minute // the cluster stops when unused for so long
	maxConns    = 500
	attachLimit = 20 * time.Second // for a cluster that is just stopping
	poll        = 20 * time.Millisecond
)

// clusterDir is the directory of the cluster that all test programs of this user
// share.
func clusterDir() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("cartograph-test-%d", os.Getuid()))
}

// shared returns the temporary cluster in dir, and starts it unless another test
// program has. It outlives the program that started it, and stops when no
// program has used it for as long as idle.
func shared(ctx context.Context, dir string, idle time.Duration) (*server, error) {
	unlock, err := filelock.Wait(dir + ".lock")
	if err != nil {
		return nil, fmt.Errorf("lock the start of Postgres (or set TEST_POSTGRES): %w", err)
	}
	defer unlock()
	s, err := attach(ctx, dir)
	if err != nil {
		return nil, err
	}
	if s == nil {
		if s, err = launch(ctx, dir); err != nil {
			return nil, err
		}
	}
	// From here on the lease of this program keeps the cluster running, however
	// short the limit.
	if err := s.stopWhenIdle(ctx, idle); err != nil {
		return nil, fmt.Errorf("start the idle check of the cluster: %w", err)
	}
	return s, nil
}

func launch(ctx context.Context, dir string) (*server, error) {
	if err := checkOwner(dir); err != nil {
		return nil, err
	}
	c, err := postgres.Start(ctx, postgres.Config{Dir: dir, Ephemeral: true, Detached: true, MaxConnections: maxConns})
	if err != nil {
		return nil, err
	}
	return open(ctx, c.URL("postgres"))
}

// attach returns the running cluster, or nil if there is none. It waits for one
// that is stopping.
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

// watch runs inside the cluster until it stops, in a session whose client has
// disconnected. It takes exclusively the lock that test programs share: while it
// holds the lock there is no program, and none can begin between the check and
// the stop.
const watch = `
DO $$
DECLARE
	idle_since timestamptz := clock_timestamp();
BEGIN
	LOOP
		COMMIT; -- a long transaction would keep vacuum from removing dead rows
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

// watchName is the application name of that session.
const watchName = "stops the cluster when idle"

// stopWhenIdle starts that session, unless there is one, and closes its client.
func (s *server) stopWhenIdle(ctx context.Context, idle time.Duration) error {
	if watched, err := s.watched(ctx); err != nil || watched {
		return err
	}
	cfg, err := pgx.ParseConfig(s.url("postgres"))
	if err != nil {
		return err
	}
	cfg.RuntimeParams["application_name"] = watchName
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	front := conn.PgConn().Frontend()
	front.Send(&pgproto3.Query{String: fmt.Sprintf(watch, idle.Seconds(), useClass)})
	if err := front.Flush(); err != nil {
		return errors.Join(err, conn.Close(ctx))
	}
	begun := s.awaitWatched(ctx)
	hijacked, err := conn.PgConn().Hijack()
	if err != nil {
		return errors.Join(begun, err)
	}
	return errors.Join(begun, hijacked.Conn.Close())
}

// watched reports whether the session runs.
func (s *server) watched(ctx context.Context) (yes bool, err error) {
	err = s.lease.QueryRow(ctx,
		"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = $1 AND state = 'active')", watchName).Scan(&yes)
	return yes, err
}

func (s *server) awaitWatched(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, attachLimit)
	defer cancel()
	for {
		if watched, err := s.watched(ctx); err != nil || watched {
			return err
		}
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
