package memory

import (
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

// like are the words that a word may mean.
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

// Ending returns, for each of the suffixes, words with it, the most frequent first.
func (v view) Ending(_ context.Context, suffixes []string, limit int) ([][]string, error) {
	all := make([][]string, len(suffixes))
	for i, suffix := range suffixes {
		all[i] = v.ending(suffix, limit)
	}
	return all, nil
}

func (v view) ending(suffix string, limit int) []string {
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
	return frequent(found, limit)
}

func frequent(found []search.Candidate, limit int) []string {
	slices.SortFunc(found, search.Candidate.Compare)
	var words []string
	for _, c := range found[:min(len(found), limit)] {
		words = append(words, c.Word)
	}
	return words
}

// Similar returns, for each of the words, others that differ by its number of edits at most.
func (v view) Similar(_ context.Context, words []search.Misspelled) ([][]search.Candidate, error) {
	all := make([][]search.Candidate, len(words))
	for i, w := range words {
		all[i] = v.similar(w.Word, w.Edits)
	}
	return all, nil
}

// similar rules most words out by their length, or by their letters: an edit changes two
// at most.
func (v view) similar(word string, edits int) []search.Candidate {
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
	return found
}

// Complete returns words with the prefix, the most frequent first.
func (x *Index) Complete(_ context.Context, prefix string, limit int) ([]string, error) {
	return search.Completed(prefix, limit, func(beginning string) ([]string, error) {
		x.mu.RLock()
		defer x.mu.RUnlock()
		var found []search.Candidate
		for n := range x.lexemes.beginning(beginning) {
			found = append(found, search.Candidate{Word: x.lexemes.names[n], Documents: len(x.lexemes.postings[n].slots)})
		}
		return frequent(found, limit), nil
	})
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
