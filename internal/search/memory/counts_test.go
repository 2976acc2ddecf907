package memory_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"cartograph/internal/search"
	"cartograph/internal/search/memory"
)

// thing is a document whose properties are dealt at random: some that many documents
// have and some that few have, so that they are counted in every way there is.
func thing(rng *rand.Rand, n int) search.Document {
	nouns, colours := []string{"lamp", "mug", "tent", "kettle"}, []string{"Moss", "Chalk", "Plum"}
	noun := nouns[rng.IntN(len(nouns))]
	d := search.Document{
		Card: search.Card{
			ID: fmt.Sprintf("p%06d", n), Title: fmt.Sprintf("Quiet %s %d", noun, n), Tags: []string{"gift"},
			Brand:     search.Brand{Slug: fmt.Sprintf("brand-%d", rng.IntN(300)), Name: "Brand"},
			Prices:    map[string]search.Price{"USD": {Min: 100 + rng.Int64N(120_000), Max: 200_000}},
			Available: rng.IntN(3), CreatedAt: time.Unix(int64(n), 0),
		},
		Version: 1, Featured: rng.Int64N(50), Rating: search.Rating{Hundredths: rng.IntN(500), Count: 3},
		Categories: []search.Category{{Slug: noun, Name: noun}, {Slug: "home", Name: "Home"}},
		Attributes: []search.Attribute{
			{Key: "colour", Name: "Colour", Value: colours[rng.IntN(len(colours))]},
			{Key: "colour", Name: "Colour", Value: colours[rng.IntN(len(colours))]},
			{Key: "weight", Name: "Weight", Value: fmt.Sprint(rng.IntN(40)), Unit: "kg"},
		},
	}
	if rng.IntN(3) > 0 {
		d.Prices["EUR"] = search.Price{Min: 100 + rng.Int64N(120_000), Max: 200_000}
	}
	return d
}

// countOneByOne is what a facet's value selects, by its definition: the hits of the
// query with that value in place of the facet's own filter.
func countOneByOne(documents map[string]search.Document, q search.Query, key, value string) int {
	n := 0
	for _, d := range documents {
		price, priced := d.Prices[q.Currency]
		within := func(low, high *int64) bool {
			return low == nil && high == nil || priced && (low == nil || price.Min >= *low) && (high == nil || price.Min <= *high)
		}
		has := func(key, value string) bool {
			for _, a := range d.Attributes {
				if a.Key == key && a.Value == value {
					return true
				}
			}
			return false
		}
		matches := q.Text == "" || strings.Contains(strings.ToLower(d.Title), q.Text)
		matches = matches && (key == "brand" && d.Brand.Slug == value || key != "brand" && (len(q.Filter.Brands) == 0 || d.Brand.Slug == q.Filter.Brands[0]))
		matches = matches && (key == "colour" && has("colour", value) || key != "colour" && (len(q.Filter.Attributes) == 0 || has("colour", q.Filter.Attributes[0].AnyOf[0])))
		matches = matches && (key == "price" || within(q.Filter.PriceMin, q.Filter.PriceMax))
		matches = matches && (key == "inStock" && d.Available > 0 || key != "inStock" && (!q.Filter.InStock || d.Available > 0))
		matches = matches && (key == "rating" && float64(d.Rating.Hundredths) >= 100*float64(value[0]-'0') || key != "rating" && d.Rating.Hundredths >= q.Filter.RatingMin)
		switch key {
		case "category":
			matches = matches && (d.Categories[0].Slug == value || d.Categories[1].Slug == value)
		case "weight":
			matches = matches && has("weight", value)
		}
		if matches {
			n++
		}
	}
	return n
}

func TestCountsAreThoseOfCountingOneByOne(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng, x, documents := rand.New(rand.NewPCG(seed, 0)), memory.New("EUR"), map[string]search.Document{}
	for i := range 9000 { // a third of the products has two versions
		d := thing(rng, i%6000)
		d.Version = int64(i/6000) + 1
		documents[d.ID] = d
		if err := x.Upsert(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 500 {
		id := fmt.Sprintf("p%06d", i*7)
		delete(documents, id)
		if err := x.Delete(t.Context(), search.Deletion{ID: id, Version: 9}); err != nil {
			t.Fatal(err)
		}
	}
	low, high := int64(3_000), int64(60_000)
	for _, text := range []string{"", "lamp", "quiet", "5999"} {
		for _, filter := range []search.Filter{
			{},
			{InStock: true},
			{Brands: []string{"brand-7"}},
			{PriceMin: &low, PriceMax: &high},
			{RatingMin: 250},
			{Brands: []string{"brand-9"}, InStock: true, Attributes: []search.AttributeFilter{{Key: "colour", AnyOf: []string{"Moss"}}}},
			{Attributes: []search.AttributeFilter{{Key: "colour", AnyOf: []string{"Plum"}}}, PriceMin: &low, RatingMin: 100},
		} {
			q := search.Query{Text: text, Filter: filter, Currency: "EUR", Facets: true, Sort: search.Relevance, First: 3}
			found, err := x.Search(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, facet := range found.Facets {
				for _, v := range facet.Values {
					expected := q
					if facet.Key == "price" {
						expected.Filter.PriceMin, expected.Filter.PriceMax = v.Min, v.Max
						if v.Min == nil {
							expected.Filter.PriceMin = new(int64(0))
						}
					}
					key := facet.Key
					if key == "price" {
						key = "none" // the range is the filter
					}
					if want := countOneByOne(documents, expected, key, v.Value); v.Count != want {
						t.Errorf("%q with %+v: %s %s counts %d, want %d", text, filter, facet.Key, v.Value, v.Count, want)
					}
				}
			}
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	for _, size := range []int{10_000, 100_000} {
		x, rng := memory.New("EUR", "GBP", "JPY"), rand.New(rand.NewPCG(1, 1))
		for n := range size {
			if err := x.Upsert(b.Context(), thing(rng, n)); err != nil {
				b.Fatal(err)
			}
		}
		high := int64(10_000)
		for name, q := range map[string]search.Query{
			"word":           {Text: "lamp"},
			"wordFacets":     {Text: "lamp", Facets: true},
			"everyFacets":    {Text: "quiet", Facets: true},
			"filteredFacets": {Text: "lamp", Facets: true, Filter: search.Filter{Brands: []string{"brand-7"}, PriceMax: &high}},
			"browseFacets":   {Facets: true},
			"categoryFacets": {Facets: true, Filter: search.Filter{Within: "tent"}},
			"typoFacets":     {Text: "kettel", Facets: true},
		} {
			q.First, q.Sort, q.Currency = 20, search.Relevance, "USD"
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				for b.Loop() {
					if _, err := x.Search(b.Context(), q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
