package product

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/optional"
	"cartograph/subgraphs/product/db"
)

// row converts a draft to its row in the next version.
func (d *storedDraft) row(now time.Time) db.ProductImport {
	row := db.ProductImport{
		ID: d.ID, Slug: d.Slug, Title: d.Title, Subtitle: d.Subtitle, Description: d.Description, DescriptionHTML: d.DescriptionHTML,
		Status: string(d.Status), Version: d.version + 1, BrandID: optional.Of(d.BrandID), CategoryID: d.CategoryID, SellerID: d.SellerID,
		Tags: append([]string{}, d.Tags...), Keywords: append([]string{}, d.Keywords...), Featured: d.featured(), CreatedAt: d.CreatedAt.UTC(), UpdatedAt: now.UTC(),
		// Never nil: the columns are NOT NULL, and nil would be JSON's null.
		Specifications: append([]catalogue.SpecificationGroup{}, d.Specifications...),
		Options:        append([]catalogue.Option{}, d.Options...), Images: []catalogue.Image{},
		SEOTitle: d.SEO.Title, SEODescription: d.SEO.Description, CanonicalURL: d.SEO.CanonicalURL,
	}
	for _, image := range d.Images {
		if image.Name != "" {
			row.Images = append(row.Images, image)
		}
	}
	return row
}

// variantRows converts the variants of a draft to their rows, and their prices.
func (d *Draft) variantRows() (variants []db.Variant, prices []db.PriceImport) {
	for i, v := range d.Variants {
		row := db.Variant{
			ID: v.ID, ProductID: d.ID, SKU: v.SKU, Title: v.Title, Image: imageRow(v.Image), WeightGrams: v.WeightGrams,
			TaxClass: cmp.Or(v.TaxClass, catalogue.TaxStandard),
			Barcode:  v.Barcode, Position: i, Options: append([]catalogue.SelectedOption{}, v.Options...),
		}
		if !v.RestockAt.IsZero() {
			at := v.RestockAt.UTC()
			row.RestockAt = &at
		}
		variants = append(variants, row)
		for currency, minor := range v.Prices {
			price := db.PriceImport{VariantID: v.ID, Currency: currency, PriceMinor: minor}
			if was := v.CompareAt[currency]; was > 0 {
				price.CompareAtMinor = &was
			}
			prices = append(prices, price)
		}
	}
	return variants, prices
}

// snapshotVariants are the variants with their prices as they are read from the
// database.
func (d *Draft) snapshotVariants() []db.SnapshotVariant {
	variants, prices := d.variantRows()
	slices.SortFunc(prices, func(a, b db.PriceImport) int { return strings.Compare(a.Currency, b.Currency) })
	of := make(map[string][]db.PriceImport, len(variants))
	for _, p := range prices {
		of[p.VariantID] = append(of[p.VariantID], p)
	}
	all := make([]db.SnapshotVariant, len(variants))
	for i, v := range variants {
		all[i] = db.SnapshotVariant{Variant: v, Prices: of[v.ID]}
	}
	return all
}

// imageRow is nil for a picture without a name, which is none.
func imageRow(i catalogue.Image) *catalogue.Image {
	if i.Name == "" {
		return nil
	}
	return &i
}

// snapshotsOfNew are what Snapshots would read of the drafts that are new: nothing else
// belongs to them yet. Reading them back was a third of the work of an import. Their
// categories and brands are locked.
func snapshotsOfNew(ctx context.Context, q *db.Queries, drafts []storedDraft, categoryIDs, brandIDs []string) ([]db.Snapshot, error) {
	if !slices.ContainsFunc(drafts, func(d storedDraft) bool { return d.version == 0 }) {
		return nil, nil
	}
	categories, brands := map[string]db.Category{}, map[string]*db.Brand{}
	own, err := q.CategoryByID(ctx, categoryIDs)
	if err != nil {
		return nil, err
	}
	var ancestors []string
	for _, c := range own {
		ancestors = append(ancestors, c.Ancestors...)
	}
	above, err := q.CategoryByID(ctx, ancestors)
	if err != nil {
		return nil, err
	}
	for _, c := range append(own, above...) {
		categories[c.ID] = c
	}
	rows, err := q.BrandsByID(ctx, brandIDs)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		brands[rows[i].ID] = &rows[i]
	}
	var snapshots []db.Snapshot
	for i := range drafts {
		if d := &drafts[i]; d.version == 0 {
			snapshots = append(snapshots, d.snapshot(categories, brands[d.BrandID]))
		}
	}
	return snapshots, nil
}

func (d *storedDraft) snapshot(categories map[string]db.Category, brand *db.Brand) db.Snapshot {
	row := d.row(d.CreatedAt)
	s := db.Snapshot{
		ID: row.ID, Slug: row.Slug, Title: row.Title, Subtitle: row.Subtitle, Description: row.Description, Status: row.Status, Version: row.Version,
		Tags: row.Tags, Keywords: row.Keywords, Specifications: row.Specifications, Options: row.Options, Images: row.Images, Featured: row.Featured,
		CreatedAt: row.CreatedAt, Brand: brand, Categories: []db.Category{categories[row.CategoryID]}, Translations: d.Translations,
	}
	for _, ancestor := range s.Categories[0].Ancestors {
		s.Categories = append(s.Categories, categories[ancestor])
	}
	s.Variants = d.snapshotVariants()
	return s
}
