package reference

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"cartograph/router/playground"
	"cartograph/router/supergraph"
)

// graph is a described graph that can change.
type graph struct {
	sdl    string
	access map[supergraph.Coordinate]supergraph.Access
}

func (g *graph) Schema() string                                      { return g.sdl }
func (g *graph) Access() map[supergraph.Coordinate]supergraph.Access { return g.access }

func mount(g Graph, o Options) http.Handler {
	mux := http.NewServeMux()
	Mount(mux, g, o)
	return mux
}

func get(t *testing.T, h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// shop is the graph of the supergraph that is in the tree.
func shop(t *testing.T) *graph {
	t.Helper()
	text, err := os.ReadFile("../../schema/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	sg, err := supergraph.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return &graph{sdl: sg.ClientSchema(), access: sg.AccessRules()}
}

const small = `
schema { query: Q }
"Asks for ` + "`things`" + ` & more <b>."
type Q {
  "One thing."
  thing(
    "Its name."
    id: ID! = "a<b"
    "Gone." old: Int @deprecated(reason: "Use id.")
  ): Thing
  open: [Thing!]!
}
"A thing.\n\nIn two paragraphs."
type Thing implements Named { name: String secret: Int @deprecated }
interface Named { name: String }
union Any = Thing
enum Colour { "Like the sky." BLUE OLD @deprecated(reason: "Faded.") }
input Filter { colour: Colour = BLUE }
scalar Date
`

func TestThePageListsEveryTypeAndField(t *testing.T) {
	t.Parallel()
	html := get(t, mount(&graph{sdl: small, access: map[supergraph.Coordinate]supergraph.Access{
		{Type: "Q", Field: "thing"}:      {Authenticated: true},
		{Type: "Thing", Field: "secret"}: {Authenticated: true, Scopes: [][][]string{{{"a:read", "b:read"}, {"admin"}}}, Policies: [][][]string{{{"nights"}}}},
	}}, Options{}), "/docs").Body.String()
	for _, want := range []string{
		`<article id="Q.thing" data-kind="query">`, `returning <code><a href="#Thing">Thing</a></code>`,
		`<p>One thing.</p>`, `<p>Its name.</p>`, `= &#34;a&lt;b&#34;`, `<small>Use id.</small>`,
		`<code>[<a href="#Thing">Thing</a>!]!</code>`,
		`<p>A thing.</p><p>In two paragraphs.</p>`, `Implements <a href="#Named">Named</a>`,
		`<div id="Thing.secret">`, `No longer supported`,
		`>signed in</span>`, `>a:read &#43; b:read or admin</span>`, `>policy nights</span>`,
		`<article id="Any" data-kind="union">`, `One of <a href="#Thing">Thing</a>`,
		`<div id="Colour.BLUE">`, `<p>Like the sky.</p>`, `<small>Faded.</small>`,
		`<div id="Filter.colour">`, `= BLUE`, `<article id="Date" data-kind="scalar">`,
		`Used by <a href="#Q.thing">Q.thing</a> <a href="#Q.open">Q.open</a>`,
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(html, `id="Q"`) || strings.Contains(html, "<b>.") {
		t.Error("the page has the root type as an entry, or a description unescaped")
	}
}

func TestDescriptionsAreProseAndNeverMarkup(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "",
		"One.":                   "<p>One.</p>",
		"One.\n\n\n\nTwo.":       "<p>One.</p><p>Two.</p>",
		"Is `a < b`, or not.":    "<p>Is <code>a &lt; b</code>, or not.</p>",
		"A ` alone":              "<p>A ` alone</p>",
		"<script>1</script>":     "<p>&lt;script&gt;1&lt;/script&gt;</p>",
		"`<i>` and `</code><i>`": "<p><code>&lt;i&gt;</code> and <code>&lt;/code&gt;&lt;i&gt;</code></p>",
	} {
		if got := string(prose(text)); got != want {
			t.Errorf("%q is written %q, want %q", text, got, want)
		}
	}
}

func TestEveryLinkOfTheShopsPageLeadsSomewhere(t *testing.T) {
	t.Parallel()
	h := mount(shop(t), Options{Title: "Shop", Playground: "/", Examples: playground.Operations()})
	html := get(t, h, "/docs").Body.String()
	anchors, ids := map[string]bool{}, regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(html, -1)
	for _, id := range ids {
		if anchors[id[1]] {
			t.Errorf("two places are called %s", id[1])
		}
		anchors[id[1]] = true
	}
	links := regexp.MustCompile(`(?:href|src)="([^"]+)"`).FindAllStringSubmatch(html, -1)
	if len(links) < 1000 {
		t.Errorf("the page has %d links, want those of a whole shop", len(links))
	}
	for _, link := range links {
		switch to := link[1]; {
		case strings.HasPrefix(to, "#"):
			if !anchors[to[1:]] {
				t.Errorf("a link leads to %s, where nothing is", to)
			}
		case strings.HasPrefix(to, "/#query="), to == "/":
		default:
			if code := get(t, h, to).Code; code != http.StatusOK {
				t.Errorf("%s is answered with %d", to, code)
			}
		}
	}
}

func TestWhatIsNotForClientsIsNotInThePage(t *testing.T) {
	t.Parallel()
	g := shop(t)
	html := get(t, mount(g, Options{}), "/docs").Body.String()
	for _, word := range []string{"join__", "_entities", "_service", "@key", "inaccessible"} {
		if strings.Contains(html, word) {
			t.Errorf("the page reveals %s", word)
		}
	}
}

func TestTheSchemaIsCheckedByItsETag(t *testing.T) {
	t.Parallel()
	g := &graph{sdl: small}
	h := mount(g, Options{})
	for _, path := range []string{"/schema.graphql", "/docs"} {
		g.sdl = small
		first := get(t, h, path)
		tag := first.Header().Get("ETag")
		if again := get(t, h, path, "If-None-Match", tag); tag == "" || again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("%s requested again with ETag %q is answered with %d, want 304 and nothing", path, tag, again.Code)
		}
		g.sdl = small + "\nscalar New\n"
		if changed := get(t, h, path, "If-None-Match", tag); changed.Code != http.StatusOK || !strings.Contains(changed.Body.String(), "New") {
			t.Errorf("%s of a schema that has changed is answered with %d and without what is new", path, changed.Code)
		}
	}
	g.sdl = small
	if body := get(t, h, "/schema.graphql").Body.String(); body != small {
		t.Errorf("/schema.graphql is %q, want the schema as it is", body)
	}
}

func TestASchemaThatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	r := get(t, mount(&graph{sdl: "type {"}, Options{}), "/docs")
	if r.Code != http.StatusInternalServerError || !strings.Contains(r.Body.String(), "parse schema") {
		t.Errorf("answered %d %s, want 500 and the reason", r.Code, r.Body)
	}
}

func TestExamplesOpenInThePlayground(t *testing.T) {
	t.Parallel()
	o := Options{Playground: "/", Examples: []playground.Operation{{Name: "ProductPage", Query: "query ProductPage { a }", VariablesJSON: `{"b": 1}`}}}
	html := get(t, mount(&graph{sdl: small}, o), "/docs").Body.String()
	if !strings.Contains(html, "<summary>Product page</summary>") || !strings.Contains(html, `href="/#query=query&#43;ProductPage&#43;%7B&#43;a&#43;%7D&amp;variables=%7B%22b%22%3A&#43;1%7D"`) {
		t.Errorf("the page has no link to the example: %s", html)
	}
	o.Playground = ""
	if html := get(t, mount(&graph{sdl: small}, o), "/docs").Body.String(); strings.Contains(html, "Open in the playground") {
		t.Error("the page links to a playground that is not there")
	}
}
