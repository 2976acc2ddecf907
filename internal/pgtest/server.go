package pgtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	testPrefix = "test_db_"
	// Advisory locks in the database "postgres": (runClass, run) is held by a
	// test program while it runs, so that the others drop only databases of
	// programs that ended; (useClass, 0) is shared by all of them, so that the
	// cluster stops only when there is none.
	runClass = 727_001
	useClass = 727_002
)

// server is the Postgres that this test program uses.
type server struct {
	base   *url.URL
	admin  *pgxpool.Pool
	lease  *pgx.Conn // holds the locks above, until the program ends
	run    string    // part of the names of this program's databases
	clones atomic.Int64
}

// current is the server that all tests of this program share. It is a global
// because the lease belongs to the process.
var current struct {
	sync.Mutex
	server *server
}

// acquire returns the server, and starts it if none runs.
func acquire(ctx context.Context) (*server, error) {
	current.Lock()
	defer current.Unlock()
	if s := current.server; s != nil {
		if err := s.lease.Ping(ctx); err == nil {
			return s, nil
		}
		go s.admin.Close() // waits for tests that still use it
		current.server = nil
	}
	s, err := find(ctx)
	if err != nil {
		return nil, err
	}
	current.server = s
	return s, nil
}

func find(ctx context.Context) (*server, error) {
	if base := os.Getenv("TEST_POSTGRES"); base != "" {
		s, err := open(ctx, base)
		if err != nil {
			return nil, fmt.Errorf("TEST_POSTGRES: %w", err)
		}
		return s, nil
	}
	return shared(ctx, clusterDir(), idleLimit)
}

// open connects to a server and takes the lease on it.
func open(ctx context.Context, base string) (*server, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	u, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	run := rand.Int32N(1<<31 - 1)
	s := &server{base: u, run: strconv.Itoa(int(run))}
	if s.lease, err = pgx.Connect(ctx, s.url("postgres")); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, run); err != nil {
		_ = s.lease.Close(ctx)
		return nil, err
	}
	return s, nil
}

// begin takes the locks, removes what killed programs left and opens the pool
// that databases are created with.
func (s *server) begin(ctx context.Context, run int32) error {
	_, err := s.lease.Exec(ctx, "SELECT pg_advisory_lock_shared($1::int, 0), pg_advisory_lock($2::int, $3::int)", useClass, runClass, run)
	if err != nil {
		return err
	}
	cfg, err := pgxpool.ParseConfig(s.url("postgres"))
	if err != nil {
		return err
	}
	cfg.MaxConns = 4
	if s.admin, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), cfg); err != nil {
		return err
	}
	if err := s.cleanUp(ctx, s.lease); err != nil {
		s.admin.Close()
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}

// url returns the connection string of a database on the server.
func (s *server) url(database string) string {
	u := *s.base
	u.Path = "/" + database
	return u.String()
}
