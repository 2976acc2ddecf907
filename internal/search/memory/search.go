package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"cartograph/internal/search"
)

// Search returns a page of hits and what else the query selects.
func (x *Index) Search(ctx context.Context, q search.Query) (search.Result, error) {
	if !slices.Contains(x.currencies, q.Currency) {
		q.Currency = search.FallbackCurrency
	}
	s := &searching{Index: x, query: q}
	if found, err := s.find(ctx); err != nil || !found {
		return search.Result{}, err
	}
	// What is marked was copied from the index, which is not locked any more.
	if q.Highlights {
		for i := range s.result.Hits {
			hit := &s.result.Hits[i]
			hit.Highlights = s.reading.Highlights(q, &hit.Card, s.texts[i].description, s.texts[i].descriptions)
		}
	}
	if q.Facets {
		s.result.Facets = search.BuildFacets(q, s.counted)
	}
	return s.result, nil
}

// searching is one search.
type searching struct {
	*Index
	query   search.Query
	prices  *prices
	reading search.Reading
	worded  bool
	partial bool
	scratch *scratch
	matched set // by the words

	base       set // that meet the conditions of no facet
	whole      bool
	conditions []condition
	hits       set

	keys   []int64 // of the order, by slot; nil: by relevance
	rising bool
	top    []place // of the hits after the query's position: one more than the page has
	total  int

	result  search.Result
	texts   []texts // of the hits
	counted []search.Count
}

// texts are what is marked in a hit.
type texts struct {
	description  string
	descriptions map[string]string
}

// find searches while the index is locked. It is false if the query has punctuation
// only: no document contains it.
func (s *searching) find(ctx context.Context) (found bool, err error) {
	x := s.Index
	x.mu.RLock()
	defer x.mu.RUnlock()
	s.prices, s.scratch = x.columns.prices[s.query.Currency], borrow(len(x.slots))
	defer s.scratch.release()
	if strings.TrimSpace(s.query.Text) != "" {
		if s.reading, err = search.Read(ctx, view{x}, s.query); err != nil {
			return false, fmt.Errorf("read the query %q: %w", s.query.Text, err)
		}
		if len(s.reading.Clauses) == 0 {
			return false, nil
		}
		s.worded = true
		s.match()
	}
	s.restrict()
	s.total = s.hits.count()
	s.order()
	s.page()
	if s.query.Facets {
		s.counted = s.count()
	}
	s.read()
	return true, nil
}

// order selects the keys by which hits are ordered.
func (s *searching) order() {
	switch c := &s.columns; {
	case s.query.Sort == search.PriceAsc:
		s.keys, s.rising = s.prices.up, true
	case s.query.Sort == search.PriceDesc:
		s.keys = s.prices.down
	case s.query.Sort == search.Newest:
		s.keys = c.created
	case s.query.Sort == search.TopRated:
		s.keys = c.rating
	case s.query.Sort == search.BestSelling:
		s.keys = c.sales
	case s.query.Sort == search.Relevance && s.worded:
	default:
		s.keys = c.featured
	}
}

// place is a hit and its key.
type place struct {
	key int64
	id  string
	n   uint32
}

// page selects the hits of the page, and one more.
func (s *searching) page() {
	limit := s.query.First + 1
	if s.query.First == 0 && !s.query.More {
		return
	}
	s.hits.each(func(n uint32) {
		var key int64
		if s.keys != nil {
			key = s.keys[n]
		} else {
			key = int64(s.scratch.points[n])*search.FeaturedRange + s.columns.featured[n]
		}
		if len(s.top) == limit {
			if last := s.top[limit-1].key; key != last && key < last != s.rising {
				return // most hits end here
			}
		}
		s.keep(place{key, s.ids[n], n}, limit)
	})
}

// keep puts a hit in its place on the page, if it has one.
func (s *searching) keep(p place, limit int) {
	if len(s.top) == limit && !s.before(p, s.top[limit-1]) {
		return
	}
	if after := s.query.After; after != nil && !s.before(place{key: after.Key, id: after.ID}, p) {
		return
	}
	at, _ := slices.BinarySearchFunc(s.top, p, func(other, p place) int {
		if s.before(other, p) {
			return -1
		}
		return 1
	})
	if len(s.top) < limit {
		s.top = append(s.top, place{})
	}
	copy(s.top[at+1:], s.top[at:])
	s.top[at] = p
}

// before reports whether a hit is shown before another.
func (s *searching) before(a, b place) bool {
	if a.key != b.key {
		return a.key < b.key == s.rising
	}
	return a.id < b.id == s.rising && a.id != b.id
}

// read copies the documents of the page.
func (s *searching) read() {
	s.result = search.Result{DidYouMean: s.reading.Corrected, Partial: s.partial}
	if s.result.More = len(s.top) > s.query.First; s.result.More {
		s.top = s.top[:s.query.First]
	}
	for _, p := range s.top {
		document := &s.slots[p.n]
		hit := search.Hit{Card: document.card, Position: search.Position{Key: p.key, ID: document.card.ID}}
		if s.keys == nil {
			hit.Score = s.reading.Score(p.key)
		}
		s.result.Hits, s.texts = append(s.result.Hits, hit), append(s.texts, texts{document.description, document.descriptions})
	}
	if s.query.Total || s.query.Facets {
		s.result.Total = s.total
	}
}
