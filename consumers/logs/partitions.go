package logs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/logs/db"
	"cartograph/internal/pg"
	"cartograph/internal/wakeup"
)

const (
	cleanupEvery   = time.Hour
	daysAhead      = 2
	partitionsLock = 0x6c6f6773 // "logs"
)

// RunCleanup creates the partitions of the next days and drops what is older than the
// retention, until ctx ends.
func (w *Worker) RunCleanup(ctx context.Context) error {
	for {
		if err := w.Cleanup(ctx, time.Now()); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "clean up log records, retrying", "err", err)
		}
		if !wakeup.Sleep(ctx, cleanupEvery) {
			return nil
		}
	}
}

// Cleanup is one round at a time of day. Records of a day without a partition, which
// were written before or by a wrong clock, stay in the default one until they are old.
func (w *Worker) Cleanup(ctx context.Context, now time.Time) error {
	today := now.UTC().Truncate(24 * time.Hour)
	for days := range daysAhead + 1 {
		if err := w.createPartition(ctx, today.AddDate(0, 0, days)); err != nil {
			return err
		}
	}
	oldest := now.UTC().Add(-w.cfg.Retention)
	if err := w.dropPartitions(ctx, oldest); err != nil {
		return err
	}
	return db.New(w.pool).DeleteOld(ctx, oldest)
}

const day = "20060102"

// createPartition creates a day's partition, unless it exists or its records are in the
// default one already.
func (w *Worker) createPartition(ctx context.Context, from time.Time) error {
	return pg.InTx(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(partitionsLock)); err != nil {
			return err
		}
		until := from.AddDate(0, 0, 1)
		var blocked bool
		err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM records_other WHERE at >= $1 AND at < $2)", from, until).Scan(&blocked)
		if err != nil || blocked {
			return err
		}
		_, err = tx.Exec(ctx, fmt.Sprintf("CREATE TABLE IF NOT EXISTS records_%s PARTITION OF records FOR VALUES FROM ('%s') TO ('%s')",
			from.Format(day), from.Format(time.RFC3339), until.Format(time.RFC3339)))
		return err
	})
}

// dropPartitions drops those of days that ended before a moment.
func (w *Worker) dropPartitions(ctx context.Context, oldest time.Time) error {
	rows, err := w.pool.Query(ctx, `
		SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'records'::regclass AND c.relname ~ '^records_[0-9]{8}$' ORDER BY c.relname`)
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range names {
		from, err := time.Parse("records_"+day, name)
		if err != nil || !from.AddDate(0, 0, 1).Before(oldest) {
			continue
		}
		if _, err := w.pool.Exec(ctx, "DROP TABLE IF EXISTS "+pgx.Identifier{name}.Sanitize()); err != nil {
			return err
		}
	}
	return nil
}
