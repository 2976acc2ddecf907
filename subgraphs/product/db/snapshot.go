package db

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
)

// Snapshot is all that events report of a product.
type Snapshot struct {
	ID, Slug, Title, Subtitle, Description string
	Status                                 string
	Version                                int64
	Tags, Keywords                         []string
	Specifications                         []catalogue.SpecificationGroup
	Options                                []catalogue.Option
	Images                                 []catalogue.Image
	Featured                               int64
	CreatedAt                              time.Time
	Translations                           catalogue.Translations
	Brand                                  *Brand
	Categories                             []Category // the product's own, then its ancestors from the top
	Variants                               []SnapshotVariant
	Collections                            []string // their slugs
	Ratings                                []int32  // how many published reviews have 1 to 5 stars; empty: none
}

// SnapshotVariant is a variant with its prices in all currencies.
type SnapshotVariant struct {
	Variant
	Prices []PriceImport `json:"prices"` // by currency
}

// The rows that a snapshot is read of: as they are, or with the next version.
const (
	present = `SELECT * FROM products WHERE id = ANY ($1)`
	next    = `UPDATE products SET version = version + 1, updated_at = now() WHERE id = ANY ($1) RETURNING *`
)

const snapshots = `
SELECT p.id, p.slug, p.title, p.subtitle, p.description, p.status, p.version, p.tags, p.keywords, p.specifications, p.options, p.images,
       p.featured, p.created_at, p.translations,
       CASE WHEN b.id IS NOT NULL THEN to_jsonb(b) END AS brand,
       (SELECT jsonb_agg(to_jsonb(c) ORDER BY c.id = own.id DESC, cardinality(c.ancestors))
        FROM categories c WHERE c.id = own.id OR c.id = ANY (own.ancestors)) AS categories,
       coalesce((SELECT jsonb_agg(to_jsonb(v) || jsonb_build_object(
                   'prices', coalesce((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.currency) FROM variant_prices r WHERE r.variant_id = v.id), '[]')
                 ) ORDER BY v.position, v.id)
        FROM variants v WHERE v.product_id = p.id), '[]') AS variants,
       coalesce((SELECT array_agg(c.slug ORDER BY c.slug) FROM collection_products m JOIN collections c ON c.id = m.collection_id WHERE m.product_id = p.id), '{}') AS collections,
       coalesce((SELECT counts FROM product_ratings t WHERE t.product_id = p.id), '{}') AS ratings
FROM p
JOIN categories own ON own.id = p.category_id
LEFT JOIN brands b ON b.id = p.brand_id
ORDER BY p.id`

// Snapshots reads products whose rows are locked, with what belongs to them, in one
// statement. It must follow the statement that locks them: a statement that waits for
// a lock has read everything else before.
func (q *Queries) Snapshots(ctx context.Context, ids []string) ([]Snapshot, error) {
	return q.snapshots(ctx, present, ids)
}

// NextVersions gives locked products their next versions and reads them as Snapshots
// does, in the same statement.
func (q *Queries) NextVersions(ctx context.Context, ids []string) ([]Snapshot, error) {
	return q.snapshots(ctx, next, ids)
}

func (q *Queries) snapshots(ctx context.Context, from string, ids []string) ([]Snapshot, error) {
	rows, err := q.db.Query(ctx, "WITH p AS ("+from+")"+snapshots, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[Snapshot])
}

// PricedIn reports whether the variant has a price in the currency.
func (v *SnapshotVariant) PricedIn(currency string) bool {
	return slices.ContainsFunc(v.Prices, func(p PriceImport) bool { return p.Currency == currency })
}
