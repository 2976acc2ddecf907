package search

import (
	"slices"
	"strings"
)

// foreignRank is added to the fallback price of a document that has no price
// in a currency, or taken from it where the dearest come first: either way the
// document orders behind all that have one, and no filter reaches it.
const foreignRank = 1 << 60

// featuredRange bounds Document.Featured, so that it can break ties of
// relevance within one number.
const featuredRange = 10_000_000

// Term is something that filters name and facets count.
type Term struct {
	Key    string // "brand=kvarta", "attr:colour=Moss"
	Field  string // the facet's name: "Brand", "Battery life"
	Label  string
	Swatch string
}

func brandTerm(slug string) string    { return "brand=" + slug }
func categoryTerm(slug string) string { return "category=" + slug }
func tagTerm(tag string) string       { return "tag=" + tag }

const attributePrefix = "attr:"

func attributeTerm(key, value string) string { return attributePrefix + key + "=" + value }

func (d *Document) terms() []Term {
	var all []Term
	if d.Brand.Slug != "" {
		all = append(all, Term{brandTerm(d.Brand.Slug), "Brand", d.Brand.Name, ""})
	}
	for _, c := range d.Categories {
		all = append(all, Term{categoryTerm(c.Slug), "Category", c.Name, ""})
	}
	for _, t := range d.Tags {
		all = append(all, Term{tagTerm(t), "Tag", t, ""})
	}
	for _, a := range d.Attributes {
		label := a.Value
		if a.Unit != "" {
			label += " " + a.Unit
		}
		all = append(all, Term{attributeTerm(a.Key, a.Value), a.Name, label, a.Swatch})
	}
	slices.SortStableFunc(all, func(a, b Term) int { return strings.Compare(a.Key, b.Key) })
	return slices.CompactFunc(all, func(a, b Term) bool { return a.Key == b.Key })
}

// rank is where the orders by price in the currency have the card.
func (c *Card) rank(currency string) (up, down int64, onSale bool) {
	if p, ok := c.Prices[currency]; ok {
		return p.Min, p.Min, p.CompareAtMin > 0
	}
	p := c.Prices[FallbackCurrency]
	return foreignRank + p.Min, p.Min - foreignRank, p.CompareAtMin > 0
}
