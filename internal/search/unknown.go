package search

import (
	"context"
	"slices"
)

// minSplit is the length of the shortest part that a word is split into, and
// minHead that of the shortest word by which a compound is found, in bytes of the
// folded word.
const (
	minSplit = 3
	minHead  = 4
)

// maxUnknown is how many words of a query are read that have no match; others stay
// unknown. An index may look through all its words for each.
const maxUnknown = 5

// readUnknown reads words that have no match by what documents have of them: their two
// parts, compounds that end with them, similar words, or the word that they end with.
// However many words, the index is asked for each of these once.
func (r *reader) readUnknown(ctx context.Context, index Lexicon) error {
	var unknown []*queryWord
	var lexemes []string
	for _, w := range r.words {
		if len(w.matched) == 0 && w.in == nil && len(unknown) < maxUnknown {
			unknown = append(unknown, w)
			for at := range w.word { // at rune boundaries
				if at >= minSplit {
					lexemes = append(append(lexemes, stems(w.word[:at])...), stems(w.word[at:])...)
				}
			}
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	known, _, err := index.Known(ctx, lexemes, nil)
	if err != nil {
		return err
	}
	r.known = known
	for _, read := range []func(context.Context, Lexicon, []*queryWord) error{r.readSplit, r.readEnding, r.readSimilar} {
		if err := read(ctx, index, unknown); err != nil {
			return err
		}
		if unknown = slices.DeleteFunc(unknown, func(w *queryWord) bool { return len(w.matched) > 0 }); len(unknown) == 0 {
			return nil
		}
	}
	for _, w := range unknown {
		r.readHead(w)
	}
	return nil
}

// readSplit reads words as two that a document has both of.
func (r *reader) readSplit(ctx context.Context, index Lexicon, unknown []*queryWord) error {
	var pairs [][2]string
	var of []*queryWord // each pair
	for _, w := range unknown {
		for at := range w.word {
			if at < minSplit || len(w.word)-at < minSplit {
				continue
			}
			firsts, seconds := stems(w.word[:at]), stems(w.word[at:])
			for i := range min(len(firsts), len(seconds)) {
				if r.known[firsts[i]] && r.known[seconds[i]] {
					pairs, of = append(pairs, [2]string{firsts[i], seconds[i]}), append(of, w)
				}
			}
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	together, err := index.Together(ctx, pairs)
	for i, p := range pairs {
		if err == nil && together[i] {
			of[i].matched = append(of[i].matched, Alternative{All: [][]string{{p[0]}, {p[1]}}})
		}
	}
	return err
}

// readEnding reads words as the ends of compounds: each in the first of its forms that any
// ends with.
func (r *reader) readEnding(ctx context.Context, index Lexicon, unknown []*queryWord) error {
	var forms []string
	var of []*queryWord // each form
	for _, w := range unknown {
		if len(w.word) < minHead {
			continue
		}
		for _, form := range formsOf(w.word) {
			forms, of = append(forms, form), append(of, w)
		}
	}
	if len(forms) == 0 {
		return nil
	}
	compounds, err := index.Ending(ctx, forms, maxEndings)
	if err != nil {
		return err
	}
	for i, w := range of {
		if len(w.matched) == 0 {
			w.match(compounds[i])
		}
	}
	return nil
}

const (
	maxEndings = 10
	maxSimilar = 3
)

func (r *reader) readSimilar(ctx context.Context, index Lexicon, unknown []*queryWord) error {
	var misspelled []Misspelled
	var of []*queryWord
	for _, w := range unknown {
		if edits := slack(w.word); edits > 0 {
			misspelled, of = append(misspelled, Misspelled{w.word, edits}), append(of, w)
		}
	}
	if len(misspelled) == 0 {
		return nil
	}
	candidates, err := index.Similar(ctx, misspelled)
	if err != nil {
		return err
	}
	for i, w := range of {
		if similar := Closest(misspelled[i], candidates[i]); len(similar) > 0 {
			w.corrected = similar[0]
			w.match(similar)
		}
	}
	return nil
}

// readHead reads a word as the longest known one that it ends with.
func (r *reader) readHead(w *queryWord) {
	for at := range w.word {
		if at < minSplit || len(w.word)-at < minHead {
			continue
		}
		if lexemes := r.only(stems(w.word[at:])); len(lexemes) > 0 {
			w.corrected = w.word[at:]
			w.matched = Clause{{All: [][]string{lexemes}, Prominent: true}}
			return
		}
	}
}
