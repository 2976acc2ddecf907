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

// changes are those that the index lacks. A product whose change was stored, and not
// indexed, is pending.
const (
	notStored = `
SELECT u.product_id, 0 AS revision, u.since FROM unindexed_products u LEFT JOIN indexed_products i USING (product_id)
WHERE i.version IS NULL OR i.version < u.version`
	notIndexed = `
SELECT i.product_id, i.revision, i.pending_since AS since FROM indexed_products i WHERE i.indexed < i.revision`
	notPublished = `
SELECT q.product_id, 0 AS revision, q.queued_at AS since FROM snapshot_queue q`

	lacking = "WITH lacking AS (" + notStored + " UNION ALL " + notIndexed + " UNION ALL " + notPublished + ")"
	age     = "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(since)), 0)::float8 FROM lacking"

	// The embedded index may have what is pending because another index is away.
	lackingInEmbedded = ` WHERE NOT EXISTS (
    SELECT FROM search_documents d
    WHERE d.generation = (SELECT live FROM search_generations) AND d.id = lacking.product_id AND revision > 0 AND d.version >= revision)`
)

// Age is that of the oldest change that the index lacks, or that the embedded index does;
// 0 if it has all.
func (b *Backlog) Age(ctx context.Context, embedded bool) (time.Duration, error) {
	sql := lacking + age
	if embedded {
		sql += lackingInEmbedded
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
