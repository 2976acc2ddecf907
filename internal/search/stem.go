package search

import (
	"slices"
	"strings"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/german"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/text/unicode/norm"
)

// Stems are stored beside the words, each with the prefix of its language. No
// word begins with a tilde, so words and stems never collide.
const (
	englishStem = "~en."
	germanStem  = "~de."
)

// stems returns the lexemes of a folded word's stems: English, then German. A
// document's texts may be in either language, so every word has both. A word with
// digits, like a part number, has no other forms.
func stems(word string) []string {
	if HasDigit(word) {
		return []string{word}
	}
	if known, ok := stemmed.Get(word); ok {
		return known
	}
	both := stem(word)
	stemmed.Add(strings.Clone(word), both) // not the text that it is a part of
	return both
}

// HasDigit reports whether a folded word has a digit, as part numbers have.
func HasDigit(word string) bool { return strings.ContainsAny(word, "0123456789") }

// maxStemmed bounds the words whose stems are kept, those that were used last: the
// words of a shop's texts repeat, and stemming is most of the cost of an analysis.
const maxStemmed = 50_000

// stemmed has the stems of words. The lists are not changed.
var stemmed = newStemmed()

func newStemmed() *lru.Cache[string, []string] {
	cache, _ := lru.New[string, []string](maxStemmed) // fails only for a size below one
	return cache
}

func stem(word string) []string {
	en, de := snowballstem.NewEnv(american(singularOf(word))), snowballstem.NewEnv(word)
	english.Stem(en)
	german.Stem(de)
	return []string{englishStem + en.Current(), germanStem + de.Current()}
}

// umlauts are how German letters are typed where a keyboard lacks them.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue")

// spelling is a folded word, with its other spelling where it has umlauts:
// "kopfhorer" and "kopfhoerer" for "Kopfhörer".
type spelling struct{ word, other string }

// spellings returns the words of s in order.
func spellings(s string) []spelling {
	folded := words(s)
	var others []string
	if strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		others = words(umlauts.Replace(norm.NFC.String(strings.ToLower(s))))
	}
	list := make([]spelling, len(folded))
	for i, w := range folded {
		list[i] = spelling{word: w}
		if len(others) == len(folded) && others[i] != w {
			list[i].other = others[i]
		}
	}
	return list
}

// stems returns the lexemes of both spellings' stems.
func (s spelling) stems() []string {
	list := slices.Clip(stems(s.word)) // which are kept: an append copies them
	if s.other != "" {
		list = append(list, stems(s.other)...)
	}
	return list
}

// stopWords are the folded English and German words without meaning for a
// product. Customers write in either language whatever their locale, so the
// lists are one; words that name products in the other language, like the
// German "hat", are not in it.
var stopWords = stopList(
	"a an and any are as at be by for from has have i in is it its me my of on or our that the their these this those to us we what which with without you your",
	"als am an ans auf aufs aus bei beim das dem den der des die ein eine einem einen einer eines es fur furs fuer fuers ich ihr im in ins ist kein keine mein meine meinen mit nach oder ohne sich sind uber ueber um und vom von vor wir zu zum zur",
)

func stopList(lists ...string) map[string]bool {
	set := map[string]bool{}
	for _, list := range lists {
		for w := range strings.FieldsSeq(list) {
			set[w] = true
		}
	}
	return set
}
