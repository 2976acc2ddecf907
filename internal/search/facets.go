package search

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"cartograph/internal/money"
)

const (
	// MaxFacetValues is how many values of a facet are shown.
	MaxFacetValues = 30

	maxAttributes = 6 // facets of attributes that are not filtered by
)

// BuildFacets converts counts, those of each facet most frequent first, to facets: category, brand,
// price and stock first, then attributes.
func BuildFacets(q Query, counts []Count) []Facet {
	byTerm := map[string]*Facet{}
	covered := map[string]int{}
	for _, c := range counts {
		key, value, ok := strings.Cut(c.Value, "=")
		if c.Kind != TermCount || !ok {
			continue
		}
		f := byTerm[key]
		field, label := c.Term.in(q.Locales)
		if f == nil {
			f = &Facet{Key: strings.TrimPrefix(key, attributePrefix), Name: field, Total: c.Total}
			byTerm[key] = f
		}
		if len(f.Values) < MaxFacetValues {
			covered[key] += c.Count
			f.Values = append(f.Values, FacetValue{Value: value, Label: label, Swatch: c.Term.Swatch, Count: c.Count})
		}
	}
	var all []Facet
	for _, key := range []string{CategoryFacet, BrandFacet} {
		if f := byTerm[key]; f != nil {
			all = append(all, *f)
		}
		delete(byTerm, key)
	}
	all = append(all, priceFacet(q.Currency, counts)...)
	all = append(all, ratingFacet(counts)...)
	all = append(all, stockFacet(counts)...)
	return append(all, attributeFacets(q.Filter, byTerm, covered)...)
}

// attributeFacets are the attributes that are filtered by, so that a filter can
// be removed, and of the others those that most hits have. One with a single
// value distinguishes no hits and is left out.
func attributeFacets(f Filter, byTerm map[string]*Facet, covered map[string]int) []Facet {
	filtered := func(key string) bool {
		return slices.ContainsFunc(f.Attributes, func(a AttributeFilter) bool { return attributePrefix+a.Key == key })
	}
	var keys []string
	for key, facet := range byTerm {
		if filtered(key) || len(facet.Values) > 1 {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		if fa, fb := filtered(a), filtered(b); fa != fb {
			return cmp.Compare(btoi(fb), btoi(fa))
		}
		return cmp.Or(cmp.Compare(covered[b], covered[a]), cmp.Compare(a, b))
	})
	var all []Facet
	for i, key := range keys {
		if i < maxAttributes || filtered(key) {
			all = append(all, *byTerm[key])
		}
	}
	return all
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// priceFacet has the non-empty ranges in ascending order. A range includes both
// bounds in whole minor units: the highest price of one is a minor unit below
// the lowest of the next, so no price falls between two ranges or into both.
func priceFacet(currency string, counts []Count) []Facet {
	bounds := PriceBounds(currency)
	f := Facet{Key: PriceFacet, Name: "Price"}
	for _, c := range counts {
		bucket, err := strconv.Atoi(c.Value)
		if c.Kind != PriceCount || err != nil {
			continue
		}
		v := FacetValue{Value: c.Value, Count: c.Count}
		if bucket > 0 {
			v.Min = &bounds[bucket-1]
		}
		if bucket < len(bounds) {
			highest := bounds[bucket] - 1
			v.Max = &highest
		}
		f.Values = append(f.Values, v)
	}
	slices.SortFunc(f.Values, func(a, b FacetValue) int { return cmp.Compare(a.Value, b.Value) })
	if f.Total = len(f.Values); f.Total == 0 {
		return nil
	}
	return []Facet{f}
}

// ratingFacet has a value for each number of stars that any hit has at least.
func ratingFacet(counts []Count) []Facet {
	f := Facet{Key: RatingFacet, Name: "Rating"}
	for _, c := range counts {
		if c.Kind == RatingCount && c.Count > 0 {
			f.Values = append(f.Values, FacetValue{Value: c.Value, Label: c.Value, Count: c.Count})
		}
	}
	if f.Total = len(f.Values); f.Total == 0 {
		return nil
	}
	slices.SortFunc(f.Values, func(a, b FacetValue) int { return cmp.Compare(b.Value, a.Value) })
	return []Facet{f}
}

func stockFacet(counts []Count) []Facet {
	for _, c := range counts {
		if c.Kind == StockCount && c.Count > 0 {
			return []Facet{{Key: StockFacet, Name: "In stock", Total: 1, Values: []FacetValue{{Value: "true", Label: "In stock", Count: c.Count}}}}
		}
	}
	return nil
}

// PriceBounds are the bounds, in minor units, between ranges of price: 25, 50,
// 100 … of the currency's main unit. In a currency without decimals the unit
// is worth about a cent, so the bounds are a hundred times as high.
func PriceBounds(currency string) []int64 {
	one, err := money.Parse("1", currency)
	if err != nil || one.Minor == 1 {
		one.Minor = 100
	}
	steps := []int64{25, 50, 100, 200, 500, 1000}
	for i := range steps {
		steps[i] *= one.Minor
	}
	return steps
}

// The kinds of counts.
const (
	TermCount   = "term"
	PriceCount  = "price"
	StockCount  = "stock"
	RatingCount = "rating"
)

// CountPrices is a count of a range of PriceBounds.
func CountPrices(rangeNumber, n int) Count {
	return Count{Kind: PriceCount, Value: strconv.Itoa(rangeNumber), Count: n}
}

// CountStars is a count of documents with so many stars at least.
func CountStars(stars, n int) Count {
	return Count{Kind: RatingCount, Value: strconv.Itoa(stars), Count: n}
}

// CountStock is a count of documents in stock.
func CountStock(n int) Count { return Count{Kind: StockCount, Value: "true", Count: n} }

// Count is a number of documents that an index counted.
type Count struct {
	Kind  string // one of the kinds
	Value string // a term's key, the number of a range of prices, or whole stars
	Count int
	Total int  // of a term: the number of values that its facet has
	Term  Term // of a term: how it is shown
}

// Compare orders counts, the most frequent first.
func (c Count) Compare(other Count) int {
	return cmp.Or(cmp.Compare(other.Count, c.Count), cmp.Compare(c.Value, other.Value))
}
