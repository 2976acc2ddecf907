// Package memory is a search.Searcher in the memory of a process. It keeps every
// word, term and price in a column of its own, so that a search with facets reads a
// few integers of each hit, and no documents but those of the page.
package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"cartograph/internal/search"
)

// Index is a Searcher. It is safe for concurrent use: a write blocks searches for
// about a document's time.
type Index struct {
	currencies []string

	mu      sync.RWMutex
	slotOf  map[string]uint32 // of each document, by id
	removed map[string]int64  // versions of documents that were removed
	free    []uint32          // slots without a document
	slots   []slot
	columns columns
	lexemes lexemes
	terms   terms
}

var _ search.Searcher = (*Index)(nil)

// slot is a document.
type slot struct {
	live        bool
	version     int64
	card        search.Card
	description string
	lexemes     []weighted // by number
	terms       []uint32
}

// columns have what orders and filters compare, by slot.
type columns struct {
	featured, created, rating []int64
	inStock                   []bool
	prices                    map[string]*prices // by currency
}

type prices struct {
	up, down []int64
	onSale   []bool
}

// New returns an empty index of a shop that sells in the currencies.
func New(currencies ...string) *Index {
	x := &Index{
		currencies: append([]string{search.FallbackCurrency}, currencies...), slotOf: map[string]uint32{}, removed: map[string]int64{},
		columns: columns{prices: map[string]*prices{}}, lexemes: newLexemes(), terms: newTerms(),
	}
	slices.Sort(x.currencies)
	x.currencies = slices.Compact(x.currencies)
	for _, currency := range x.currencies {
		x.columns.prices[currency] = &prices{}
	}
	return x
}

// Upsert indexes documents, each unless a newer version is indexed.
func (x *Index) Upsert(_ context.Context, documents ...search.Document) error {
	for i := range documents {
		d := &documents[i]
		if _, ok := d.Prices[search.FallbackCurrency]; !ok {
			return fmt.Errorf("index %s: it has no price in %s", d.ID, search.FallbackCurrency)
		}
		analysis := search.Analyze(d) // before the lock: it is most of the work
		x.put(d, analysis)
	}
	return nil
}

func (x *Index) put(d *search.Document, a search.Analysis) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if version, gone := x.removed[d.ID]; gone && version >= d.Version {
		return
	}
	n, known := x.slotOf[d.ID]
	if known && x.slots[n].version >= d.Version {
		return
	}
	if !known {
		n = x.allocate()
		x.slotOf[d.ID] = n
		delete(x.removed, d.ID)
	}
	s := &x.slots[n]
	s.lexemes = x.lexemes.replace(n, s.lexemes, a.Lexemes)
	s.terms = x.terms.replace(n, s.terms, a.Terms)
	s.live, s.version, s.card, s.description = true, d.Version, d.Card, d.Description
	x.columns.set(n, d)
}

// allocate returns a slot without a document.
func (x *Index) allocate() uint32 {
	if last := len(x.free) - 1; last >= 0 {
		n := x.free[last]
		x.free = x.free[:last]
		return n
	}
	x.slots = append(x.slots, slot{})
	x.columns.grow()
	return uint32(len(x.slots) - 1)
}

func (c *columns) grow() {
	c.featured, c.created, c.rating = append(c.featured, 0), append(c.created, 0), append(c.rating, 0)
	c.inStock = append(c.inStock, false)
	for _, p := range c.prices {
		p.up, p.down, p.onSale = append(p.up, 0), append(p.down, 0), append(p.onSale, false)
	}
}

func (c *columns) set(n uint32, d *search.Document) {
	c.featured[n], c.created[n], c.rating[n] = d.FeaturedRank(), d.CreatedAt.UnixMicro(), d.Rating.Key()
	c.inStock[n] = d.Available > 0
	for currency, p := range c.prices {
		p.up[n], p.down[n], p.onSale[n] = d.Rank(currency)
	}
}

// Delete removes documents, each unless a newer version is indexed.
func (x *Index) Delete(_ context.Context, deletions ...search.Deletion) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, d := range deletions {
		n, known := x.slotOf[d.ID]
		if known && x.slots[n].version > d.Version {
			continue
		}
		x.removed[d.ID] = max(x.removed[d.ID], d.Version)
		if !known {
			continue
		}
		x.lexemes.replace(n, x.slots[n].lexemes, [search.Weights][]string{})
		x.terms.replace(n, x.slots[n].terms, nil)
		x.slots[n] = slot{}
		delete(x.slotOf, d.ID)
		x.free = append(x.free, n)
	}
	return nil
}

// Len is the number of documents.
func (x *Index) Len() int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return len(x.slotOf)
}

// posting has the slots with a lexeme or a term in ascending order.
type posting struct {
	slots   []uint32
	weights []uint8 // of a lexeme: a bit for each search.Weight; of a term: none
}

func (p *posting) put(n uint32, weights uint8, weighted bool) {
	at, known := slices.BinarySearch(p.slots, n)
	if !known {
		p.slots = slices.Insert(p.slots, at, n)
		if weighted {
			p.weights = slices.Insert(p.weights, at, weights)
		}
	} else if weighted {
		p.weights[at] = weights
	}
}

func (p *posting) remove(n uint32) {
	at, known := slices.BinarySearch(p.slots, n)
	if !known {
		return
	}
	p.slots = slices.Delete(p.slots, at, at+1)
	if p.weights != nil {
		p.weights = slices.Delete(p.weights, at, at+1)
	}
}

func (p *posting) has(n uint32) bool {
	_, found := slices.BinarySearch(p.slots, n)
	return found
}

// weighted is a lexeme of a document.
type weighted struct {
	number  uint32
	weights uint8
}

// lexemes is the dictionary of all lexemes.
type lexemes struct {
	numbers  map[string]uint32
	names    []string
	postings []posting
	sorted   []uint32 // words by name
	recent   []uint32 // words that are not in sorted yet

	plain, coded []spelled // words without digits, which are few, and with, like part numbers
}

// spelled is a word with what rules it out as similar to another.
type spelled struct {
	number  uint32
	length  int32 // in bytes
	letters uint64
}

func newLexemes() lexemes { return lexemes{numbers: map[string]uint32{}} }

// maxRecent bounds the words that are searched one by one.
const maxRecent = 4096

func (l *lexemes) number(name string) uint32 {
	n, known := l.numbers[name]
	if known {
		return n
	}
	n = uint32(len(l.names))
	name = strings.Clone(name) // of a text that is not kept
	l.numbers[name] = n
	l.names, l.postings = append(l.names, name), append(l.postings, posting{})
	if search.IsWord(name) {
		word := spelled{n, int32(len(name)), lettersOf(name)}
		if search.HasDigit(name) {
			l.coded = append(l.coded, word)
		} else {
			l.plain = append(l.plain, word)
		}
		if l.recent = append(l.recent, n); len(l.recent) > max(maxRecent, len(l.sorted)/8) {
			l.sorted, l.recent = append(l.sorted, l.recent...), nil
			slices.SortFunc(l.sorted, func(a, b uint32) int { return cmp.Compare(l.names[a], l.names[b]) })
		}
	}
	return n
}

// replace writes the lexemes of a slot that had others. A change of stock has the
// same and changes nothing.
func (l *lexemes) replace(n uint32, old []weighted, lists [search.Weights][]string) []weighted {
	var list []weighted
	for w, names := range lists {
		for _, name := range names {
			list = append(list, weighted{l.number(name), 1 << w})
		}
	}
	slices.SortFunc(list, func(a, b weighted) int { return cmp.Compare(a.number, b.number) })
	merged := list[:0]
	for _, entry := range list {
		if last := len(merged) - 1; last >= 0 && merged[last].number == entry.number {
			merged[last].weights |= entry.weights
		} else {
			merged = append(merged, entry)
		}
	}
	i := 0
	for _, entry := range merged {
		for i < len(old) && old[i].number < entry.number {
			l.postings[old[i].number].remove(n)
			i++
		}
		if i < len(old) && old[i].number == entry.number {
			if i++; old[i-1].weights == entry.weights {
				continue
			}
		}
		l.postings[entry.number].put(n, entry.weights, true)
	}
	for ; i < len(old); i++ {
		l.postings[old[i].number].remove(n)
	}
	return slices.Clip(merged)
}

// of is the posting of a lexeme; nil if no document ever had it.
func (l *lexemes) of(name string) *posting {
	if n, known := l.numbers[name]; known {
		return &l.postings[n]
	}
	return nil
}

// terms is the dictionary of all terms.
type terms struct {
	numbers  map[string]uint32
	names    []search.Term
	facetOf  []uint32
	postings []posting
	facets   []string // keys before the equals sign
	facet    map[string]uint32
}

func newTerms() terms { return terms{numbers: map[string]uint32{}, facet: map[string]uint32{}} }

func (t *terms) number(term search.Term) uint32 {
	n, known := t.numbers[term.Key]
	if known {
		t.names[n] = term
		return n
	}
	n = uint32(len(t.names))
	t.numbers[term.Key] = n
	key := search.FacetOf(term.Key)
	f, known := t.facet[key]
	if !known {
		f = uint32(len(t.facets))
		t.facet[key] = f
		t.facets = append(t.facets, key)
	}
	t.names, t.facetOf, t.postings = append(t.names, term), append(t.facetOf, f), append(t.postings, posting{})
	return n
}

func (t *terms) replace(n uint32, old []uint32, given []search.Term) []uint32 {
	list := make([]uint32, 0, len(given))
	for _, term := range given {
		list = append(list, t.number(term))
	}
	slices.Sort(list)
	for _, term := range old {
		if _, kept := slices.BinarySearch(list, term); !kept {
			t.postings[term].remove(n)
		}
	}
	for _, term := range list {
		if _, kept := slices.BinarySearch(old, term); !kept {
			t.postings[term].put(n, 0, false)
		}
	}
	return list
}
