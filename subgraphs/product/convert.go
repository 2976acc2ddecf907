package product

import (
	"time"

	"cartograph/internal/money"
	"cartograph/internal/search"
	"cartograph/subgraphs/product/db"
)

// productOf makes a product of its rows, with prices in the currency or, where
// a variant has none in it, in the fallback. It is nil where a variant has no
// price at all: such a product cannot be shown.
func productOf(g *db.ProductGraph, currency string, now time.Time) *Product {
	p := &Product{
		ID: g.ID, Slug: g.Slug, Title: g.Title, Subtitle: optional(g.Subtitle),
		Description: g.Description, DescriptionHTML: g.DescriptionHTML,
		Status: Status(g.Status), Version: int(g.Version), Tags: g.Tags,
		Images: imagesOf(g.Images), CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt,
	}
	if len(p.Images) > 0 {
		p.FeaturedImage = p.Images[0]
	}
	if b := g.Brand; b != nil {
		p.Brand = &Brand{ID: b.ID, Slug: b.Slug, Name: b.Name, Logo: imageOf(b.Logo, 0)}
	}
	for _, c := range g.Categories {
		p.Breadcrumbs = append(p.Breadcrumbs, categoryOf(db.Category{
			ID: c.ID, ParentID: c.ParentID, Ancestors: c.Ancestors, Slug: c.Slug, Name: c.Name,
			Description: c.Description, Image: c.Image,
		}))
	}
	p.Category = p.Breadcrumbs[len(p.Breadcrumbs)-1]
	p.describe(g)
	if !p.addVariants(g.Variants, currency) {
		return nil
	}
	p.summarise(now)
	return p
}

func (p *Product) describe(g *db.ProductGraph) {
	p.Specifications = make([]SpecificationGroup, len(g.Specifications))
	for i, group := range g.Specifications {
		p.Specifications[i] = SpecificationGroup{Name: group.Name, Items: make([]Specification, len(group.Items))}
		for j, s := range group.Items {
			p.Specifications[i].Items[j] = Specification{Key: s.Key, Name: s.Name, Value: s.Value, Unit: optional(s.Unit)}
		}
	}
	p.Options = make([]Option, len(g.Options))
	for i, o := range g.Options {
		p.Options[i] = Option{Name: o.Name, Values: make([]OptionValue, len(o.Values))}
		for j, v := range o.Values {
			p.Options[i].Values[j] = OptionValue{Value: v.Value, SwatchHex: optional(v.SwatchHex)}
		}
	}
}

func (p *Product) addVariants(nodes []db.VariantNode, currency string) bool {
	for _, n := range nodes {
		if _, ok := n.Prices[currency]; !ok {
			currency = search.FallbackCurrency // one for all, never a mixture
			break
		}
	}
	p.Variants = make([]*Variant, len(nodes))
	for i, n := range nodes {
		price, ok := n.Prices[currency]
		if !ok || price[0] == nil {
			return false
		}
		v := &Variant{
			ID: n.ID, SKU: n.SKU, Title: n.Title, Product: p, Image: imageOf(n.Image, 0),
			Price: money.Money{Minor: *price[0], Currency: currency}, WeightGrams: n.WeightGrams, Barcode: optional(n.Barcode),
			SelectedOptions: make([]SelectedOption, len(n.Options)), restockAt: n.RestockAt, asOf: p.UpdatedAt,
		}
		for j, o := range n.Options {
			v.SelectedOptions[j] = SelectedOption(o)
		}
		if was := price[1]; was != nil {
			v.CompareAtPrice = &money.Money{Minor: *was, Currency: currency}
		}
		if n.Available != nil && n.AsOf != nil {
			v.available, v.asOf = *n.Available, n.AsOf.UTC()
		}
		p.Variants[i] = v
	}
	return len(nodes) > 0
}

func categoryOf(c db.Category) *Category {
	return &Category{
		ID: c.ID, Slug: c.Slug, Name: c.Name, Description: optional(c.Description),
		Image: imageOf(c.Image, 0), ParentID: c.ParentID, AncestorIDs: c.Ancestors,
	}
}

func brandOf(b db.Brand) *Brand {
	return &Brand{ID: b.ID, Slug: b.Slug, Name: b.Name, Logo: imageOf(b.Logo, 0)}
}

func imageOf(i *db.Image, position int) *Image {
	if i == nil || i.Name == "" {
		return nil
	}
	return &Image{ID: i.ID, Name: i.Name, Alt: i.Alt, Position: position, Width: i.Width, Height: i.Height}
}

func imagesOf(rows []db.Image) []*Image {
	images := make([]*Image, 0, len(rows))
	for i := range rows {
		images = append(images, imageOf(&rows[i], i))
	}
	return images
}

// cardOf makes a product of what a search gave.
func cardOf(c search.Card, currency string, now time.Time) *Product {
	p := &Product{
		ID: c.ID, Slug: c.Slug, Title: c.Title, Subtitle: optional(c.Subtitle), Status: Published,
		Tags: append([]string{}, c.Tags...), CreatedAt: c.CreatedAt,
	}
	if c.Brand.ID != "" {
		p.Brand = &Brand{ID: c.Brand.ID, Slug: c.Brand.Slug, Name: c.Brand.Name}
	}
	if i := c.Image; i != nil {
		p.FeaturedImage = &Image{ID: i.ID, Name: i.Name, Alt: i.Alt, Width: i.Width, Height: i.Height}
	}
	price, ok := c.Prices[currency]
	if !ok {
		currency = search.FallbackCurrency
		price = c.Prices[currency]
	}
	in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: currency} }
	p.PriceRange = PriceRange{in(price.Min), in(price.Max)}
	if price.CompareAtMax > 0 {
		p.CompareAtPriceRange = &PriceRange{in(price.CompareAtMin), in(price.CompareAtMax)}
	}
	shown := stock{sold: true, available: c.Available, restockAt: c.RestockAt, asOf: c.AsOf}
	p.Availability = shown.availability(now)
	return p
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
