package pgtest_test

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/pgtest"
)

func mugs() fs.FS {
	return fstest.MapFS{"00001_mugs.sql": {Data: []byte("-- +goose Up\nCREATE TABLE mugs (colour text PRIMARY KEY);\n")}}
}

func cups() fs.FS {
	return fstest.MapFS{"00001_cups.sql": {Data: []byte("-- +goose Up\nCREATE TABLE cups (colour text PRIMARY KEY);\n")}}
}

func TestEveryTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	for i := range 6 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t, mugs())
			if _, err := pool.Exec(t.Context(), "INSERT INTO mugs VALUES ('blue')"); err != nil {
				t.Errorf("another test's row is in the way: %v", err)
			}
		})
	}
}

func TestSharedTablesAreThere(t *testing.T) {
	t.Parallel()
	for name, sets := range map[string][]fs.FS{
		"no migrations":    nil,
		"an empty set":     {fstest.MapFS{}},
		"one set":          {mugs()},
		"two sets":         {mugs(), cups()},
		"an empty one too": {fstest.MapFS{}, cups()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t, sets...)
			var n int
			if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM outbox").Scan(&n); err != nil {
				t.Error(err)
			}
		})
	}
	pool := pgtest.New(t, mugs(), cups())
	if _, err := pool.Exec(t.Context(), "SELECT FROM mugs, cups"); err != nil {
		t.Error(err)
	}
}

func TestBlankIsBlank(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), pgtest.Blank(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("%d tables, want 0", n)
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	var name string
	t.Run("a test", func(t *testing.T) {
		name = pgtest.New(t).Config().ConnConfig.Database
	})
	var n int
	if err := pgtest.New(t).QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = $1", name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("database %s is still there", name)
	}
}

func TestStatementsAreCounted(t *testing.T) {
	t.Parallel()
	pool, counter := pgtest.NewCounted(t, mugs())
	ctx := t.Context()
	if _, err := pool.Exec(ctx, "SELECT 1"); err != nil {
		t.Fatal(err)
	}
	counter.Reset()
	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue("INSERT INTO mugs VALUES ('red')")
		b.Queue("INSERT INTO mugs VALUES ('green')")
		if err := tx.SendBatch(ctx, b).Close(); err != nil {
			return err
		}
		_, err := tx.CopyFrom(ctx, pgx.Identifier{"mugs"}, []string{"colour"}, pgx.CopyFromRows([][]any{{"blue"}}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if counter.N() != 3 {
		t.Errorf("counted %d statements, want 3:\n%s", counter.N(), strings.Join(counter.SQL(), "\n"))
	}
	var wg sync.WaitGroup
	counter.Reset()
	for range 20 {
		wg.Go(func() {
			if _, err := pool.Exec(ctx, "SELECT colour FROM mugs"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if counter.N() != 20 {
		t.Errorf("counted %d statements, want 20", counter.N())
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		b.Run("", func(b *testing.B) { pgtest.New(b, mugs()) })
	}
}
