package memory

import "cartograph/internal/search"

// condition is a group of the filter's, and the documents of the search that meet it.
type condition struct {
	facet string
	met   set
}

// restrict applies the query's filter to the documents that match the words. hits meet
// all conditions. Counts of a facet leave out its own conditions: within returns them.
func (s *searching) restrict() {
	s.base = s.scratch.set()
	copy(s.base, s.columns.live)
	if s.query.Worded() {
		copy(s.base, s.matched)
	}
	s.whole = !s.query.Worded() || s.matched.count() == len(s.slotOf)
	for _, g := range s.query.Filter.Groups() {
		met := s.meeting(&g)
		if g.Facet == "" {
			s.whole = false
			s.base.keep(met)
		} else {
			s.conditions = append(s.conditions, condition{g.Facet, met})
		}
	}
	s.hits = s.within("")
}

// within are the documents that meet all conditions but those of one facet. The set is
// not changed.
func (s *searching) within(facet string) set {
	var hits set
	for _, c := range s.conditions {
		if c.facet == facet {
			continue
		}
		if hits == nil {
			hits = s.scratch.set()
			copy(hits, s.base)
		}
		hits.keep(c.met)
	}
	if hits == nil {
		return s.base
	}
	return hits
}

// unrestricted reports whether every document is counted by a facet.
func (s *searching) unrestricted(facet string) bool {
	for _, c := range s.conditions {
		if c.facet != facet {
			return false
		}
	}
	return s.whole
}

// meeting are documents that meet a group's conditions. Those that are not in the base
// may be left out.
func (s *searching) meeting(g *search.Group) set {
	met := s.scratch.set()
	switch {
	case g.Any != nil:
		for _, key := range g.Any {
			if n, known := s.terms.numbers[key]; known {
				s.terms.members[n].addTo(met)
			}
		}
	case g.Price:
		s.priced(g, met)
	case g.OnSale:
		met.add(s.prices.onSale)
	case g.InStock:
		met.add(s.columns.inStock)
	default:
		least, rating := search.Rating{Hundredths: g.RatingMin}.Key(), s.columns.rating.values
		s.base.each(func(n uint32) {
			if rating[n] >= least {
				met.put(n, true)
			}
		})
	}
	return met
}

// priced adds the documents within both bounds. Prices are compared only in the ranges
// that a bound divides.
func (s *searching) priced(g *search.Group, met set) {
	least, most, up := int64(0), *g.PriceMax, s.prices.up.values
	if g.PriceMin != nil {
		least = *g.PriceMin
	}
	for i, members := range s.prices.ranges {
		low, high := s.prices.between(i)
		if most < low || least > high {
			continue
		}
		if least <= low && high <= most {
			met.add(members)
			continue
		}
		members.each(func(n uint32) {
			if up[n] >= least && up[n] <= most {
				met.put(n, true)
			}
		})
	}
}
