package searchtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/search"
)

// translations: a document is found by its texts in every language, and facets and
// highlights are in the reader's.
func translations(t *testing.T, s search.Searcher) {
	d := shop()[0].document(1)
	d.Texts = map[string]search.CardTexts{"de": {Title: "Aurora Kopfhörer"}}
	d.Descriptions = map[string]string{"de": "Aus dem Zug wird eine Bibliothek."}
	d.Categories[0].Names = map[string]string{"de": "Kopfhörer", "de-AT": "Lauscher"}
	d.Attributes[0].Texts = map[string]search.AttributeTexts{"de": {Name: "Farbe", Value: "Moos"}}
	d.Attributes[1].Texts = map[string]search.AttributeTexts{"de": {Name: "Farbe", Value: "Kreide"}}
	d.Attributes[2].Texts = map[string]search.AttributeTexts{"de": {Name: "Akkulaufzeit"}}
	d.Keywords = append(d.Keywords, "Aurora Kopfhörer")
	put(t, s, d)
	for _, text := range []string{"bibliothek", "library", "moos", "moss", "lauscher", "kreide"} {
		if got := ids(find(t, s, search.Query{Text: text})); !cmp.Equal(got, []string{"p1"}) {
			t.Errorf("%q finds %v, want p1", text, got)
		}
	}
	for _, tt := range []struct {
		locales []string
		want    map[string][2]string // the name of a facet and the label of its first value
	}{
		{nil, map[string][2]string{"colour": {"Colour", "Chalk"}, "battery_life": {"Battery life", "45 h"}, "category": {"Category", "All audio"}}},
		{[]string{"de"}, map[string][2]string{"colour": {"Farbe", "Kreide"}, "battery_life": {"Akkulaufzeit", "45 h"}, "category": {"Category", "All audio"}}},
		{[]string{"fr"}, map[string][2]string{"colour": {"Colour", "Chalk"}}},
	} {
		filter := search.Filter{Attributes: []search.AttributeFilter{{Key: "battery_life", AnyOf: []string{"45"}}}}
		result := find(t, s, search.Query{Facets: true, Locales: tt.locales, Filter: filter})
		for key, want := range tt.want {
			for _, f := range result.Facets {
				if got := [2]string{f.Name, f.Values[0].Label}; f.Key == key && got != want {
					t.Errorf("%v read %s as %v, want %v", tt.locales, key, got, want)
				}
			}
		}
	}
	for _, f := range find(t, s, search.Query{Facets: true, Locales: []string{"de-AT", "de"}}).Facets {
		if f.Key == "category" && f.Values[1].Label != "Lauscher" {
			t.Errorf("in Austria the category is called %q, want Lauscher", f.Values[1].Label)
		}
	}
	for text, want := range map[string][]search.Highlight{
		"kopfhörer": {{Field: "title", HTML: "Aurora <em>Kopfhörer</em>"}},
		"library":   {{Field: "description", HTML: "Adaptive noise cancelling turns a train into a <em>library</em>."}},
		"zug":       {{Field: "description", HTML: "Aus dem <em>Zug</em> wird eine Bibliothek."}},
	} {
		hits := find(t, s, search.Query{Text: text, Highlights: true, Locales: []string{"de"}}).Hits
		if len(hits) != 1 {
			t.Errorf("%q finds %d, want 1", text, len(hits))
		} else if diff := cmp.Diff(want, hits[0].Highlights); diff != "" {
			t.Errorf("%q is not marked right (-want +got):\n%s", text, diff)
		}
	}
}

// bestSelling: the order by sales, in which what was never sold is last.
func bestSelling(t *testing.T, s search.Searcher) {
	for i, sales := range []int64{1000, 0, 3000} {
		d := shop()[i].document(1)
		d.Sales = sales
		put(t, s, d)
	}
	if diff := cmp.Diff([]string{"p3", "p1", "p2"}, ids(find(t, s, search.Query{Sort: search.BestSelling}))); diff != "" {
		t.Errorf("the best selling first (-want +got):\n%s", diff)
	}
	after := find(t, s, search.Query{Sort: search.BestSelling, First: 1}).Hits[0].Position
	if diff := cmp.Diff([]string{"p1", "p2"}, ids(find(t, s, search.Query{Sort: search.BestSelling, After: &after}))); diff != "" {
		t.Errorf("after the best selling (-want +got):\n%s", diff)
	}
}

// lag: an index that returned from its writes is not behind them.
func lag(t *testing.T, s search.Searcher) {
	if result := find(t, s, search.Query{Lag: true}); result.Lag != 0 {
		t.Errorf("the index is %s behind documents that it finds", result.Lag)
	}
}
