package memory_test

import (
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
