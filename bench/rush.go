package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cartograph/internal/demo"
)

// preparing is how many buyers of a rush prepare at once.
const preparing = 8

// rush is many buyers of a product of which few are left. Each has a cart with one
// unit, and the events of that are handled. At a signal all go to checkout, and whoever
// gets one gives the address and pays. It prints the outcomes and how long the answers
// took.
func rush(ctx context.Context, s *shop, o options, under system) error {
	variant, left, err := s.scarce(ctx)
	if err != nil {
		return err
	}
	tokens, carts, err := s.crowd(ctx, variant, o.buyers)
	if err != nil {
		return err
	}
	if err := under.awaitQuiet(ctx); err != nil {
		return err
	}
	var mu sync.Mutex
	outcomes, took := map[string][]time.Duration{}, []time.Duration{}
	var buyers sync.WaitGroup
	began := time.Now()
	for i := range carts {
		buyers.Go(func() {
			began := time.Now()
			outcome, answered := s.hurry(ctx, tokens[i], carts[i], began)
			mu.Lock()
			defer mu.Unlock()
			outcomes[outcome] = append(outcomes[outcome], time.Since(began))
			took = append(took, answered)
		})
	}
	buyers.Wait()
	wall := time.Since(began)
	slices.Sort(took)
	fmt.Printf("\nrush: %d buyers for %d units, over after %s; answer to checkoutCreate p50 %s, p95 %s, max %s\n",
		o.buyers, left, wall.Round(time.Millisecond), quantile(took, .5), quantile(took, .95), quantile(took, 1))
	for outcome, times := range outcomes {
		slices.Sort(times)
		fmt.Printf("    %d × %.160s, p95 %s\n", len(times), outcome, quantile(times, .95))
	}
	if sold := len(outcomes[soldOut]); sold != o.buyers-left {
		return fmt.Errorf("%d of %d buyers got %q, want %d", sold, o.buyers, soldOut, o.buyers-left)
	}
	return ctx.Err()
}

const soldOut = "sold out before an address was given"

// scarce returns the demo's variant with few units, and how many are left.
func (s *shop) scarce(ctx context.Context) (variantID string, left int, err error) {
	var data struct {
		Product *struct {
			Variants struct {
				Nodes []struct {
					ID, SKU      string
					Availability struct{ Quantity *int }
				}
			}
		}
	}
	err = s.query(ctx, "", `query($slug: String!) { product(slug: $slug) { variants(first: 50) { nodes { id sku availability { quantity } } } } }`,
		map[string]any{"slug": demo.SlugFiveLeft}, &data)
	if err != nil || data.Product == nil {
		return "", 0, cmp.Or(err, errors.New("the demo catalogue is not there"))
	}
	for _, v := range data.Product.Variants.Nodes {
		if v.SKU == demo.SKUFiveLeft && v.Availability.Quantity != nil {
			return v.ID, *v.Availability.Quantity, nil
		}
	}
	return "", 0, fmt.Errorf("variant %s shows no quantity", demo.SKUFiveLeft)
}

// crowd makes guests who have a unit of the variant in their carts.
func (s *shop) crowd(ctx context.Context, variant string, n int) (tokens, carts []string, err error) {
	tokens, carts = make([]string, n), make([]string, n)
	errs := make([]error, preparing)
	var wg sync.WaitGroup
	for worker := range preparing {
		wg.Go(func() {
			for i := worker; i < n && errs[worker] == nil; i += preparing {
				if tokens[i], errs[worker] = s.guest(ctx); errs[worker] == nil {
					carts[i], errs[worker] = s.add(ctx, tokens[i], variant)
				}
			}
		})
	}
	wg.Wait()
	return tokens, carts, errors.Join(errs...)
}

// hurry goes to checkout with an empty address and, if it is the buyer's turn,
// completes and pays. It returns the outcome and how long the first answer took.
func (s *shop) hurry(ctx context.Context, token, cartID string, began time.Time) (outcome string, answered time.Duration) {
	checkout, _, err := s.checkout(ctx, token, cartID, false)
	answered = time.Since(began)
	if err != nil {
		if strings.HasPrefix(err.Error(), "OUT_OF_STOCK") || strings.HasPrefix(err.Error(), "INSUFFICIENT_STOCK") {
			return soldOut, answered
		}
		return err.Error(), answered
	}
	total, err := s.deliver(ctx, token, checkout)
	if err != nil {
		return "after an address was given: " + err.Error(), answered
	}
	orderID, err := s.place(ctx, token, checkout, total)
	if err == nil {
		err = s.awaitConfirmed(ctx, token, orderID)
	}
	if err != nil {
		return "after an address was given: " + err.Error(), answered
	}
	return "confirmed", answered
}
