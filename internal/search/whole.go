package search

import "strings"

// whole is a part of a query that is matched as one word: one with a hyphen, a number
// with its unit, or a stop word and its neighbour that documents write as one, such as
// "in ear".
type whole struct {
	from, to int      // of the query's words, to included
	lexemes  []string // of documents that write it as one
	pairs    []string // of documents that write it with a space
	quantity bool
	joined   string
}

// wholesOf are those of the words, which are written in the fields; starts has the first
// word of each field, and then their number.
func wholesOf(all []spelling, fields []string, starts []int) []whole {
	var wholes []whole
	taken := make([]bool, len(all)+1)
	add := func(w whole) {
		for i := w.from; i <= w.to; i++ {
			if taken[i] {
				return
			}
		}
		for i := w.from; i <= w.to; i++ {
			taken[i] = true
		}
		wholes = append(wholes, w)
	}
	folded := make([]string, len(fields))
	for i, field := range fields {
		folded[i] = fold(field)
	}
	for _, m := range measuresOf(folded) {
		add(whole{from: starts[m.from], to: starts[m.to+1] - 1, lexemes: []string{m.lexeme}, quantity: true})
	}
	for i, field := range fields {
		if list := joined(field); len(list) > 0 && starts[i+1]-starts[i] > 1 {
			add(wholeOf(all, starts[i], starts[i+1]-1, list[0]))
		}
	}
	for i := range len(all) - 1 {
		if stopWords[all[i].word] != stopWords[all[i+1].word] && min(len(all[i].word), len(all[i+1].word)) > 1 {
			w := wholeOf(all, i, i+1, all[i].word+all[i+1].word)
			w.pairs = nil // a stop word beside another says nothing
			if !taken[i] && !taken[i+1] {
				wholes = append(wholes, w) // may overlap others: one is known at most
			}
		}
	}
	return wholes
}

func wholeOf(all []spelling, from, to int, joined string) whole {
	w := whole{from: from, to: to, lexemes: stems(joined), joined: joined}
	for i := from; i < to; i++ {
		w.pairs = append(w.pairs, pair(all[i].word, all[i+1].word))
	}
	return w
}

// readWhole gives the first of the words the alternatives of all. Where no document
// writes them as one, each keeps its own; of a number and its unit none is of use alone.
func (r *reader) readWhole(p *whole) {
	var words []*queryWord
	apart := Alternative{kind: loose}
	for i := p.from; i <= p.to; i++ {
		w := r.at[i]
		if w == nil {
			continue
		}
		if w.in != nil {
			return
		}
		words = append(words, w)
		if lexemes := r.own(w.tiers); len(lexemes) > 0 {
			apart.All = append(apart.All, lexemes)
		}
	}
	var matched Clause
	if lexemes := r.only(p.lexemes); len(lexemes) > 0 {
		matched = append(matched, Alternative{All: [][]string{lexemes}})
	}
	if len(p.pairs) > 0 && len(r.only(p.pairs)) == len(p.pairs) {
		together := Alternative{}
		for _, both := range p.pairs {
			together.All = append(together.All, []string{both})
		}
		matched = append(matched, together)
	}
	if len(words) == 0 || len(matched) == 0 && !p.quantity {
		return
	}
	if len(apart.All) == len(words) {
		matched = append(matched, apart)
	}
	if len(matched) == 0 {
		matched = Clause{{All: [][]string{p.lexemes}}} // nothing
	}
	if words[len(words)-1].typing && p.joined != "" {
		matched = append(matched, Alternative{Prefix: p.joined, kind: beginning})
	}
	own := &span{words: words}
	for _, w := range words {
		w.in, w.matched = own, nil
	}
	words[0].matched = matched
}

// heads are the lexemes of documents that are the thing that the query names.
func (r *reader) heads() []string {
	at := headAt(r.text.all)
	if at < 0 || r.at[at] == nil {
		return nil
	}
	w := r.at[at]
	if len(w.matched) == 0 && w.in != nil {
		w = w.in.words[0]
	}
	var heads []string
	for _, a := range w.matched {
		if len(a.All) == 0 || a.kind == loose {
			continue
		}
		for _, lexeme := range a.All[len(a.All)-1] {
			switch {
			case HasDigit(lexeme), strings.HasPrefix(lexeme, pairPrefix):
			case IsWord(lexeme):
				heads = append(heads, headLexemes(spelling{word: lexeme})...)
			default:
				heads = append(heads, headPrefix+lexeme)
			}
		}
	}
	return heads
}
