package db

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// StoreProducts and StoreLevels each send two statements in one round trip and
// one transaction. The second statement has a snapshot of its own, so it sees
// what was committed while the first waited for a lock. Both lock variants
// before products, and each of them in the order of their ids, so they cannot
// deadlock.

// Product is a product's snapshot to store.
type Product struct {
	ID         string
	Version    int64
	Snapshot   []byte // nil: it is archived
	VariantIDs []string
	At         time.Time // of the change
}

// Level is the available quantity of a variant to store.
type Level struct {
	VariantID string
	Available int
	Version   int64
	AsOf      time.Time
}

const linkVariants = `
INSERT INTO indexed_variants AS v (variant_id, product_id)
SELECT variant_id, product_id FROM unnest($1::text[], $2::text[]) AS given (variant_id, product_id) ORDER BY variant_id COLLATE "C"
ON CONFLICT (variant_id) DO UPDATE SET product_id = excluded.product_id WHERE v.product_id IS DISTINCT FROM excluded.product_id`

const storeProducts = `
INSERT INTO indexed_products AS p (product_id, version, snapshot, pending_since)
SELECT product_id, version, snapshot, at
FROM unnest($1::text[], $2::bigint[], $3::jsonb[], $4::timestamptz[]) AS given (product_id, version, snapshot, at) ORDER BY product_id COLLATE "C"
ON CONFLICT (product_id) DO UPDATE SET version = excluded.version, snapshot = excluded.snapshot, revision = p.revision + 1,
    pending_since = CASE WHEN p.indexed < p.revision THEN least(p.pending_since, excluded.pending_since) ELSE excluded.pending_since END
WHERE p.version < excluded.version`

// StoreProducts stores the snapshots of products, of each the newest, unless newer ones
// are stored.
func StoreProducts(ctx context.Context, pool *pgxpool.Pool, products []Product) error {
	newest, productOf := map[string]Product{}, map[string]string{}
	since := map[string]time.Time{} // the earliest of a product's changes
	for _, p := range products {
		if known, found := newest[p.ID]; !found || known.Version < p.Version {
			newest[p.ID] = p
		}
		if at, found := since[p.ID]; !found || p.At.Before(at) {
			since[p.ID] = p.At
		}
		for _, v := range p.VariantIDs {
			productOf[v] = p.ID
		}
	}
	var variants, owners, ids []string
	var versions []int64
	var snapshots [][]byte
	var times []time.Time
	for _, v := range slices.Sorted(maps.Keys(productOf)) {
		variants, owners = append(variants, v), append(owners, productOf[v])
	}
	for _, id := range slices.Sorted(maps.Keys(newest)) {
		p := newest[id]
		ids, versions, snapshots, times = append(ids, id), append(versions, p.Version), append(snapshots, p.Snapshot), append(times, since[id])
	}
	var b pgx.Batch
	b.Queue(linkVariants, variants, owners)
	b.Queue(storeProducts, ids, versions, snapshots, times)
	return pool.SendBatch(ctx, &b).Close()
}

const storeLevels = `
INSERT INTO indexed_variants AS v (variant_id, available, version, as_of)
SELECT variant_id, available, version, as_of
FROM unnest($1::text[], $2::int[], $3::bigint[], $4::timestamptz[]) AS given (variant_id, available, version, as_of) ORDER BY variant_id COLLATE "C"
ON CONFLICT (variant_id) DO UPDATE SET available = excluded.available, version = excluded.version, as_of = excluded.as_of
WHERE v.version < excluded.version`

// The first statement has locked the variants, also those that it did not change.
const reviseProducts = `
WITH changed AS (
    UPDATE indexed_variants v SET shown = least(v.available, $2::int)
    FROM unnest($1::text[], $3::timestamptz[]) AS given (variant_id, as_of)
    WHERE v.variant_id = given.variant_id AND v.shown IS DISTINCT FROM least(v.available, $2::int)
    RETURNING v.product_id, given.as_of
), revised AS (
    SELECT product_id, min(as_of) AS since FROM changed GROUP BY product_id
), locked AS (
    SELECT p.product_id FROM indexed_products p WHERE p.product_id IN (SELECT product_id FROM revised) ORDER BY p.product_id FOR UPDATE
)
UPDATE indexed_products p SET revision = revision + 1,
    pending_since = CASE WHEN p.indexed < p.revision THEN least(p.pending_since, revised.since) ELSE revised.since END
FROM revised JOIN locked USING (product_id) WHERE p.product_id = revised.product_id`

// StoreLevels stores the available quantities of variants, of each the newest, unless
// newer ones are stored. It makes a product pending only if a quantity up to plenty
// changed: above it the document stays the same.
func StoreLevels(ctx context.Context, pool *pgxpool.Pool, levels []Level, plenty int) error {
	newest := map[string]Level{}
	for _, l := range levels {
		if known, found := newest[l.VariantID]; !found || known.Version < l.Version {
			newest[l.VariantID] = l
		}
	}
	ids := slices.Sorted(maps.Keys(newest))
	available, versions, times := make([]int, len(ids)), make([]int64, len(ids)), make([]time.Time, len(ids))
	for i, id := range ids {
		l := newest[id]
		available[i], versions[i], times[i] = l.Available, l.Version, l.AsOf
	}
	var b pgx.Batch
	b.Queue(storeLevels, ids, available, versions, times)
	b.Queue(reviseProducts, ids, plenty, times)
	return pool.SendBatch(ctx, &b).Close()
}
