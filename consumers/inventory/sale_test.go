package inventory_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/consumers/inventory"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

const sale = "fls_friday"

// terms are those of a sale of a mug that goes on for an hour.
func terms(version int64, allocated, most int) event.FlashSaleChanged {
	now := time.Now().UTC()
	return event.FlashSaleChanged{
		SaleID: sale, Version: version, StartsAt: now.Add(-time.Minute), EndsAt: now.Add(time.Hour),
		Items: []event.FlashSaleItem{{VariantID: "var_mug", Currency: "EUR", Allocated: allocated, MaxPerCustomer: most}},
	}
}

// onSale is a line at the price of the sale.
func onSale(quantity int) event.Line {
	return event.Line{VariantID: "var_mug", Quantity: quantity, FlashSaleID: sale}
}

// saleShop is a shop with a hundred mugs of which some are on sale.
func saleShop(t testing.TB, allocated, most int) shop {
	t.Helper()
	s := stocked(t, 100, "var_mug")
	s.mustHandle(t, terms(1, allocated, most))
	return s
}

func (s shop) wantClaims(t testing.TB, allocated, held, sold int) {
	t.Helper()
	got := lastPublished[event.FlashSaleClaimed](t, s, sale+"/var_mug")
	if got.Allocated != allocated || got.Held != held || got.Sold != sold {
		t.Errorf("of %d are %d held and %d sold, want %d, %d and %d", got.Allocated, got.Held, got.Sold, allocated, held, sold)
	}
	var stored, claims int
	err := s.pool.QueryRow(t.Context(), `
		SELECT (SELECT held + sold FROM flash_sale_items), (SELECT coalesce(sum(units), 0) FROM flash_sale_claims)`).Scan(&stored, &claims)
	if err != nil || stored != held+sold || claims != held+sold {
		t.Errorf("stored %d, claims of customers %d, %v; want %d", stored, claims, err, held+sold)
	}
	s.wantEquation(t)
}

// Each of two hundred customers tries three checkouts at once, on two replicas.
func TestAFlashSaleIsNeverExceededByACrowd(t *testing.T) {
	t.Parallel()
	s := saleShop(t, 5, 1)
	replicas := []shop{s, shopOn(s.pool)}
	var mu sync.Mutex
	held := map[int]int{}
	outcomes := map[string]int{}
	var wg sync.WaitGroup
	for buyer := range 200 {
		for try := range 3 {
			wg.Go(func() {
				h := replicas[(buyer+try)%2].holdAs(customer(t, fmt.Sprint(buyer)), t, fmt.Sprintf("chk_%d_%d", buyer, try), onSale(1))
				mu.Lock()
				defer mu.Unlock()
				if outcomes[string(h.Status)]++; h.Status == inventory.Held {
					held[buyer]++
					return
				}
				switch sh := h.Shortages[0]; {
				case sh.Limit == event.LimitOfFlashSaleCustomer && sh.Available == 0:
				case sh.Limit == "" && sh.Available == 0 && sh.Reserved == 5:
				default:
					t.Errorf("a customer is refused by %+v, want the customer's limit or a line for five units", sh)
				}
			})
		}
	}
	wg.Wait()
	if len(held) != 5 || outcomes["HELD"] != 5 {
		t.Fatalf("%v to %d customers, want one to each of five", outcomes, len(held))
	}
	s.wantClaims(t, 5, 5, 0)
	s.wantFigures(t, "var_mug", 95, 5, 0)
}

func TestTheQuotaFollowsTheHold(t *testing.T) {
	t.Parallel()
	s := saleShop(t, 3, 3)
	for n, step := range []struct {
		run        func()
		held, sold int
	}{
		{func() { s.holdAs(customer(t, "ada"), t, "chk_a", onSale(2)) }, 2, 0},
		{func() { s.holdAs(customer(t, "ada"), t, "chk_b", onSale(1)) }, 3, 0},
		{func() { mustRun(t, s.Release, "chk_b") }, 2, 0},
		{func() { mustRun(t, s.Release, "chk_b") }, 2, 0},
		{func() { mustRun(t, s.Commit, "chk_a") }, 0, 2},
		{func() { mustRun(t, s.Commit, "chk_a") }, 0, 2},
		{func() { s.holdAs(customer(t, "ada"), t, "chk_c", onSale(1)) }, 1, 2},
		{func() {
			s.expire(t, "chk_c")
			if n, err := s.Sweep(t.Context()); n != 1 || err != nil {
				t.Fatalf("swept %d, %v", n, err)
			}
		}, 0, 2},
		{func() { s.mustHandle(t, event.OrderCancelled{OrderFacts: event.OrderFacts{CheckoutID: "chk_a"}}) }, 0, 0},
		{func() { s.holdAs(customer(t, "ada"), t, "chk_d", onSale(3)) }, 3, 0},
	} {
		step.run()
		t.Logf("step %d", n)
		s.wantClaims(t, 3, step.held, step.sold)
	}
}

func mustRun(t *testing.T, run func(ctx context.Context, id string) (inventory.Hold, error), id string) {
	t.Helper()
	if _, err := run(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

func TestACustomerBuysNoMoreThanASaleAllows(t *testing.T) {
	t.Parallel()
	s := saleShop(t, 10, 2)
	ada := customer(t, "ada")
	s.holdAs(ada, t, "chk_a", onSale(1))
	mustRun(t, s.Commit, "chk_a")
	h := s.holdAs(ada, t, "chk_b", onSale(2))
	want := []event.Shortage{{VariantID: "var_mug", Requested: 2, Available: 1, Limit: event.LimitOfFlashSaleCustomer}}
	if h.Status != inventory.Rejected || !cmp.Equal(h.Shortages, want) {
		t.Errorf("a customer who has bought one holds %+v, want %v", h, want)
	}
	if h := s.holdAs(ada, t, "chk_c", of("var_mug", 2)); h.Status != inventory.Held {
		t.Errorf("the same customer holds %+v at the regular price, want two units", h)
	}
	if h := s.holdAs(customer(t, "bo"), t, "chk_d", onSale(2)); h.Status != inventory.Held {
		t.Errorf("another customer holds %+v, want two units", h)
	}
	s.wantClaims(t, 10, 2, 1)
}

func TestCustomersWaitForWhatIsHeldOfASale(t *testing.T) {
	t.Parallel()
	s := saleShop(t, 2, 1)
	for _, name := range []string{"ada", "bo"} {
		s.holdAs(customer(t, name), t, "chk_"+name, onSale(1))
	}
	entry := func(n int) inventory.Entry {
		e := newcomer(n, "192.0.2.1")
		e.Currency = "EUR"
		return e
	}
	for n := range 3 {
		wantPosition(t, s.joinOne(t, entry(n)), n+1, 2)
	}
	wantPosition(t, s.joinOne(t, entry(0)), 1, 2) // again
	dollars := newcomer(9, "192.0.2.1")
	dollars.Currency = "USD"
	if sh := s.joinOne(t, dollars); sh != nil {
		t.Errorf("a customer who pays the regular price gets %+v, want their turn", sh)
	}
	mustRun(t, s.Release, "chk_ada")
	if sh := s.joinOne(t, entry(0)); sh != nil {
		t.Errorf("the first in line gets %+v, want their turn", sh)
	}
	wantPosition(t, s.joinOne(t, entry(1)), 2, 2)
	mustRun(t, s.Commit, "chk_bo")
	if h := s.holdAs(guest(t, 0, "192.0.2.1"), t, "chk_0", onSale(1)); h.Status != inventory.Held {
		t.Fatalf("the first in line holds %+v", h)
	}
	mustRun(t, s.Commit, "chk_0")
	if sh := s.joinOne(t, entry(2)); sh != nil {
		t.Errorf("after the sale is sold out a customer gets %+v, want their turn at the regular price", sh)
	}
	quoted := entry(2)
	quoted.Lines = []event.Line{onSale(1)}
	if sh := s.joinOne(t, quoted); sh == nil || sh.Limit != event.LimitOfFlashSale {
		t.Errorf("a customer who was quoted the price before gets %+v, want the end of the sale", sh)
	}
	h := s.holdAs(customer(t, "cy"), t, "chk_cy", onSale(1))
	if h.Status != inventory.Rejected || h.Shortages[0].Limit != event.LimitOfFlashSale {
		t.Errorf("at a price of before, a customer holds %+v, want the end of the sale", h)
	}
	s.wantClaims(t, 2, 0, 2)
}

func TestTermsOfASaleComeInAnyOrder(t *testing.T) {
	t.Parallel()
	s := stocked(t, 100, "var_mug", "var_pot")
	h := s.holdAs(customer(t, "ada"), t, "chk_early", onSale(1))
	if h.Status != inventory.Rejected || h.Shortages[0].Limit != event.LimitOfFlashSale {
		t.Errorf("at the price of an unknown sale, a customer holds %+v", h)
	}
	second := eventtest.Envelope(terms(2, 4, 4))
	for _, e := range []event.Envelope{second, second, eventtest.Envelope(terms(1, 9, 9)), eventtest.Envelope(terms(2, 7, 7))} {
		if err := s.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	s.holdAs(customer(t, "ada"), t, "chk_a", onSale(3))
	s.wantClaims(t, 4, 3, 0)
	s.mustHandle(t, terms(3, 2, 4)) // fewer than are held
	s.wantClaims(t, 3, 3, 0)
	if h := s.holdAs(customer(t, "ada"), t, "chk_b", onSale(1)); h.Status != inventory.Rejected || h.Shortages[0].Reserved != 3 {
		t.Errorf("of a smaller quota, a customer holds %+v", h)
	}
	other := terms(4, 5, 5)
	other.Items[0].VariantID = "var_pot"
	s.mustHandle(t, other)
	if h := s.holdAs(customer(t, "ada"), t, "chk_c", onSale(1)); h.Shortages == nil || h.Shortages[0].Limit != event.LimitOfFlashSale {
		t.Errorf("of what is not on sale any more, a customer holds %+v", h)
	}
	if h := s.mustHold(t, "chk_d", of("var_mug", 1)); h.Status != inventory.Held {
		t.Errorf("at the regular price, a customer holds %+v", h)
	}
	mustRun(t, s.Commit, "chk_a")
	ended := terms(5, 5, 5)
	ended.Items, ended.StartsAt, ended.EndsAt = other.Items, time.Now().Add(-time.Hour), time.Now().Add(-time.Second)
	s.mustHandle(t, ended)
	pot := event.Line{VariantID: "var_pot", Quantity: 1, FlashSaleID: sale}
	if h := s.mustHold(t, "chk_e", pot); h.Status != inventory.Rejected || h.Shortages[0].Limit != event.LimitOfFlashSale {
		t.Errorf("after its end, a customer holds %+v of a sale", h)
	}
	types := s.types(t, sale+"/var_pot")
	if !slices.Equal(types, slices.Repeat([]string{event.Type[event.FlashSaleClaimed]()}, 2)) {
		t.Errorf("published %v of the item, want its figures after each change of the terms", types)
	}
}
