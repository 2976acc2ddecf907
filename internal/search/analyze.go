package search

import (
	"hash/maphash"
	"maps"
	"slices"
)

// Weight is the part of a document that a lexeme is in, the most telling first.
type Weight int

// The weights.
const (
	InTitle    Weight = iota
	InName            // brand, categories, keywords
	InProperty        // subtitle, tags, attributes
	InDescription

	Weights = 4
)

// Analysis is a document as indexes store it. Texts are analysed here, not by the
// index, so that every index finds the same documents.
type Analysis struct {
	// Lexemes are words, the stems of words, pairs of neighbours, quantities and heads,
	// each once per weight. Words begin with no tilde.
	Lexemes [Weights][]string
	Terms   []Term
}

// pairPrefix begins the lexeme of two words that follow each other.
const pairPrefix = "~p."

// IsWord reports whether a lexeme is a word as it was written.
func IsWord(lexeme string) bool { return lexeme != "" && lexeme[0] != '~' }

// Analyze returns the lexemes and terms of a document.
func Analyze(d *Document) Analysis {
	return Analysis{Lexemes: TextsOf(d).Lexemes(), Terms: d.Terms()}
}

// Texts are all texts of a document that it is found by.
type Texts [Weights][]string

// TextsOf returns the texts of a document in an order that depends on nothing else.
func TextsOf(d *Document) *Texts {
	titles, subtitles := []string{d.Title}, append([]string{d.Subtitle}, d.Tags...)
	for _, texts := range inOrder(d.Texts) {
		titles, subtitles = append(titles, texts.Title), append(subtitles, texts.Subtitle)
	}
	texts := Texts{
		InTitle:       titles,
		InName:        append([]string{d.Brand.Name}, d.Keywords...),
		InProperty:    subtitles,
		InDescription: append(inOrder(d.Descriptions), d.Description),
	}
	for _, c := range d.Categories {
		texts[InName] = append(append(texts[InName], c.Name), inOrder(c.Names)...)
	}
	for _, attribute := range d.Attributes {
		texts[InProperty] = append(texts[InProperty], attribute.label(attribute.Value))
		for _, translated := range inOrder(attribute.Texts) {
			texts[InProperty] = append(texts[InProperty], attribute.label(translated.Value))
		}
	}
	return &texts
}

// inOrder are the values by locale.
func inOrder[T any](byLocale map[string]T) []T {
	var values []T
	for _, locale := range slices.Sorted(maps.Keys(byLocale)) {
		values = append(values, byLocale[locale])
	}
	return values
}

// Sum is a hash: documents of which it is the same have the same lexemes.
func (t *Texts) Sum(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	for _, list := range t {
		for _, text := range list {
			_, _ = h.WriteString(text)
			_ = h.WriteByte(0)
		}
		_ = h.WriteByte(1)
	}
	return h.Sum64()
}

// Lexemes are those of each weight.
func (t *Texts) Lexemes() (all [Weights][]string) {
	ends := endingsOf(*t)
	for weight, list := range t {
		var lexemes []string
		for _, text := range list {
			lexemes = append(lexemes, lexemesOf(text)...)
			if Weight(weight) <= InName {
				lexemes = append(lexemes, ends.lexemesOf(text)...)
			}
		}
		slices.Sort(lexemes)
		all[weight] = slices.Compact(lexemes)
	}
	return all
}

// lexemesOf are the lexemes of a text. No pair reaches over the end of a text.
func lexemesOf(text string) []string {
	var lexemes []string
	all := spellings(text)
	for i, s := range all {
		lexemes = append(append(lexemes, s.word), s.stems()...)
		if i > 0 {
			lexemes = append(lexemes, pair(all[i-1].word, s.word))
		}
	}
	for _, word := range joined(text) {
		lexemes = append(append(lexemes, word), stems(word)...)
	}
	for _, m := range measuresOf(fieldsOf(text)) {
		lexemes = append(lexemes, m.lexeme)
	}
	return lexemes
}

// lexemesOf are those of the heads of a name, and of the words that its compounds end
// with.
func (e endings) lexemesOf(name string) []string {
	var lexemes []string
	heads := headsOf(name)
	for _, head := range heads {
		lexemes = append(lexemes, headLexemes(head)...)
		for _, end := range e.of(head.word) {
			lexemes = append(lexemes, headLexemes(spelling{word: end})...)
		}
	}
	for _, w := range words(name) {
		for _, end := range e.of(w) {
			lexemes = append(append(lexemes, end), stems(end)...)
		}
	}
	return lexemes
}

func pair(first, second string) string { return pairPrefix + first + "_" + second }
