package db

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// Image is a picture as the image columns hold it.
type Image struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Alt    string `json:"alt"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// SpecificationGroup is one block of products.specifications.
type SpecificationGroup struct {
	Name  string          `json:"name"`
	Items []Specification `json:"items"`
}

// Specification is one line of a SpecificationGroup.
type Specification struct {
	Key   string `json:"key"`
	Name  string `json:"name"`
	Value string `json:"value"`
	Unit  string `json:"unit,omitempty"`
}

// Option is one of products.options.
type Option struct {
	Name   string        `json:"name"`
	Values []OptionValue `json:"values"`
}

// OptionValue is one answer to an Option.
type OptionValue struct {
	Value     string `json:"value"`
	SwatchHex string `json:"swatchHex,omitempty"`
}

// SelectedOption is one of variants.options.
type SelectedOption struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ProductGraph is a product with all that hangs on it.
type ProductGraph struct {
	ID, Slug, Title, Subtitle    string
	Description, DescriptionHTML string
	Status                       string
	Version                      int64
	Tags                         []string
	Specifications               []SpecificationGroup
	Options                      []Option
	Images                       []Image
	CreatedAt, UpdatedAt         time.Time
	Brand                        *BrandNode
	Categories                   []CategoryNode // from the top to the product's own
	Variants                     []VariantNode
}

// BrandNode is the brand of a ProductGraph.
type BrandNode struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
	Name string `json:"name"`
	Logo *Image `json:"logo"`
}

// CategoryNode is one of the categories of a ProductGraph.
type CategoryNode struct {
	ID          string   `json:"id"`
	ParentID    *string  `json:"parent_id"`
	Ancestors   []string `json:"ancestors"`
	Slug        string   `json:"slug"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Image       *Image   `json:"image"`
}

// VariantNode is one of the variants of a ProductGraph.
type VariantNode struct {
	ID          string                `json:"id"`
	SKU         string                `json:"sku"`
	Title       string                `json:"title"`
	Options     []SelectedOption      `json:"options"`
	Image       *Image                `json:"image"`
	WeightGrams int                   `json:"weight_grams"`
	Barcode     string                `json:"barcode"`
	RestockAt   *time.Time            `json:"restock_at"`
	Prices      map[string]PriceNodes `json:"prices"`
	Available   *int                  `json:"available"`
	AsOf        *time.Time            `json:"as_of"`
}

// PriceNodes are a price and, where not null, what was asked before.
type PriceNodes [2]*int64

// Key says by what a ProductGraph is found.
type Key string

// The keys. By a variant's, the product of that variant is found.
const (
	ByID         Key = "p.id = ANY ($1)"
	BySlug       Key = "p.slug = ANY ($1)"
	ByVariantID  Key = "p.id IN (SELECT product_id FROM variants WHERE id = ANY ($1))"
	ByVariantSKU Key = "p.id IN (SELECT product_id FROM variants WHERE sku = ANY ($1))"
)

// graphs reads everything about some products at once. Rows of rows would
// repeat a product's texts for each of its variants, hence JSON.
const graphs = `
SELECT p.id, p.slug, p.title, p.subtitle, p.description, p.description_html, p.status, p.version, p.tags,
       p.specifications, p.options, p.images, p.created_at, p.updated_at,
       CASE WHEN b.id IS NOT NULL THEN jsonb_build_object('id', b.id, 'slug', b.slug, 'name', b.name, 'logo', b.logo) END,
       (SELECT jsonb_agg(to_jsonb(c) ORDER BY cardinality(c.ancestors))
        FROM categories c WHERE c.id = own.id OR c.id = ANY (own.ancestors)),
       coalesce((SELECT jsonb_agg(to_jsonb(v) || jsonb_build_object('available', a.available, 'as_of', a.as_of,
                   'prices', (SELECT jsonb_object_agg(r.currency, jsonb_build_array(r.price_minor, r.compare_at_minor))
                              FROM variant_prices r WHERE r.variant_id = v.id AND r.currency = ANY ($2))) ORDER BY v.position)
        FROM variants v LEFT JOIN availability a ON a.variant_id = v.id WHERE v.product_id = p.id), '[]')
FROM products p
JOIN categories own ON own.id = p.category_id
LEFT JOIN brands b ON b.id = p.brand_id
WHERE `

// Graphs finds products by values of a key, with prices in the currencies.
func (q *Queries) Graphs(ctx context.Context, by Key, values, currencies []string) ([]ProductGraph, error) {
	rows, err := q.db.Query(ctx, graphs+string(by), values, currencies)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[ProductGraph])
}
