package search

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

const excerpt = 160 // runes of a long text that a highlight shows, about

// highlights marks the words in the texts of a card that begin with one of the
// query's.
func highlights(c Card, description string, queryWords []string) []Highlight {
	if len(queryWords) == 0 {
		return nil
	}
	var all []Highlight
	for _, text := range []struct{ field, value string }{{"title", c.Title}, {"description", description}} {
		if marked, found := mark(text.value, queryWords); found {
			all = append(all, Highlight{Field: text.field, HTML: marked})
		}
	}
	return all
}

// mark escapes text and puts <em> around matches. A long text is cut to the
// surroundings of the first match.
func mark(text string, queryWords []string) (marked string, found bool) {
	var b strings.Builder
	start := 0
	for word, at := range wordsOf(text) {
		if !begins(fold(word), queryWords) {
			continue
		}
		if !found && utf8.RuneCountInString(text[:at]) > excerpt/2 {
			start = wordStart(text, at, excerpt/2)
			b.WriteString("…")
		}
		found = true
		b.WriteString(html.EscapeString(text[start:at]))
		b.WriteString("<em>" + html.EscapeString(word) + "</em>")
		start = at + len(word)
		if utf8.RuneCountInString(b.String()) > excerpt {
			break
		}
	}
	if !found {
		return "", false
	}
	rest := text[start:]
	if r := []rune(rest); len(r) > excerpt {
		rest = strings.TrimRightFunc(string(r[:excerpt]), unicode.IsSpace) + "…"
	}
	b.WriteString(html.EscapeString(rest))
	return b.String(), true
}

// wordsOf yields the words of text with the byte where each begins.
func wordsOf(text string) func(yield func(string, int) bool) {
	return func(yield func(string, int) bool) {
		for at := 0; at < len(text); {
			from := strings.IndexFunc(text[at:], func(r rune) bool { return !apart(r) })
			if from < 0 {
				return
			}
			at += from
			length := strings.IndexFunc(text[at:], func(r rune) bool { return apart(r) && !unicode.Is(unicode.Mn, r) })
			if length < 0 {
				length = len(text) - at
			}
			if !yield(text[at:at+length], at) {
				return
			}
			at += length
		}
	}
}

// wordStart goes back from at by about n runes, to where a word begins.
func wordStart(text string, at, n int) int {
	for range n {
		_, size := utf8.DecodeLastRuneInString(text[:at])
		at -= size
	}
	if space := strings.IndexByte(text[at:], ' '); space >= 0 {
		at += space + 1
	}
	return at
}

func begins(word string, queryWords []string) bool {
	for _, l := range queryWords {
		if word == l || len(l) > 1 && strings.HasPrefix(word, l) {
			return true
		}
	}
	return false
}
