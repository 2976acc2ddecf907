package db

import (
	"context"
	"time"

	"cartograph/internal/catalogue"
)

// ProductImport is a row of products.
type ProductImport struct {
	ID              string                         `json:"id"`
	Slug            string                         `json:"slug"`
	Title           string                         `json:"title"`
	Subtitle        string                         `json:"subtitle"`
	Description     string                         `json:"description"`
	DescriptionHTML string                         `json:"description_html"`
	Status          string                         `json:"status"`
	Version         int64                          `json:"version"`
	BrandID         *string                        `json:"brand_id"`
	CategoryID      string                         `json:"category_id"`
	SellerID        string                         `json:"seller_id"`
	Tags            []string                       `json:"tags"`
	Keywords        []string                       `json:"keywords"`
	Specifications  []catalogue.SpecificationGroup `json:"specifications"`
	Options         []catalogue.Option             `json:"options"`
	Images          []catalogue.Image              `json:"images"`
	Featured        int64                          `json:"featured"`
	CreatedAt       time.Time                      `json:"created_at"`
	UpdatedAt       time.Time                      `json:"updated_at"`
	SEOTitle        string                         `json:"seo_title"`
	SEODescription  string                         `json:"seo_description"`
	CanonicalURL    string                         `json:"canonical_url"`
}

// Variant is a row of variants.
type Variant struct {
	ID          string                     `json:"id"`
	ProductID   string                     `json:"product_id"`
	SKU         string                     `json:"sku"`
	Title       string                     `json:"title"`
	Options     []catalogue.SelectedOption `json:"options"`
	Image       *catalogue.Image           `json:"image"`
	WeightGrams int                        `json:"weight_grams"`
	TaxClass    catalogue.TaxClass         `json:"tax_class"`
	Barcode     string                     `json:"barcode"`
	RestockAt   *time.Time                 `json:"restock_at"`
	Position    int                        `json:"position"`
}

// PriceImport is a row of variant_prices.
type PriceImport struct {
	VariantID      string `json:"variant_id"`
	Currency       string `json:"currency"`
	PriceMinor     int64  `json:"price_minor"`
	CompareAtMinor *int64 `json:"compare_at_minor"`
}

const importCategories = `
INSERT INTO categories AS c (id, parent_id, ancestors, slug, name, description, image, position)
SELECT id, parent_id, ancestors, slug, name, description, image, position FROM jsonb_populate_recordset(NULL::categories, $1)
ON CONFLICT (id) DO UPDATE
SET parent_id = excluded.parent_id, ancestors = excluded.ancestors, slug = excluded.slug, name = excluded.name,
    description = excluded.description, image = excluded.image, position = excluded.position
WHERE (c.parent_id, c.ancestors, c.slug, c.name, c.description, c.image, c.position)
      IS DISTINCT FROM (excluded.parent_id, excluded.ancestors, excluded.slug, excluded.name, excluded.description, excluded.image, excluded.position)`

const importBrands = `
INSERT INTO brands AS b (id, slug, name, description, logo)
SELECT id, slug, name, description, logo FROM jsonb_populate_recordset(NULL::brands, $1)
ON CONFLICT (id) DO UPDATE SET slug = excluded.slug, name = excluded.name, description = excluded.description, logo = excluded.logo
WHERE (b.slug, b.name, b.description, b.logo) IS DISTINCT FROM (excluded.slug, excluded.name, excluded.description, excluded.logo)`

// ImportCategories inserts or updates categories, parents before children.
func (q *Queries) ImportCategories(ctx context.Context, categories []Category) error {
	if len(categories) == 0 {
		return nil
	}
	_, err := q.db.Exec(ctx, importCategories, categories)
	return err
}

// ImportBrands inserts or updates brands.
func (q *Queries) ImportBrands(ctx context.Context, brands []Brand) error {
	if len(brands) == 0 {
		return nil
	}
	_, err := q.db.Exec(ctx, importBrands, brands)
	return err
}

// importProducts writes products in the versions that follow those that they were
// derived from. A row that has changed since is not written. Rows are locked in the
// order of their ids, so that concurrent imports cannot deadlock.
const importProducts = `
INSERT INTO products AS p (id, slug, title, subtitle, description, description_html, status, version, brand_id, category_id, seller_id,
                           tags, keywords, specifications, options, images, featured, created_at, updated_at, seo_title, seo_description, canonical_url)
SELECT id, slug, title, subtitle, description, description_html, status, version, brand_id, category_id, seller_id,
       tags, keywords, specifications, options, images, featured, created_at, updated_at, seo_title, seo_description, canonical_url
FROM jsonb_populate_recordset(NULL::products, $1)
ORDER BY id
ON CONFLICT (id) DO UPDATE
SET slug = excluded.slug, title = excluded.title, subtitle = excluded.subtitle, description = excluded.description,
    description_html = excluded.description_html, status = excluded.status, version = excluded.version, brand_id = excluded.brand_id,
    category_id = excluded.category_id, seller_id = excluded.seller_id, tags = excluded.tags, keywords = excluded.keywords,
    specifications = excluded.specifications, options = excluded.options, images = excluded.images, featured = excluded.featured,
    created_at = excluded.created_at, updated_at = excluded.updated_at,
    seo_title = excluded.seo_title, seo_description = excluded.seo_description, canonical_url = excluded.canonical_url,
    publish_at = CASE WHEN excluded.status = 'DRAFT' THEN p.publish_at END
WHERE p.version = excluded.version - 1`

// ImportProducts inserts or updates products. It returns how many were written.
func (q *Queries) ImportProducts(ctx context.Context, products []ProductImport) (int64, error) {
	tag, err := q.db.Exec(ctx, importProducts, products)
	return tag.RowsAffected(), err
}

const lockReferences = `
WITH c AS (SELECT id FROM categories WHERE id = ANY ($1) ORDER BY id FOR SHARE),
     b AS (SELECT id FROM brands WHERE id = ANY ($2) ORDER BY id FOR SHARE)
SELECT (SELECT count(*) FROM c), (SELECT count(*) FROM b)`

// LockReferences locks categories and brands against a change of their names.
func (q *Queries) LockReferences(ctx context.Context, categories, brands []string) error {
	_, err := q.db.Exec(ctx, lockReferences, categories, brands)
	return err
}

const dropVariants = `
DELETE FROM variants WHERE product_id = ANY ($1) AND id <> ALL ($2)`

const importVariants = `
INSERT INTO variants (id, product_id, sku, title, options, image, weight_grams, tax_class, barcode, restock_at, position)
SELECT id, product_id, sku, title, options, image, weight_grams, tax_class, barcode, restock_at, position
FROM jsonb_populate_recordset(NULL::variants, $1)
ORDER BY id
ON CONFLICT (id) DO UPDATE
SET product_id = excluded.product_id, sku = excluded.sku, title = excluded.title, options = excluded.options, image = excluded.image,
    weight_grams = excluded.weight_grams, tax_class = excluded.tax_class, barcode = excluded.barcode, restock_at = excluded.restock_at, position = excluded.position`

// ImportVariants replaces all variants and prices of the products that the
// given variants belong to. Prices are replaced whole, so that a currency that
// is no longer given disappears.
func (q *Queries) ImportVariants(ctx context.Context, variants []Variant, prices []PriceImport) error {
	if len(variants) == 0 {
		return nil
	}
	var products, ids []string
	for _, v := range variants {
		products, ids = append(products, v.ProductID), append(ids, v.ID)
	}
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{dropVariants, []any{products, ids}},
		{importVariants, []any{variants}},
	} {
		if _, err := q.db.Exec(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	if err := q.EndPrices(ctx, ids, prices); err != nil {
		return err
	}
	_, err := q.SetPrices(ctx, prices)
	return err
}

// UpsertVariants inserts or updates variants.
func (q *Queries) UpsertVariants(ctx context.Context, variants []Variant) error {
	_, err := q.db.Exec(ctx, importVariants, variants)
	return err
}
