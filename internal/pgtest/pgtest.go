// Package pgtest gives every test a migrated Postgres database of its own.
//
// A database is a clone of a template that is named after the hash of its
// migrations. Cloning takes some milliseconds, so tests need not share a
// database, may commit, and run in parallel. The server is the one at TEST_POSTGRES (the URL of a superuser
// on it), or else a throw-away cluster that all test programs of a user share
// and that stops by itself when no test has used it for a while.
//
// Without a Postgres tests fail: they are skipped only under -short.
package pgtest

import (
	"context"
	"fmt"
	"io/fs"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// conns is how many connections a test's pool holds at most.
const conns = 8

// cleanupLimit is how long the end of a test waits for its connections.
const cleanupLimit = 30 * time.Second

// New returns a pool on a new database with the tables that all services
// share and those of the migrations. The database is dropped when the test
// ends.
func New(t testing.TB, migrations ...fs.FS) *pgxpool.Pool {
	t.Helper()
	return pool(t, URL(t, migrations...), nil)
}

// NewCounted is New with a count of the statements that the pool sends.
func NewCounted(t testing.TB, migrations ...fs.FS) (*pgxpool.Pool, *Statements) {
	t.Helper()
	counter := &Statements{}
	return pool(t, URL(t, migrations...), counter), counter
}

// URL returns the connection string of a new database as New makes it.
func URL(t testing.TB, migrations ...fs.FS) string {
	t.Helper()
	tmpl, err := templateOf(migrations)
	if err != nil {
		t.Fatalf("read migrations: %v", err)
	}
	return database(t, tmpl)
}

// Blank returns the connection string of a new database without tables.
func Blank(t testing.TB) string {
	t.Helper()
	return database(t, template{name: "template0"})
}

// database makes a clone of the template, and drops it when the test ends.
func database(t testing.TB, tmpl template) string {
	t.Helper()
	if testing.Short() {
		t.Skip("needs Postgres, which -short leaves out")
	}
	ctx := context.Background()
	s, err := acquire(ctx)
	if err != nil {
		t.Fatalf("start Postgres for tests: %v", err)
	}
	name, err := s.clone(ctx, tmpl)
	if err != nil {
		t.Fatalf("make a database for the test: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(ctx, cleanupLimit)
		defer cancel()
		if err := s.drop(ctx, name); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return s.url(name)
}

func pool(t testing.TB, url string, tracer pgx.QueryTracer) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatalf("database address: %v", err)
	}
	cfg.MaxConns = conns
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	if tracer != nil {
		cfg.ConnConfig.Tracer = tracer
	}
	p, err := pgxpool.NewWithConfig(context.Background(), cfg)
	if err != nil {
		t.Fatalf("open the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := closePool(p); err != nil {
			t.Error(err)
		}
	})
	return p
}

// closePool waits a limited time for the connections that are in use.
func closePool(p *pgxpool.Pool) error {
	closed := make(chan struct{})
	go func() { p.Close(); close(closed) }()
	select {
	case <-closed:
		return nil
	case <-time.After(cleanupLimit):
		return fmt.Errorf("%d connections were not released to the pool", p.Stat().AcquiredConns())
	}
}
