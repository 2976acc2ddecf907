package product

import (
	"time"

	"cartograph/subgraphs/product/db"
)

// row is d as its row.
func (d *Draft) row(now time.Time) (db.ProductImport, error) {
	hash, err := d.hash()
	row := db.ProductImport{
		ID: d.ID, Slug: d.Slug, Title: d.Title, Subtitle: d.Subtitle, Description: d.Description, DescriptionHTML: d.DescriptionHTML,
		Status: string(d.Status), BrandID: optional(d.BrandID), CategoryID: d.CategoryID, SellerID: d.SellerID,
		Tags: append([]string{}, d.Tags...), Featured: d.featured(), ImportedHash: hash, CreatedAt: d.CreatedAt.UTC(), UpdatedAt: now.UTC(),
		Specifications: make([]db.SpecificationGroup, len(d.Specifications)), Options: make([]db.Option, len(d.Options)),
		Images: make([]db.Image, 0, len(d.Images)),
	}
	for i, group := range d.Specifications {
		row.Specifications[i] = db.SpecificationGroup{Name: group.Name, Items: make([]db.Specification, len(group.Items))}
		for j, item := range group.Items {
			row.Specifications[i].Items[j] = db.Specification{Key: item.Key, Name: item.Name, Value: item.Value, Unit: value(item.Unit)}
		}
	}
	for i, o := range d.Options {
		row.Options[i] = db.Option{Name: o.Name, Values: make([]db.OptionValue, len(o.Values))}
		for j, v := range o.Values {
			row.Options[i].Values[j] = db.OptionValue{Value: v.Value, SwatchHex: value(v.SwatchHex)}
		}
	}
	for _, image := range d.Images {
		if r := image.row(); r != nil {
			row.Images = append(row.Images, *r)
		}
	}
	return row, err
}

func (d *Draft) variantRows() (variants []db.VariantImport, prices []db.PriceImport) {
	for i, v := range d.Variants {
		row := db.VariantImport{
			ID: v.ID, ProductID: d.ID, SKU: v.SKU, Title: v.Title, Image: v.Image.row(), WeightGrams: v.WeightGrams,
			Barcode: v.Barcode, Position: i, Options: make([]db.SelectedOption, len(v.Options)),
		}
		for j, o := range v.Options {
			row.Options[j] = db.SelectedOption(o)
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

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
