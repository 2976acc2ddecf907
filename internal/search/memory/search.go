package memory

import (
	"context"
	"slices"

	"cartograph/internal/search"
)

// Search returns a page of hits and what else the query selects.
func (x *Index) Search(ctx context.Context, q search.Query) (search.Result, error) {
	s := &searching{Index: x}
	if found, err := s.find(ctx, q); err != nil || !found {
		return search.Result{}, err
	}
	// What is marked was copied from the index, which is not locked any more.
	if q.Highlights {
		for i := range s.result.Hits {
			hit := &s.result.Hits[i]
			hit.Highlights = s.query.Reading.Highlights(q, &hit.Card, s.texts[i].description, s.texts[i].descriptions)
		}
	}
	if q.Facets {
		s.result.Facets = search.BuildFacets(s.query.Query, s.counted)
	}
	return s.result, nil
}

// searching is one search.
type searching struct {
	*Index
	query   search.Prepared
	prices  *prices
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
func (s *searching) find(ctx context.Context, q search.Query) (found bool, err error) {
	x := s.Index
	x.mu.RLock()
	defer x.mu.RUnlock()
	if s.query, found, err = search.Prepare(ctx, view{x}, q, x.currencies); err != nil || !found {
		return false, err
	}
	s.prices, s.scratch = x.columns.prices[s.query.Currency], borrow(len(x.slots))
	defer s.scratch.release()
	if s.query.Worded() {
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
	var by search.Key
	by, s.rising = s.query.Order()
	s.keys = map[search.Key][]int64{
		search.ByPriceUp: s.prices.up, search.ByPriceDown: s.prices.down, search.ByCreation: s.columns.created,
		search.ByRating: s.columns.rating, search.BySales: s.columns.sales, search.ByFeatured: s.columns.featured,
	}[by]
}

// place is a hit and its key.
type place struct {
	key int64
	id  string
	n   uint32
}

// page selects the hits of the page, and one more.
func (s *searching) page() {
	limit := s.query.Size()
	if limit == 0 {
		return
	}
	s.hits.each(func(n uint32) {
		var key int64
		if s.keys != nil {
			key = s.keys[n]
		} else {
			key = search.RelevanceKey(int64(s.scratch.points[n]), s.columns.featured[n])
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
	s.result = search.Result{DidYouMean: s.query.Reading.Corrected, Partial: s.partial}
	s.top, s.result.More = search.Page(&s.query.Query, s.top)
	for _, p := range s.top {
		document := &s.slots[p.n]
		hit := search.Hit{Card: document.card, Position: search.Position{Key: p.key, ID: document.card.ID}}
		if s.keys == nil {
			hit.Score = s.query.Reading.Score(p.key)
		}
		s.result.Hits, s.texts = append(s.result.Hits, hit), append(s.texts, texts{document.description, document.descriptions})
	}
	if s.query.Counted() {
		s.result.Total = s.total
	}
}
