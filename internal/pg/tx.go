package pg

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// InTx runs fn in a transaction that commits if fn returns nil. A transaction
// that Postgres broke off to end a deadlock or a serialisation conflict did
// nothing, and is run again, a few times.
//
// Few exchanges with Postgres carry it: it begins with the first statement of
// fn, and what was left for Later goes with the next one or with the commit. A
// transaction that asked nothing of Postgres costs nothing.
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
	if err := fn(t); err != nil {
		_ = t.Rollback(ctx)
		return err
	}
	return t.Commit(ctx)
}

// Later has a statement of which nobody needs the result sent with the next
// one of tx, at the latest with its commit. It fails as that does.
func Later(ctx context.Context, tx pgx.Tx, sql string, args ...any) error {
	_, err := Patient(tx).Exec(ctx, sql, args...)
	return err
}

// Patient is tx for statements whose results nobody needs: what it executes is
// left for later, as Later does.
func Patient(tx pgx.Tx) pgx.Tx {
	if t, ours := tx.(*transaction); ours {
		return patient{t}
	}
	return tx
}

type patient struct{ *transaction }

// Exec tells nothing of how many rows it affects.
func (p patient) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if p.ended {
		return pgconn.CommandTag{}, pgx.ErrTxClosed
	}
	p.due.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

// transaction is a pgx.Tx. What of that it does not do, transactions within
// transactions and large objects, nobody here needs.
type transaction struct {
	pgx.Tx
	conn  *pgxpool.Conn
	begun bool
	ended bool
	due   pgx.Batch // what is to be sent before the next statement
}

// send sends what is due together with what b holds, and reads the results of
// the former. An error of theirs is what the results of b return.
func (t *transaction) send(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	due := t.due.QueuedQueries
	t.due = pgx.Batch{}
	var all pgx.Batch
	if !t.begun {
		t.begun = true
		all.Queue("begin")
	}
	all.QueuedQueries = append(append(all.QueuedQueries, due...), b.QueuedQueries...)
	results := t.conn.SendBatch(ctx, &all)
	for range len(all.QueuedQueries) - len(b.QueuedQueries) {
		if _, err := results.Exec(); err != nil {
			break // it stays the error of whatever is asked next
		}
	}
	return results
}

// sendOne is send for one statement.
func (t *transaction) sendOne(ctx context.Context, sql string, args []any) pgx.BatchResults {
	var b pgx.Batch
	b.Queue(sql, args...)
	return t.send(ctx, &b)
}

// flushed reports whether there is nothing to be sent before a statement.
func (t *transaction) flushed() bool { return t.begun && len(t.due.QueuedQueries) == 0 }

func (t *transaction) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if t.ended {
		return pgconn.CommandTag{}, pgx.ErrTxClosed
	}
	if t.flushed() {
		return t.conn.Exec(ctx, sql, args...)
	}
	results := t.sendOne(ctx, sql, args)
	tag, err := results.Exec()
	if closed := results.Close(); err == nil {
		err = closed
	}
	return tag, err
}

func (t *transaction) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if t.ended {
		return nil, pgx.ErrTxClosed
	}
	if t.flushed() {
		return t.conn.Query(ctx, sql, args...)
	}
	results := t.sendOne(ctx, sql, args)
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
	return t.send(ctx, b)
}

func (t *transaction) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, source pgx.CopyFromSource) (int64, error) {
	if !t.flushed() {
		if err := t.send(ctx, &pgx.Batch{}).Close(); err != nil {
			return 0, err
		}
	}
	return t.conn.CopyFrom(ctx, table, columns, source)
}

// Commit sends what is due with it. A lone statement that is due needs no
// transaction around it.
func (t *transaction) Commit(ctx context.Context) error {
	if t.ended {
		return pgx.ErrTxClosed
	}
	due := t.due.QueuedQueries
	if !t.begun && len(due) <= 1 {
		t.ended = true
		if len(due) == 0 {
			return nil
		}
		_, err := t.conn.Exec(ctx, due[0].SQL, due[0].Arguments...)
		return err
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
