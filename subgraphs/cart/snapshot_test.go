package cart_test

import (
	"context"
	"sync"
	"testing"

	"cartograph/internal/event"
	"cartograph/subgraphs/cart"
)

// Each change adds one item and increments the version from 1, so that every
// version has one content.
func TestAVersionAndItsLinesComeFromOneSnapshot(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := ada(t)
	cartID := f.add(ctx, t, "var_mug", 1).ID
	reads := map[string]func() (*cart.Cart, error){
		"ActiveCart": func() (*cart.Cart, error) { return f.ActiveCart(ctx) },
		"CartsByID":  func() (*cart.Cart, error) { return f.Cart(ctx, cartID) },
		"ActiveCartsOf": func() (*cart.Cart, error) {
			carts, err := f.ActiveCartsOf(ctx, []string{"usr_ada"})
			if err != nil {
				return nil, err
			}
			return carts[0], nil
		},
	}
	var writers, readers sync.WaitGroup
	written, stop := context.WithCancel(ctx)
	for range 4 {
		writers.Go(func() {
			for range 20 {
				f.add(ctx, t, "var_mug", 1)
			}
		})
	}
	for name, read := range reads {
		readers.Go(func() {
			for written.Err() == nil {
				c, err := read()
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				if got := c.TotalQuantity(); got != c.Version-1 {
					t.Errorf("%s: version %d with %d items, want %d", name, c.Version, got, c.Version-1)
					return
				}
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
}

func TestEqualStatesArePushedOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx, cancel := context.WithCancel(ada(t))
	defer cancel()
	c := f.add(ctx, t, "var_mug", 1)
	changes, err := f.Changes(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	receive := func() *cart.Cart {
		next, open := <-changes
		if !open {
			t.Fatal("the subscription has ended")
		}
		return next
	}
	if first := receive(); first.Version != c.Version {
		t.Errorf("starts with version %d, want %d", first.Version, c.Version)
	}
	mugChanged := event.ProductChanged{ProductSnapshot: event.ProductSnapshot{
		ProductID: "prd_mug", Variants: []event.VariantSnapshot{{VariantID: "var_mug", Prices: []event.Price{{Currency: "USD", Minor: 1250}}}},
	}}
	handle(t, f, mugChanged) // its description, say
	f.catalogue.set(func(s *catalogue) { s.variants["var_mug"].PriceMinor = 1500 })
	handle(t, f, mugChanged)
	if next := receive(); next.Version != c.Version || f.Quote(ctx, next).Subtotal != usd(1500) {
		t.Errorf("then version %d for %v, want %d for $15.00", next.Version, f.Quote(ctx, next).Subtotal, c.Version)
	}
	f.add(ctx, t, "var_pen", 1)
	if next := receive(); next.Version != c.Version+1 {
		t.Errorf("then version %d, want %d", next.Version, c.Version+1)
	}
}
