package searchtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/search"
)

// synonyms: any form of a term finds what the others of its group find, and a
// quotation matches as it stands.
func synonyms(t *testing.T, s search.Searcher) {
	groups := search.NewSynonyms([][]string{{"coffee cup", "bowl"}, {"cans", "headphones"}, {"Bildschirm", "monitor"}})
	for _, tt := range []struct {
		text string
		want []string
	}{
		{"coffee cup", []string{"p4"}},
		{"coffee cups", []string{"p4"}},
		{"cans", []string{"p1", "p2", "p3"}},
		{"wireless cans", []string{"p1", "p2"}},
		{"Bildschirme", []string{"p5"}},
		{"headphones", []string{"p1", "p2", "p3"}},
		{`"au lait"`, []string{"p4"}},
		{`"studio headphones"`, []string{"p3"}},
	} {
		result := find(t, s, search.Query{Text: tt.text, Synonyms: groups})
		if diff := cmp.Diff(tt.want, sorted(ids(result))); diff != "" || result.DidYouMean != "" || result.Partial {
			t.Errorf("%s, corrected to %q, partial %t (-want +got):\n%s", tt.text, result.DidYouMean, result.Partial, diff)
		}
	}
	if result := find(t, s, search.Query{Text: `"headphones studio"`}); !result.Partial {
		t.Errorf("words in quotation marks are found in another order: %v", ids(result))
	}
}

// ratings: the filter, the order and the facet, whose values count what they select.
func ratings(t *testing.T, s search.Searcher) {
	things := shop()[:4]
	rated := []search.Rating{{Hundredths: 450, Count: 2}, {Hundredths: 450, Count: 9}, {}, {Hundredths: 310, Count: 40}}
	for i, thing := range things {
		d := thing.document(1)
		d.Rating = rated[i]
		put(t, s, d)
	}
	if diff := cmp.Diff([]string{"p2", "p1", "p4", "p3"}, ids(find(t, s, search.Query{Sort: search.TopRated}))); diff != "" {
		t.Errorf("the best rated first (-want +got):\n%s", diff)
	}
	result := find(t, s, search.Query{Facets: true, Filter: search.Filter{RatingMin: 400}})
	if diff := cmp.Diff([]string{"p1", "p2"}, sorted(ids(result))); diff != "" {
		t.Errorf("four stars (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"4": 2, "3": 3, "2": 3, "1": 3}, counted(result, "rating")); diff != "" {
		t.Errorf("the facet of ratings (-want +got):\n%s", diff)
	}
}
