package pg_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
)

// roundTrips counts how often a statement or a batch is sent and waited for.
type roundTrips struct {
	mu sync.Mutex
	n  int
}

func (e *roundTrips) add(ctx context.Context) context.Context {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.n++
	return ctx
}

func (e *roundTrips) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return e.add(ctx)
}
func (*roundTrips) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (e *roundTrips) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return e.add(ctx)
}
func (*roundTrips) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (*roundTrips) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// open returns a pool on a database with an empty table of mugs, opened as
// services do, and the count of its round trips.
func open(t *testing.T) (*pgxpool.Pool, *roundTrips) {
	t.Helper()
	var trips roundTrips
	pool, err := pg.Open(t.Context(), pgtest.URL(t, fstest.MapFS{}), &trips)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := pool.Exec(t.Context(), "CREATE TABLE mugs (id int PRIMARY KEY, colour text NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	trips.n = 0
	return pool, &trips
}

func mugs(t *testing.T, pool *pgxpool.Pool) []int {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT id FROM mugs ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

const addMug = "INSERT INTO mugs VALUES ($1, 'blue')"

// queueMug queues the statement that adds a mug.
func queueMug(tx pgx.Tx, id int) { pg.BatchOf(tx).Queue("add mug", addMug, id) }

func TestATransactionTakesFewRoundTrips(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		want int
		fn   func(context.Context, pgx.Tx) error
	}{
		{"nothing", 0, func(context.Context, pgx.Tx) error { return nil }},
		{"one queued", 1, func(_ context.Context, tx pgx.Tx) error { queueMug(tx, 1); return nil }},
		{"two queued", 1, func(_ context.Context, tx pgx.Tx) error { queueMug(tx, 1); queueMug(tx, 2); return nil }},
		{"a read and one queued", 2, func(ctx context.Context, tx pgx.Tx) error {
			var n int
			err := tx.QueryRow(ctx, "SELECT count(*) FROM mugs").Scan(&n)
			queueMug(tx, 1)
			return err
		}},
		{"one queued and a read", 2, func(ctx context.Context, tx pgx.Tx) error {
			var n int
			queueMug(tx, 1)
			return tx.QueryRow(ctx, "SELECT count(*) FROM mugs").Scan(&n)
		}},
		{"a read, a write and one queued", 3, func(ctx context.Context, tx pgx.Tx) error {
			var n int
			err := tx.QueryRow(ctx, "SELECT count(*) FROM mugs").Scan(&n)
			_, write := tx.Exec(ctx, addMug, 2)
			queueMug(tx, 1)
			return errors.Join(err, write)
		}},
		{"two queued and flushed", 2, func(ctx context.Context, tx pgx.Tx) error {
			queueMug(tx, 1)
			queueMug(tx, 2)
			return errors.Join(pg.BatchOf(tx).Flush(ctx), pg.BatchOf(tx).Flush(ctx))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pool, trips := open(t)
			if err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error { return tt.fn(t.Context(), tx) }); err != nil {
				t.Fatal(err)
			}
			if trips.n != tt.want {
				t.Errorf("it took %d round trips to Postgres, want %d", trips.n, tt.want)
			}
		})
	}
}

func TestQueuedStatementsAreExecutedInTheirPlace(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	var first, second int
	err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		ctx := t.Context()
		queueMug(tx, 1)
		rows, err := tx.Query(ctx, "SELECT count(*) FROM mugs")
		if err != nil {
			return err
		}
		if first, err = pgx.CollectOneRow(rows, pgx.RowTo[int]); err != nil {
			return err
		}
		queueMug(tx, 2)
		var b pgx.Batch
		b.Queue("SELECT count(*) FROM mugs").QueryRow(func(row pgx.Row) error { return row.Scan(&second) })
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		queueMug(tx, 3)
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"mugs"}, []string{"id", "colour"}, pgx.CopyFromRows([][]any{{4, "red"}}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if first != 1 || second != 2 {
		t.Errorf("reads saw %d and %d rows, want 1 and 2: what was queued before them", first, second)
	}
	if diff := cmp.Diff([]int{1, 2, 3, 4}, mugs(t, pool)); diff != "" {
		t.Errorf("committed (-want +got):\n%s", diff)
	}
}

func TestNothingRemainsOfATransactionThatFails(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, fn := range map[string]func(context.Context, pgx.Tx) error{
		"by itself": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, addMug, 1)
			return errors.Join(err, boom)
		},
		"before its first statement is sent": func(_ context.Context, tx pgx.Tx) error { queueMug(tx, 1); return boom },
		"in its first statement": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO mugs VALUES (1, NULL)")
			return err
		},
		"in what was queued before a read": func(ctx context.Context, tx pgx.Tx) error {
			var n int
			queueMug(tx, 1)
			queueMug(tx, 1)
			return tx.QueryRow(ctx, "SELECT count(*) FROM mugs").Scan(&n)
		},
		"in what was queued and sent with the commit": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, addMug, 1)
			queueMug(tx, 1)
			return err
		},
		"after a failure that it ignored": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, addMug, 1)
			_, _ = tx.Exec(ctx, addMug, 1)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, _ := open(t)
			if err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error { return fn(t.Context(), tx) }); err == nil {
				t.Error("it succeeded")
			}
			if left := mugs(t, pool); len(left) > 0 {
				t.Errorf("mugs %v are left of it", left)
			}
			if s := pool.Stat(); s.NewConnsCount() != 1 {
				t.Errorf("it took %d connections, want the one to be fit for use afterwards", s.NewConnsCount())
			}
		})
	}
}

func TestAConflictIsRetried(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	var tries []int
	err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		tries = append(tries, len(tries))
		queueMug(tx, len(tries))
		if len(tries) <= 2 {
			pg.BatchOf(tx).Queue("conflict", "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := mugs(t, pool); len(tries) != 3 || !slices.Equal(got, []int{3}) {
		t.Errorf("%d tries left mugs %v, want three, and the last one's", len(tries), got)
	}
}
