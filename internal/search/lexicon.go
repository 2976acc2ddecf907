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
	// Ending returns words with the suffix, the most frequent first.
	Ending(ctx context.Context, suffix string, limit int) ([]string, error)
	// Similar returns words that differ by a number of edits at most. Closest
	// selects among them.
	Similar(ctx context.Context, word string, edits int) ([]Candidate, error)
}

// Candidate is a word with the number of documents that have it.
type Candidate struct {
	Word      string
	Documents int
}

// Closest are the candidates within a number of edits, the most similar and then
// the most frequent first. A word without digits is not mistaken for a part number.
func Closest(word string, edits int, candidates []Candidate) []string {
	type scored struct {
		Candidate
		distance int
	}
	var within []scored
	for _, c := range candidates {
		if d := distance(word, c.Word); d <= edits && IsWord(c.Word) && (HasDigit(word) || !HasDigit(c.Word)) {
			within = append(within, scored{c, d})
		}
	}
	slices.SortFunc(within, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(b.Documents, a.Documents), cmp.Compare(a.Word, b.Word))
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
