package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
	"cartograph/internal/search"
	"cartograph/internal/search/postgres"
	"cartograph/internal/search/searchtest"
)

func TestPostgresConforms(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, func(t *testing.T) search.Searcher {
		return postgres.New(pgtest.New(t, postgres.Migrations()), "EUR")
	})
}

func TestASearchSendsNoStatement(t *testing.T) {
	t.Parallel()
	pool, statements := pgtest.NewCounted(t, postgres.Migrations())
	s := postgres.New(pool, "EUR")
	if err := s.Upsert(t.Context(), lamp(1)); err != nil {
		t.Fatal(err)
	}
	query := search.Query{First: 20, Text: "lamtern", Total: true, Facets: true}
	for _, want := range []int{3, 0} { // the first one reads the documents
		statements.Reset()
		if result, err := s.Search(t.Context(), query); err != nil || result.Total != 1 {
			t.Fatalf("Search = %+v, %v, want the lantern", result, err)
		}
		if statements.N() != want {
			t.Errorf("a search took %d statements, want %d", statements.N(), want)
		}
	}
}

func TestAReplicaFollowsTheWritesOfOthers(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, postgres.Migrations())
	writer, reader := postgres.New(pool), postgres.New(pool)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = reader.Run(ctx, slog.New(slog.DiscardHandler)) })
	defer wg.Wait()
	defer stop()
	await := func(want int) {
		t.Helper()
		polltest.EventuallyNoProblem(t, func() string {
			result, err := reader.Search(t.Context(), search.Query{Total: true})
			if err != nil || result.Total != want {
				return fmt.Sprintf("%d documents are found, %v, want %d", result.Total, err, want)
			}
			return ""
		})
	}
	for i := range 3 {
		if err := writer.Upsert(t.Context(), lamp(i)); err != nil {
			t.Fatal(err)
		}
		await(i + 1)
	}
	if err := writer.Delete(t.Context(), search.Deletion{ID: lamp(0).ID, Version: 1}); err != nil {
		t.Fatal(err)
	}
	await(2)
}

func TestTheLagOfAReplicaIsNotResetByARepeatedChange(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, postgres.Migrations())
	writer, reader := postgres.New(pool), postgres.New(pool)
	lag := func() time.Duration {
		t.Helper()
		result, err := reader.Search(t.Context(), search.Query{Lag: true})
		if err != nil {
			t.Fatal(err)
		}
		return result.Lag
	}
	if d := lag(); d != 0 { // the first search reads all
		t.Errorf("an index without documents lags by %s", d)
	}
	changed := lamp(1)
	for range 3 {
		changed.Version++
		if err := writer.Upsert(t.Context(), changed); err != nil {
			t.Fatal(err)
		}
		time.Sleep(60 * time.Millisecond)
	}
	if d := lag(); d < 180*time.Millisecond {
		t.Errorf("a change of three periods ago that two followed lags by %s, want 180ms at least", d)
	}
}

// A role that searches is ready once it has the documents: Loaded is a check of its
// readiness.
func TestAnIndexIsLoadedOnceItsDocumentsAreRead(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, postgres.Migrations())
	x := postgres.New(pool)
	if err := x.Upsert(t.Context(), lamp(1)); err != nil {
		t.Fatal(err)
	}
	lock, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Exec(t.Context(), "LOCK TABLE search_documents IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { _ = x.Run(ctx, slog.New(slog.DiscardHandler)) })
	defer wg.Wait()
	defer stop()
	polltest.Eventually(t, "the documents are being read", func() (waits bool) {
		if err := pool.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'search_documents'::regclass)").Scan(&waits); err != nil {
			t.Fatal(err)
		}
		return waits
	})
	if x.Loaded() == nil {
		t.Error("the index is loaded while its documents are read")
	}
	if err := lock.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	polltest.Eventually(t, "the index is loaded", func() bool { return x.Loaded() == nil })
	if result, err := x.Search(t.Context(), search.Query{Total: true}); err != nil || result.Total != 1 {
		t.Errorf("%d documents are found, %v, want the lamp", result.Total, err)
	}
}

func TestASearchIndexIsRebuiltWhileItIsWritten(t *testing.T) {
	t.Parallel()
	s := postgres.New(pgtest.New(t, postgres.Migrations()))
	searchtest.Rebuild(t, s)
}

func TestADocumentWithoutAFallbackPriceIsRefused(t *testing.T) {
	t.Parallel()
	s := postgres.New(pgtest.New(t, postgres.Migrations()))
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
	s := postgres.New(pgtest.New(b, postgres.Migrations()), "EUR", "GBP", "JPY")
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
	pool := pgtest.New(b, postgres.Migrations())
	s := postgres.New(pool, "EUR")
	for from := 0; from < n; from += 500 {
		documents := make([]search.Document, 500)
		for i := range documents {
			documents[i] = lamp(from + i)
		}
		if err := s.Upsert(b.Context(), documents...); err != nil {
			b.Fatal(err)
		}
	}
	high := int64(10_000)
	for _, bench := range []struct {
		name  string
		query search.Query
	}{
		{"browse", search.Query{Sort: search.Featured}},
		{"browseCategory", search.Query{Sort: search.Featured, Filter: search.Filter{Category: "Tent"}}},
		{"cheapest", search.Query{Sort: search.PriceAsc, Currency: "EUR"}},
		{"newest", search.Query{Sort: search.Newest}},
		{"deep", search.Query{Sort: search.PriceAsc, After: &search.Position{Key: 50_000, ID: "prd_0005000"}}},
		{"prefix", search.Query{Text: "headp", Sort: search.Relevance}},
		{"typo", search.Query{Text: "hedphones", Sort: search.Relevance}},
		{"twoTypos", search.Query{Text: "fernlid hedphones", Sort: search.Relevance}},
		{"sku", search.Query{Text: "sku-000123", Sort: search.Relevance}},
		{"filtered", search.Query{Text: "lamp", Sort: search.Relevance, Filter: search.Filter{Brands: []string{"Kvarta"}, PriceMax: &high}}},
		{"browseFacets", search.Query{Sort: search.Featured, Total: true, Facets: true}},
		{"categoryFacets", search.Query{Sort: search.Featured, Total: true, Facets: true, Filter: search.Filter{Category: "Tent"}}},
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
