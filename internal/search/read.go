package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
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

// Reading is a query's words as documents are matched by them. Documents must
// match all clauses and phrases. If no document does, whatever the filters, they
// must match at least half of the clauses. The filters have no influence because
// counts of facets are made under different filters and must agree.
type Reading struct {
	Clauses   []Clause
	Phrases   []string // lexemes of pairs in quotation marks
	Adjacent  []string // lexemes of pairs, each of which raises a document with it in its title or a name
	Heads     []string // lexemes, any of which raises a document with it in its title or a name
	Corrected string   // the corrected query; empty if nothing was corrected
}

// Least is the number of clauses that a partial match must match.
func (r *Reading) Least() int { return (len(r.Clauses) + 1) / 2 }

// Score is the relevance of a hit by the key of its Position: 1 for one that has all
// words, as written, in its title.
func (r *Reading) Score(key int64) float64 {
	points := key / FeaturedRange % ClausePoints
	best := int64(max(len(r.Clauses), 1)) * 60
	return max(min(float64(points)/float64(best), 1), 0.01)
}

// Clause is a word of a query, or words for which there is a synonym, with the
// alternatives that match it.
type Clause []Alternative

// Alternative matches a document that has a lexeme of each list, or, if there is no
// list, a word with the prefix.
type Alternative struct {
	All       [][]string
	Prefix    string
	Prominent bool // in the title or a name
	kind      kind
}

type kind int

const (
	asWritten kind = iota
	synonym
	beginning
	loose
)

// Points are what an alternative adds to the relevance of a document that has a
// lexeme with the weight; 0 means that the weight does not count. Points are
// integers, so that all indexes compute the same sums. The points of an
// alternative with several lists are divided among them.
func (a *Alternative) Points(w Weight) int {
	if a.Prominent && w > InName {
		return 0
	}
	points := [...][Weights]int{asWritten: {60, 30, 12, 6}, synonym: {50, 25, 10, 5}, beginning: {40, 20, 8, 4}, loose: {20, 10, 4, 2}}[a.kind][w]
	return max(points/max(len(a.All), 1), 1)
}

const (
	// AdjacentPoints are added for each of Adjacent that is in the title or a name, and
	// HeadPoints once for any of Heads that is.
	AdjacentPoints = 20
	HeadPoints     = 20
	// ClausePoints are added for each clause that a partial match matches: more than
	// all other points of a document.
	ClausePoints = 1000
)

// minSplit is the length of the shortest part that a word is split into, and
// minHead that of the shortest word by which a compound is found, in bytes of the
// folded word.
const (
	minSplit = 3
	minHead  = 4
)

// Read reads the query's words by what documents contain. For each word the
// reading has the alternatives that match it:
//
//   - a part of the query that documents write as one word, or a number with its unit, is
//     matched as one: "in-ear headphones" are not "over-ear headphones";
//   - its stem, in the query's language or else in the other one;
//   - the compound with the word beside it: "head phones" finds "headphones";
//   - its synonyms;
//   - words that begin with it, where its stem is unknown, or where it is still
//     being typed;
//   - where all of these are unknown, the two words that it consists of, if a
//     document has both ("floorlamp" finds "floor lamp"), or else compounds that
//     end with it, or else the most similar words, which is reported as a
//     correction, or else the longest known word that it ends with, reported too: in
//     a compound that names the thing ("Kochmesser" is a "Messer"). Only titles,
//     brands, categories and keywords are searched for it.
func Read(ctx context.Context, index Lexicon, q Query) (Reading, error) {
	r := newReader(q)
	if err := r.readKnown(ctx, index); err != nil {
		return Reading{}, err
	}
	if err := r.readUnknown(ctx, index); err != nil {
		return Reading{}, err
	}
	return r.reading(), nil
}

// reader has the state of a Read.
type reader struct {
	text  queryText
	words []*queryWord // the significant ones
	spans []span
	at    map[int]*queryWord // by index in text.all
	known map[string]bool
}

type queryWord struct {
	spelling
	tiers     [][]string // of its stems; the first of which any is known is used
	compounds []string
	typing    bool
	matched   Clause
	corrected string
	in        *span // that is read as one, or has synonyms
}

// span is a part of a query that has synonyms.
type span struct {
	words    []*queryWord
	synonyms [][]spelling
}

func newReader(q Query) *reader {
	r := &reader{text: parse(q.Text), at: map[int]*queryWord{}}
	for _, i := range r.text.significant {
		w := &queryWord{spelling: r.text.all[i], tiers: tiers(r.text.all[i], q.Language)}
		r.words = append(r.words, w)
		r.at[i] = w
	}
	if n := len(r.words); n > 0 {
		r.words[n-1].typing = q.Typing
	}
	for i := range len(r.text.all) - 1 {
		for _, lexeme := range stems(r.text.all[i].word + r.text.all[i+1].word) {
			for _, w := range []*queryWord{r.at[i], r.at[i+1]} {
				if w != nil {
					w.compounds = append(w.compounds, lexeme)
				}
			}
		}
	}
	r.spans = q.Synonyms.in(r.words)
	return r
}

// tiers are the stems of a word. English queries try German last, because the
// German stemmer cuts English words short: "speaker" becomes "speak".
func tiers(s spelling, language string) [][]string {
	if language == "de" {
		return [][]string{s.stems()}
	}
	var english, german []string
	for _, stem := range s.stems() {
		if strings.HasPrefix(stem, germanStem) {
			german = append(german, stem)
		} else {
			english = append(english, stem)
		}
	}
	return [][]string{english, german}
}

func (r *reader) readKnown(ctx context.Context, index Lexicon) (err error) {
	var lexemes, prefixes []string
	for _, w := range r.words {
		lexemes = append(append(lexemes, slices.Concat(w.tiers...)...), w.compounds...)
		if len(w.word) > 1 {
			prefixes = append(prefixes, w.word)
		}
	}
	for _, s := range r.spans {
		for _, phrase := range s.synonyms {
			for _, word := range phrase {
				lexemes = append(lexemes, word.stems()...)
			}
		}
	}
	for _, p := range r.text.wholes {
		lexemes = append(append(lexemes, p.lexemes...), p.pairs...)
	}
	var beginnings map[string]bool
	if r.known, beginnings, err = index.Known(ctx, lexemes, prefixes); err != nil {
		return err
	}
	for _, w := range r.words {
		own := r.own(w.tiers)
		w.match(own)
		w.match(r.only(w.compounds))
		if (w.typing || len(own) == 0) && beginnings[w.word] {
			w.matched = append(w.matched, Alternative{Prefix: w.word, kind: beginning})
		}
	}
	for i := range r.text.wholes {
		r.readWhole(&r.text.wholes[i])
	}
	for i := range r.spans {
		r.spans[i].read(r)
	}
	return nil
}

// own are the lexemes of the first tier of which any is known.
func (r *reader) own(tiers [][]string) []string {
	for _, tier := range tiers {
		if lexemes := r.only(tier); len(lexemes) > 0 {
			return lexemes
		}
	}
	return nil
}

// only are the known ones.
func (r *reader) only(lexemes []string) []string {
	return slices.DeleteFunc(slices.Clone(lexemes), func(l string) bool { return !r.known[l] })
}

func (w *queryWord) match(lexemes []string) {
	if len(lexemes) > 0 {
		w.matched = append(w.matched, Alternative{All: [][]string{lexemes}})
	}
}

// read gives the span's first word the alternatives of all its words. Where no
// synonym is known, each word keeps its own.
func (s *span) read(r *reader) {
	var matched Clause
	for _, phrase := range s.synonyms {
		a := Alternative{kind: synonym}
		for _, word := range phrase {
			if lexemes := r.own(tiers(word, "")); len(lexemes) > 0 {
				a.All = append(a.All, lexemes)
			}
		}
		if len(a.All) == len(phrase) {
			matched = append(matched, a)
		}
	}
	if len(matched) == 0 {
		return
	}
	if len(s.words) == 1 {
		if s.words[0].in != nil {
			return // a part of a word
		}
		s.words[0].matched = append(s.words[0].matched, matched...)
		return
	}
	var written Alternative
	for _, w := range s.words {
		if lexemes := r.own(w.tiers); len(lexemes) > 0 {
			written.All = append(written.All, lexemes)
		}
	}
	if len(written.All) == len(s.words) {
		matched = append(matched, written)
	}
	if compounds := r.only(s.words[0].compounds); len(s.words) == 2 && len(compounds) > 0 {
		matched = append(matched, Alternative{All: [][]string{compounds}})
	}
	for _, w := range s.words {
		w.in = s
	}
	s.words[0].matched = matched
}

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

// reading has a clause that matches nothing for a word that no document contains.
func (r *reader) reading() Reading {
	reading := Reading{Phrases: r.text.phrases, Heads: r.heads()}
	words, corrected := make([]string, len(r.words)), false
	for i, w := range r.words {
		switch {
		case len(w.matched) > 0:
			reading.Clauses = append(reading.Clauses, w.matched)
		case w.in == nil:
			reading.Clauses = append(reading.Clauses, Clause{{All: [][]string{{w.word}}}})
		}
		words[i] = cmp.Or(w.corrected, w.word)
		corrected = corrected || w.corrected != ""
		if i > 0 {
			reading.Adjacent = append(reading.Adjacent, pair(words[i-1], words[i]))
		}
	}
	if corrected {
		reading.Corrected = strings.Join(words, " ")
	}
	return reading
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
