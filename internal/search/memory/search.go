package memory

import (
	"cmp"
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"cartograph/internal/search"
)

func different(a, b uint64) int { return bits.OnesCount64(a ^ b) }

// Search returns a page of hits and what else the query selects.
func (x *Index) Search(ctx context.Context, q search.Query) (search.Result, error) {
	if !slices.Contains(x.currencies, q.Currency) {
		q.Currency = search.FallbackCurrency
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	s := &searching{Index: x, query: q, prices: x.columns.prices[q.Currency]}
	if strings.TrimSpace(q.Text) != "" {
		reading, err := search.Read(ctx, view{x}, q)
		if err != nil {
			return search.Result{}, fmt.Errorf("read the query %q: %w", q.Text, err)
		}
		if len(reading.Clauses) == 0 {
			return search.Result{}, nil // punctuation only: no document contains it
		}
		s.reading, s.worded = reading, true
		s.scratch = scratches.Get().(*scratch)
		defer s.scratch.release()
		s.match()
	}
	s.conditions = s.prepare()
	s.order()
	s.scan()
	return s.result(), nil
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
	matched []uint32 // slots that match the words

	conditions []condition
	keys       []int64 // of the order, by slot; nil: by relevance
	rising     bool

	top    []place // of the hits after the query's position: one more than the page has
	total  int
	counts *counts
}

// scratch has numbers by slot. They are zero between searches.
type scratch struct {
	points  []int32 // of all clauses
	best    []int16 // of the present clause
	clauses []uint8 // that match
	seen    []uint32
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

func (s *scratch) fit(slots int) {
	if len(s.points) < slots {
		s.points, s.best, s.clauses = make([]int32, slots+slots/4), make([]int16, slots+slots/4), make([]uint8, slots+slots/4)
	}
}

func (s *scratch) release() {
	for _, n := range s.seen {
		s.points[n], s.clauses[n] = 0, 0
	}
	s.seen = s.seen[:0]
	scratches.Put(s)
}

// match finds the documents that match all clauses and phrases, or, if there are
// none, those that match at least half of the clauses.
func (s *searching) match() {
	s.scratch.fit(len(s.slots))
	for _, clause := range s.reading.Clauses {
		s.add(clause)
	}
	s.matched = s.having(len(s.reading.Clauses), s.reading.Phrases)
	if s.partial = len(s.matched) == 0 && (len(s.reading.Clauses) > 1 || len(s.reading.Phrases) > 0); s.partial {
		s.matched = s.having(s.reading.Least(), nil)
		for _, n := range s.matched {
			s.scratch.points[n] += search.ClausePoints * int32(s.scratch.clauses[n])
		}
	}
	for _, name := range s.reading.Adjacent {
		p := s.lexemes.of(name)
		if p == nil {
			continue
		}
		for i, n := range p.slots {
			if p.weights[i]&(1<<search.InTitle) != 0 && s.scratch.clauses[n] > 0 {
				s.scratch.points[n] += search.AdjacentPoints
			}
		}
	}
}

// having are the slots that match a number of clauses and all phrases.
func (s *searching) having(clauses int, phrases []string) []uint32 {
	var found []uint32
	for _, n := range s.scratch.seen {
		if int(s.scratch.clauses[n]) >= clauses && !slices.ContainsFunc(phrases, func(name string) bool {
			p := s.lexemes.of(name)
			return p == nil || !p.has(n)
		}) {
			found = append(found, n)
		}
	}
	return found
}

// add adds the points of a clause's best alternative to each document that matches.
func (s *searching) add(clause search.Clause) {
	var touched []uint32
	raise := func(n uint32, points int) {
		best := &s.scratch.best[n]
		if points == 0 {
			return
		}
		if *best == 0 {
			touched = append(touched, n)
		}
		*best = max(*best, int16(points))
	}
	for i := range clause {
		a := &clause[i]
		table := pointsOf(a)
		switch {
		case a.Prefix != "":
			for number := range s.lexemes.beginning(a.Prefix) {
				p := &s.lexemes.postings[number]
				for i, n := range p.slots {
					raise(n, table[p.weights[i]])
				}
			}
		case len(a.All) == 1:
			for _, name := range a.All[0] {
				p := s.lexemes.of(name)
				for i := 0; p != nil && i < len(p.slots); i++ {
					raise(p.slots[i], table[p.weights[i]])
				}
			}
		default:
			for n, points := range s.together(a.All, table) {
				raise(n, points)
			}
		}
	}
	for _, n := range touched {
		if s.scratch.clauses[n] == 0 {
			s.scratch.seen = append(s.scratch.seen, n)
		}
		s.scratch.points[n] += int32(s.scratch.best[n])
		s.scratch.clauses[n]++
		s.scratch.best[n] = 0
	}
}

// together are the points of documents that have a lexeme of each list.
func (s *searching) together(lists [][]string, table [1 << search.Weights]int) map[uint32]int {
	var sums map[uint32]int
	for _, list := range lists {
		best := map[uint32]int{}
		for _, name := range list {
			p := s.lexemes.of(name)
			for i := 0; p != nil && i < len(p.slots); i++ {
				best[p.slots[i]] = max(best[p.slots[i]], table[p.weights[i]])
			}
		}
		next := map[uint32]int{}
		for n, points := range best {
			if sum, had := sums[n]; points > 0 && (sums == nil || had) {
				next[n] = sum + points
			}
		}
		sums = next
	}
	return sums
}

// pointsOf are the points of an alternative by a lexeme's weights: those of the best.
func pointsOf(a *search.Alternative) (table [1 << search.Weights]int) {
	for weights := range table {
		for w := range search.Weights {
			if weights&(1<<w) != 0 {
				table[weights] = max(table[weights], a.Points(search.Weight(w)))
			}
		}
	}
	return table
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
	case s.query.Sort == search.Relevance && s.worded:
	default:
		s.keys = c.featured
	}
}

// place is a hit and its key.
type place struct {
	key int64
	n   uint32
}

func (s *searching) key(n uint32) int64 {
	if s.keys != nil {
		return s.keys[n]
	}
	return int64(s.scratch.points[n])*search.FeaturedRange + s.columns.featured[n]
}

// before reports whether a hit is shown before a position.
func (s *searching) before(key int64, id string, other int64, otherID string) bool {
	c := cmp.Compare(key, other)
	if c == 0 {
		c = strings.Compare(id, otherID)
	}
	return c < 0 == s.rising && c != 0
}

// hit counts a hit and keeps it if it is on the page.
func (s *searching) hit(n uint32) {
	s.total++
	limit := s.query.First + 1
	if s.query.First == 0 && !s.query.More {
		return
	}
	key := s.key(n)
	if len(s.top) == limit {
		if last := &s.top[limit-1]; key != last.key && key < last.key != s.rising {
			return // most hits end here
		}
	}
	id := s.slots[n].card.ID
	if after := s.query.After; after != nil && !s.before(after.Key, after.ID, key, id) {
		return
	}
	at, _ := slices.BinarySearchFunc(s.top, key, func(p place, key int64) int {
		if s.before(p.key, s.slots[p.n].card.ID, key, id) {
			return -1
		}
		return 1
	})
	if at == limit {
		return
	}
	if len(s.top) < limit {
		s.top = append(s.top, place{})
	}
	copy(s.top[at+1:], s.top[at:])
	s.top[at] = place{key, n}
}

func (s *searching) result() search.Result {
	result := search.Result{DidYouMean: s.reading.Corrected, Partial: s.partial}
	if result.More = len(s.top) > s.query.First; result.More {
		s.top = s.top[:s.query.First]
	}
	for _, p := range s.top {
		document := &s.slots[p.n]
		hit := search.Hit{Card: document.card, Position: search.Position{Key: p.key, ID: document.card.ID}}
		if s.keys == nil {
			hit.Score = s.reading.Score(p.key)
		}
		if s.query.Highlights {
			hit.Highlights = s.reading.Highlights(s.query.Text, document.card, document.description)
		}
		result.Hits = append(result.Hits, hit)
	}
	if s.query.Total || s.query.Facets {
		result.Total = s.total
	}
	if s.query.Facets {
		result.Facets = search.BuildFacets(s.query, s.counts.list(s.Index))
	}
	return result
}
