package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Batch holds the statements of a transaction that are queued: those whose
// results that are not needed. They are sent, in their order, in front of the next
// statement of the transaction or with its commit, which saves a round trip
// each.
//
// Queueing has no result and cannot fail. A queued statement that fails makes
// the statement that it was sent with fail, and the transaction, whether or not
// the caller looks at the error: InTx returns a *StatementError with the name
// of the statement that failed, not of the one that it was sent with.
//
// How many rows a queued statement affected is known too late to act on: the
// commit may have been sent with it. A statement that must affect certain rows
// therefore checks it in its SQL, where a failure still rolls back:
//
//	WITH moved AS (UPDATE … RETURNING id)
//	SELECT expect_rows(1, count(*)) FROM moved
//
// expect_rows is among the shared migrations. Its failure is a *RowsError
// within the *StatementError.
type Batch struct {
	tx     *transaction
	queued []queuedStatement
}

type queuedStatement struct {
	name string
	sql  string
	args []any
}

// BatchOf returns the batch of a transaction that InTx began.
func BatchOf(tx pgx.Tx) *Batch {
	t, ok := tx.(*transaction)
	if !ok {
		panic(fmt.Sprintf("pg: a %T has no batch; use InTx", tx))
	}
	return &t.batch
}

// Queue queues a statement. Errors have its name, such as "write
// events".
func (b *Batch) Queue(name, sql string, args ...any) {
	if b.tx.ended {
		panic("pg: " + name + " is queued after the end of its transaction and would never be sent")
	}
	b.queued = append(b.queued, queuedStatement{name, sql, args})
}

// QueueQuery queues the statement that query executes on the given executor,
// under the name that its SQL has for sqlc:
//
//	batch.QueueQuery(func(e pg.Executor) error { return db.New(e).CloseOrder(ctx, orderID) })
//
// Only queries without results, ":exec", can be queued: any other one, and an
// error of query itself, fails the transaction.
func (b *Batch) QueueQuery(query func(Executor) error) {
	r := recorder{batch: b}
	if err := query(&r); err != nil {
		b.tx.fail(fmt.Errorf("queue a statement: %w", err))
	}
}

// Flush sends what is queued, in one round trip, and reads the results.
func (b *Batch) Flush(ctx context.Context) error {
	if b.tx.failed != nil || len(b.queued) == 0 {
		return b.tx.failed
	}
	results, err := b.tx.send(ctx, &pgx.Batch{})
	if err != nil {
		return err
	}
	return results.Close()
}

// Executor is what sqlc's queries run on. Of a Batch it records statements in
// place of executing them.
type Executor interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

type recorder struct{ batch *Batch }

var errHasResults = errors.New("only statements without results can be queued")

// Exec returns a tag without rows: nothing has been executed yet.
func (r *recorder) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	r.batch.Queue(queryName(sql), sql, args...)
	return pgconn.CommandTag{}, nil
}

func (r *recorder) Query(_ context.Context, sql string, _ ...any) (pgx.Rows, error) {
	return nil, fmt.Errorf("%s: %w", queryName(sql), errHasResults)
}

func (r *recorder) QueryRow(_ context.Context, sql string, _ ...any) pgx.Row {
	return row{err: fmt.Errorf("%s: %w", queryName(sql), errHasResults)}
}

// queryName is the name in sqlc's first line, "-- name: CloseOrder :exec"; of
// other SQL its first line.
func queryName(sql string) string {
	line, _, _ := strings.Cut(sql, "\n")
	if name, ok := strings.CutPrefix(line, "-- name: "); ok {
		name, _, _ = strings.Cut(name, " ")
		return name
	}
	return line
}

// StatementError is the error of a queued statement.
type StatementError struct {
	Statement string // its name
	Err       error
}

func (e *StatementError) Error() string { return e.Statement + ": " + e.Err.Error() }

// Unwrap returns the error of Postgres, or a *RowsError.
func (e *StatementError) Unwrap() error { return e.Err }

// RowsError is the failure of expect_rows: the rows that a statement must affect
// are not in the state that the caller read. Its transaction changed nothing.
type RowsError struct {
	cause *pgconn.PgError
}

func (e *RowsError) Error() string { return e.cause.Message }

// Unwrap returns the error of Postgres.
func (e *RowsError) Unwrap() error { return e.cause }

// wrongRows is the SQLSTATE that expect_rows raises. Classes that begin with a
// letter from I to Z are free for applications.
const wrongRows = "ROWS1"

// statementError names the statement that err is of.
func statementError(name string, err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == wrongRows {
		err = &RowsError{e}
	}
	return &StatementError{name, err}
}
