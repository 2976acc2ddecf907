// Package memory is a search.Searcher in the memory of a process. It has a column for
// every order, and a set of documents for every term, range of prices and number of
// stars: facets are counted by intersecting sets, sixty-four documents at a time, and
// no documents are read but those of the page.
package memory

import (
	"context"
	"hash/maphash"
	"sync"

	"cartograph/internal/search"
)

// Index is a Searcher. It is safe for concurrent use: a write blocks searches for
// about a document's time.
type Index struct {
	currencies []string
	seed       maphash.Seed

	mu      sync.RWMutex
	slotOf  map[string]uint32 // of each document, by id
	removed map[string]int64  // versions of documents that were removed
	free    []uint32          // slots without a document
	slots   []slot
	ids     []string // by slot
	ranks   ranks
	columns columns
	lexemes lexemes
	terms   terms
}

var _ search.Searcher = (*Index)(nil)

// slot is a document.
type slot struct {
	version      int64
	card         search.Card
	description  string
	descriptions map[string]string
	lexemes      []weighted // by number
	texts        uint64     // their sum, which lexemes are of
	terms        []uint32
}

// New returns an empty index of a shop that sells in the currencies.
func New(currencies ...string) *Index {
	currencies = search.Currencies(currencies)
	return &Index{
		currencies: currencies, seed: maphash.MakeSeed(), slotOf: map[string]uint32{}, removed: map[string]int64{},
		columns: newColumns(currencies), lexemes: newLexemes(), terms: newTerms(),
	}
}

// Upsert indexes documents, each unless a newer version is indexed.
func (x *Index) Upsert(_ context.Context, documents ...search.Document) error {
	for i := range documents {
		d := &documents[i]
		if err := d.Check(); err != nil {
			return err
		}
		texts, terms := search.TextsOf(d), d.Terms()
		sum := texts.Sum(x.seed)
		if x.hasTexts(d.ID, sum) && x.put(d, terms, sum, nil) {
			continue
		}
		lexemes := texts.Lexemes() // before the lock: it is most of the work
		x.put(d, terms, sum, &lexemes)
	}
	return nil
}

// hasTexts reports whether a document has these texts already: mostly its stock changed.
func (x *Index) hasTexts(id string, sum uint64) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n, known := x.slotOf[id]
	return known && x.slots[n].texts == sum
}

// put writes a document. It is false if it needs its lexemes: another one has been written
// meanwhile.
func (x *Index) put(d *search.Document, terms []search.Term, sum uint64, lexemes *[search.Weights][]string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if version, gone := x.removed[d.ID]; gone && version >= d.Version {
		return true
	}
	n, known := x.slotOf[d.ID]
	if known && x.slots[n].version >= d.Version {
		return true
	}
	if lexemes == nil && (!known || x.slots[n].texts != sum) {
		return false
	}
	if !known {
		n = x.allocate()
		x.slotOf[d.ID] = n
		delete(x.removed, d.ID)
	}
	s := &x.slots[n]
	if lexemes != nil {
		s.lexemes, s.texts = x.lexemes.replace(n, s.lexemes, *lexemes), sum
	}
	s.terms = x.terms.replace(n, len(x.slots), s.terms, terms)
	if !known {
		x.ids[n] = d.ID
		x.rank(n)
	}
	s.version, s.card, s.description, s.descriptions = d.Version, d.Card, d.Description, d.Descriptions
	x.columns.set(n, d)
	return true
}

// allocate returns a slot without a document.
func (x *Index) allocate() uint32 {
	if last := len(x.free) - 1; last >= 0 {
		n := x.free[last]
		x.free = x.free[:last]
		return n
	}
	x.slots, x.ids, x.ranks.of = append(x.slots, slot{}), append(x.ids, ""), append(x.ranks.of, 0)
	x.columns.grow()
	return uint32(len(x.slots) - 1)
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
		x.terms.replace(n, len(x.slots), x.slots[n].terms, nil)
		x.columns.remove(n)
		x.slots[n] = slot{}
		if x.ranks.of[n] == 0 {
			x.ranks.without--
		}
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
