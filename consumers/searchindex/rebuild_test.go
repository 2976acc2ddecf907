package searchindex_test

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"

	"cartograph/consumers/searchindex"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/search/postgres"
)

func TestARebuildNeedsNothingButTheCompactedTopics(t *testing.T) {
	t.Parallel()
	w := open(t)
	restore := w.Restore()
	for _, e := range []event.Payload{
		lamp("p1", 2).State(), lamp("p2", 1).State(), event.ProductArchived{ProductID: "p2", Version: 2}.State(), level("p1-a", 3, 1),
	} {
		if err := restore(t.Context(), eventtest.Envelope(e)); err != nil {
			t.Fatal(err)
		}
	}
	if err := searchindex.Rebuild(t.Context(), w.pool, w.index, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if hits := w.find(t, "lamp"); len(hits) != 1 || hits[0].ID != "p1" || hits[0].Available != 3 {
		t.Errorf("found %+v, want p1 with 3 in stock", hits)
	}
}

// Searches run and products change all the while: none is ever missing, and the new
// index has the last version of each.
func TestARebuildIsNotNoticedByCustomers(t *testing.T) {
	t.Parallel()
	w := open(t)
	const products = 10
	id := func(n int) string { return string(rune('a' + n)) }
	for n := range products {
		w.handle(t, lamp(id(n), 1))
	}
	w.indexAll(t)
	worker := searchindex.NewWorker(w.pool, postgres.New(w.pool, "EUR"), slog.New(slog.DiscardHandler))
	var stop atomic.Bool
	var wg sync.WaitGroup
	version := int64(1)
	wg.Go(func() {
		for !stop.Load() {
			version++
			for n := range products {
				if err := worker.Handle(t.Context(), eventtest.Envelope(event.ProductChanged(lamp(id(n), version)))); err != nil {
					t.Error(err)
				}
			}
			if _, err := worker.Index(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		for !stop.Load() {
			if n := len(w.find(t, "lamp")); n != products {
				t.Errorf("%d products are found during the rebuild, want %d", n, products)
			}
		}
	})
	for range 3 {
		if err := searchindex.Rebuild(t.Context(), w.pool, w.index, func(int, int) {}); err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	wg.Wait()
	w.indexAll(t)
	w.index = postgres.New(w.pool, "EUR") // a replica that starts now
	for _, hit := range w.find(t, "lamp") {
		if want := lamp(hit.ID, version).Title; hit.Title != want {
			t.Errorf("%s is %q, want %q", hit.ID, hit.Title, want)
		}
	}
}
