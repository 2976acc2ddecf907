package notification

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// textIn is the text of all elements of a kind, in order.
func textIn(n *html.Node, element string) (texts []string) {
	for d := range n.Descendants() {
		if d.Type != html.ElementNode || d.Data != element {
			continue
		}
		var text strings.Builder
		for inner := range d.Descendants() {
			if inner.Type == html.TextNode {
				text.WriteString(inner.Data)
			}
		}
		texts = append(texts, strings.TrimSpace(text.String()))
	}
	return texts
}

// A mail program has no page around a mail: what is not in it, or not at an absolute
// address, is not there.
func TestTheHTMLOfEveryMailStandsAlone(t *testing.T) {
	t.Parallel()
	c := newTestComposer(t)
	for name, m := range everyMail("de-DE") {
		p, err := c.page(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		page, _, err := c.render(p)
		if err != nil {
			t.Fatal(err)
		}
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		if headings := textIn(root, "h1"); !slices.Equal(headings, []string{p.Heading}) || p.Heading == "" {
			t.Errorf("%s has the headings %q, want %q", name, headings, p.Heading)
		}
		if titles := textIn(root, "title"); !slices.Equal(titles, []string{p.Subject}) {
			t.Errorf("%s is titled %q, want its subject %q", name, titles, p.Subject)
		}
		if buttons := textIn(root, "a"); !slices.Contains(buttons, p.Action) || p.Action == "" {
			t.Errorf("%s has the links %q, want the button %q", name, buttons, p.Action)
		}
		paragraphs := textIn(root, "p")
		for _, want := range append([]string{p.Greeting, p.Intro}, p.Next...) {
			if !slices.Contains(paragraphs, want) {
				t.Errorf("%s has no paragraph %q", name, want)
			}
		}
		for _, address := range append(attributesOf(t, page, "a", "href"), attributesOf(t, page, "img", "src")...) {
			if !strings.HasPrefix(address, "https://") {
				t.Errorf("%s refers to %q", name, address)
			}
		}
		if lang := attributesOf(t, page, "html", "lang"); !slices.Equal(lang, []string{"de"}) {
			t.Errorf("%s is in %q", name, lang)
		}
		if other := append(textIn(root, "script"), attributesOf(t, page, "link", "href")...); len(other) > 0 {
			t.Errorf("%s needs %q, which mail programs do not load", name, other)
		}
	}
}
