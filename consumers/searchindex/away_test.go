package searchindex_test

import (
	"errors"
	"log/slog"
	"testing"

	"cartograph/consumers/searchindex"
	"cartograph/internal/search"
	"cartograph/internal/search/elastic"
)

// TestTheFallbackHasEveryChangeWhileTheIndexIsAway has more pending products than one
// batch, and an Elasticsearch that nothing listens for.
func TestTheFallbackHasEveryChangeWhileTheIndexIsAway(t *testing.T) {
	t.Parallel()
	w := open(t)
	away, err := elastic.New(elastic.Config{URL: "http://127.0.0.1:1", Alias: "products"})
	if err != nil {
		t.Fatal(err)
	}
	w.handle(t, lamp("p1", 1))
	const products = 2500
	if _, err := w.pool.Exec(t.Context(), `
		INSERT INTO indexed_products (product_id, version, snapshot)
		SELECT 'p' || n, 1, jsonb_set(snapshot, '{productId}', to_jsonb('p' || n)) FROM indexed_products, generate_series(2, $1) AS n`, products); err != nil {
		t.Fatal(err)
	}
	guarded := searchindex.NewWorker(w.pool, search.NewGuarded(away, w.index, func(string, string, string) {}), slog.New(slog.DiscardHandler))
	for range 3 {
		if _, err := guarded.Index(t.Context()); !errors.Is(err, search.ErrUnavailable) {
			t.Fatalf("index = %v, want it unavailable", err)
		}
	}
	result, err := w.index.Search(t.Context(), search.Query{Total: true})
	if err != nil || result.Total != products {
		t.Errorf("the fallback has %d products, %v, want %d", result.Total, err, products)
	}
	w.indexAll(t) // as once it is back
}
