package db

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
)

// DraftRow is a product with all that an import sets.
type DraftRow struct {
	ID, Slug, Title, Subtitle, Description, DescriptionHTML, Status string
	Version                                                         int64
	BrandID                                                         *string
	CategoryID, SellerID                                            string
	Tags, Keywords                                                  []string
	Specifications                                                  []catalogue.SpecificationGroup
	Options                                                         []catalogue.Option
	Images                                                          []catalogue.Image
	Featured                                                        int64
	CreatedAt                                                       time.Time
	SEOTitle, SEODescription, CanonicalURL                          string
	Translations                                                    catalogue.Translations
	Variants                                                        []SnapshotVariant
}

const draftColumns = `
SELECT p.id, p.slug, p.title, p.subtitle, p.description, p.description_html, p.status, p.version, p.brand_id, p.category_id, p.seller_id,
       p.tags, p.keywords, p.specifications, p.options, p.images, p.featured, p.created_at, p.translations,
       p.seo_title, p.seo_description, p.canonical_url,
       coalesce((SELECT jsonb_agg(to_jsonb(v) || jsonb_build_object(
                   'prices', coalesce((SELECT jsonb_agg(to_jsonb(r) ORDER BY r.currency) FROM regular_prices r WHERE r.variant_id = v.id), '[]')
                 ) ORDER BY v.position, v.id)
        FROM variants v WHERE v.product_id = p.id), '[]') AS variants
FROM products p
`

// ProductKeys are what products can be found by.
type ProductKeys struct{ IDs, Slugs, SKUs, VariantIDs []string }

const draftsByKeys = draftColumns + `WHERE p.id IN (
    SELECT id FROM products WHERE id = ANY ($1)
    UNION ALL SELECT id FROM products WHERE slug = ANY ($2)
    UNION ALL SELECT product_id FROM variants WHERE sku = ANY ($3)
    UNION ALL SELECT product_id FROM variants WHERE id = ANY ($4))
ORDER BY p.id`

// ProductDrafts finds the products that have any of the keys.
func (q *Queries) ProductDrafts(ctx context.Context, keys ProductKeys) ([]DraftRow, error) {
	rows, err := q.db.Query(ctx, draftsByKeys, keys.IDs, keys.Slugs, keys.SKUs, keys.VariantIDs)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[DraftRow])
}

const draftsAfter = draftColumns + `WHERE p.id > $1 ORDER BY p.id LIMIT $2`

// ProductDraftsAfter is a page of all products.
func (q *Queries) ProductDraftsAfter(ctx context.Context, id string, limit int) ([]DraftRow, error) {
	rows, err := q.db.Query(ctx, draftsAfter, id, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[DraftRow])
}

// EarlierSlugs are those that categories and brands had before, by the table.
func (q *Queries) EarlierSlugs(ctx context.Context) (categories, brands []string, err error) {
	err = q.db.QueryRow(ctx, `
SELECT coalesce(array_agg(slug) FILTER (WHERE kind = 'categories'), '{}'), coalesce(array_agg(slug) FILTER (WHERE kind = 'brands'), '{}')
FROM slug_redirects WHERE kind IN ('categories', 'brands')`).Scan(&categories, &brands)
	return categories, brands, err
}

// catalogueTables are those that an import fills.
var catalogueTables = []string{"categories", "brands", "products", "variants", "variant_prices"}

// AnalyzeCatalogue updates the planner's statistics. A new table has none, and plans
// made without are slow for a large one; Postgres makes plans anew, also those that
// connections keep, when statistics change.
func (q *Queries) AnalyzeCatalogue(ctx context.Context) error {
	_, err := q.db.Exec(ctx, "ANALYZE "+strings.Join(catalogueTables, ", "))
	return err
}

// ProductLocales are all languages that products are translated to.
func (q *Queries) ProductLocales(ctx context.Context) ([]string, error) {
	rows, err := q.db.Query(ctx, "SELECT DISTINCT jsonb_object_keys(translations) FROM products WHERE translations <> '{}' ORDER BY 1")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// PriceCurrencies are all currencies that prices are in.
func (q *Queries) PriceCurrencies(ctx context.Context) ([]string, error) {
	rows, err := q.db.Query(ctx, "SELECT DISTINCT currency::text FROM variant_prices ORDER BY 1")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
