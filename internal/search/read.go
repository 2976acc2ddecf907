package search

import (
	"cmp"
	"context"
	"slices"
	"strings"
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
