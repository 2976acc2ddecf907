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

// exchanges counts how often Postgres is asked and waited for.
type exchanges struct {
	mu sync.Mutex
	n  int
}

func (e *exchanges) add(ctx context.Context) context.Context {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.n++
	return ctx
}

func (e *exchanges) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return e.add(ctx)
}
func (*exchanges) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (e *exchanges) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return e.add(ctx)
}
func (*exchanges) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (*exchanges) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// open returns a pool on a database with an empty table of mugs, as services
// open theirs, and how often it asks.
func open(t *testing.T) (*pgxpool.Pool, *exchanges) {
	t.Helper()
	var asked exchanges
	pool, err := pg.Open(t.Context(), pgtest.URL(t, fstest.MapFS{}), &asked)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	if _, err := pool.Exec(t.Context(), "CREATE TABLE mugs (id int PRIMARY KEY, colour text NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	asked.n = 0
	return pool, &asked
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

func TestATransactionTakesFewExchanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		want int
		fn   func(context.Context, pgx.Tx) error
	}{
		{"nothing", 0, func(context.Context, pgx.Tx) error { return nil }},
		{"one for later", 1, func(ctx context.Context, tx pgx.Tx) error { return pg.Later(ctx, tx, addMug, 1) }},
		{"two for later", 1, func(ctx context.Context, tx pgx.Tx) error {
			return errors.Join(pg.Later(ctx, tx, addMug, 1), pg.Later(ctx, tx, addMug, 2))
		}},
		{"a read and one for later", 2, func(ctx context.Context, tx pgx.Tx) error {
			var n int
			return errors.Join(tx.QueryRow(ctx, "SELECT count(*) FROM mugs").Scan(&n), pg.Later(ctx, tx, addMug, 1))
		}},
		{"a read, a write and one for later", 3, func(ctx context.Context, tx pgx.Tx) error {
			var n int
			err := tx.QueryRow(ctx, "SELECT count(*) FROM mugs").Scan(&n)
			_, write := tx.Exec(ctx, addMug, 2)
			return errors.Join(err, write, pg.Later(ctx, tx, addMug, 1))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pool, asked := open(t)
			if err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error { return tt.fn(t.Context(), tx) }); err != nil {
				t.Fatal(err)
			}
			if asked.n != tt.want {
				t.Errorf("it took %d exchanges with Postgres, want %d", asked.n, tt.want)
			}
		})
	}
}

func TestWhatIsLeftForLaterHappensInItsPlace(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	var first, second int
	err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		ctx := t.Context()
		if err := pg.Later(ctx, tx, addMug, 1); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, "SELECT count(*) FROM mugs")
		if err != nil {
			return err
		}
		if first, err = pgx.CollectOneRow(rows, pgx.RowTo[int]); err != nil {
			return err
		}
		if err := pg.Later(ctx, tx, addMug, 2); err != nil {
			return err
		}
		var b pgx.Batch
		b.Queue("SELECT count(*) FROM mugs").QueryRow(func(row pgx.Row) error { return row.Scan(&second) })
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return err
		}
		if err := pg.Later(ctx, tx, addMug, 3); err != nil {
			return err
		}
		_, err = tx.CopyFrom(ctx, pgx.Identifier{"mugs"}, []string{"id", "colour"}, pgx.CopyFromRows([][]any{{4, "red"}}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if first != 1 || second != 2 {
		t.Errorf("reads saw %d and %d rows, want 1 and 2: what was left for later before them", first, second)
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
		"before it asked": func(ctx context.Context, tx pgx.Tx) error { return errors.Join(pg.Later(ctx, tx, addMug, 1), boom) },
		"in its first statement": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO mugs VALUES (1, NULL)")
			return err
		},
		"in what was due before a read": func(ctx context.Context, tx pgx.Tx) error {
			var n int
			err := errors.Join(pg.Later(ctx, tx, addMug, 1), pg.Later(ctx, tx, addMug, 1))
			return errors.Join(err, tx.QueryRow(ctx, "SELECT count(*) FROM mugs").Scan(&n))
		},
		"in what was due with the commit": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, addMug, 1)
			return errors.Join(err, pg.Later(ctx, tx, addMug, 1))
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

func TestAConflictIsTriedAgain(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	var tries []int
	err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		tries = append(tries, len(tries))
		if err := pg.Later(t.Context(), tx, addMug, len(tries)); err != nil || len(tries) > 2 {
			return err
		}
		return pg.Later(t.Context(), tx, "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := mugs(t, pool); len(tries) != 3 || !slices.Equal(got, []int{3}) {
		t.Errorf("%d tries left mugs %v, want three, and the last one's", len(tries), got)
	}
}
