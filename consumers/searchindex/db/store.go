package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// StoreProduct and StoreLevel each send two statements in one round trip and
// one transaction. The second statement has a snapshot of its own, so it sees
// what was committed while the first waited for a lock. Both lock variants
// before products, so they cannot deadlock.

const linkVariants = `
INSERT INTO indexed_variants AS v (variant_id, product_id)
SELECT variant_id, $1 FROM unnest($2::text[]) AS given (variant_id) ORDER BY variant_id
ON CONFLICT (variant_id) DO UPDATE SET product_id = excluded.product_id WHERE v.product_id IS DISTINCT FROM excluded.product_id`

const storeProduct = `
INSERT INTO indexed_products AS p (product_id, version, snapshot, pending_since) VALUES ($1, $2, $3, $4)
ON CONFLICT (product_id) DO UPDATE SET version = excluded.version, snapshot = excluded.snapshot, revision = p.revision + 1,
    pending_since = CASE WHEN p.indexed < p.revision THEN least(p.pending_since, excluded.pending_since) ELSE excluded.pending_since END
WHERE p.version < excluded.version`

// StoreProduct stores a product's snapshot, unless a newer one is stored.
// Without a snapshot it is archived. It was changed at the time.
func StoreProduct(ctx context.Context, pool *pgxpool.Pool, productID string, version int64, snapshot []byte, variantIDs []string, at time.Time) error {
	var b pgx.Batch
	b.Queue(linkVariants, productID, variantIDs)
	b.Queue(storeProduct, productID, version, snapshot, at)
	return pool.SendBatch(ctx, &b).Close()
}

const storeLevel = `
INSERT INTO indexed_variants AS v (variant_id, available, version, as_of) VALUES ($1, $2, $3, $4)
ON CONFLICT (variant_id) DO UPDATE SET available = excluded.available, version = excluded.version, as_of = excluded.as_of
WHERE v.version < excluded.version`

const reviseProduct = `
WITH changed AS (
    UPDATE indexed_variants SET shown = least(available, $2::int)
    WHERE variant_id = $1 AND shown IS DISTINCT FROM least(available, $2::int)
    RETURNING product_id
)
UPDATE indexed_products p SET revision = revision + 1,
    pending_since = CASE WHEN p.indexed < p.revision THEN least(p.pending_since, $3::timestamptz) ELSE $3 END
FROM changed WHERE p.product_id = changed.product_id`

// StoreLevel stores the available quantity of a variant, unless a newer one is
// stored. It makes the product pending only if the quantity up to plenty
// changed: above it the document stays the same.
func StoreLevel(ctx context.Context, pool *pgxpool.Pool, variantID string, available int, version int64, asOf time.Time, plenty int) error {
	var b pgx.Batch
	b.Queue(storeLevel, variantID, available, version, asOf)
	b.Queue(reviseProduct, variantID, plenty, asOf)
	return pool.SendBatch(ctx, &b).Close()
}
