package memory_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"cartograph/internal/search"
	"cartograph/internal/search/memory"
	"cartograph/internal/search/searchtest"
)

// Letters of some scripts take several bytes, of which an edit may change all.
func TestTyposAreFoundInEveryScript(t *testing.T) {
	t.Parallel()
	x := memory.New("EUR")
	for id, title := range map[string]string{"p1": "Мука", "p2": "Μπολ"} {
		d := search.Document{Card: search.Card{ID: id, Title: title, Prices: map[string]search.Price{search.FallbackCurrency: {Min: 1, Max: 1}}}, Version: 1}
		if err := x.Upsert(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	for text, want := range map[string]string{"мока": "p1", "μκολ": "p2"} {
		result, err := x.Search(t.Context(), search.Query{Text: text, First: 5, Sort: search.Relevance})
		if err != nil || len(result.Hits) != 1 || result.Hits[0].ID != want {
			t.Errorf("%s finds %+v, %v, want %s", text, result.Hits, err, want)
		}
	}
}

func TestMemoryConforms(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(*testing.T) search.Searcher { return memory.New("EUR") })
}

// A document whose texts stay the same keeps its lexemes, and gets everything else.
//
//nolint:paralleltest // it counts allocations
func TestADocumentWithTheSameTextsIsNotAnalysedAgain(t *testing.T) {
	x := memory.New("EUR")
	d := thing(rand.New(rand.NewPCG(1, 1)), 1)
	put := func() {
		t.Helper()
		d.Version++
		if err := x.Upsert(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	want := func(what string, q search.Query, n int) {
		t.Helper()
		q.Total = true
		if result, err := x.Search(t.Context(), q); err != nil || result.Total != n {
			t.Errorf("%s: %d documents are found, %v, want %d", what, result.Total, err, n)
		}
	}
	put()
	d.Available, d.Collections = 0, []string{"summer"}
	analysed := testing.AllocsPerRun(10, func() { put() })
	want("sold out", search.Query{Text: "quiet", Filter: search.Filter{InStock: true}}, 0)
	want("in a collection", search.Query{Text: "quiet", Filter: search.Filter{Collection: "summer"}}, 1)
	d.Description = "Onceupon"
	put()
	want("with another text", search.Query{Text: "onceupon"}, 1)
	number := 0
	other := testing.AllocsPerRun(10, func() {
		number++
		d.Description = fmt.Sprint("Never the same ", number)
		put()
	})
	if analysed > other/2 {
		t.Errorf("a document with the same texts takes %.0f allocations, one with others %.0f", analysed, other)
	}
	want("with a text of before", search.Query{Text: "onceupon"}, 0)
	d.Descriptions = map[string]string{"de": "Leise"}
	put()
	want("with a translation", search.Query{Text: "leise"}, 1)
	if err := x.Delete(t.Context(), search.Deletion{ID: d.ID, Version: d.Version}); err != nil {
		t.Fatal(err)
	}
	put()
	want("after it was removed and is back", search.Query{Text: "leise"}, 1)
}
