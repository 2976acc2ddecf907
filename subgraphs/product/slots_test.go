package product_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/polltest"
	"cartograph/internal/search"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

func at(t testing.TB, address string) context.Context {
	t.Helper()
	return auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.Anonymous}, Currency: "USD", Address: address})
}

// block makes every search of a shop that was restarted wait until unblock: it cannot
// read the documents.
func block(t *testing.T, s *producttest.Shop) (unblock func()) {
	t.Helper()
	tx, err := s.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE search_documents"); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() { _ = tx.Rollback(context.WithoutCancel(t.Context())) })
}

func TestAFloodOfSearchesIsRefusedAndOthersAreServed(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t).Restarted()
	unblock := block(t, s)
	defer unblock()
	const flood, bound = 200, 2 + 64 // that run, and that wait
	var refused, served atomic.Int64
	var wg sync.WaitGroup
	for i := range flood {
		wg.Go(func() {
			_, err := s.Find(at(t, "192.0.2.1"), product.Search{Text: fmt.Sprint("mug ", i), Sort: search.Relevance, First: 5})
			switch {
			case err == nil:
				served.Add(1)
			case fault.KindOf(err) == fault.RateLimited:
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	polltest.Eventually(t, "the flood's excess is refused at once", func() bool { return refused.Load() == flood-bound })
	for _, address := range []string{"192.0.2.2", "192.0.2.3"} {
		wg.Go(func() {
			if found, err := s.Find(at(t, address), product.Search{Text: "mug", Sort: search.Relevance, First: 5}); err != nil || len(found.Hits) == 0 {
				t.Errorf("a search from %s behind the flood: %v, want it served", address, err)
			}
		})
	}
	unblock()
	wg.Wait()
	if served.Load() == 0 {
		t.Error("none of the flood was served")
	}
}

func TestASearchThatTakesTooLongIsCancelled(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t).Restarted()
	ctx, stop := context.WithCancel(t.Context())
	var following sync.WaitGroup
	defer following.Wait()
	defer stop()
	defer block(t, s)()
	waiting := func(n int) func() bool {
		return func() bool {
			var have int
			err := s.Pool.QueryRow(t.Context(), `
				SELECT count(*) FROM pg_stat_activity
				WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%search_documents%'`).Scan(&have)
			return err == nil && have == n
		}
	}
	following.Go(func() { _ = s.Index.Run(ctx, slog.New(slog.DiscardHandler)) })
	polltest.Eventually(t, "the index waits for its documents", waiting(1))
	_, err := s.Find(at(t, "192.0.2.1"), product.Search{Text: "mug", Sort: search.Relevance, First: 5})
	if f := fault.Of(err); f == nil || f.Kind != fault.RateLimited || f.Message != "Many searches are running. Please try again in 3 seconds." {
		t.Errorf("%v, want it refused with a time to come back", err)
	}
	stop()
	polltest.Eventually(t, "Postgres runs no search", waiting(0))
}
