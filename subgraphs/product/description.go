package product

import (
	"strings"
	"unicode/utf8"

	"github.com/microcosm-cc/bluemonday"
	"golang.org/x/net/html"

	"cartograph/internal/fault"
	"cartograph/internal/message"
)

// shown are the elements that a description may have: text, lists, tables and links.
// Scripts, styles, forms, frames and event handlers are removed; pictures are media of
// the product. A policy is safe for concurrent use once it is built.
var shown = func() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h2", "h3", "h4", "strong", "b", "em", "i", "u", "s", "sub", "sup", "small", "blockquote", "code", "pre", "div", "span",
		"ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td")
	p.AllowAttrs("colspan", "rowspan").Matching(bluemonday.Integer).OnElements("th", "td")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("https", "http", "mailto")
	p.RequireParseableURLs(true)
	p.AllowRelativeURLs(true)
	p.RequireNoFollowOnLinks(true)
	return p
}()

// html checks a description and returns the part of it that is safe to show.
func (c *checks) html(source string, path ...string) string {
	switch {
	case !utf8.ValidString(source) || strings.ContainsRune(source, 0):
		c.add(fault.Localized(fault.Invalid, "product.text_not_plain"), path...)
		return ""
	case utf8.RuneCountInString(source) > maxDescription:
		c.add(fault.Localized(fault.Invalid, "product.text_length", message.Args{"least": 0, "limit": maxDescription}), path...)
		return ""
	}
	return strings.TrimSpace(shown.Sanitize(source))
}

// inlineElements do not separate the words around them.
var inlineElements = map[string]bool{
	"a": true, "b": true, "code": true, "em": true, "i": true, "s": true, "small": true, "span": true, "strong": true, "sub": true, "sup": true, "u": true,
}

// textOf is what a reader sees of sanitised HTML, as one line: what is searched, and
// shown where HTML cannot be.
func textOf(safe string) string {
	var text strings.Builder
	tokens := html.NewTokenizer(strings.NewReader(safe))
	for {
		switch tokens.Next() {
		case html.ErrorToken: // the end
			return strings.Join(strings.Fields(text.String()), " ")
		case html.TextToken:
			text.Write(tokens.Text()) // unescaped
		default:
			if name, _ := tokens.TagName(); !inlineElements[string(name)] {
				text.WriteByte(' ')
			}
		}
	}
}
