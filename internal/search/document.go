package search

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// ForeignRank is added to the fallback price of a document that has no price
// in a currency, or taken from it where the dearest come first: either way the
// document orders behind all that have one, and no filter reaches it.
const ForeignRank = 1 << 60

// FeaturedRange is above every Featured: a Position has relevance times
// FeaturedRange plus Featured.
const FeaturedRange = 10_000_000

// Term is something that filters name and facets count.
type Term struct {
	Key    string // "brand=kvarta", "attr:colour=Moss"
	Field  string // the facet's name: "Brand", "Battery life"
	Label  string
	Swatch string               `json:",omitempty"`
	Texts  map[string]TermTexts `json:",omitempty"` // by locale, where they are translated
}

// TermTexts are how a term is shown in one language; what is empty is not translated.
type TermTexts struct {
	Field string `json:",omitempty"`
	Label string `json:",omitempty"`
}

// in returns how the term is shown to a reader of the locales.
func (t *Term) in(locales []string) (field, label string) {
	for _, locale := range locales {
		field, label = cmp.Or(field, t.Texts[locale].Field), cmp.Or(label, t.Texts[locale].Label)
	}
	return cmp.Or(field, t.Field), cmp.Or(label, t.Label)
}

// Check returns why a document cannot be indexed.
func (d *Document) Check() error {
	if _, ok := d.Prices[FallbackCurrency]; !ok {
		return fmt.Errorf("index %s: it has no price in %s", d.ID, FallbackCurrency)
	}
	return nil
}

func brandTerm(slug string) string      { return "brand=" + slug }
func categoryTerm(slug string) string   { return "category=" + slug }
func tagTerm(tag string) string         { return tagFacet + "=" + tag }
func collectionTerm(slug string) string { return collectionFacet + "=" + slug }

const attributePrefix = "attr:"

func attributeTerm(key, value string) string { return attributePrefix + key + "=" + value }

// Terms are those of a document, by key.
func (d *Document) Terms() []Term {
	var all []Term
	if d.Brand.Slug != "" {
		all = append(all, Term{Key: brandTerm(d.Brand.Slug), Field: "Brand", Label: d.Brand.Name})
	}
	for _, c := range d.Categories {
		all = append(all, c.term())
	}
	for _, t := range d.Tags {
		all = append(all, Term{Key: tagTerm(t), Field: "Tag", Label: t})
	}
	for _, slug := range d.Collections {
		all = append(all, Term{Key: collectionTerm(slug), Field: "Collection", Label: slug})
	}
	for _, a := range d.Attributes {
		all = append(all, a.term())
	}
	slices.SortStableFunc(all, func(a, b Term) int { return strings.Compare(a.Key, b.Key) })
	return slices.CompactFunc(all, func(a, b Term) bool { return a.Key == b.Key })
}

func (c *Category) term() Term {
	t := Term{Key: categoryTerm(c.Slug), Field: "Category", Label: c.Name}
	for locale, name := range c.Names {
		t.translate(locale, TermTexts{Label: name})
	}
	return t
}

func (a *Attribute) term() Term {
	t := Term{Key: attributeTerm(a.Key, a.Value), Field: a.Name, Label: a.label(a.Value), Swatch: a.Swatch}
	for locale, texts := range a.Texts {
		t.translate(locale, TermTexts{Field: texts.Name, Label: a.label(texts.Value)})
	}
	return t
}

// label is a value with the unit.
func (a *Attribute) label(value string) string {
	if a.Unit == "" || value == "" {
		return value
	}
	return value + " " + a.Unit
}

func (t *Term) translate(locale string, texts TermTexts) {
	if texts == (TermTexts{}) {
		return
	}
	if t.Texts == nil {
		t.Texts = map[string]TermTexts{}
	}
	t.Texts[locale] = texts
}

// FeaturedRank is d.Featured within its bounds.
func (d *Document) FeaturedRank() int64 { return min(max(d.Featured, 0), FeaturedRange-1) }

// Rank is where the orders by price in the currency have the card.
func (c *Card) Rank(currency string) (up, down int64, onSale bool) {
	if p, ok := c.Prices[currency]; ok {
		return p.Min, p.Min, p.CompareAtMin > 0
	}
	p := c.Prices[FallbackCurrency]
	return ForeignRank + p.Min, p.Min - ForeignRank, p.CompareAtMin > 0
}
