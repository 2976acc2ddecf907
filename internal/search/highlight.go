package search

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const excerpt = 160 // runes of a long text that a highlight shows, about

// Highlights marks what the reading of a query matches in the texts of a document: in
// the customer's language where they are translated to it and match there, else as the
// document has them.
func (r *Reading) Highlights(q Query, c *Card, description string, descriptions map[string]string) []Highlight {
	m := r.matcher(q.Text)
	titles, bodies := []string{c.Title}, []string{description}
	for _, locale := range slices.Backward(q.Locales) {
		titles, bodies = append(titles, c.Texts[locale].Title), append(bodies, descriptions[locale])
	}
	var all []Highlight
	for _, text := range []struct {
		field  string
		values []string // the preferred last
	}{{"title", titles}, {"description", bodies}} {
		for _, value := range slices.Backward(text.values) {
			if marked, found := mark(value, m); found {
				all = append(all, Highlight{Field: text.field, HTML: marked})
				break
			}
		}
	}
	return all
}

// matcher recognises the words of the text, as corrected, and what the clauses match.
func (r *Reading) matcher(text string) matcher {
	searched := parse(text).words()
	if r.Corrected != "" {
		searched = spellings(r.Corrected)
	}
	m := newMatcher(searched)
	for _, clause := range r.Clauses {
		for _, a := range clause {
			for _, lexeme := range slices.Concat(a.All...) {
				m.stems[lexeme] = true
			}
		}
	}
	return m
}

// mark escapes text and puts <em> around matches. A long text is cut to the
// surroundings of the first match.
func mark(text string, m matcher) (marked string, found bool) {
	var b strings.Builder
	start := 0
	for word, at := range wordsOf(text) {
		if !m.matches(word) {
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

// matcher recognises words that a query matches: those with the stem of one of
// its words, or of two neighbours written as one, and those that begin with one
// of its words.
type matcher struct {
	beginnings []string
	stems      map[string]bool
}

func newMatcher(searched []spelling) matcher {
	m := matcher{stems: map[string]bool{}}
	for _, s := range searched {
		m.beginnings = append(m.beginnings, s.word)
		for _, stem := range s.stems() {
			m.stems[stem] = true
		}
	}
	for i := range len(searched) - 1 {
		for _, stem := range stems(searched[i].word + searched[i+1].word) {
			m.stems[stem] = true
		}
	}
	return m
}

func (m matcher) matches(word string) bool {
	for _, s := range spellings(word) {
		for _, b := range m.beginnings {
			if s.word == b || len(b) > 1 && strings.HasPrefix(s.word, b) {
				return true
			}
		}
		for _, stem := range append(s.stems(), s.word) {
			if m.stems[stem] {
				return true
			}
		}
	}
	return false
}
