package product

import (
	"cmp"

	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/subgraphs/product/db"
)

// snapshotOf is a product as events carry it, with the names of its brand and
// categories, so that consumers need no further reads.
func snapshotOf(row *db.Snapshot) event.ProductSnapshot {
	s := event.ProductSnapshot{
		ProductID: row.ID, Version: row.Version, Slug: row.Slug, Title: row.Title, Subtitle: row.Subtitle, Description: row.Description,
		Tags: row.Tags, Keywords: row.Keywords, Options: row.Options, Featured: int(row.Featured), CreatedAt: row.CreatedAt.UTC(),
	}
	if b := row.Brand; b != nil {
		s.BrandID, s.BrandSlug, s.BrandName = b.ID, b.Slug, b.Name
	}
	for _, c := range row.Categories {
		s.CategorySlugs = append(s.CategorySlugs, c.Slug)
		s.CategoryNames = append(s.CategoryNames, c.Name)
	}
	s.CollectionSlugs = row.Collections
	for _, group := range row.Specifications {
		s.Specifications = append(s.Specifications, group.Items...)
	}
	if len(row.Images) > 0 {
		s.Image = &row.Images[0]
	}
	for _, v := range row.Variants {
		s.Variants = append(s.Variants, variantSnapshotOf(v))
	}
	s.Rating = ratingOf(row.Ratings).snapshot()
	s.Translations = translationsOf(row)
	return s
}

// translationsOf are the texts of a product in every language that it, or a category
// of it, is translated to.
func translationsOf(row *db.Snapshot) map[string]event.ProductTexts {
	all := map[string]event.ProductTexts{}
	add := func(translations catalogue.Translations) {
		for locale := range translations {
			if _, known := all[locale]; known {
				continue
			}
			texts := event.ProductTexts{Texts: row.Translations[locale]}
			texts.DescriptionHTML = ""
			for _, c := range row.Categories {
				texts.CategoryNames = append(texts.CategoryNames, cmp.Or(c.Translations[locale].Title, c.Name))
			}
			all[locale] = texts
		}
	}
	add(row.Translations)
	for _, c := range row.Categories {
		add(c.Translations)
	}
	return all
}

func variantSnapshotOf(row db.SnapshotVariant) event.VariantSnapshot {
	v := event.VariantSnapshot{VariantID: row.ID, SKU: row.SKU, Title: row.Title, TaxClass: string(row.TaxClass), Options: map[string]string{}}
	for _, o := range row.Options {
		v.Options[o.Name] = o.Value
	}
	for _, p := range row.Prices {
		price := event.Price{Currency: p.Currency, Minor: p.PriceMinor}
		if p.CompareAtMinor != nil {
			price.CompareAtMinor = *p.CompareAtMinor
		}
		v.Prices = append(v.Prices, price)
	}
	if row.RestockAt != nil {
		at := row.RestockAt.UTC()
		v.RestockAt = &at
	}
	return v
}

// eventOf is what to publish after a product had a status and became the snapshot;
// nil for what no consumer has to hear of: a draft that stays one.
func eventOf(before Status, row *db.Snapshot) event.Payload {
	switch after := Status(row.Status); {
	case after == Published && before == Published:
		return event.ProductChanged{ProductSnapshot: snapshotOf(row)}
	case after == Published:
		return event.ProductPublished{ProductSnapshot: snapshotOf(row)}
	case before == Published || after == Archived:
		return event.ProductArchived{ProductID: row.ID, Version: row.Version}
	default:
		return nil
	}
}
