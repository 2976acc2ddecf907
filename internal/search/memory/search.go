package memory

import (
	"context"

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

	keys   *column // of the order; nil: by relevance
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
