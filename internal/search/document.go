package search

import (
	"slices"
	"strconv"
	"strings"
)

// foreignRank is added to the fallback price of a document that has no price
// in a currency, or taken from it where the dearest come first: either way the
// document orders behind all that have one, and no filter reaches it.
const foreignRank = 1 << 60

// featuredRange bounds Document.Featured, so that it can break ties of
// relevance within one number.
const featuredRange = 10_000_000

// relevanceSteps is the number of steps of relevance. Hits within one step are in
// featured order.
const relevanceSteps = 32

// maxPosition is the last position that a tsvector can hold.
const maxPosition = 16_383

// vector writes the document's words as a tsvector. It is not left to
// to_tsvector, whose idea of a word depends on the database's locale.
func (d *Document) vector() string {
	v := vector{at: map[string][]string{}}
	v.add('A', d.Title)
	v.add('B', d.Brand.Name)
	for _, c := range d.Categories {
		v.add('B', c.Name)
	}
	for _, k := range d.Keywords {
		v.add('B', k)
	}
	v.add('C', d.Subtitle)
	for _, tag := range d.Tags {
		v.add('C', tag)
	}
	for _, a := range d.Attributes {
		v.add('C', a.Value)
	}
	v.add('D', d.Description)
	return v.String()
}

type vector struct {
	at       map[string][]string // word: its positions with their weights
	position int
}

func (v *vector) add(weight byte, text string) {
	for _, s := range spellings(text) {
		v.place(weight, s)
	}
	for _, w := range joined(text) {
		v.place(weight, spelling{word: w})
	}
	v.position += 2 // no phrase reaches over the end of a text
}

// place adds a word and, at the same position, its stems.
func (v *vector) place(weight byte, s spelling) {
	v.position++
	at := strconv.Itoa(min(v.position, maxPosition)) + string(weight)
	for _, lexeme := range append(s.stems(), s.word) {
		if len(v.at[lexeme]) < 16 { // more do not change a rank
			v.at[lexeme] = append(v.at[lexeme], at)
		}
	}
}

// String needs no quoting beyond the quotes: lexemes are letters and digits,
// after the prefix of a stem.
func (v *vector) String() string {
	var b strings.Builder
	for w, positions := range v.at {
		b.WriteString("'" + w + "':" + strings.Join(positions, ",") + " ")
	}
	return b.String()
}

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
