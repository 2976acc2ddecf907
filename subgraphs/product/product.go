// Package product owns what the shop offers: categories, brands, products,
// their variants and prices, and how they are found.
//
// Availability is a copy of Inventory's, never computed here: Inventory decides
// at checkout. A product's prices are all in one currency, the caller's where
// every variant has a price in it. Drafts are visible only to those who may change
// them; archived products stay readable for customers who bought them.
package product

import (
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/money"
)

// Status is whether a product is sold.
type Status string

// The statuses.
const (
	Unpublished Status = "DRAFT"
	Published   Status = "PUBLISHED"
	Archived    Status = "ARCHIVED"
)

// Product is something that is sold, in one or several variants.
//
// A search result is a card: it has ID, Slug, Title, Subtitle,
// Status, Brand (without its logo), Tags, FeaturedImage, the price ranges,
// Availability and CreatedAt, and nothing else.
type Product struct {
	ID, Slug, Title     string
	Subtitle            *string
	Description         string
	DescriptionHTML     string
	Status              Status
	Version             int
	Brand               *Brand
	Category            *Category
	Breadcrumbs         []*Category // from the top; the last is Category
	Tags                []string
	Specifications      []catalogue.SpecificationGroup
	Options             []Option
	Images              []*Image
	SellerID            string     // empty: the shop itself
	SellerName          *string    // nil until it is reported
	PublishAt           *time.Time // when it is published; nil: not scheduled
	SEO                 SEO
	FeaturedImage       *Image
	PriceRange          *PriceRange // nil for a draft with a variant without price, or without variants
	CompareAtPriceRange *PriceRange
	Availability        Availability
	Variants            []*Variant
	ReviewSummary       Rating
	Translation         Translation
	CreatedAt           time.Time
	UpdatedAt           time.Time
}

// Variant is a purchasable unit of a product.
type Variant struct {
	ID, SKU, Title  string
	Product         *Product
	SelectedOptions []catalogue.SelectedOption
	Image           *Image
	Price           *money.Money // nil for a draft whose variants do not all have prices
	CompareAtPrice  *money.Money
	LowestPrice     *money.Money // in the 30 days before it was reduced
	Availability    Availability
	WeightGrams     int
	TaxClass        catalogue.TaxClass
	Barcode         *string
	Position        int // among the product's variants
	available       int
	asOf            time.Time
	restockAt       *time.Time
	ownOptions      []catalogue.SelectedOption // SelectedOptions as the catalogue has them, before translation
	levels          *levels
}

// SEO is what an editor set for search engines; empty texts are derived.
type SEO struct {
	Title, Description, CanonicalURL string
}

// TaxIncluded reports whether the price includes tax; nil without a price.
func (v *Variant) TaxIncluded() *bool {
	if v.Price == nil {
		return nil
	}
	return new(money.PricesIncludeTax(v.Price.Currency))
}

// PriceRange is from the least to the most.
type PriceRange struct {
	Min, Max money.Money
}

// Option is a catalogue.Option with the availability of its values.
type Option struct {
	Name   string
	Values []OptionValue
}

// OptionValue is one value of an Option.
type OptionValue struct {
	catalogue.OptionValue
	Available bool // whether any variant with it can be bought
}

// Image is a picture of a product, category or brand.
type Image struct {
	catalogue.Image
	Position int // among the product's pictures, from 0
}

// Category is a node in the tree of categories.
type Category struct {
	ID, Slug, Name string
	Description    *string
	Image          *Image
	ParentID       *string
	AncestorIDs    []string // from the top
	SEO            SEO
	Translation    Translation
}

// Brand is a manufacturer of products.
type Brand struct {
	ID, Slug, Name string
	Description    *string
	Logo           *Image
	SEO            SEO
	Translation    Translation
}

// IsNode and IsEntity let clients and the router fetch them by their ids, and
// IsMedia a product show pictures.
func (*Product) IsNode()    {}
func (*Product) IsEntity()  {}
func (*Variant) IsNode()    {}
func (*Variant) IsEntity()  {}
func (*Category) IsNode()   {}
func (*Category) IsEntity() {}
func (*Brand) IsNode()      {}
func (*Brand) IsEntity()    {}
func (*Image) IsMedia()     {}

// With returns the first variant that has all the given choices, or nil. They may be
// in the language of the caller or in the catalogue's own.
func (p *Product) With(choices []catalogue.SelectedOption) *Variant {
	for _, v := range p.Variants {
		if v.has(choices) {
			return v
		}
	}
	return nil
}

// VariantsAfter returns the variants that follow the one at a position. When that
// variant is no longer there, the next one may have moved to its position.
func (p *Product) VariantsAfter(position int, id string) []*Variant {
	for i, v := range p.Variants {
		if v.ID == id {
			return p.Variants[i+1:]
		}
	}
	for i, v := range p.Variants {
		if v.Position >= position {
			return p.Variants[i:]
		}
	}
	return nil
}

func (v *Variant) has(choices []catalogue.SelectedOption) bool {
	for _, choice := range choices {
		found := false
		for i, selected := range v.SelectedOptions {
			own := v.ownOptions[i]
			found = found || (choice.Name == selected.Name || choice.Name == own.Name) && (choice.Value == selected.Value || choice.Value == own.Value)
		}
		if !found {
			return false
		}
	}
	return true
}

// summarise derives the product's prices, and its availability to a caller who buys
// in a currency, from its variants, whose prices are all in one currency.
func (p *Product) summarise(currency string, now time.Time) {
	var compareAt *PriceRange
	total := stock{sold: p.Status == Published, asOf: p.UpdatedAt}
	for i, v := range p.Variants {
		if v.Price != nil {
			total.priced = v.Price.Currency == currency // in which all are
			if p.PriceRange == nil {
				p.PriceRange = &PriceRange{*v.Price, *v.Price}
			}
			widened := p.PriceRange.with(*v.Price)
			p.PriceRange = &widened
		}
		if was := v.CompareAtPrice; was != nil {
			if compareAt == nil {
				compareAt = &PriceRange{*was, *was}
			}
			widened := compareAt.with(*was)
			compareAt = &widened
		}
		own := stock{sold: total.sold, priced: total.priced, available: v.available, restockAt: v.restockAt, asOf: v.asOf}
		v.Availability = own.availability(now)
		total.add(own, i == 0)
	}
	p.CompareAtPriceRange = compareAt
	p.Availability = total.availability(now)
	p.markAvailableOptions()
}

func (r PriceRange) with(m money.Money) PriceRange {
	if m.Minor < r.Min.Minor {
		r.Min = m
	}
	if m.Minor > r.Max.Minor {
		r.Max = m
	}
	return r
}

func (p *Product) markAvailableOptions() {
	buyable := map[catalogue.SelectedOption]bool{}
	for _, v := range p.Variants {
		for _, choice := range v.SelectedOptions {
			buyable[choice] = buyable[choice] || v.Availability.CanBuy
		}
	}
	for _, o := range p.Options {
		for i, value := range o.Values {
			o.Values[i].Available = buyable[catalogue.SelectedOption{Name: o.Name, Value: value.Value}]
		}
	}
}
