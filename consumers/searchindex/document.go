package searchindex

import (
	"maps"
	"math"
	"slices"
	"strings"

	"cartograph/consumers/searchindex/db"
	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/search"
)

// documentOf converts a product and its stock to a search document.
func documentOf(p event.ProductSnapshot, stock map[string]db.LevelsOfRow) search.Document {
	d := search.Document{
		Card: search.Card{
			ID: p.ProductID, Slug: p.Slug, Title: p.Title, Subtitle: p.Subtitle, Tags: p.Tags, Image: p.Image,
			Brand:  search.Brand{ID: p.BrandID, Slug: p.BrandSlug, Name: p.BrandName},
			Prices: prices(p.Variants), CreatedAt: p.CreatedAt, AsOf: p.CreatedAt,
		},
		Description: p.Description, Rating: rating(p.Rating), Featured: int64(p.Featured), Attributes: attributes(p), Collections: p.CollectionSlugs,
	}
	for i, slug := range p.CategorySlugs {
		d.Categories = append(d.Categories, search.Category{Slug: slug, Name: p.CategoryNames[i]})
	}
	d.Keywords = append(d.Keywords, p.Keywords...)
	addTranslations(&d, p.Translations)
	for _, v := range p.Variants {
		d.Keywords = append(d.Keywords, v.SKU, v.Title)
		if v.RestockAt != nil && (d.RestockAt == nil || v.RestockAt.Before(*d.RestockAt)) {
			d.RestockAt = v.RestockAt
		}
		level := stock[v.VariantID]
		d.Available = min(d.Available+int(level.Available), search.PlentyInStock)
		if level.AsOf != nil && level.AsOf.After(d.AsOf) {
			d.AsOf = level.AsOf.UTC()
		}
	}
	return d
}

func rating(r *event.Rating) search.Rating {
	if r == nil {
		return search.Rating{}
	}
	return search.Rating{Hundredths: int(math.Round(r.Average * 100)), Count: r.Count}
}

// addTranslations makes a product found by its texts in every language, and lists and
// facets show them in the reader's.
func addTranslations(d *search.Document, translations map[string]event.ProductTexts) {
	for _, locale := range slices.Sorted(maps.Keys(translations)) {
		t := translations[locale]
		if t.Title != "" || t.Subtitle != "" {
			put(&d.Texts, locale, search.CardTexts{Title: t.Title, Subtitle: t.Subtitle})
		}
		if t.Description != "" {
			put(&d.Descriptions, locale, t.Description)
		}
		for i, name := range t.CategoryNames {
			if i < len(d.Categories) && name != d.Categories[i].Name {
				put(&d.Categories[i].Names, locale, name)
			}
		}
		for i := range d.Attributes {
			a := &d.Attributes[i]
			texts := search.AttributeTexts(t.Specifications[a.Key])
			if option, ok := optionTexts(t.Options, a); ok {
				texts = search.AttributeTexts{Name: option.Name, Value: option.Values[a.Value]}
			}
			if texts != (search.AttributeTexts{}) {
				put(&a.Texts, locale, texts)
			}
		}
	}
}

// optionTexts are the texts of the option that an attribute is made of.
func optionTexts(options map[string]catalogue.OptionTexts, a *search.Attribute) (catalogue.OptionTexts, bool) {
	texts, ok := options[a.Name]
	return texts, ok && key(a.Name) == a.Key
}

func put[T any](all *map[string]T, locale string, texts T) {
	if *all == nil {
		*all = map[string]T{}
	}
	(*all)[locale] = texts
}

// prices are the ranges over all variants, in those currencies in which every
// variant has a price.
func prices(variants []event.VariantSnapshot) map[string]search.Price {
	ranges, priced := map[string]search.Price{}, map[string]int{}
	for _, v := range variants {
		for _, p := range v.Prices {
			r := ranges[p.Currency]
			if priced[p.Currency]++; priced[p.Currency] == 1 {
				r.Min = p.Minor
			}
			r.Min, r.Max = min(r.Min, p.Minor), max(r.Max, p.Minor)
			if was := p.CompareAtMinor; was > 0 {
				if r.CompareAtMin == 0 {
					r.CompareAtMin = was
				}
				r.CompareAtMin, r.CompareAtMax = min(r.CompareAtMin, was), max(r.CompareAtMax, was)
			}
			ranges[p.Currency] = r
		}
	}
	for currency, n := range priced {
		if n < len(variants) {
			delete(ranges, currency)
		}
	}
	return ranges
}

// attributes are the specifications, and the option values that any variant
// has.
func attributes(p event.ProductSnapshot) []search.Attribute {
	var all []search.Attribute
	for _, o := range p.Options {
		for _, v := range o.Values {
			if slices.ContainsFunc(p.Variants, func(variant event.VariantSnapshot) bool { return variant.Options[o.Name] == v.Value }) {
				all = append(all, search.Attribute{Key: key(o.Name), Name: o.Name, Value: v.Value, Swatch: v.SwatchHex})
			}
		}
	}
	for _, s := range p.Specifications {
		all = append(all, search.Attribute{Key: s.Key, Name: s.Name, Value: s.Value, Unit: s.Unit})
	}
	return all
}

// key is the filter key of an option: screen_size for "Screen size".
func key(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), " ", "_")
}
