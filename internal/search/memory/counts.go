package memory

import (
	"cmp"
	"slices"

	"cartograph/internal/search"
)

// Costs of counting, in words of a set that are intersected with another: measured.
const (
	memberCost = 2   // of one that is looked up in a set
	hitCost    = 100 // whose terms are read: they are rarely in the processor's cache
)

// count counts the hits of every facet.
func (s *searching) count() []search.Count {
	counts, singly := make([]int32, len(s.terms.names)), make([]bool, len(s.terms.facets))
	anySingly := false
	uncounted := search.Uncounted()
	for f := range s.terms.facets {
		facet := &s.terms.facets[f]
		if slices.Contains(uncounted, facet.key) {
			continue
		}
		within := s.facetHits(facet.key)
		if s.unrestricted(facet.key) {
			for _, term := range facet.terms {
				counts[term] = int32(s.terms.members[term].n)
			}
			continue
		}
		if s.dearer(facet, within.n) {
			if within.own {
				s.countSingly(within.set, counts, func(of uint32) bool { return of == uint32(f) })
			} else {
				singly[f], anySingly = true, true
			}
			continue
		}
		for _, term := range facet.terms {
			counts[term] = int32(s.terms.members[term].countIn(within.set))
		}
	}
	if anySingly {
		s.countSingly(s.hits, counts, func(of uint32) bool { return singly[of] })
	}
	all := s.frequent(counts)
	priced := s.facetHits(search.PriceFacet).set
	for i, members := range s.prices.ranges {
		if n := members.countBoth(priced); n > 0 {
			all = append(all, search.CountPrices(i, n))
		}
	}
	rated := s.facetHits(search.RatingFacet).set
	for i, members := range s.columns.stars {
		all = append(all, search.CountStars(i+1, members.countBoth(rated)))
	}
	inStock := s.columns.inStock.countBoth(s.facetHits(search.StockFacet).set)
	return append(all, search.CountStock(inStock))
}

// facetHits are the documents that a facet counts.
type facetHits struct {
	set
	n   int
	own bool // they are not the hits
}

func (s *searching) facetHits(facet string) facetHits {
	if !slices.ContainsFunc(s.conditions, func(c condition) bool { return c.facet == facet }) {
		return facetHits{s.hits, s.total, false}
	}
	within := s.within(facet)
	return facetHits{within, within.count(), true}
}

// dearer reports whether it costs more to intersect the terms of a facet with hits than
// to read the terms of every hit.
func (s *searching) dearer(f *facet, hits int) bool {
	cost, limit, longest := 0, hits*hitCost, words(len(s.slots))
	for _, term := range f.terms {
		m := &s.terms.members[term]
		if m.dense != nil {
			cost += longest
		} else {
			cost += memberCost * m.n
		}
		if cost > limit {
			return true
		}
	}
	return false
}

// countSingly counts the terms of each hit that belong to some facets.
func (s *searching) countSingly(hits set, counts []int32, of func(facet uint32) bool) {
	hits.each(func(n uint32) {
		for _, term := range s.slots[n].terms {
			if of(s.terms.facetOf[term]) {
				counts[term]++
			}
		}
	})
}

// frequent has the most frequent values of each facet, in that order.
func (s *searching) frequent(counts []int32) []search.Count {
	var all []search.Count
	most := make([]uint32, 0, search.MaxFacetValues+1)
	compare := func(a, b uint32) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(s.terms.names[a].Key, s.terms.names[b].Key))
	}
	for _, f := range s.terms.facets {
		total := 0
		most = most[:0]
		for _, term := range f.terms {
			if counts[term] == 0 {
				continue
			}
			total++
			if len(most) == search.MaxFacetValues && compare(term, most[len(most)-1]) > 0 {
				continue
			}
			at, _ := slices.BinarySearchFunc(most, term, compare)
			if most = slices.Insert(most, at, term); len(most) > search.MaxFacetValues {
				most = most[:search.MaxFacetValues]
			}
		}
		all = slices.Grow(all, len(most))
		for _, term := range most {
			name := s.terms.names[term]
			all = append(all, search.Count{Kind: search.TermCount, Value: name.Key, Count: int(counts[term]), Total: total, Term: name})
		}
	}
	return all
}
