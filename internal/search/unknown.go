package search

import "context"

// minSplit is the length of the shortest part that a word is split into, and
// minHead that of the shortest word by which a compound is found, in bytes of the
// folded word.
const (
	minSplit = 3
	minHead  = 4
)

// readUnknown reads each word that has no match by what documents have of it: its two
// parts, a compound that ends with it, a similar word, or the word that it ends with.
func (r *reader) readUnknown(ctx context.Context, index Lexicon) error {
	var unknown []*queryWord
	var lexemes []string
	for _, w := range r.words {
		if len(w.matched) == 0 && w.in == nil {
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
	for _, w := range unknown {
		for _, read := range []func(context.Context, Lexicon, *queryWord) error{r.readSplit, r.readEnding, r.readSimilar, r.readHead} {
			if len(w.matched) == 0 {
				if err := read(ctx, index, w); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// readSplit reads a word as two that a document has both of.
func (r *reader) readSplit(ctx context.Context, index Lexicon, w *queryWord) error {
	var pairs [][2]string
	for at := range w.word {
		if at < minSplit || len(w.word)-at < minSplit {
			continue
		}
		firsts, seconds := stems(w.word[:at]), stems(w.word[at:])
		for i := range min(len(firsts), len(seconds)) {
			if r.known[firsts[i]] && r.known[seconds[i]] {
				pairs = append(pairs, [2]string{firsts[i], seconds[i]})
			}
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	together, err := index.Together(ctx, pairs)
	for i, p := range pairs {
		if err == nil && together[i] {
			w.matched = append(w.matched, Alternative{All: [][]string{{p[0]}, {p[1]}}})
		}
	}
	return err
}

// readEnding reads a word as the end of compounds.
func (r *reader) readEnding(ctx context.Context, index Lexicon, w *queryWord) error {
	if len(w.word) < minHead {
		return nil
	}
	for _, form := range formsOf(w.word) {
		compounds, err := index.Ending(ctx, form, maxEndings)
		if w.match(compounds); err != nil || len(compounds) > 0 {
			return err
		}
	}
	return nil
}

const (
	maxEndings = 10
	maxSimilar = 3
)

func (r *reader) readSimilar(ctx context.Context, index Lexicon, w *queryWord) error {
	edits := slack(w.word)
	if edits == 0 {
		return nil
	}
	candidates, err := index.Similar(ctx, w.word, edits)
	if err != nil {
		return err
	}
	if similar := Closest(w.word, edits, candidates); len(similar) > 0 {
		w.corrected = similar[0]
		w.match(similar)
	}
	return nil
}

// readHead reads a word as the longest known one that it ends with.
func (r *reader) readHead(_ context.Context, _ Lexicon, w *queryWord) error {
	for at := range w.word {
		if at < minSplit || len(w.word)-at < minHead {
			continue
		}
		if lexemes := r.only(stems(w.word[at:])); len(lexemes) > 0 {
			w.corrected = w.word[at:]
			w.matched = Clause{{All: [][]string{lexemes}, Prominent: true}}
			return nil
		}
	}
	return nil
}
