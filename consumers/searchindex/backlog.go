package searchindex

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/wakeup"
)

// Backlog is the changes of the catalogue that the index does not have. It reads the
// tables of the worker and those of the product subgraph, which are in one database: a
// change counts from its commit on, also while no event of it arrives. A change of stock
// counts once its event was stored.
type Backlog struct {
	pool *pgxpool.Pool
	log  *slog.Logger
}

// NewBacklog returns the backlog of a database with the migrations of all three.
func NewBacklog(pool *pgxpool.Pool, log *slog.Logger) *Backlog { return &Backlog{pool, log} }

// The oldest changes that an index lacks, each the first entry of an index: those that
// were stored and not indexed, were not stored, and were not published. Of the second,
// those that were stored since the last call of Prune come first.
const (
	notIndexed   = `(SELECT pending_since FROM indexed_products WHERE indexed < revision ORDER BY pending_since LIMIT 1)`
	notEmbedded  = `(SELECT pending_since FROM indexed_products WHERE indexed < revision AND embedded < revision ORDER BY pending_since LIMIT 1)`
	notStored    = `(SELECT u.since FROM unindexed_products u LEFT JOIN indexed_products i USING (product_id) WHERE coalesce(i.version, 0) < u.version ORDER BY u.since LIMIT 1)`
	notPublished = `(SELECT queued_at FROM snapshot_queue ORDER BY queued_at LIMIT 1)`
)

func age(ofStored string) string {
	return `SELECT coalesce(extract(epoch FROM clock_timestamp() - least(` + ofStored + `, ` + notStored + `, ` + notPublished + `)), 0)::float8`
}

var ageInIndex, ageInEmbedded = age(notIndexed), age(notEmbedded)

// Age is that of the oldest change that the index lacks, or that the embedded index does;
// 0 if it has all.
func (b *Backlog) Age(ctx context.Context, embedded bool) (time.Duration, error) {
	sql := ageInIndex
	if embedded {
		sql = ageInEmbedded
	}
	var seconds float64
	if err := b.pool.QueryRow(ctx, sql).Scan(&seconds); err != nil {
		return 0, fmt.Errorf("measure what the search index lacks: %w", err)
	}
	return time.Duration(max(seconds, 0) * float64(time.Second)), nil
}

const pruneEvery = time.Second

// Run removes changes that the worker has stored, until ctx ends.
func (b *Backlog) Run(ctx context.Context) error {
	for wakeup.Sleep(ctx, pruneEvery) {
		if err := b.Prune(ctx); err != nil && ctx.Err() == nil {
			b.log.WarnContext(ctx, "removal of stored changes failed, retrying", "err", err)
		}
	}
	return nil
}

// Prune removes changes that the worker has stored.
func (b *Backlog) Prune(ctx context.Context) error {
	_, err := b.pool.Exec(ctx, `
DELETE FROM unindexed_products u USING indexed_products i WHERE i.product_id = u.product_id AND i.version >= u.version`)
	return err
}
