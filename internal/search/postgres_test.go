package search_test

import (
	"fmt"
	"testing"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/pgtest"
	"cartograph/internal/search"
	"cartograph/internal/search/searchtest"
)

func TestPostgresConforms(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(t *testing.T) search.Searcher {
		return search.NewPostgres(pgtest.New(t, search.Migrations()), "EUR")
	})
}

func TestAPageIsOneStatementAndCountsAreOneMore(t *testing.T) {
	t.Parallel()
	pool, statements := pgtest.NewCounted(t, search.Migrations())
	s := search.NewPostgres(pool, "EUR")
	if err := s.Upsert(t.Context(), lamp(1)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		query search.Query
		want  int
	}{
		{search.Query{First: 20}, 1},
		{search.Query{First: 20, Text: "lmap", Sort: search.PriceAsc, Highlights: true}, 1},
		{search.Query{First: 20, Total: true}, 2},
		{search.Query{First: 20, Text: "lamp", Total: true, Facets: true}, 2},
		{search.Query{Total: true}, 1},
		{search.Query{First: 20, Text: "!?"}, 0},
	} {
		statements.Reset()
		if _, err := s.Search(t.Context(), tt.query); err != nil {
			t.Fatal(err)
		}
		if statements.N() != tt.want {
			t.Errorf("%+v took %d statements, want %d", tt.query, statements.N(), tt.want)
		}
	}
}

func TestADocumentWithoutAFallbackPriceIsRefused(t *testing.T) {
	t.Parallel()
	s := search.NewPostgres(pgtest.New(t, search.Migrations()))
	d := lamp(1)
	d.Prices = map[string]search.Price{"EUR": {Min: 1, Max: 1}}
	if err := s.Upsert(t.Context(), d); err == nil {
		t.Error("it was put in")
	}
}

func lamp(i int) search.Document {
	kinds := []string{"Lamp", "Lantern", "Headphones", "Mug", "Tent", "Turntable", "Backpack", "Kettle"}
	makers := []string{"Fernlyd", "Kvarta", "Atelier", "Nordwind", "Oat & Co"}
	models := []string{"Alder", "Birch", "Cedar", "Delta", "Echo", "Fjord", "Grove", "Haven", "Iris", "Juniper"}
	colours := []string{"Moss", "Chalk", "Coral", "Denim", "Honey", "Plum"}
	kind, maker := kinds[i%len(kinds)], makers[i/3%len(makers)]
	return search.Document{
		Card: search.Card{
			ID: fmt.Sprintf("prd_%07d", i), Slug: fmt.Sprint("lamp-", i), Title: fmt.Sprintf("%s %s %d", models[i/7%len(models)], kind, i),
			Subtitle: kind + " by " + maker, Brand: search.Brand{ID: maker, Slug: maker, Name: maker}, Tags: []string{"gift"},
			Prices:    map[string]search.Price{"USD": {Min: int64(i%977)*100 + 100, Max: 99900}, "EUR": {Min: int64(i%977)*90 + 100, Max: 99900}},
			Available: i % 4, AsOf: time.Unix(0, 0).UTC(), CreatedAt: time.Unix(int64(i)*60, 0).UTC(),
			Image: &catalogue.Image{ID: "img", Name: "lamp.svg", Alt: "A lamp", Width: 800, Height: 800},
		},
		Version: 1, Description: "It is " + maker + "'s take on the " + kind + ": made to be used every day, repaired when it breaks and handed on when you move.",
		Categories: []search.Category{{Slug: kind, Name: kind}, {Slug: "home", Name: "Home"}}, Featured: int64(i % 50),
		Attributes: []search.Attribute{
			{Key: "colour", Name: "Colour", Value: colours[i%6], Swatch: "#123456"},
			{Key: "colour", Name: "Colour", Value: colours[(i+1)%6], Swatch: "#123456"},
			{Key: "weight", Name: "Weight", Value: fmt.Sprint(i % 40), Unit: "kg"},
			{Key: "made_in", Name: "Made in", Value: models[i%10]},
		},
		Keywords: []string{fmt.Sprintf("SKU-%06d", i)},
	}
}

func BenchmarkUpsert(b *testing.B) {
	s := search.NewPostgres(pgtest.New(b, search.Migrations()), "EUR", "GBP", "JPY")
	const batch = 200
	for n := 0; b.Loop(); n++ {
		documents := make([]search.Document, batch)
		for i := range documents {
			documents[i] = lamp(n*batch + i)
		}
		if err := s.Upsert(b.Context(), documents...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "documents/s")
}

func BenchmarkSearch10k(b *testing.B) { benchmark(b, 10_000) }

func BenchmarkSearch100k(b *testing.B) { benchmark(b, 100_000) }

func benchmark(b *testing.B, n int) {
	pool := pgtest.New(b, search.Migrations())
	s := search.NewPostgres(pool, "EUR")
	for from := 0; from < n; from += 500 {
		documents := make([]search.Document, 500)
		for i := range documents {
			documents[i] = lamp(from + i)
		}
		if err := s.Upsert(b.Context(), documents...); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := pool.Exec(b.Context(), "VACUUM ANALYZE"); err != nil {
		b.Fatal(err)
	}
	high := int64(10_000)
	for _, bench := range []struct {
		name  string
		query search.Query
	}{
		{"browse", search.Query{Sort: search.Featured}},
		{"browseCategory", search.Query{Sort: search.Featured, Filter: search.Filter{Categories: []string{"Tent"}}}},
		{"cheapest", search.Query{Sort: search.PriceAsc, Currency: "EUR"}},
		{"newest", search.Query{Sort: search.Newest}},
		{"deep", search.Query{Sort: search.PriceAsc, After: &search.Position{Key: 50_000, ID: "prd_0005000"}}},
		{"prefix", search.Query{Text: "headp", Sort: search.Relevance}},
		{"typo", search.Query{Text: "hedphones", Sort: search.Relevance}},
		{"twoTypos", search.Query{Text: "fernlid hedphones", Sort: search.Relevance}},
		{"sku", search.Query{Text: "sku-000123", Sort: search.Relevance}},
		{"filtered", search.Query{Text: "lamp", Sort: search.Relevance, Filter: search.Filter{Brands: []string{"Kvarta"}, PriceMax: &high}}},
		{"browseFacets", search.Query{Sort: search.Featured, Total: true, Facets: true}},
		{"categoryFacets", search.Query{Sort: search.Featured, Total: true, Facets: true, Filter: search.Filter{Categories: []string{"Tent"}}}},
		{"typoFacets", search.Query{Text: "hedphones", Sort: search.Relevance, Total: true, Facets: true}},
		{"filteredFacets", search.Query{Text: "lamp", Sort: search.Relevance, Total: true, Facets: true, Filter: search.Filter{Brands: []string{"Kvarta"}, PriceMax: &high}}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			q := bench.query
			q.First = 20
			if q.Currency == "" {
				q.Currency = "USD"
			}
			for b.Loop() {
				if _, err := s.Search(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
