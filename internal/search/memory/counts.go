package memory

import (
	"slices"
	"strconv"

	"cartograph/internal/search"
)

// condition is a group of the filter's.
type condition struct {
	facet string
	meets func(n uint32) bool
	terms *posting // the documents that meet it, where that is one posting
}

// prepare are the conditions of the query's filter.
func (s *searching) prepare() []condition {
	var all []condition
	for _, g := range s.query.Filter.Groups() {
		c := condition{facet: g.Facet}
		switch {
		case len(g.All) > 0 || len(g.Any) > 0:
			c.terms = s.union(append(g.Any, g.All...))
			if len(g.All) > 1 {
				lists := g.All
				c.meets = func(n uint32) bool {
					return !slices.ContainsFunc(lists, func(key string) bool { return !s.union([]string{key}).has(n) })
				}
				c.terms = nil
				break
			}
			c.meets = setOf(c.terms, len(s.slots)).has
		case g.Price:
			low, high, up := int64(-1<<63), *g.PriceMax, s.prices.up
			if g.PriceMin != nil {
				low = *g.PriceMin
			}
			c.meets = func(n uint32) bool { return up[n] >= low && up[n] <= high }
		case g.OnSale:
			onSale := s.prices.onSale
			c.meets = func(n uint32) bool { return onSale[n] }
		case g.InStock:
			inStock := s.columns.inStock
			c.meets = func(n uint32) bool { return inStock[n] }
		default:
			least, rating := search.Rating{Hundredths: g.RatingMin}.Key(), s.columns.rating
			c.meets = func(n uint32) bool { return rating[n] >= least }
		}
		all = append(all, c)
	}
	return all
}

// union is the posting of the documents that have any of the terms.
func (s *searching) union(keys []string) *posting {
	var union posting
	for _, key := range keys {
		if n, known := s.terms.numbers[key]; known {
			union.slots = append(union.slots, s.terms.postings[n].slots...)
		}
	}
	if len(keys) > 1 {
		slices.Sort(union.slots)
		union.slots = slices.Compact(union.slots)
	}
	return &union
}

// set has a bit for each slot.
type set []uint64

func setOf(p *posting, slots int) set {
	bits := make(set, slots/64+1)
	for _, n := range p.slots {
		bits[n/64] |= 1 << (n % 64)
	}
	return bits
}

func (s set) has(n uint32) bool { return s[n/64]&(1<<(n%64)) != 0 }

// scan counts the documents that match the words and meet all conditions. One that
// meets all but those of one facet is counted by that facet alone.
func (s *searching) scan() {
	if s.query.Facets {
		s.counts = newCounts(&s.terms, s.query.Currency)
	}
	base, whole := s.base()
	if s.counts != nil {
		s.counts.whole(s.Index, whole)
	}
	each := func(n uint32) {
		failed := ""
		for i := range s.conditions {
			c := &s.conditions[i]
			if c.facet != "" && c.facet == failed || c.meets(n) {
				continue
			}
			if failed != "" || c.facet == "" || s.counts == nil {
				return
			}
			failed = c.facet
		}
		if failed == "" {
			s.hit(n)
		}
		if s.counts != nil {
			s.counts.add(s, n, failed)
		}
	}
	if base != nil {
		for _, n := range base {
			each(n)
		}
		return
	}
	for n := range s.slots {
		if s.slots[n].live {
			each(uint32(n))
		}
	}
}

const everyFacet = "*"

// base are the slots to scan; nil: all. whole is the facet whose counts are those of
// the whole index, since nothing but its own conditions restricts the documents.
func (s *searching) base() (base []uint32, whole string) {
	if s.worded {
		return append([]uint32{}, s.matched...), ""
	}
	if len(s.conditions) == 0 {
		return nil, everyFacet
	}
	for _, c := range s.conditions {
		others := slices.ContainsFunc(s.conditions, func(other condition) bool { return other.facet != c.facet || c.facet == "" })
		narrows := c.facet == "" || s.counts == nil || !others
		if narrows && c.terms != nil && (base == nil || len(c.terms.slots) < len(base)) {
			base = append([]uint32{}, c.terms.slots...)
			if c.facet != "" && s.counts != nil {
				whole = c.facet
			}
		}
	}
	return base, whole
}

// counts are the numbers of hits by term, range of price, stock and rating.
type counts struct {
	terms   []int32
	facet   []string // keys of facets by number
	known   string   // the facet whose terms are not counted: their numbers are the index's
	bounds  []int64
	prices  []int
	inStock int
	rating  [4]int // at least one star, two …
}

func newCounts(t *terms, currency string) *counts {
	bounds := search.PriceBounds(currency)
	return &counts{terms: make([]int32, len(t.names)), facet: t.facets, bounds: bounds, prices: make([]int, len(bounds)+1)}
}

// whole takes the numbers of a facet's terms from the index.
func (c *counts) whole(x *Index, facet string) {
	if c.known = facet; facet == "" {
		return
	}
	for n := range x.terms.names {
		if facet == everyFacet || x.terms.facets[x.terms.facetOf[n]] == facet {
			c.terms[n] = int32(len(x.terms.postings[n].slots))
		}
	}
}

// add counts a document for all facets, or for the one whose conditions it failed.
func (c *counts) add(s *searching, n uint32, failed string) {
	if c.known != everyFacet && c.known != failed || failed == "" && c.known != everyFacet {
		for _, term := range s.slots[n].terms {
			facet := c.facet[s.terms.facetOf[term]]
			if facet != c.known && (failed == "" || facet == failed) {
				c.terms[term]++
			}
		}
	}
	if up := s.prices.up[n]; (failed == "" || failed == search.PriceFacet) && up < search.ForeignRank {
		bucket := 0
		for bucket < len(c.bounds) && up >= c.bounds[bucket] {
			bucket++
		}
		c.prices[bucket]++
	}
	if (failed == "" || failed == search.StockFacet) && s.columns.inStock[n] {
		c.inStock++
	}
	if failed == "" || failed == search.RatingFacet {
		for stars := range c.rating {
			if s.columns.rating[n] >= (search.Rating{Hundredths: 100 * (stars + 1)}).Key() {
				c.rating[stars]++
			}
		}
	}
}

// list has the most frequent values of each facet.
func (c *counts) list(x *Index) []search.Count {
	perFacet, totals := make([][]uint32, len(c.facet)), make([]int, len(c.facet))
	for n, count := range c.terms {
		if count == 0 {
			continue
		}
		f := x.terms.facetOf[n]
		totals[f]++
		list := perFacet[f]
		at, _ := slices.BinarySearchFunc(list, uint32(n), func(a, b uint32) int {
			return search.Count{Count: int(c.terms[a]), Value: x.terms.names[a].Key}.Compare(search.Count{Count: int(c.terms[b]), Value: x.terms.names[b].Key})
		})
		if at < search.MaxFacetValues {
			if list = slices.Insert(list, at, uint32(n)); len(list) > search.MaxFacetValues {
				list = list[:search.MaxFacetValues]
			}
			perFacet[f] = list
		}
	}
	var all []search.Count
	for f, list := range perFacet {
		if c.facet[f] == search.TagFacet {
			continue
		}
		for _, n := range list {
			t := x.terms.names[n]
			all = append(all, search.Count{
				Kind: "term", Value: t.Key, Count: int(c.terms[n]), Total: totals[f], Field: t.Field, Label: t.Label, Swatch: t.Swatch,
			})
		}
	}
	for bucket, count := range c.prices {
		if count > 0 {
			all = append(all, search.Count{Kind: "price", Value: strconv.Itoa(bucket), Count: count})
		}
	}
	for stars, count := range c.rating {
		all = append(all, search.Count{Kind: "rating", Value: strconv.Itoa(stars + 1), Count: count})
	}
	all = append(all, search.Count{Kind: "stock", Value: "true", Count: c.inStock})
	slices.SortFunc(all, search.Count.Compare)
	return all
}
