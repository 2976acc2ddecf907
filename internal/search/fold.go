package search

import (
	"strings"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// folded are letters without a Unicode decomposition and what they are commonly
// typed as.
var folded = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "đ", "d", "ł", "l", "ð", "d", "þ", "th")

// fold returns s in lower case without accents: "cafe" for "Café".
// Documents and queries are folded alike.
func fold(s string) string {
	s = strings.ToLower(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		return s
	}
	bare, _, err := transform.String(transform.Chain(norm.NFKD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), s)
	if err != nil {
		bare = s // not UTF-8: its words are matched as they are
	}
	return folded.Replace(bare)
}

func apart(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }

// maxWord is the maximum length of a word, in characters; longer ones are cut.
const maxWord = 40

// words returns the folded words of s in order.
func words(s string) []string {
	list := strings.FieldsFunc(fold(s), apart)
	for i, w := range list {
		if r := []rune(w); len(r) > maxWord {
			list[i] = string(r[:maxWord])
		}
	}
	return list
}

// joiners are what words are joined with.
var joiners = strings.NewReplacer("-", "", "'", "", "’", "", "‑", "")

// joined returns the words of s that contain a hyphen or an apostrophe, without
// it: "tshirt" for "T-Shirt".
func joined(s string) []string {
	var list []string
	for field := range strings.FieldsSeq(fold(s)) {
		field = strings.TrimFunc(field, apart)
		if bare := joiners.Replace(field); bare != field && !strings.ContainsFunc(bare, apart) && len(bare) <= maxWord {
			list = append(list, bare)
		}
	}
	return list
}
