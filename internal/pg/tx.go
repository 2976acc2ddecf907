package pg

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// InTx runs fn in a transaction that commits if fn returns nil. A transaction
// that Postgres aborts to resolve a deadlock or a serialisation conflict has
// changed nothing, and is run again, a few times: fn must not have effects
// outside of the transaction, nor keep state from an earlier run.
//
// It takes few round trips: the transaction begins with the first statement of
// fn, and what is queued in its Batch goes with the next statement or with the
// commit. A transaction without statements takes none.
//
// No error is lost: InTx fails if any statement failed, also one that was
// queued or whose error fn ignored.
func InTx(ctx context.Context, pool *pgxpool.Pool, fn func(pgx.Tx) error) error {
	const attempts = 4
	var err error
	for range attempts {
		if err = once(ctx, pool, fn); !retriable(err) {
			return err
		}
	}
	return err
}

func once(ctx context.Context, pool *pgxpool.Pool, fn func(pgx.Tx) error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // which closes a connection whose transaction is still open
	t := &transaction{conn: conn}
	t.batch.tx = t
	if err := fn(t); err != nil {
		_ = t.Rollback(ctx)
		return err
	}
	return t.Commit(ctx)
}

// transaction is a pgx.Tx whose statements carry its batch. Transactions within
// transactions and large objects are not supported.
type transaction struct {
	pgx.Tx
	conn  *pgxpool.Conn
	begun bool
	ended bool
	batch Batch
	// failed is the first error of a queued statement. From then on Postgres
	// refuses every other statement of the transaction, with an error that does
	// not name the cause; this one is returned in its place.
	failed error
}

func (t *transaction) fail(err error) {
	if t.failed == nil {
		t.failed = err
	}
}

// send sends what is queued and then b, reads the results of the former and
// returns those of b.
func (t *transaction) send(ctx context.Context, b *pgx.Batch) (pgx.BatchResults, error) {
	queued := t.batch.queued
	t.batch.queued = nil
	var all pgx.Batch
	begins := !t.begun
	if begins {
		t.begun = true
		all.Queue("begin")
	}
	for _, q := range queued {
		all.Queue(q.sql, q.args...)
	}
	all.QueuedQueries = append(all.QueuedQueries, b.QueuedQueries...)
	results := t.conn.SendBatch(ctx, &all)
	if begins {
		if _, err := results.Exec(); err != nil {
			return nil, t.abandon(results, "begin", queued, err)
		}
	}
	for _, q := range queued {
		if _, err := results.Exec(); err != nil {
			return nil, t.abandon(results, q.name, queued, err)
		}
	}
	return results, nil
}

// abandon ends a batch whose named statement failed, and the transaction with
// it. A statement that cannot be prepared, because its SQL is wrong, fails the
// batch before the first one is executed: it is found by its SQL then.
func (t *transaction) abandon(results pgx.BatchResults, name string, queued []queuedStatement, err error) error {
	_ = results.Close()
	if unprepared, ok := errors.AsType[pgx.ErrPreprocessingBatch](err); ok {
		i := slices.IndexFunc(queued, func(q queuedStatement) bool { return q.sql == unprepared.SQL() })
		if i < 0 {
			t.fail(err) // of what the queued statements are sent with
			return t.failed
		}
		name = queued[i].name
	}
	t.fail(statementError(name, err))
	return t.failed
}

// sendOne is send for one statement.
func (t *transaction) sendOne(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	var b pgx.Batch
	b.Queue(sql, args...)
	return t.send(ctx, &b)
}

// usable returns why no statement can be executed any more.
func (t *transaction) usable() error {
	if t.ended {
		return pgx.ErrTxClosed
	}
	return t.failed
}

// flushed reports whether there is nothing to be sent before a statement.
func (t *transaction) flushed() bool { return t.begun && len(t.batch.queued) == 0 }

func (t *transaction) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := t.usable(); err != nil {
		return pgconn.CommandTag{}, err
	}
	if t.flushed() {
		return t.conn.Exec(ctx, sql, args...)
	}
	results, err := t.sendOne(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := results.Exec()
	if closed := results.Close(); err == nil {
		err = closed
	}
	return tag, err
}

func (t *transaction) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := t.usable(); err != nil {
		return nil, err
	}
	if t.flushed() {
		return t.conn.Query(ctx, sql, args...)
	}
	results, err := t.sendOne(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	found, err := results.Query()
	if err != nil {
		_ = results.Close()
		return found, err
	}
	return &rows{Rows: found, results: results}, nil
}

func (t *transaction) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	found, err := t.Query(ctx, sql, args...)
	return row{found, err}
}

func (t *transaction) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if err := t.usable(); err != nil {
		return failedResults{err}
	}
	results, err := t.send(ctx, b)
	if err != nil {
		return failedResults{err}
	}
	return results
}

func (t *transaction) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error) {
	if err := t.usable(); err != nil {
		return 0, err
	}
	if !t.flushed() {
		results, err := t.send(ctx, &pgx.Batch{})
		if err != nil {
			return 0, err
		}
		if err := results.Close(); err != nil {
			return 0, err
		}
	}
	return t.conn.CopyFrom(ctx, table, columns, source)
}

// Commit sends what is queued with it. A lone statement that is queued needs
// no transaction around it.
func (t *transaction) Commit(ctx context.Context) error {
	if t.ended {
		return pgx.ErrTxClosed
	}
	if t.failed != nil {
		_ = t.Rollback(ctx)
		return t.failed
	}
	if queued := t.batch.queued; !t.begun && len(queued) <= 1 {
		t.ended = true
		if len(queued) == 0 {
			return nil
		}
		if _, err := t.conn.Exec(ctx, queued[0].sql, queued[0].args...); err != nil {
			return statementError(queued[0].name, err)
		}
		return nil
	}
	tag, err := t.Exec(ctx, "commit")
	if err != nil {
		_ = t.Rollback(ctx)
		return err
	}
	t.ended = true
	if tag.String() == "ROLLBACK" {
		return pgx.ErrTxCommitRollback
	}
	return nil
}

func (t *transaction) Rollback(ctx context.Context) error {
	if t.ended {
		return pgx.ErrTxClosed
	}
	t.ended = true
	if !t.begun || t.conn.Conn().PgConn().TxStatus() == 'I' {
		return nil
	}
	_, err := t.conn.Exec(ctx, "rollback")
	return err
}

func (t *transaction) Conn() *pgx.Conn { return t.conn.Conn() }

// rows are the last results of a batch, which ends with them.
type rows struct {
	pgx.Rows
	results pgx.BatchResults
	err     error
}

func (r *rows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *rows) Close() {
	r.Rows.Close()
	if err := r.results.Close(); r.err == nil {
		r.err = err
	}
}

func (r *rows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.err
}

// row is the first of some rows.
type row struct {
	rows pgx.Rows
	err  error
}

func (r row) Scan(into ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(into...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// failedResults are those of a batch that was not sent, or that failed before
// its first statement.
type failedResults struct{ err error }

func (f failedResults) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, f.err }
func (f failedResults) Query() (pgx.Rows, error)         { return nil, f.err }
func (f failedResults) QueryRow() pgx.Row                { return row{err: f.err} }
func (f failedResults) Close() error                     { return f.err }
func (failedResults) Tx() pgx.Tx                         { return nil }
