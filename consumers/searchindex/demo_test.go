package searchindex_test

import (
	"cmp"

	"cartograph/internal/demo"
	"cartograph/internal/event"
)

// demoSnapshots are the published products of the demo shop, and the category
// of each by slug.
func demoSnapshots() (snapshots []event.ProductPublished, categoryOf map[string]string) {
	shop := demo.Open(day(1))
	categories, brands := map[string]demo.Category{}, map[string]demo.Brand{}
	for _, c := range shop.Categories {
		categories[c.ID] = c
	}
	for _, b := range shop.Brands {
		brands[b.ID] = b
	}
	categoryOf = map[string]string{}
	for _, p := range shop.Products {
		if p.Status != demo.Published {
			continue
		}
		s := event.ProductSnapshot{
			ProductID: p.ID, Version: 1, Slug: p.Slug, Title: p.Title, Subtitle: p.Subtitle, Description: p.Description,
			BrandID: p.BrandID, BrandSlug: brands[p.BrandID].Slug, BrandName: brands[p.BrandID].Name, Tags: p.Tags, Keywords: p.Keywords,
			Options: p.Options, Featured: 1_000_000 - p.FeaturedRank, CreatedAt: p.CreatedAt, Translations: map[string]event.ProductTexts{},
		}
		for locale, texts := range p.Translations {
			s.Translations[locale] = event.ProductTexts{Texts: texts}
		}
		for id := p.CategoryID; id != ""; id = categories[id].ParentID {
			c := categories[id]
			s.CategorySlugs, s.CategoryNames = append(s.CategorySlugs, c.Slug), append(s.CategoryNames, c.Name)
			for locale, texts := range s.Translations {
				texts.CategoryNames = append(texts.CategoryNames, cmp.Or(c.Translations[locale].Title, c.Name))
				s.Translations[locale] = texts
			}
		}
		for _, group := range p.Specifications {
			s.Specifications = append(s.Specifications, group.Items...)
		}
		for _, v := range p.Variants {
			price := event.Price{Currency: "USD", Minor: v.Prices["USD"], CompareAtMinor: v.CompareAt["USD"]}
			variant := event.VariantSnapshot{VariantID: v.ID, SKU: v.SKU, Title: v.Title, Options: map[string]string{}, Prices: []event.Price{price}}
			for _, o := range v.Options {
				variant.Options[o.Name] = o.Value
			}
			s.Variants = append(s.Variants, variant)
		}
		snapshots, categoryOf[p.Slug] = append(snapshots, event.ProductPublished{ProductSnapshot: s}), categories[p.CategoryID].Slug
	}
	return snapshots, categoryOf
}
