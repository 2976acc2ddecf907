package memory

import (
	"cmp"
	"slices"
	"strings"

	"cartograph/internal/search"
)

// posting has the slots with a lexeme in ascending order.
type posting struct {
	slots   []uint32
	weights []uint8 // a bit for each search.Weight
}

func (p *posting) put(n uint32, weights uint8) {
	at, known := slices.BinarySearch(p.slots, n)
	if known {
		p.weights[at] = weights
		return
	}
	p.slots, p.weights = slices.Insert(p.slots, at, n), slices.Insert(p.weights, at, weights)
}

func (p *posting) remove(n uint32) {
	if at, known := slices.BinarySearch(p.slots, n); known {
		p.slots, p.weights = slices.Delete(p.slots, at, at+1), slices.Delete(p.weights, at, at+1)
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

// lexemes is the dictionary of the lexemes that any document has. The number of one
// that no document has any more is used again.
type lexemes struct {
	numbers  map[string]uint32
	names    []string
	postings []posting
	free     []uint32 // numbers without a lexeme

	sorted  []uint32 // words by name
	recent  []uint32 // words that are not in sorted yet
	retired []uint32 // words that no document has, in sorted or in recent still: not free yet

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
	name = strings.Clone(name) // of a text that is not kept
	if last := len(l.free) - 1; last >= 0 {
		n, l.free = l.free[last], l.free[:last]
		l.names[n] = name
	} else {
		n = uint32(len(l.names))
		l.names, l.postings = append(l.names, name), append(l.postings, posting{})
	}
	l.numbers[name] = n
	if search.IsWord(name) {
		word := spelled{n, int32(len(name)), lettersOf(name)}
		if search.HasDigit(name) {
			l.coded = append(l.coded, word)
		} else {
			l.plain = append(l.plain, word)
		}
		l.recent = append(l.recent, n)
		l.tidy()
	}
	return n
}

// drop removes a slot from a lexeme, and the lexeme if no document has it any more.
func (l *lexemes) drop(number, slot uint32) {
	p := &l.postings[number]
	if p.remove(slot); len(p.slots) > 0 {
		return
	}
	name := l.names[number]
	delete(l.numbers, name)
	*p = posting{}
	if !search.IsWord(name) {
		l.names[number] = ""
		l.free = append(l.free, number)
		return
	}
	l.retired = append(l.retired, number)
	l.tidy()
}

// tidy sorts the words once many are new or retired.
func (l *lexemes) tidy() {
	if len(l.recent)+len(l.retired) <= max(maxRecent, len(l.sorted)/8) {
		return
	}
	gone := func(n uint32) bool { return len(l.postings[n].slots) == 0 && l.numbers[l.names[n]] != n }
	l.sorted, l.recent = slices.DeleteFunc(append(l.sorted, l.recent...), gone), nil
	slices.SortFunc(l.sorted, func(a, b uint32) int { return cmp.Compare(l.names[a], l.names[b]) })
	for _, list := range []*[]spelled{&l.plain, &l.coded} {
		*list = slices.DeleteFunc(*list, func(w spelled) bool { return gone(w.number) })
	}
	for _, n := range l.retired {
		l.names[n] = ""
	}
	l.free, l.retired = append(l.free, l.retired...), nil
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
			l.drop(old[i].number, n)
			i++
		}
		if i < len(old) && old[i].number == entry.number {
			if i++; old[i-1].weights == entry.weights {
				continue
			}
		}
		l.postings[entry.number].put(n, entry.weights)
	}
	for ; i < len(old); i++ {
		l.drop(old[i].number, n)
	}
	return slices.Clip(merged)
}

// of is the posting of a lexeme; nil if no document has it.
func (l *lexemes) of(name string) *posting {
	if n, known := l.numbers[name]; known {
		return &l.postings[n]
	}
	return nil
}
