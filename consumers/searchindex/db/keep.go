package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Both ways of keeping send two statements at once, which are one transaction.
// The second sees what was committed while the first waited for a lock; both
// ways lock variants before products, so they wait for each other and never in
// a ring.

const linkVariants = `
INSERT INTO indexed_variants AS v (variant_id, product_id)
SELECT variant_id, $1 FROM unnest($2::text[]) AS given (variant_id) ORDER BY variant_id
ON CONFLICT (variant_id) DO UPDATE SET product_id = excluded.product_id WHERE v.product_id IS DISTINCT FROM excluded.product_id`

const keepProduct = `
INSERT INTO indexed_products AS p (product_id, version, snapshot) VALUES ($1, $2, $3)
ON CONFLICT (product_id) DO UPDATE SET version = excluded.version, snapshot = excluded.snapshot, revision = p.revision + 1
WHERE p.version < excluded.version`

// KeepProduct keeps what a product is now, unless something newer is known;
// without a snapshot it is archived.
func KeepProduct(ctx context.Context, pool *pgxpool.Pool, productID string, version int64, snapshot []byte, variantIDs []string) error {
	var b pgx.Batch
	b.Queue(linkVariants, productID, variantIDs)
	b.Queue(keepProduct, productID, version, snapshot)
	return pool.SendBatch(ctx, &b).Close()
}

const keepLevel = `
INSERT INTO indexed_variants AS v (variant_id, available, version, as_of) VALUES ($1, $2, $3, $4)
ON CONFLICT (variant_id) DO UPDATE SET available = excluded.available, version = excluded.version, as_of = excluded.as_of
WHERE v.version < excluded.version`

const tellProduct = `
WITH shows AS (
    UPDATE indexed_variants SET told = least(available, $2::int)
    WHERE variant_id = $1 AND told IS DISTINCT FROM least(available, $2::int)
    RETURNING product_id
)
UPDATE indexed_products p SET revision = revision + 1 FROM shows WHERE p.product_id = shows.product_id`

// KeepLevel keeps how much there is of a variant, unless something newer is
// known. Its product learns it if it shows: more than plenty is all the same.
func KeepLevel(ctx context.Context, pool *pgxpool.Pool, variantID string, available int, version int64, asOf time.Time, plenty int) error {
	var b pgx.Batch
	b.Queue(keepLevel, variantID, available, version, asOf)
	b.Queue(tellProduct, variantID, plenty)
	return pool.SendBatch(ctx, &b).Close()
}
