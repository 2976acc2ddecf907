package review

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"cartograph/internal/fault"
	"cartograph/internal/message"
)

// Bounds of what is written, in characters.
const (
	maxTitle  = 120
	minBody   = 10
	maxBody   = 5000
	maxReason = 500
)

// Text is what an author writes.
type Text struct {
	Rating int
	Title  string // empty: none
	Body   string
}

// cleaned returns t as it is stored, or the rule that it violates.
func (t Text) cleaned() (Text, error) {
	t.Title, t.Body = clean(t.Title), clean(t.Body)
	if t.Rating < 1 || t.Rating > 5 {
		return t, fault.Localized(fault.Invalid, "review.rating").At("input", "rating")
	}
	if err := check(t.Title, 0, maxTitle, "title"); err != nil {
		return t, err.At("input", "title")
	}
	if strings.Contains(t.Title, "\n") {
		return t, fault.Localized(fault.Invalid, "review.one_line").At("input", "title")
	}
	if err := check(t.Body, minBody, maxBody, "body"); err != nil {
		return t, err.At("input", "body")
	}
	return t, nil
}

func clean(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) }

// tag is the beginning of an HTML tag or comment. "I <3 it" has none.
var tag = regexp.MustCompile(`<[a-zA-Z/!?]`)

// check refuses what no page could show as it is: markup, and characters that are
// invisible or reorder the text around them.
func check(s string, least, most int, field string) *fault.Error {
	switch n := utf8.RuneCountInString(s); {
	case n < least || n > most:
		return fault.Localized(fault.Invalid, "review.length", message.Args{"field": field, "min": least, "max": most})
	case tag.MatchString(s):
		return fault.Localized(fault.Invalid, "review.markup")
	case strings.ContainsFunc(s, unshowable):
		return fault.Localized(fault.Invalid, "review.characters")
	default:
		return nil
	}
}

func unshowable(r rune) bool {
	const joiners = "\u200c\u200d" // within words and emoji
	switch {
	case r == '\n' || strings.ContainsRune(joiners, r):
		return false
	default:
		return r == utf8.RuneError || unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r)
	}
}
