package memory

import (
	"cmp"
	"math/bits"
	"slices"

	"cartograph/internal/search"
)

// column has a number of each slot, and the least and the greatest of every word of a set.
type column struct {
	values    []int64
	low, high []int64
}

func (c *column) grow() {
	if c.values = append(c.values, 0); len(c.values)%wordBits == 1 {
		c.low, c.high = append(c.low, 0), append(c.high, 0)
	}
}

func (c *column) set(n uint32, value int64) {
	c.values[n] = value
	word := n / wordBits
	slots := c.values[word*wordBits : min(int(word+1)*wordBits, len(c.values))]
	c.low[word], c.high[word] = slices.Min(slots), slices.Max(slots)
}

// ranks are numbers by slot that are ordered as the ids of documents, so that hits with
// one key are ordered without reading their ids. A document whose id is not the greatest
// has none until many have none.
type ranks struct {
	of      []int64
	last    int64
	lastID  string
	without int
}

// maxUnranked is how many documents have no rank at least, before all get one.
const maxUnranked = 1024

func (x *Index) rank(n uint32) {
	r, id := &x.ranks, x.ids[n]
	if id > r.lastID {
		r.last++
		r.of[n], r.lastID = r.last, id
		return
	}
	r.of[n] = 0
	if r.without++; r.without <= max(maxUnranked, len(x.slots)/4) {
		return
	}
	sorted := make([]uint32, 0, len(x.slotOf))
	for _, slot := range x.slotOf {
		sorted = append(sorted, slot)
	}
	slices.SortFunc(sorted, func(a, b uint32) int { return cmp.Compare(x.ids[a], x.ids[b]) })
	for i, slot := range sorted {
		r.of[slot] = int64(i + 1)
	}
	r.last, r.lastID, r.without = int64(len(sorted)), x.ids[sorted[len(sorted)-1]], 0
}

// order selects the column by which hits are ordered; nil by relevance.
func (s *searching) order() {
	var by search.Key
	by, s.rising = s.query.Order()
	s.keys = map[search.Key]*column{
		search.ByPriceUp: &s.prices.up, search.ByPriceDown: &s.prices.down, search.ByCreation: &s.columns.created,
		search.ByRating: &s.columns.rating, search.BySales: &s.columns.sales, search.ByFeatured: &s.columns.featured,
	}[by]
}

// place is a hit and its key.
type place struct {
	key  int64
	rank int64 // of the id; 0: none
	id   string
	n    uint32
}

// page selects the hits of the page, and one more. It begins where the ids that come first
// mostly are, so that most hits are none of these.
func (s *searching) page() {
	limit := s.query.Size()
	if limit == 0 {
		return
	}
	for i := range s.hits {
		if !s.rising {
			i = len(s.hits) - 1 - i
		}
		word := s.hits[i]
		if word == 0 || s.keys != nil && len(s.top) == limit && s.beyond(i, s.top[limit-1].key) {
			continue
		}
		for ; word != 0; word &= word - 1 {
			s.consider(uint32(i*wordBits+bits.TrailingZeros64(word)), limit)
		}
	}
}

// beyond reports whether all slots of a word come after a key.
func (s *searching) beyond(word int, key int64) bool {
	if s.rising {
		return s.keys.low[word] > key
	}
	return s.keys.high[word] < key
}

func (s *searching) consider(n uint32, limit int) {
	p := place{rank: s.ranks.of[n], n: n}
	if s.keys != nil {
		p.key = s.keys.values[n]
	} else {
		p.key = search.RelevanceKey(int64(s.scratch.points[n]), s.columns.featured.values[n])
	}
	if len(s.top) == limit { // most hits end here, without their ids
		last := &s.top[limit-1]
		if p.key != last.key && p.key < last.key != s.rising {
			return
		}
		if p.key == last.key && p.rank > 0 && last.rank > 0 && p.rank < last.rank != s.rising {
			return
		}
	}
	p.id = s.ids[n]
	s.keep(p, limit)
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
	if a.rank > 0 && b.rank > 0 {
		return a.rank < b.rank == s.rising && a.rank != b.rank
	}
	return a.id < b.id == s.rising && a.id != b.id
}
