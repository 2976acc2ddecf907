package memory

import (
	"sync"

	"cartograph/internal/search"
)

// scratch is memory that searches use one after another. Numbers by slot are zero
// between searches.
type scratch struct {
	points  []int32 // of all clauses
	best    []int16 // of the present clause
	part    []int16 // of the present list of an alternative
	clauses []uint8 // that match

	length int   // of sets
	sets   []set // that are in use, and then those that were
	used   int
	seen   set // slots with points
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

// borrow returns memory for a search of so many slots.
func borrow(slots int) *scratch {
	s := scratches.Get().(*scratch)
	s.length, s.used = words(slots), 0
	if len(s.points) < slots {
		room := slots + slots/4
		s.points, s.best, s.part, s.clauses = make([]int32, room), make([]int16, room), make([]int16, room), make([]uint8, room)
	}
	s.seen = s.set()
	return s
}

// set returns an empty set of all slots, until the search ends.
func (s *scratch) set() set {
	if s.used == len(s.sets) {
		s.sets = append(s.sets, nil)
	}
	if cap(s.sets[s.used]) < s.length {
		s.sets[s.used] = make(set, s.length+s.length/4)
	}
	empty := s.sets[s.used][:s.length]
	empty.clear()
	s.sets[s.used] = empty
	s.used++
	return empty
}

func (s *scratch) release() {
	s.seen.each(func(n uint32) { s.points[n], s.clauses[n] = 0, 0 })
	scratches.Put(s)
}

// match finds the documents that match all clauses and phrases, or, if there are
// none, those that match at least half of the clauses.
func (s *searching) match() {
	for i, clause := range s.query.Reading.Clauses {
		matching := s.add(clause)
		if i == 0 {
			s.matched = matching
		} else {
			s.matched.keep(matching)
		}
	}
	for _, name := range s.query.Reading.Phrases {
		both := s.scratch.set()
		if p := s.lexemes.of(name); p != nil {
			for _, n := range p.slots {
				both.put(n, true)
			}
		}
		s.matched.keep(both)
	}
	if s.partial = s.matched.count() == 0 && s.query.MayBePartial(); s.partial {
		s.matched = s.scratch.set()
		least, clauses, points := uint8(s.query.Reading.Least()), s.scratch.clauses, s.scratch.points //nolint:gosec // of a bounded number of words
		s.scratch.seen.each(func(n uint32) {
			if clauses[n] >= least {
				s.matched.put(n, true)
				points[n] += search.ClausePoints * int32(clauses[n])
			}
		})
	}
	for _, name := range s.query.Reading.Adjacent {
		s.raise(s.named([]string{name}), search.AdjacentPoints)
	}
	s.raise(s.named(s.query.Reading.Heads), search.HeadPoints)
}

// named are the documents that have any of the lexemes in their title or a name.
func (s *searching) named(names []string) set {
	having := s.scratch.set()
	for _, name := range names {
		p := s.lexemes.of(name)
		if p == nil {
			continue
		}
		for i, n := range p.slots {
			if p.weights[i]&(1<<search.InTitle|1<<search.InName) != 0 {
				having.put(n, true)
			}
		}
	}
	return having
}

// raise adds points to those of the documents that match a clause.
func (s *searching) raise(having set, points int32) {
	having.each(func(n uint32) {
		if s.scratch.clauses[n] > 0 {
			s.scratch.points[n] += points
		}
	})
}

// table has the points of an alternative by a lexeme's weights: those of the best.
type table [1 << search.Weights]int16

func tableOf(a *search.Alternative) (t table) {
	for weights := range t {
		for w := range search.Weights {
			if weights&(1<<w) != 0 {
				t[weights] = max(t[weights], int16(a.Points(search.Weight(w))))
			}
		}
	}
	return t
}

// add adds the points of a clause's best alternative to each document that matches,
// and returns those documents.
func (s *searching) add(clause search.Clause) set {
	matching := s.scratch.set()
	best := s.scratch.best
	for i := range clause {
		a := &clause[i]
		t := tableOf(a)
		switch {
		case a.Prefix != "":
			for number := range s.lexemes.beginning(a.Prefix) {
				raise(&s.lexemes.postings[number], &t, best, matching)
			}
		case len(a.All) == 1:
			for _, name := range a.All[0] {
				if p := s.lexemes.of(name); p != nil {
					raise(p, &t, best, matching)
				}
			}
		default:
			s.together(a.All, &t, best, matching)
		}
	}
	points, clauses := s.scratch.points, s.scratch.clauses
	matching.each(func(n uint32) {
		points[n] += int32(best[n])
		clauses[n]++
		best[n] = 0
	})
	s.scratch.seen.add(matching)
	return matching
}

// raise gives the documents of a posting at least its points.
func raise(p *posting, t *table, best []int16, matching set) {
	for i, n := range p.slots {
		points := t[p.weights[i]&(1<<search.Weights-1)]
		if points == 0 {
			continue
		}
		matching[n/wordBits] |= 1 << (n % wordBits)
		if points > best[n] {
			best[n] = points
		}
	}
}

// together gives the documents that have a lexeme of each list the sum of their points.
func (s *searching) together(lists [][]string, t *table, best []int16, matching set) {
	part, sums := s.scratch.part, map[uint32]int16{}
	for i, list := range lists {
		having := s.scratch.set()
		for _, name := range list {
			if p := s.lexemes.of(name); p != nil {
				raise(p, t, part, having)
			}
		}
		next := map[uint32]int16{}
		having.each(func(n uint32) {
			if sum, had := sums[n]; had || i == 0 {
				next[n] = sum + part[n]
			}
			part[n] = 0
		})
		sums = next
	}
	for n, points := range sums {
		matching.put(n, true)
		best[n] = max(best[n], points)
	}
}
