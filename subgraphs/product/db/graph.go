package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/catalogue"
)

// ProductGraph is a product with its brand, categories, variants, prices and
// availability.
type ProductGraph struct {
	ID, Slug, Title, Subtitle    string
	Description, DescriptionHTML string
	Status                       string
	Version                      int64
	Tags                         []string
	Specifications               []catalogue.SpecificationGroup
	Options                      []catalogue.Option
	Images                       []catalogue.Image
	SellerID                     string
	SellerName                   *string // null until User has reported it
	PublishAt                    *time.Time
	SEOTitle                     string `db:"seo_title"`
	SEODescription               string `db:"seo_description"`
	CanonicalURL                 string `db:"canonical_url"`
	CreatedAt, UpdatedAt         time.Time
	Translations                 catalogue.Translations // in the locales that were given
	Brand                        *Brand
	Categories                   []Category // from the top to the product's own
	Variants                     []VariantNode
	Ratings                      []int32 // how many published reviews have 1 to 5 stars; empty: none
}

// VariantNode is one of the variants of a ProductGraph.
type VariantNode struct {
	Variant
	Prices    map[string]PriceNodes `json:"prices"`
	Available *int                  `json:"available"` // null until stock has reported the variant
	AsOf      *time.Time            `json:"as_of"`
}

// PriceNodes are a price and, where not null, the regular price it reduces and the
// lowest price in the 30 days before the reduction, in minor units.
type PriceNodes [3]*int64

// Key is a condition that selects products by values of one column.
type Key string

// The keys. Those of a variant select its product; a slug may be an earlier one.
const (
	ByID         Key = "p.id = ANY ($1)"
	BySlug       Key = "p.id IN (SELECT id FROM products WHERE slug = ANY ($1) UNION ALL SELECT target_id FROM slug_redirects WHERE kind = 'products' AND slug = ANY ($1))"
	ByVariantID  Key = "p.id IN (SELECT product_id FROM variants WHERE id = ANY ($1))"
	ByVariantSKU Key = "p.id IN (SELECT product_id FROM variants WHERE sku = ANY ($1))"
)

// graphs reads whole products in one statement. A join would repeat a
// product's texts for each of its variants, so the variants are aggregated to
// JSON.
const graphs = `
SELECT p.id, p.slug, p.title, p.subtitle, p.description, p.description_html, p.status, p.version, p.tags,
       p.specifications, p.options, p.images, p.seller_id, (SELECT display_name FROM authors WHERE id = p.seller_id) AS seller_name, p.publish_at, p.seo_title, p.seo_description, p.canonical_url, p.created_at, p.updated_at,
       (SELECT jsonb_object_agg(l, p.translations -> l) FROM unnest($3::text[]) AS l WHERE p.translations ? l) AS translations,
       CASE WHEN b.id IS NOT NULL THEN to_jsonb(b) END AS brand,
       (SELECT jsonb_agg(to_jsonb(c) ORDER BY cardinality(c.ancestors))
        FROM categories c WHERE c.id = own.id OR c.id = ANY (own.ancestors)) AS categories,
       coalesce((SELECT jsonb_agg(to_jsonb(v) || jsonb_build_object('available', a.available, 'as_of', a.as_of,
                   'prices', (SELECT jsonb_object_agg(r.currency, jsonb_build_array(r.price_minor, r.compare_at_minor, r.lowest_before_minor))
                              FROM variant_prices r WHERE r.variant_id = v.id AND r.currency = ANY ($2))) ORDER BY v.position)
        FROM variants v LEFT JOIN availability a ON a.variant_id = v.id WHERE v.product_id = p.id), '[]') AS variants,
       coalesce((SELECT counts FROM product_ratings t WHERE t.product_id = p.id), '{}') AS ratings
FROM products p
JOIN categories own ON own.id = p.category_id
LEFT JOIN brands b ON b.id = p.brand_id
WHERE `

// Graphs finds products by values of a key, with prices in the currencies and
// translations in the locales.
func (q *Queries) Graphs(ctx context.Context, by Key, values, currencies, locales []string) ([]ProductGraph, error) {
	rows, err := q.db.Query(ctx, graphs+string(by), values, currencies, locales)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByName[ProductGraph])
}
