package memory

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"cartograph/internal/search"
)

// view is an index whose lock is held.
type view struct{ *Index }

// Known returns which of the lexemes any document has, and which of the prefixes any
// word begins with.
func (v view) Known(_ context.Context, names, prefixes []string) (known, beginnings map[string]bool, err error) {
	known, beginnings = map[string]bool{}, map[string]bool{}
	for _, name := range names {
		if p := v.lexemes.of(name); p != nil && len(p.slots) > 0 {
			known[name] = true
		}
	}
	for _, prefix := range prefixes {
		for range v.lexemes.beginning(prefix) {
			beginnings[prefix] = true
			break
		}
	}
	return known, beginnings, nil
}

// beginning yields the numbers of the words with the prefix that any document has.
func (l *lexemes) beginning(prefix string) func(yield func(uint32) bool) {
	return func(yield func(uint32) bool) {
		from := sort.Search(len(l.sorted), func(i int) bool { return l.names[l.sorted[i]] >= prefix })
		for _, n := range l.sorted[from:] {
			if !strings.HasPrefix(l.names[n], prefix) {
				break
			}
			if len(l.postings[n].slots) > 0 && !yield(n) {
				return
			}
		}
		for _, n := range l.recent {
			if strings.HasPrefix(l.names[n], prefix) && len(l.postings[n].slots) > 0 && !yield(n) {
				return
			}
		}
	}
}

// like are the words that can be similar to a word, or end with it: one without
// digits is not mistaken for a part number.
func (l *lexemes) like(word string) [][]spelled {
	if search.HasDigit(word) {
		return [][]spelled{l.plain, l.coded}
	}
	return [][]spelled{l.plain}
}

// candidate is a word with its documents; false if none has it any more.
func (l *lexemes) candidate(w spelled) (search.Candidate, bool) {
	documents := len(l.postings[w.number].slots)
	return search.Candidate{Word: l.names[w.number], Documents: documents}, documents > 0
}

// Together returns which of the pairs of lexemes any document has both of.
func (v view) Together(_ context.Context, pairs [][2]string) ([]bool, error) {
	together := make([]bool, len(pairs))
	for i, p := range pairs {
		first, second := v.lexemes.of(p[0]), v.lexemes.of(p[1])
		together[i] = first != nil && second != nil && slices.ContainsFunc(first.slots, second.has)
	}
	return together, nil
}

// Ending returns words with the suffix, the most frequent first.
func (v view) Ending(_ context.Context, suffix string, limit int) ([]string, error) {
	var found []search.Candidate
	for _, list := range v.lexemes.like(suffix) {
		for _, w := range list {
			if int(w.length) <= len(suffix) || !strings.HasSuffix(v.lexemes.names[w.number], suffix) {
				continue
			}
			if c, ok := v.lexemes.candidate(w); ok {
				found = append(found, c)
			}
		}
	}
	return frequent(found, limit), nil
}

func frequent(found []search.Candidate, limit int) []string {
	slices.SortFunc(found, func(a, b search.Candidate) int {
		return cmp.Or(cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.Word, b.Word))
	})
	var words []string
	for _, c := range found[:min(len(found), limit)] {
		words = append(words, c.Word)
	}
	return words
}

// Similar returns words that differ by a number of edits at most. Most words are
// ruled out by their length, or by their letters: an edit changes two at most.
func (v view) Similar(_ context.Context, word string, edits int) ([]search.Candidate, error) {
	var found []search.Candidate
	length, letters := utf8.RuneCountInString(word), lettersOf(word)
	for _, list := range v.lexemes.like(word) {
		for _, w := range list {
			if d := int(w.length) - len(word); d > 3*edits || -d > 3*edits || different(letters, w.letters) > 2*edits {
				continue
			}
			if c, ok := v.lexemes.candidate(w); ok {
				if d := utf8.RuneCountInString(c.Word) - length; d <= edits && -d <= edits {
					found = append(found, c)
				}
			}
		}
	}
	return found, nil
}

// Complete returns words with the prefix, the most frequent first.
func (x *Index) Complete(_ context.Context, prefix string, limit int) ([]string, error) {
	typed := search.Prefix(prefix)
	if len(typed) == 0 {
		return nil, nil
	}
	last := len(typed) - 1
	x.mu.RLock()
	defer x.mu.RUnlock()
	var found []search.Candidate
	for n := range x.lexemes.beginning(typed[last]) {
		found = append(found, search.Candidate{Word: x.lexemes.names[n], Documents: len(x.lexemes.postings[n].slots)})
	}
	completed := frequent(found, limit)
	for i, word := range completed {
		completed[i] = strings.Join(append(typed[:last:last], word), " ")
	}
	return completed, nil
}

// lettersOf has a bit for each letter and digit of a word.
func lettersOf(word string) uint64 {
	var letters uint64
	for _, r := range word {
		letters |= 1 << (r & 63)
	}
	return letters
}

// different is the number of letters that only one of two words has.
func different(a, b uint64) int { return bits.OnesCount64(a ^ b) }
