package search

import (
	"fmt"
	"slices"
	"testing"
)

func terms(key string, n int, values ...string) []Count {
	var all []Count
	for _, v := range values {
		all = append(all, Count{Kind: "term", Value: key + "=" + v, Count: n, Term: Term{Field: key, Label: v}})
	}
	return all
}

func keysOf(facets []Facet) []string {
	keys := make([]string, len(facets))
	for i, f := range facets {
		keys[i] = f.Key
	}
	return keys
}

func TestFacetsHaveAFixedOrder(t *testing.T) {
	t.Parallel()
	counts := slices.Concat(
		terms("attr:size", 3, "S", "M"), terms("brand", 2, "kvarta"), terms("category", 1, "lamps"),
		[]Count{{Kind: "price", Value: "0", Count: 4}, {Kind: "stock", Value: "true", Count: 4}},
	)
	want := []string{CategoryFacet, BrandFacet, PriceFacet, StockFacet, "size"}
	if got := keysOf(BuildFacets(Query{Currency: "USD"}, counts)); !slices.Equal(got, want) {
		t.Errorf("facets = %v, want %v", got, want)
	}
}

func TestAttributesThatDistinguishNoHitsAreNoFacets(t *testing.T) {
	t.Parallel()
	counts := slices.Concat(terms("attr:colour", 5, "Moss"), terms("attr:size", 1, "S", "M"))
	if got := keysOf(BuildFacets(Query{}, counts)); !slices.Equal(got, []string{"size"}) {
		t.Errorf("facets = %v, want size alone", got)
	}
	filter := Filter{Attributes: []AttributeFilter{{Key: "colour", AnyOf: []string{"Moss"}}}}
	if got := keysOf(BuildFacets(Query{Filter: filter}, counts)); !slices.Equal(got, []string{"colour", "size"}) {
		t.Errorf("facets = %v, want colour, which is filtered by, and then size", got)
	}
}

func TestOnlyTheMostFrequentAttributesAreFacets(t *testing.T) {
	t.Parallel()
	var counts []Count
	for i := range maxAttributes + 2 {
		counts = append(counts, terms(fmt.Sprintf("attr:a%d", i), 10+i, "x", "y")...)
	}
	want := []string{"a7", "a6", "a5", "a4", "a3", "a2"}
	if got := keysOf(BuildFacets(Query{}, counts)); !slices.Equal(got, want) {
		t.Errorf("facets = %v, want %v", got, want)
	}
	rare := Filter{Attributes: []AttributeFilter{{Key: "a0"}}}
	want = []string{"a0", "a7", "a6", "a5", "a4", "a3"}
	if got := keysOf(BuildFacets(Query{Filter: rare}, counts)); !slices.Equal(got, want) {
		t.Errorf("with a filter by a0 facets = %v, want %v", got, want)
	}
}

func TestAFacetHasItsMostFrequentValues(t *testing.T) {
	t.Parallel()
	var values []string
	for i := range MaxFacetValues + 1 {
		values = append(values, fmt.Sprint(i))
	}
	got := BuildFacets(Query{}, terms("brand", 1, values...))
	if len(got) != 1 || len(got[0].Values) != MaxFacetValues || got[0].Values[0].Value != "0" {
		t.Errorf("facets = %v, want the first %d values of one", got, MaxFacetValues)
	}
}

// No price lies between two ranges or in both.
func TestRangesOfPriceAreAdjacent(t *testing.T) {
	t.Parallel()
	for currency, unit := range map[string]int64{"USD": 100, "JPY": 100, "KWD": 1000} {
		var counts []Count
		for _, bucket := range []int{6, 2, 0, 1, 3, 4, 5} {
			counts = append(counts, Count{Kind: "price", Value: fmt.Sprint(bucket), Count: 1})
		}
		ranges := priceFacet(currency, counts)[0].Values
		if ranges[0].Min != nil || *ranges[0].Max != 25*unit-1 {
			t.Errorf("the lowest range of %s is %v to %v, want up to %d", currency, ranges[0].Min, *ranges[0].Max, 25*unit-1)
		}
		if last := ranges[len(ranges)-1]; last.Max != nil || *last.Min != 1000*unit {
			t.Errorf("the highest range of %s is from %v to %v, want from %d", currency, *last.Min, last.Max, 1000*unit)
		}
		for i := 1; i < len(ranges); i++ {
			if *ranges[i].Min != *ranges[i-1].Max+1 {
				t.Errorf("range %d of %s begins at %d, and the one before ends at %d", i, currency, *ranges[i].Min, *ranges[i-1].Max)
			}
		}
	}
}

func TestEmptyFacetsAreLeftOut(t *testing.T) {
	t.Parallel()
	counts := []Count{{Kind: "total"}, {Kind: "stock", Value: "true"}, {Kind: "term", Value: "no separator", Count: 1}}
	if got := BuildFacets(Query{Currency: "USD"}, counts); len(got) != 0 {
		t.Errorf("facets = %v, want none", got)
	}
}
