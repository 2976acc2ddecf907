package search

import (
	"cmp"
	"context"
	"slices"
)

// Lexicon is what an index reports about the lexemes of its documents.
type Lexicon interface {
	// Known returns which of the lexemes any document has, and which of the prefixes
	// any word begins with.
	Known(ctx context.Context, lexemes, prefixes []string) (known, beginnings map[string]bool, err error)
	// Together returns which of the pairs of lexemes any document has both of.
	Together(ctx context.Context, pairs [][2]string) ([]bool, error)
	// Ending returns, for each of the suffixes, words that end with it and MayMean it, the
	// most frequent first.
	Ending(ctx context.Context, suffixes []string, limit int) ([][]string, error)
	// Similar returns, for each of the words, others that differ by its number of edits at
	// most. Closest selects among them.
	Similar(ctx context.Context, words []Misspelled) ([][]Candidate, error)
}

// Misspelled is a word that no document has, with the number of edits that correct it at
// most.
type Misspelled struct {
	Word  string
	Edits int
}

// Candidate is a word with the number of documents that have it.
type Candidate struct {
	Word      string
	Documents int
}

// Compare orders candidates, the most frequent first.
func (c Candidate) Compare(other Candidate) int {
	return cmp.Or(cmp.Compare(other.Documents, c.Documents), cmp.Compare(c.Word, other.Word))
}

// MayMean reports whether a word of a query can stand for one of documents: without digits
// it is not mistaken for a part number.
func MayMean(word, other string) bool { return HasDigit(word) || !HasDigit(other) }

// Closest are the candidates within a number of edits, the most similar and then
// the most frequent first.
func Closest(word Misspelled, candidates []Candidate) []string {
	type scored struct {
		Candidate
		distance int
	}
	var within []scored
	for _, c := range candidates {
		if d := distance(word.Word, c.Word); d <= word.Edits && IsWord(c.Word) && MayMean(word.Word, c.Word) {
			within = append(within, scored{c, d})
		}
	}
	slices.SortFunc(within, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), a.Compare(b.Candidate))
	})
	var closest []string
	for _, c := range within[:min(len(within), maxSimilar)] {
		closest = append(closest, c.Word)
	}
	return closest
}

// distance is the number of letters to insert, remove, replace or swap with the
// next one.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := [3][]int{make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := range x {
		before, last, row := rows[i%3], rows[(i+1)%3], rows[(i+2)%3]
		row[0] = i + 1
		for j := range y {
			replaced := last[j]
			if x[i] != y[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return rows[(len(x)+1)%3][len(y)]
}
