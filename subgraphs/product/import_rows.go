package product

import (
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
			Barcode: v.Barcode, Position: i, Options: append([]catalogue.SelectedOption{}, v.Options...),
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

// imageRow is nil for a picture without a name, which is none.
func imageRow(i catalogue.Image) *catalogue.Image {
	if i.Name == "" {
		return nil
	}
	return &i
}
