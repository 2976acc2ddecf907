package product_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/producttest"
)

// snapshots are the events of products after the first n, by product.
func snapshots(t *testing.T, s *producttest.Shop, n int) map[string]event.ProductSnapshot {
	t.Helper()
	byID := map[string]event.ProductSnapshot{}
	for _, e := range s.Published(t)[n:] {
		if e.Type != event.Type[event.ProductChanged]() {
			continue
		}
		p, err := event.Decode[event.ProductChanged](e)
		if err != nil {
			t.Fatal(err)
		}
		byID[p.ProductID] = p.ProductSnapshot
	}
	return byID
}

// publishQueued publishes until nothing is queued.
func publishQueued(t *testing.T, s *producttest.Shop) {
	t.Helper()
	for {
		n, err := s.PublishQueued(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

func TestARepeatedChangeIsQueuedSinceTheFirst(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	since := func() (at time.Time) {
		t.Helper()
		if err := s.Pool.QueryRow(t.Context(), "SELECT min(queued_at) FROM snapshot_queue").Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	save(t, s, product.CategoryInput{ID: new("cat_audio"), PageInput: product.PageInput{Name: new("Sound")}})
	execute(t, s, "UPDATE snapshot_queue SET queued_at = queued_at - interval '1 hour'")
	first := since()
	save(t, s, product.CategoryInput{ID: new("cat_audio"), PageInput: product.PageInput{Name: new("Hearing")}})
	if again := since(); !again.Equal(first) {
		t.Errorf("the products are queued since %s, want %s", again, first)
	}
}

func TestARenamedCategoryIsInTheSnapshotsOfAllBelow(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	n := len(s.Published(t))
	save(t, s, product.CategoryInput{ID: new("cat_audio"), PageInput: product.PageInput{Name: new("Sound"), Slug: new("sound")}})
	publishQueued(t, s)
	changed := snapshots(t, s, n)
	if len(changed) != 2 {
		t.Errorf("%d products were published, want the two below", len(changed))
	}
	for id, p := range changed {
		if p.CategoryNames[1] != "Sound" || p.CategorySlugs[1] != "sound" || p.Version != 2 {
			t.Errorf("%s is published as %+v, want it in Sound", id, p)
		}
	}
	n = len(s.Published(t))
	save(t, s, product.CategoryInput{ID: new("cat_audio"), PageInput: product.PageInput{Name: new("Sound"), Description: new("New.")}})
	publishQueued(t, s)
	if changed := snapshots(t, s, n); len(changed) != 0 {
		t.Errorf("%d products were published, want none: their snapshots are as before", len(changed))
	}
}

func TestAMoveABrandAndADeletionReachTheSnapshots(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	n := len(s.Published(t))
	save(t, s, product.CategoryInput{ID: new("cat_headphones"), Move: true, ParentID: new("cat_kitchen")})
	if _, err := s.UpsertBrand(merchant(t), nil, product.BrandInput{ID: new("brd_fernlyd"), PageInput: named("Farnlyd")}); err != nil {
		t.Fatal(err)
	}
	publishQueued(t, s)
	changed := snapshots(t, s, n)
	if got := changed["prd_a"]; got.BrandName != "Farnlyd" || got.CategorySlugs[1] != "kitchen" {
		t.Errorf("prd_a is published as %+v, want it by Farnlyd, below the kitchen", got)
	}
	n = len(s.Published(t))
	if err := s.DeleteCategory(merchant(t), "cat_headphones", new("cat_speakers")); err != nil {
		t.Fatal(err)
	}
	publishQueued(t, s)
	if got := snapshots(t, s, n)["prd_b"]; len(got.CategorySlugs) == 0 || got.CategorySlugs[0] != "speakers" {
		t.Errorf("prd_b is published as %+v, want it among the speakers", got)
	}
}

// A worker that dies within a batch leaves it queued; others go on meanwhile.
func TestManyProductsAreRepublishedInBatches(t *testing.T) {
	t.Parallel()
	s := producttest.Open(t)
	a := producttest.Assortment()
	a.Products = producttest.Volume(1000)
	s.Take(t, a)
	n := len(s.Published(t))
	save(t, s, product.CategoryInput{ID: new("cat_kitchen"), PageInput: named("Cooking")})
	dying, die := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer die()
	_, _ = s.PublishQueued(dying)

	ctx, stop := context.WithCancel(t.Context())
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			if err := s.RunSnapshots(ctx); err != nil {
				t.Errorf("RunSnapshots = %v, want nil when it is stopped", err)
			}
		})
	}
	polltest.Eventually(t, "the queue is empty", func() bool {
		var left int
		err := s.Pool.QueryRow(t.Context(), "SELECT count(*) FROM snapshot_queue").Scan(&left)
		return err == nil && left == 0
	})
	stop()
	workers.Wait()
	changed := snapshots(t, s, n)
	for id, p := range changed {
		if p.CategoryNames[0] != "Cooking" || p.Version != 2 {
			t.Fatalf("%s is published as version %d in %v, want version 2 in Cooking", id, p.Version, p.CategoryNames)
		}
	}
	if len(changed) != 1000 {
		t.Errorf("%d products were published, want 1000", len(changed))
	}
}

// A product that is put into a category while it is renamed has the new name in its
// last snapshot.
func TestARenameAndANewProductAtTheSameTime(t *testing.T) {
	t.Parallel()
	s := producttest.Stocked(t)
	for i := range 10 {
		name := "Audio " + string(rune('A'+i))
		n := len(s.Published(t))
		draft := producttest.Assortment().Products[1]
		draft.ID, draft.Slug = "prd_n"+name[6:], "new-"+string(rune('a'+i))
		draft.Variants[0].ID, draft.Variants[0].SKU = "var_n"+name[6:], "SKU-N-"+name[6:]
		var both sync.WaitGroup
		both.Go(func() { save(t, s, product.CategoryInput{ID: new("cat_headphones"), PageInput: named(name)}) })
		both.Go(func() { s.Take(t, product.Assortment{Products: []product.Draft{draft}}) })
		both.Wait()
		publishQueued(t, s)
		last := ""
		for _, e := range s.Published(t)[n:] {
			if e.Subject == draft.ID {
				p, err := event.Decode[event.ProductChanged](e) // of the same form as ProductPublished
				if err != nil {
					t.Fatal(err)
				}
				last = p.CategoryNames[0]
			}
		}
		if last != name {
			t.Fatalf("the new product was last published in %q, want %q", last, name)
		}
	}
}
