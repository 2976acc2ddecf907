package search

import "strings"

// headPrefix is of lexemes of heads: the word of a name that says what the thing is. The
// head of "Bookshelf Speakers" is "speakers", that of "lamp for the desk" is "lamp".
const headPrefix = "~h."

// prepositions end the part of a name that has the head.
var prepositions = stopList("at by for from in of on to with without", "am an auf aus bei beim fur furs fuer fuers im in mit ohne vom von zum zur")

// headAt is the index of the head among the words of a name; -1 if there is none.
func headAt(words []spelling) int {
	head := -1
	for i, w := range words {
		if head >= 0 && prepositions[w.word] {
			break
		}
		if !stopWords[w.word] {
			head = i
		}
	}
	return head
}

// headsOf are the heads of a name that may list several things: "Keyboards & Mice".
func headsOf(name string) []spelling {
	var heads []spelling
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return strings.ContainsRune("&,/()", r) }) {
		words := spellings(part)
		if at := headAt(words); at >= 0 && !HasDigit(words[at].word) { // no part number
			heads = append(heads, words[at])
		}
	}
	return heads
}

// headLexemes are those of a word that is a head.
func headLexemes(word spelling) []string {
	list := word.stems()
	heads := make([]string, len(list))
	for i, stem := range list {
		heads[i] = headPrefix + stem
	}
	return heads
}

// endings are the words of a document that others of its words end with: the document
// says itself that its "bookshelf" is a "shelf".
type endings []string

func endingsOf(texts [Weights][]string) endings {
	seen := map[string]bool{}
	var all endings
	for _, list := range texts[:InDescription] {
		for _, text := range list {
			for _, w := range words(text) {
				if len(w) >= minHead && !seen[w] && !HasDigit(w) {
					seen[w] = true
					all = append(all, w)
				}
			}
		}
	}
	return all
}

// of are the words that a compound ends with.
func (e endings) of(word string) []string {
	var found []string
	for _, end := range e {
		if len(word)-len(end) >= minSplit && strings.HasSuffix(word, end) {
			found = append(found, end)
		}
	}
	return found
}
