package pg_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/internal/pg"
)

// paint is a statement as sqlc writes it.
const paint = `-- name: Paint :exec
UPDATE mugs SET colour = $2 WHERE id = $1`

// paintOne is a statement that must affect one row.
const paintOne = `-- name: PaintOne :exec
WITH painted AS (UPDATE mugs SET colour = $2 WHERE id = $1 RETURNING id)
SELECT expect_rows(1, count(*)) FROM painted`

// queueSQL queues a statement as callers queue those of sqlc.
func queueSQL(ctx context.Context, tx pgx.Tx, sql string, args ...any) {
	pg.BatchOf(tx).QueueQuery(func(e pg.Executor) error {
		_, err := e.Exec(ctx, sql, args...)
		return err
	})
}

// Wherever the failure of a queued statement surfaces, it has the name of that
// statement, and the transaction fails also where fn ignores it.
func TestAFailedQueuedStatementIsReportedUnderItsOwnName(t *testing.T) {
	t.Parallel()
	for name, then := range map[string]func(context.Context, pgx.Tx) error{
		"with a statement": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, addMug, 2)
			return err
		},
		"with a read": func(ctx context.Context, tx pgx.Tx) error {
			var n int
			return tx.QueryRow(ctx, "SELECT count(*) FROM mugs").Scan(&n)
		},
		"with a batch": func(ctx context.Context, tx pgx.Tx) error {
			var b pgx.Batch
			b.Queue(addMug, 2)
			return tx.SendBatch(ctx, &b).Close()
		},
		"with a copy": func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.CopyFrom(ctx, pgx.Identifier{"mugs"}, []string{"id", "colour"}, pgx.CopyFromRows([][]any{{4, "red"}}))
			return err
		},
		"with a flush":    func(ctx context.Context, tx pgx.Tx) error { return pg.BatchOf(tx).Flush(ctx) },
		"with the commit": nil,
	} {
		for _, ignored := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				pool, _ := open(t)
				err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
					queueMug(tx, 1)
					queueSQL(t.Context(), tx, paint, 1, nil)
					queueMug(tx, 3)
					if then == nil {
						return nil
					}
					if err := then(t.Context(), tx); err == nil || !ignored {
						return err
					}
					_ = then(t.Context(), tx)
					return nil
				})
				failed, ok := errors.AsType[*pg.StatementError](err)
				if !ok || failed.Statement != "Paint" {
					t.Fatalf("it failed with %v, want an error of Paint", err)
				}
				if cause, ok := errors.AsType[*pgconn.PgError](err); !ok || cause.Code != "23502" {
					t.Errorf("the cause is %v, want the violation of NOT NULL", cause)
				}
				if left := mugs(t, pool); len(left) > 0 {
					t.Errorf("mugs %v are left of it", left)
				}
			})
		}
	}
}

func TestALoneQueuedStatementFailsUnderItsName(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
		queueSQL(t.Context(), tx, "INSERT INTO mugs VALUES (1, NULL)")
		return nil
	})
	if failed, ok := errors.AsType[*pg.StatementError](err); !ok || failed.Statement != "INSERT INTO mugs VALUES (1, NULL)" {
		t.Errorf("it failed with %v, want an error of the statement, which has no other name", err)
	}
}

// Wrong SQL fails the whole batch before its first statement is executed.
func TestAStatementThatCannotBePreparedIsNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		queued, sent string
		named        bool
	}{
		"a queued one":               {"UPDATE pots SET id = 1", addMug, true},
		"the one it is sent with":    {addMug, "UPDATE pots SET id = $1", false},
		"one that is sent by itself": {"", "UPDATE pots SET id = $1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, _ := open(t)
			err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				if c.queued != "" {
					var args []any
					if strings.Contains(c.queued, "$1") {
						args = append(args, 1)
					}
					pg.BatchOf(tx).Queue("the queued one", c.queued, args...)
				}
				_, err := tx.Exec(t.Context(), c.sent, 2)
				return err
			})
			if cause, ok := errors.AsType[*pgconn.PgError](err); !ok || cause.Code != "42P01" {
				t.Fatalf("it failed with %v, want an unknown table", err)
			}
			if failed, ok := errors.AsType[*pg.StatementError](err); ok != c.named || ok && failed.Statement != "the queued one" {
				t.Errorf("it failed with %v; named as the queued one: %t, want %t", err, ok, c.named)
			}
		})
	}
}

// The commit is sent together with the statement: only Postgres can prevent it.
func TestARowCountIsCheckedBeforeTheCommit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		id    int
		fails bool
	}{
		"the row is there": {1, false},
		"there is none":    {2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, trips := open(t)
			if _, err := pool.Exec(t.Context(), addMug, 1); err != nil {
				t.Fatal(err)
			}
			trips.n = 0
			err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				queueMug(tx, 7)
				queueSQL(t.Context(), tx, paintOne, c.id, "red")
				return nil
			})
			rows, violated := errors.AsType[*pg.RowsError](err)
			if violated != c.fails || !violated && err != nil {
				t.Fatalf("it failed with %v; a violated row count: %t, want %t", err, violated, c.fails)
			}
			if trips.n != 1 && !c.fails { // a failure is rolled back
				t.Errorf("it took %d round trips to Postgres, want 1", trips.n)
			}
			committed := len(mugs(t, pool)) == 2
			if committed == c.fails {
				t.Errorf("committed = %t, want %t", committed, !c.fails)
			}
			if c.fails && (rows.Error() != "affected 0 rows, want 1" || err.Error() != "PaintOne: affected 0 rows, want 1") {
				t.Errorf("it failed with %q", err)
			}
		})
	}
}

func TestAStatementWithResultsCannotBeQueued(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]func(pg.Executor) error{
		"rows": func(e pg.Executor) error {
			_, err := e.Query(t.Context(), "-- name: Mugs :many\nSELECT id FROM mugs")
			return err
		},
		"a row": func(e pg.Executor) error {
			return e.QueryRow(t.Context(), "-- name: Mugs :one\nSELECT id FROM mugs").Scan(new(int))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, _ := open(t)
			err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error {
				queueMug(tx, 1)
				pg.BatchOf(tx).QueueQuery(query)
				return nil // no error is lost
			})
			if err == nil || !strings.Contains(err.Error(), "Mugs") {
				t.Errorf("it ended with %v, want an error that names Mugs", err)
			}
			if left := mugs(t, pool); len(left) > 0 {
				t.Errorf("mugs %v are left of it", left)
			}
		})
	}
}

// Such a statement would never be sent, without an error.
func TestQueueingAfterTheEndPanics(t *testing.T) {
	t.Parallel()
	pool, _ := open(t)
	var batch *pg.Batch
	if err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) error { batch = pg.BatchOf(tx); return nil }); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a statement that is never sent went unnoticed")
		}
	}()
	batch.Queue("add mug", addMug, 1)
}
