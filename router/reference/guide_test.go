package reference

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

func TestAGuideIsServedAndItsChaptersAreInTheReferencesSearch(t *testing.T) {
	t.Parallel()
	guide := fstest.MapFS{
		"02-pages.md": {Data: []byte("# Pages\n\nA page has `first`.\n")},
		"01-names.md": {Data: []byte("# Names\n\n| a | b |\n|---|---|\n| c & d | <script>alert(1)</script> |\n")},
	}
	h := mount(shop(t), Options{Guide: guide})
	page := get(t, h, "/docs/guide")
	body := page.Body.String()
	for _, want := range []string{`<section id="names"`, `<td>c &amp; d</td>`, `<section id="pages"`, `<code>first</code>`} {
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
	if docs := get(t, h, "/docs").Body.String(); !strings.Contains(docs, `href="/docs/guide#pages" data-text="A page has`) {
		t.Error("the reference has no link to a chapter")
	}
	if code := get(t, mount(shop(t), Options{}), "/docs/guide").Code; code != http.StatusNotFound {
		t.Errorf("without a guide its page is %d, want 404", code)
	}
}

func TestAChapterWithoutTitleIsReported(t *testing.T) {
	t.Parallel()
	h := mount(shop(t), Options{Guide: fstest.MapFS{"a.md": {Data: []byte("No title\n")}}})
	if page := get(t, h, "/docs/guide"); page.Code != http.StatusInternalServerError || !strings.Contains(page.Body.String(), "a.md") {
		t.Errorf("%d %s, want the chapter's name", page.Code, page.Body)
	}
}
