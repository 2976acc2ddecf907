package memory

import (
	"slices"

	"cartograph/internal/search"
)

// terms is the dictionary of the terms that any document has. The number of one that
// no document has any more is used again.
type terms struct {
	numbers map[string]uint32
	names   []search.Term
	facetOf []uint32
	members []members
	free    []uint32 // numbers without a term

	facets  []facet
	facetBy map[string]uint32 // by key
}

// facet has the terms whose keys begin with its key and an equals sign.
type facet struct {
	key   string
	terms []uint32 // in no order
}

func newTerms() terms { return terms{numbers: map[string]uint32{}, facetBy: map[string]uint32{}} }

func (t *terms) number(term search.Term) uint32 {
	n, known := t.numbers[term.Key]
	if known {
		t.names[n] = term
		return n
	}
	if last := len(t.free) - 1; last >= 0 {
		n, t.free = t.free[last], t.free[:last]
	} else {
		n = uint32(len(t.names))
		t.names, t.facetOf, t.members = append(t.names, search.Term{}), append(t.facetOf, 0), append(t.members, members{})
	}
	t.numbers[term.Key] = n
	f := t.facet(search.FacetOf(term.Key))
	t.names[n], t.facetOf[n] = term, f
	t.facets[f].terms = append(t.facets[f].terms, n)
	return n
}

// facet is the number of a facet. One without terms is used again.
func (t *terms) facet(key string) uint32 {
	if f, known := t.facetBy[key]; known {
		return f
	}
	at := slices.IndexFunc(t.facets, func(f facet) bool { return len(f.terms) == 0 })
	if at < 0 {
		at, t.facets = len(t.facets), append(t.facets, facet{})
	}
	t.facets[at].key, t.facetBy[key] = key, uint32(at)
	return uint32(at)
}

// replace writes the terms of a slot, of so many, that had others.
func (t *terms) replace(n uint32, slots int, old []uint32, given []search.Term) []uint32 {
	list := make([]uint32, 0, len(given))
	for _, term := range given {
		list = append(list, t.number(term))
	}
	slices.Sort(list)
	for _, term := range list {
		t.members[term].put(n, slots)
	}
	for _, term := range old {
		if _, kept := slices.BinarySearch(list, term); !kept {
			t.drop(term, n, slots)
		}
	}
	return list
}

// drop removes a slot from a term, and the term if no document has it any more.
func (t *terms) drop(term, n uint32, slots int) {
	m := &t.members[term]
	if m.remove(n, slots); m.n > 0 {
		return
	}
	f := &t.facets[t.facetOf[term]]
	at := slices.Index(f.terms, term)
	f.terms[at] = f.terms[len(f.terms)-1]
	if f.terms = f.terms[:len(f.terms)-1]; len(f.terms) == 0 {
		delete(t.facetBy, f.key)
	}
	delete(t.numbers, t.names[term].Key)
	t.names[term], *m = search.Term{}, members{}
	t.free = append(t.free, term)
}
