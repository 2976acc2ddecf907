package searchtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/internal/search"
)

// counted are the counts of a facet by value; nil where there is no such facet.
func counted(result search.Result, key string) map[string]int {
	for _, f := range result.Facets {
		if f.Key == key {
			counts := map[string]int{}
			for _, v := range f.Values {
				counts[v.Value] = v.Count
			}
			return counts
		}
	}
	return nil
}

func facets(t *testing.T, s search.Searcher) {
	all := find(t, s, search.Query{Facets: true})
	for key, want := range map[string]map[string]int{
		"brand":        {"fernlyd": 2, "kvarta": 1, "atelier": 2, "samsung": 1},
		"category":     {"audio": 3, "headphones": 3, "kitchen": 2, "bowls": 1, "computing": 1, "clothing": 1},
		"inStock":      {"true": 6},
		"colour":       {"Moss": 2, "Chalk": 1, "Black": 1},
		"battery_life": {"45": 1, "60": 1},
		"price":        {"0": 1, "1": 1, "2": 2, "3": 1, "4": 2},
		"tag":          nil,
	} {
		if diff := cmp.Diff(want, counted(all, key)); diff != "" {
			t.Errorf("facet %s of everything (-want +got):\n%s", key, diff)
		}
	}
	for _, f := range all.Facets {
		switch f.Key {
		case "colour":
			if f.Name != "Colour" || f.Values[0].Label != "Moss" || f.Values[0].Swatch != "#556b2f" {
				t.Errorf("facet colour is %+v, want its name, label and swatch", f)
			}
		case "battery_life":
			if f.Values[0].Label != "45 h" {
				t.Errorf("a battery life is called %q, want it with its unit: 45 h", f.Values[0].Label)
			}
		case "price":
			if lo, hi := f.Values[1].Min, f.Values[1].Max; lo == nil || hi == nil || *lo != 2500 || *hi != 4999 {
				t.Errorf("the second range is %v to %v, want 2500 to 4999", lo, hi)
			}
		}
	}
	found := find(t, s, search.Query{Text: "hedphones", Facets: true})
	for key, want := range map[string]map[string]int{
		"brand": {"fernlyd": 2, "kvarta": 1}, "category": {"audio": 3, "headphones": 3}, "inStock": {"true": 2}, "price": {"2": 1, "3": 1, "4": 1},
	} {
		if diff := cmp.Diff(want, counted(found, key)); diff != "" {
			t.Errorf("facet %s of headphones (-want +got):\n%s", key, diff)
		}
	}
}

func ownFilter(t *testing.T, s search.Searcher) {
	q := search.Query{Text: "headphones", Facets: true, Filter: search.Filter{
		Brands: []string{"fernlyd"}, InStock: true, PriceMin: new(int64(20000)),
		Attributes: []search.AttributeFilter{{Key: "colour", AnyOf: []string{"Chalk"}}},
	}}
	result := find(t, s, q)
	for key, want := range map[string]map[string]int{
		"brand":   {"fernlyd": 1},          // no other product has an expensive one in chalk
		"inStock": {"true": 1},             //
		"price":   {"4": 1},                // its own range and no other
		"colour":  {"Moss": 1, "Chalk": 1}, // moss stays to be chosen
	} {
		if diff := cmp.Diff(want, counted(result, key)); diff != "" {
			t.Errorf("facet %s (-want +got):\n%s", key, diff)
		}
	}
	brands := find(t, s, search.Query{Facets: true, Filter: search.Filter{Brands: []string{"kvarta"}}})
	if diff := cmp.Diff(map[string]int{"fernlyd": 2, "kvarta": 1, "atelier": 2, "samsung": 1}, counted(brands, "brand")); diff != "" {
		t.Errorf("a chosen brand hides the others' counts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"audio": 1, "headphones": 1}, counted(brands, "category")); diff != "" {
		t.Errorf("other facets do not follow the brand (-want +got):\n%s", diff)
	}
}

// countsFollowChanges holds the counts that are kept, and not made, to the
// documents.
func countsFollowChanges(t *testing.T, s search.Searcher) {
	changed := shop()[0]
	changed.brand, changed.title = "kvarta", "Aurora Zwo Headphones"
	put(t, s, changed.document(2))
	if err := s.Delete(t.Context(), search.Deletion{ID: "p4", Version: 2}); err != nil {
		t.Fatal(err)
	}
	all := find(t, s, search.Query{Facets: true, Total: true})
	if diff := cmp.Diff(map[string]int{"fernlyd": 1, "kvarta": 2, "atelier": 1, "samsung": 1}, counted(all, "brand")); diff != "" {
		t.Errorf("brands (-want +got):\n%s", diff)
	}
	if all.Total != 6 {
		t.Errorf("total = %d, want 6", all.Total)
	}
	if got := ids(find(t, s, search.Query{Text: "anc"})); len(got) != 0 {
		t.Errorf("a word that no document has any more finds %v", got)
	}
	if got, err := s.Complete(t.Context(), "anc", 5); err != nil || len(got) != 0 {
		t.Errorf("a word that was changed away is completed: %v, %v", got, err)
	}
	if got := find(t, s, search.Query{Text: "cafee"}); len(got.Hits) != 0 {
		t.Errorf("a misspelt word was read as one that no document has any more, and finds %v", ids(got))
	}
}

// facetLaw: choosing a value gives as many hits as its facet announced.
func facetLaw(t *testing.T, s search.Searcher) {
	put(t, s, crowd(120, 7)...)
	rapid.Check(t, func(rt *rapid.T) {
		f := search.Filter{}
		if rapid.Bool().Draw(rt, "by category") {
			f.Category = rapid.SampledFrom([]string{"lamps", "mugs", "all"}).Draw(rt, "category")
		}
		if rapid.Bool().Draw(rt, "by brand") {
			f.Brands = []string{rapid.SampledFrom([]string{"kvarta", "atelier"}).Draw(rt, "brand")}
		}
		if rapid.Bool().Draw(rt, "by price") {
			f.PriceMax = new(rapid.Int64Range(1000, 13000).Draw(rt, "max"))
		}
		f.InStock = rapid.Bool().Draw(rt, "in stock")
		q := search.Query{
			Text: rapid.SampledFrom([]string{"", "quiet", "lantarn"}).Draw(rt, "text"), Filter: f,
			Currency: rapid.SampledFrom([]string{"USD", "EUR"}).Draw(rt, "currency"), Facets: true,
		}
		for _, facet := range find(t, s, q).Facets {
			for _, v := range facet.Values {
				chosen := q
				chosen.Facets, chosen.Total = false, true
				switch facet.Key {
				case "brand":
					chosen.Filter.Brands = []string{v.Value}
				case "category":
					chosen.Filter.Category = v.Value
				case "inStock":
					chosen.Filter.InStock = true
				case "price":
					chosen.Filter.PriceMin, chosen.Filter.PriceMax = v.Min, v.Max
					if v.Min == nil {
						chosen.Filter.PriceMin = new(int64(0))
					}
				}
				if got := find(t, s, chosen).Total; got != v.Count {
					rt.Fatalf("%s %s announces %d hits and gives %d", facet.Key, v.Value, v.Count, got)
				}
			}
		}
	})
}
