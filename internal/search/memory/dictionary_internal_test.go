package memory

import (
	"fmt"
	"testing"

	"cartograph/internal/search"
)

// A shop whose products change for years has the names of those that it has now.
func TestNamesThatNoDocumentHasAreDropped(t *testing.T) {
	t.Parallel()
	x := New()
	const rounds, products = 60, 40
	for round := range rounds {
		for n := range products {
			name := fmt.Sprintf("word%c%c%dx%d", 'a'+n%26, 'a'+round%26, round, n)
			d := search.Document{
				Card:       search.Card{ID: fmt.Sprint(n), Title: name, Tags: []string{name}, Prices: map[string]search.Price{search.FallbackCurrency: {Min: 1, Max: 1}}},
				Version:    int64(round + 1),
				Attributes: []search.Attribute{{Key: name, Name: name, Value: name}},
			}
			for extra := range 8 {
				d.Keywords = append(d.Keywords, fmt.Sprintf("extra%d%s", extra, name))
			}
			if err := x.Upsert(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
	}
	live := len(x.lexemes.numbers)
	if most := products * 30; live > most {
		t.Errorf("%d lexemes are known, want at most %d", live, most)
	}
	if n := len(x.lexemes.names); n > live+2*maxRecent {
		t.Errorf("%d numbers of lexemes are in use for %d lexemes", n, live)
	}
	if n := len(x.lexemes.sorted) + len(x.lexemes.recent); n > live+maxRecent {
		t.Errorf("%d words are listed for %d lexemes", n, live)
	}
	if n := len(x.terms.names); n > 4*products {
		t.Errorf("%d numbers of terms are in use, want those of %d products", n, products)
	}
	if n := len(x.terms.facets); n > 2*products {
		t.Errorf("%d facets are known, want those of %d products", n, products)
	}
	for n := range products {
		name := fmt.Sprintf("word%c%c%dx%d", 'a'+n%26, 'a'+(rounds-1)%26, rounds-1, n)
		if found, err := x.Search(t.Context(), search.Query{Text: name, First: 1}); err != nil || len(found.Hits) != 1 || found.Hits[0].ID != fmt.Sprint(n) {
			t.Fatalf("%s finds %+v, %v", name, found, err)
		}
	}
	if err := x.Delete(t.Context(), search.Deletion{ID: "0", Version: rounds}); err != nil {
		t.Fatal(err)
	}
	if found, err := x.Search(t.Context(), search.Query{Facets: true}); err != nil || found.Total != products-1 {
		t.Errorf("%d products are found, %v, want %d", found.Total, err, products-1)
	}
}
