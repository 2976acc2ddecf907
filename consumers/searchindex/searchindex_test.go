package searchindex_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/consumers/searchindex"
	"cartograph/consumers/searchindex/db"
	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
	"cartograph/internal/search"
	"cartograph/internal/search/postgres"
)

func day(n int) time.Time { return time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC) }

type indexer struct {
	*searchindex.Worker
	index *postgres.Index
	pool  *pgxpool.Pool
}

func open(t testing.TB) indexer {
	t.Helper()
	pool := pgtest.New(t, postgres.Migrations(), db.Migrations())
	index := postgres.New(pool, "EUR")
	return indexer{searchindex.NewWorker(pool, index, slog.New(slog.DiscardHandler)), index, pool}
}

func (w indexer) handle(t testing.TB, payloads ...event.Payload) {
	t.Helper()
	for _, p := range payloads {
		if err := w.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
			t.Fatal(err)
		}
	}
}

// indexAll indexes until nothing is pending.
func (w indexer) indexAll(t testing.TB) {
	t.Helper()
	for {
		n, err := w.Index(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func (w indexer) find(t testing.TB, text string) []search.Hit {
	t.Helper()
	result, err := w.index.Search(t.Context(), search.Query{Text: text, First: 10, Sort: search.Relevance, Currency: "EUR"})
	if err != nil {
		t.Fatal(err)
	}
	return result.Hits
}

func lamp(id string, version int64) event.ProductPublished {
	restock := day(20)
	return event.ProductPublished{ProductSnapshot: event.ProductSnapshot{
		ProductID: id, Version: version, Slug: "lamp-" + id, Title: fmt.Sprintf("Lamp v%d", version), Description: "It glows.",
		BrandID: "brd_1", BrandSlug: "kvarta", BrandName: "Kvarta", CategorySlugs: []string{"lamps", "home"}, CategoryNames: []string{"Lamps", "Home"},
		Tags: []string{"gift"}, Specifications: []catalogue.Specification{{Key: "weight", Name: "Weight", Value: "2", Unit: "kg"}},
		Options: []catalogue.Option{{Name: "Main colour", Values: []catalogue.OptionValue{{Value: "Moss", SwatchHex: "#556b2f"}, {Value: "Gone"}}}},
		Image:   &catalogue.Image{ID: "img_1", Name: "lamp.svg", Alt: "A lamp", Width: 800, Height: 800}, Featured: 7, CreatedAt: day(1),
		Variants: []event.VariantSnapshot{
			{
				VariantID: id + "-a", SKU: "LAMP-A", Title: "Moss", Options: map[string]string{"Main colour": "Moss"}, RestockAt: &restock,
				Prices: []event.Price{{Currency: "USD", Minor: 2000, CompareAtMinor: 2500}, {Currency: "EUR", Minor: 1900}},
			},
			{
				VariantID: id + "-b", SKU: "LAMP-B", Title: "Moss", Options: map[string]string{"Main colour": "Moss"},
				Prices: []event.Price{{Currency: "USD", Minor: 3000}},
			},
		},
	}}
}

func level(variant string, available int, version int64) event.LevelChanged {
	return event.LevelChanged{VariantID: variant, OnHand: available, Available: available, Version: version, At: day(int(version))}
}

func TestAProductIsFoundWithWhatIsInStock(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.handle(t, level("p1-a", 3, 2), lamp("p1", 1), level("p1-b", 4, 5))
	w.indexAll(t)
	hits := w.find(t, "lamp")
	if len(hits) != 1 {
		t.Fatalf("found %d, want the lamp", len(hits))
	}
	restock := day(20)
	want := search.Card{
		ID: "p1", Slug: "lamp-p1", Title: "Lamp v1", Brand: search.Brand{ID: "brd_1", Slug: "kvarta", Name: "Kvarta"}, Tags: []string{"gift"},
		Image:     &catalogue.Image{ID: "img_1", Name: "lamp.svg", Alt: "A lamp", Width: 800, Height: 800},
		Prices:    map[string]search.Price{"USD": {Min: 2000, Max: 3000, CompareAtMin: 2500, CompareAtMax: 2500}}, // euros: not for all variants
		Available: 7, RestockAt: &restock, AsOf: day(5), CreatedAt: day(1),
	}
	if diff := cmp.Diff(want, hits[0].Card); diff != "" {
		t.Errorf("the card is wrong (-want +got):\n%s", diff)
	}
	for _, text := range []string{"kvarta", "LAMP-B", "moss", "home"} {
		if len(w.find(t, text)) != 1 {
			t.Errorf("%q does not find the lamp", text)
		}
	}
	if len(w.find(t, "gone")) != 0 {
		t.Error("an option that no variant has is found")
	}
	q := search.Query{First: 1, Filter: search.Filter{Attributes: []search.AttributeFilter{{Key: "main_colour", AnyOf: []string{"Moss"}}, {Key: "weight", AnyOf: []string{"2"}}}}}
	if result, err := w.index.Search(t.Context(), q); err != nil || len(result.Hits) != 1 {
		t.Errorf("filtering by option and data sheet finds %d, %v, want 1", len(result.Hits), err)
	}
}

func TestAProductIsFoundInItsCollections(t *testing.T) {
	t.Parallel()
	w := open(t)
	collected := lamp("p1", 1)
	collected.CollectionSlugs = []string{"summer", "gifts"}
	w.handle(t, collected, lamp("p2", 1))
	found := func(collection string, want int) {
		t.Helper()
		w.indexAll(t)
		q := search.Query{First: 10, Facets: true, Filter: search.Filter{Collection: collection}}
		result, err := w.index.Search(t.Context(), q)
		if err != nil || len(result.Hits) != want {
			t.Errorf("%d products are in %s, %v, want %d", len(result.Hits), collection, err, want)
		}
		for _, f := range result.Facets {
			if f.Key == "collection" || f.Name == "Collection" {
				t.Errorf("collections are counted: %+v", f)
			}
		}
	}
	found("gifts", 1)
	left := event.ProductChanged(lamp("p1", 2))
	left.CollectionSlugs = []string{"summer"}
	w.handle(t, left)
	found("gifts", 0)
	found("summer", 1)
}

func TestOnlyANewerVersionIsStored(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.handle(t, lamp("p1", 2), lamp("p1", 1), level("p1-a", 0, 9), level("p1-a", 5, 8))
	w.indexAll(t)
	if hits := w.find(t, "lamp"); len(hits) != 1 || hits[0].Title != "Lamp v2" || hits[0].Available != 0 {
		t.Errorf("found %+v, want version 2 with nothing in stock", hits)
	}
	w.handle(t, event.ProductArchived{ProductID: "p1", Version: 3}, lamp("p1", 2), level("p1-a", 50, 10))
	w.indexAll(t)
	if hits := w.find(t, "lamp"); len(hits) != 0 {
		t.Errorf("an archived product is found: %+v", hits)
	}
	again := event.ProductChanged(lamp("p1", 4))
	w.handle(t, again)
	w.indexAll(t)
	if hits := w.find(t, "lamp"); len(hits) != 1 || hits[0].Available != search.PlentyInStock {
		t.Errorf("found %+v, want the lamp again, with plenty", hits)
	}
}

// Any order of the same events, some of them twice, from several partitions at
// once, ends in the same document.
func TestTheOrderOfEventsDoesNotMatter(t *testing.T) {
	t.Parallel()
	w := open(t)
	const products = 30
	var wg sync.WaitGroup
	for n := range products {
		id := fmt.Sprintf("p%02d", n)
		events := []event.Payload{
			lamp(id, 1), lamp(id, 2), lamp(id, 3), lamp(id, 3), level(id+"-a", 9, 1), level(id+"-a", 0, 2), level(id+"-a", 2, 3), level(id+"-b", 1, 1),
		}
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for part := range 2 {
			wg.Go(func() {
				for _, e := range events[part*4 : part*4+4] {
					if err := w.Handle(t.Context(), eventtest.Envelope(e)); err != nil {
						t.Error(err)
					}
					if rng := n % 3; rng == 0 {
						if _, err := w.Index(t.Context()); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
	}
	wg.Wait()
	w.indexAll(t)
	result, err := w.index.Search(t.Context(), search.Query{First: 100, Total: true})
	if err != nil || len(result.Hits) != products {
		t.Fatalf("found %d, %v, want %d", len(result.Hits), err, products)
	}
	for _, hit := range result.Hits {
		if hit.Title != "Lamp v3" || hit.Available != 3 {
			t.Errorf("%s is %q with %d available, want version 3 with 3", hit.ID, hit.Title, hit.Available)
		}
	}
}

func TestEventsThatAreHandledTogetherAreStoredAsOneByOne(t *testing.T) {
	t.Parallel()
	w := open(t)
	const products, partitions, together = 40, 4, 17
	var events []event.Envelope
	for n := range products {
		id := fmt.Sprintf("p%02d", n)
		for _, p := range []event.Payload{
			lamp(id, 1), lamp(id, 3), event.ProductChanged(lamp(id, 2)), lamp(id, 3), level(id+"-a", 9, 1), level(id+"-a", 2, 3), level(id+"-a", 0, 2), level(id+"-b", 1, 1),
		} {
			events = append(events, eventtest.Envelope(p))
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	var wg sync.WaitGroup
	for partition := range partitions {
		wg.Go(func() {
			own := events[partition*len(events)/partitions : (partition+1)*len(events)/partitions]
			// The longest runs of one type: these are handled at once.
			slices.SortStableFunc(own, func(a, b event.Envelope) int { return strings.Compare(a.Type, b.Type) })
			for batch := range slices.Chunk(own, together) {
				if err := w.HandleAll(t.Context(), batch); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	w.indexAll(t)
	result, err := w.index.Search(t.Context(), search.Query{First: 100, Total: true})
	if err != nil || len(result.Hits) != products {
		t.Fatalf("found %d, %v, want %d", len(result.Hits), err, products)
	}
	for _, hit := range result.Hits {
		if hit.Title != "Lamp v3" || hit.Available != 3 {
			t.Errorf("%s is %q with %d available, want version 3 with 3", hit.ID, hit.Title, hit.Available)
		}
	}
}

func TestBusyStockDoesNotRewriteDocuments(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.handle(t, lamp("p1", 1), level("p1-a", 500, 1))
	w.indexAll(t)
	for version := int64(2); version < 12; version++ {
		w.handle(t, level("p1-a", 500-int(version), version))
	}
	if n, err := w.Index(t.Context()); err != nil || n != 0 {
		t.Errorf("%d products are pending, %v, want none: above plenty the document stays the same", n, err)
	}
	w.handle(t, level("p1-a", 19, 12))
	if n, err := w.Index(t.Context()); err != nil || n != 1 {
		t.Errorf("%d products are pending, %v, want the one with little stock", n, err)
	}
}

func TestRunIndexesNewAndLeftOverEvents(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.handle(t, lamp("p1", 1)) // stored by a worker that stopped before it indexed
	next := searchindex.NewWorker(w.pool, w.index, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := next.Run(ctx); err != nil {
			t.Errorf("Run = %v, want nil when it is stopped", err)
		}
	})
	w.await(t, 1)
	if err := next.Handle(t.Context(), eventtest.Envelope(lamp("p2", 1))); err != nil {
		t.Fatal(err)
	}
	w.await(t, 2)
	cancel()
	wg.Wait()
}

func (w indexer) await(t *testing.T, products int) {
	t.Helper()
	polltest.EventuallyNoProblem(t, func() string {
		if n := len(w.find(t, "lamp")); n != products {
			return fmt.Sprintf("%d products are found, want %d", n, products)
		}
		return ""
	})
}

func TestUnreadableEventsAreRefused(t *testing.T) {
	t.Parallel()
	w := open(t)
	uneven := lamp("p1", 1)
	uneven.CategoryNames = nil
	for _, e := range []event.Envelope{
		{Type: event.Type[event.ProductPublished](), Data: []byte(`{"productId": 7}`)},
		{Type: event.Type[event.ProductArchived](), Data: []byte(`[]`)},
		{Type: event.Type[event.LevelChanged](), Data: []byte(`nonsense`)},
		eventtest.Envelope(uneven),
	} {
		if err := w.Handle(t.Context(), e); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s of %s = %v, want it refused", e.Type, e.Data, err)
		}
	}
	if err := w.Handle(t.Context(), event.Envelope{Type: "com.cartograph.product.unknown.v1"}); err != nil {
		t.Errorf("an unknown event = %v, want it ignored", err)
	}
}

func TestAProductWithoutAPriceToShowIsNotFound(t *testing.T) {
	t.Parallel()
	w := open(t)
	priceless := lamp("p1", 1)
	priceless.Variants[0].Prices = nil
	w.handle(t, priceless, lamp("p2", 1))
	w.indexAll(t)
	if hits := w.find(t, "lamp"); len(hits) != 1 || hits[0].ID != "p2" {
		t.Errorf("found %+v, want p2 alone", hits)
	}
}

func BenchmarkIndex10k(b *testing.B) {
	for b.Loop() {
		w := open(b)
		for n := range 10_000 {
			id := fmt.Sprintf("p%05d", n)
			w.handle(b, lamp(id, 1), level(id+"-a", 500, 1), level(id+"-b", 3, 1))
		}
		b.ReportMetric(b.Elapsed().Seconds(), "handled-s")
		w.indexAll(b)
	}
}
