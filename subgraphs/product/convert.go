package product

import (
	"cmp"
	"slices"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/search"
	"cartograph/subgraphs/product/db"
)

// productOf converts a product's rows. Prices are in the currency or, when any
// variant has no price in it, all in the fallback currency: a price range over
// two currencies would be meaningless. When a variant has no price in either, none is
// shown. What is not priced in the buyer's currency cannot be bought.
func productOf(g *db.ProductGraph, r reader, currency, buyers string, now time.Time) *Product {
	p := &Product{
		ID: g.ID, Slug: g.Slug, Title: g.Title, Subtitle: optional.Of(g.Subtitle),
		Description: g.Description, DescriptionHTML: g.DescriptionHTML,
		Status: Status(g.Status), Version: int(g.Version), Tags: g.Tags,
		Specifications: g.Specifications, Options: optionsOf(g.Options),
		SEO:           SEO{g.SEOTitle, g.SEODescription, g.CanonicalURL},
		ReviewSummary: ratingOf(g.Ratings),
		Images:        ImagesOf(g.Images), CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt, SellerID: g.SellerID, SellerName: g.SellerName, PublishAt: g.PublishAt,
	}
	if len(p.Images) > 0 {
		p.FeaturedImage = p.Images[0]
	}
	if b := g.Brand; b != nil {
		p.Brand = brandOf(*b, r)
	}
	for _, c := range g.Categories {
		p.Breadcrumbs = append(p.Breadcrumbs, categoryOf(c, r))
	}
	p.Category = p.Breadcrumbs[len(p.Breadcrumbs)-1]
	p.addVariants(g.Variants, currency)
	p.summarise(buyers, now)
	p.translate(r.translator(g.Translations))
	return p
}

func (p *Product) addVariants(nodes []db.VariantNode, currency string) {
	for _, n := range nodes {
		if _, ok := n.Prices[currency]; !ok {
			currency = search.FallbackCurrency // for all variants, never a mixture
			break
		}
	}
	priced := true
	for _, n := range nodes {
		_, found := n.Prices[currency]
		priced = priced && found
	}
	p.Variants = make([]*Variant, len(nodes))
	for i, n := range nodes {
		v := &Variant{
			ID: n.ID, SKU: n.SKU, Title: n.Title, Product: p, Position: n.Position, Image: imageOf(n.Image, 0),
			WeightGrams: n.WeightGrams, TaxClass: n.TaxClass, Barcode: optional.Of(n.Barcode),
			SelectedOptions: n.Options, restockAt: n.RestockAt, asOf: p.UpdatedAt,
		}
		if price := n.Prices[currency]; priced && price[0] != nil {
			v.Price = &money.Money{Minor: *price[0], Currency: currency}
		}
		if was := n.Prices[currency][1]; priced && was != nil {
			v.CompareAtPrice = &money.Money{Minor: *was, Currency: currency}
			if lowest := n.Prices[currency][2]; lowest != nil {
				v.LowestPrice = &money.Money{Minor: *lowest, Currency: currency}
			}
		}
		// Until stock has reported the variant, none is available and the state
		// is as old as the product itself.
		if n.Available != nil && n.AsOf != nil {
			v.available, v.asOf = *n.Available, n.AsOf.UTC()
		}
		p.Variants[i] = v
	}
}

func optionsOf(rows []catalogue.Option) []Option {
	options := make([]Option, len(rows))
	for i, row := range rows {
		options[i] = Option{Name: row.Name, Values: make([]OptionValue, len(row.Values))}
		for j, value := range row.Values {
			options[i].Values[j].OptionValue = value
		}
	}
	return options
}

func categoryOf(c db.Category, r reader) *Category {
	category := &Category{
		ID: c.ID, Slug: c.Slug, Name: c.Name, Description: optional.Of(c.Description),
		Image: imageOf(c.Image, 0), ParentID: c.ParentID, AncestorIDs: c.Ancestors,
		SEO: SEO{c.SEOTitle, c.SEODescription, c.CanonicalURL},
	}
	category.translate(r.translator(c.Translations))
	return category
}

func brandOf(b db.Brand, r reader) *Brand {
	brand := &Brand{
		ID: b.ID, Slug: b.Slug, Name: b.Name, Description: optional.Of(b.Description), Logo: imageOf(b.Logo, 0),
		SEO: SEO{b.SEOTitle, b.SEODescription, b.CanonicalURL},
	}
	brand.translate(r.translator(b.Translations))
	return brand
}

func imageOf(i *catalogue.Image, position int) *Image {
	if i == nil || i.Name == "" {
		return nil
	}
	return &Image{*i, position}
}

// ImagesOf converts pictures in their order.
func ImagesOf(rows []catalogue.Image) []*Image {
	images := make([]*Image, 0, len(rows))
	for i := range rows {
		images = append(images, imageOf(&rows[i], i))
	}
	return images
}

// cardOf converts a search hit. Its prices follow the same rule as those of
// productOf: the index holds a currency only if every variant has a price in
// it.
func cardOf(c search.Card, r reader, currency, buyers string, now time.Time) *Product {
	p := &Product{
		ID: c.ID, Slug: c.Slug, Title: c.Title, Subtitle: optional.Of(c.Subtitle), Status: Published,
		Tags: append([]string{}, c.Tags...), CreatedAt: c.CreatedAt,
	}
	for _, l := range slices.Backward(r.locales) { // the preferred last
		texts := c.Texts[l]
		p.Title, p.Subtitle = cmp.Or(texts.Title, p.Title), cmp.Or(optional.Of(texts.Subtitle), p.Subtitle)
	}
	if c.Brand.ID != "" {
		p.Brand = &Brand{ID: c.Brand.ID, Slug: c.Brand.Slug, Name: c.Brand.Name}
	}
	p.FeaturedImage = imageOf(c.Image, 0)
	price, ok := c.Prices[currency]
	if !ok {
		currency = search.FallbackCurrency
		price = c.Prices[currency]
	}
	in := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: currency} }
	p.PriceRange = &PriceRange{in(price.Min), in(price.Max)}
	if price.CompareAtMax > 0 {
		p.CompareAtPriceRange = &PriceRange{in(price.CompareAtMin), in(price.CompareAtMax)}
	}
	shown := stock{sold: true, priced: currency == buyers, available: c.Available, restockAt: c.RestockAt, asOf: c.AsOf}
	p.Availability = shown.availability(now)
	return p
}
