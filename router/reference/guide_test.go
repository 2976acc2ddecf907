package reference

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cartograph/schema"
)

var twoChapters = fstest.MapFS{
	"02-pages.md": {Data: []byte("# Pages\n\nA page has `first`, see [names](01-names.md).\n\n## The end\n\n- It is *near*.\n")},
	"01-names.md": {Data: []byte("# Names\n\n| a | b |\n|---|---|\n| c & d | <script>alert(1)</script> |\n")},
}

func TestTheDescriptionOfEventsIsServed(t *testing.T) {
	t.Parallel()
	page := get(t, mount(shop(t), Options{Events: []byte(`{"asyncapi": "3.0.0"}`)}), "/docs/events")
	if page.Code != http.StatusOK || page.Header().Get("Content-Type") != "application/json" || page.Body.String() != `{"asyncapi": "3.0.0"}` {
		t.Errorf("/docs/events is %d, %s of %s", page.Code, page.Body, page.Header().Get("Content-Type"))
	}
	if code := get(t, mount(shop(t), Options{}), "/docs/events").Code; code != http.StatusNotFound {
		t.Errorf("without events their description is %d, want 404", code)
	}
}

func TestAGuideIsServedInTheOrderOfItsFiles(t *testing.T) {
	t.Parallel()
	h := mount(shop(t), Options{Guide: twoChapters})
	page := get(t, h, "/docs/guide")
	body := page.Body.String()
	for _, want := range []string{
		`<section id="names"`, `<td>c &amp; d</td>`, `<section id="pages"`, `<code>first</code>`,
		`<a href="#names">names</a>`, `<h2 id="pages-the-end">The end</h2>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the guide lacks %s", want)
		}
	}
	if page.Code != http.StatusOK || strings.Index(body, `id="names"`) > strings.Index(body, `id="pages"`) {
		t.Errorf("the guide is %d, or its chapters are not in the order of their files", page.Code)
	}
	if strings.Contains(body, "<script>alert") {
		t.Error("the guide has the HTML of a chapter")
	}
	if docs := get(t, h, "/docs").Body.String(); !strings.Contains(docs, `href="/docs/guide#pages"`) {
		t.Error("the reference has no link to a chapter")
	}
	if code := get(t, mount(shop(t), Options{}), "/docs/guide").Code; code != http.StatusNotFound {
		t.Errorf("without a guide its page is %d, want 404", code)
	}
}

func TestAChapterThatIsNotInFormIsReported(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"No title\n": "does not start with its title", "# A\n\n[b](b.md)\n": "links to b.md"} {
		h := mount(shop(t), Options{Guide: fstest.MapFS{"a.md": {Data: []byte(text)}}})
		for _, path := range []string{"/docs/guide", "/docs", "/docs/index.json"} {
			page := get(t, h, path)
			if page.Code != http.StatusInternalServerError || !strings.Contains(page.Body.String(), "a.md") || !strings.Contains(page.Body.String(), want) {
				t.Errorf("%s with %q: %d %s, want the chapter's name and %q", path, text, page.Code, page.Body, want)
			}
		}
	}
}

// TestOneSearchCoversGuideAndReference reads the index that both pages load.
func TestOneSearchCoversGuideAndReference(t *testing.T) {
	t.Parallel()
	h := mount(shop(t), Options{Guide: twoChapters, Codes: schema.UserErrorCodes})
	response := get(t, h, "/docs/index.json")
	if kind := response.Header().Get("Content-Type"); kind != "application/json" {
		t.Errorf("the index has type %q", kind)
	}
	var places []place
	if err := json.Unmarshal(response.Body.Bytes(), &places); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ href, id, words string }{
		{"/docs/guide#names", "Names", "c & d"},
		{"/docs/guide#pages", "Pages", "A page has"},
		{"/docs/guide#pages-the-end", "Pages: The end", "It is *near*"},
		{"/docs#Query.product", "Query.product", "slug"},
		{"/docs#Money.minorUnits", "Money.minorUnits", ""},
		{"/docs#Mutation.cartLinesAdd", "Mutation.cartLinesAdd", "QUANTITY_LIMIT"},
		{"/docs#ErrorCode.CONFLICT", "ErrorCode.CONFLICT", "Refetch"},
	} {
		at := slices.IndexFunc(places, func(p place) bool { return p.Href == tt.href })
		if at < 0 {
			t.Errorf("the index lacks %s", tt.href)
			continue
		}
		if p := places[at]; p.ID != tt.id || !strings.Contains(p.Text+p.More, tt.words) {
			t.Errorf("%s is %+v, want %s with %q", tt.href, p, tt.id, tt.words)
		}
	}
	anchors := map[string]bool{}
	for _, path := range []string{"/docs", "/docs/guide"} {
		for _, id := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(get(t, h, path).Body.String(), -1) {
			anchors[path+"#"+id[1]] = true
		}
	}
	for _, p := range places {
		if !anchors[p.Href] {
			t.Errorf("the index leads to %s, where nothing is", p.Href)
		}
	}
}

func TestLinksOfTheShopsGuideLeadSomewhere(t *testing.T) {
	t.Parallel()
	h := mount(shop(t), Options{Guide: schema.Guide()})
	body := get(t, h, "/docs/guide").Body.String()
	links := regexp.MustCompile(`<a href="([^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(links) < 12 {
		t.Errorf("the guide has %d links, want more", len(links))
	}
	for _, link := range links {
		if id, within := strings.CutPrefix(link[1], "#"); within && !strings.Contains(body, ` id="`+id+`"`) {
			t.Errorf("a link leads to %s, where nothing is", link[1])
		} else if !within && get(t, h, link[1]).Code != http.StatusOK {
			t.Errorf("a link leads to %s, which is not served", link[1])
		}
	}
}
