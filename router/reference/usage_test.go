package reference

import (
	"regexp"
	"strings"
	"testing"

	"cartograph/router/playground"
	"cartograph/schema"
)

// shopOptions are those with which the shop's own graph is documented.
func shopOptions() Options {
	o := Options{Playground: "/", Codes: schema.UserErrorCodes, Usage: map[string]playground.Operation{}}
	for field, e := range schema.Examples() {
		o.Usage[field] = playground.Operation{Name: e.Name, Query: e.Query, VariablesJSON: e.Variables}
	}
	return o
}

// article is the HTML of an entry.
func article(t *testing.T, html, id string) string {
	t.Helper()
	_, rest, found := strings.Cut(html, `<article id="`+id+`"`)
	if !found {
		t.Fatalf("the page has no entry %s", id)
	}
	body, _, _ := strings.Cut(rest, "</article>")
	return body
}

func TestMutationsHaveTheirCodesApartFromTheirDescription(t *testing.T) {
	t.Parallel()
	g := shop(t)
	html := get(t, mount(g, shopOptions()), "/docs").Body.String()
	remove := article(t, html, "Mutation.cartLinesRemove")
	for _, want := range []string{
		`<a href="#ErrorCode.CART_CONVERTED">CART_CONVERTED</a>`, `<p>The cart was ordered or merged and can no longer change.</p>`,
		`<p>Removes lines from a cart. Lines that no longer exist are ignored.</p>`,
	} {
		if !strings.Contains(remove, want) {
			t.Errorf("cartLinesRemove lacks %s:\n%s", want, remove)
		}
	}
	for _, id := range regexp.MustCompile(`<article id="(Mutation\.[^"]+)"`).FindAllStringSubmatch(html, -1) {
		body := article(t, html, id[1])
		if strings.Contains(body, "userErrors: ") {
			t.Errorf("the description of %s repeats its codes", id[1])
		}
		if id[1] != "Mutation.guestSessionCreate" && !strings.Contains(body, "Codes in userErrors") {
			t.Errorf("%s has no codes", id[1])
		}
	}
	if plain := get(t, mount(g, Options{}), "/docs").Body.String(); strings.Contains(plain, "Codes in userErrors") {
		t.Error("descriptions of a graph without codes are split")
	}
}

func TestCodesWithoutAnEnumAreNotLinked(t *testing.T) {
	t.Parallel()
	split := func(string) (string, []string) { return "Does it.", []string{"LATE"} }
	html := get(t, mount(&graph{sdl: `type Query { a: Int } type Mutation { "Does it, or LATE." b: Int }`}, Options{Codes: split}), "/docs").Body.String()
	if b := article(t, html, "Mutation.b"); !strings.Contains(b, "<dt><code>LATE</code></dt>") || !strings.Contains(b, "<p>Does it.</p>") {
		t.Errorf("the entry is %s, want the code and the text", b)
	}
}

func TestRootFieldsHaveAnExampleThatOpensInThePlayground(t *testing.T) {
	t.Parallel()
	html := get(t, mount(shop(t), shopOptions()), "/docs").Body.String()
	found := 0
	for _, id := range regexp.MustCompile(`<article id="((?:Query|Mutation|Subscription)\.[^"]+)"`).FindAllStringSubmatch(html, -1) {
		found++
		body := article(t, html, id[1])
		if !strings.Contains(body, `aria-label="Operation"`) || !strings.Contains(body, `href="/#query=`) {
			t.Errorf("%s has no example, or no link to the playground", id[1])
		}
	}
	if found < 60 {
		t.Errorf("found %d root fields, want more", found)
	}
	if add := article(t, html, "Mutation.cartLinesAdd"); !strings.Contains(add, `aria-label="Variables"`) {
		t.Error("the example of cartLinesAdd has no variables")
	}
}

// TestEverythingInTheShopsReferenceIsDescribed reads what the page is made of, so
// that it holds for the composed schema as clients see it.
func TestEverythingInTheShopsReferenceIsDescribed(t *testing.T) {
	t.Parallel()
	g := shop(t)
	d, err := newDocument(g.Schema(), g.Access(), shopOptions())
	if err != nil {
		t.Fatal(err)
	}
	described := 0
	check := func(id, description string) {
		described++
		if text := strings.TrimSpace(description); len(text) < 8 || !strings.HasSuffix(text, ".") {
			t.Errorf("%s is described %q, want a sentence", id, description)
		}
	}
	for _, group := range d.Groups {
		for _, e := range group.Entries {
			check(e.ID, e.Description)
			for _, a := range e.Arguments {
				check(e.ID+"("+a.Name+")", a.Description)
			}
			for _, c := range e.Codes {
				check(e.ID+" code "+c.Name, c.Description)
			}
			for _, f := range e.Fields {
				check(f.ID, f.Description)
				for _, a := range f.Arguments {
					check(f.ID+"("+a.Name+")", a.Description)
				}
			}
		}
	}
	if described < 900 {
		t.Errorf("found %d elements, want those of the whole shop", described)
	}
}
