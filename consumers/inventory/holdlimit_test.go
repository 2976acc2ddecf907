package inventory_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"cartograph/consumers/inventory"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/id"
)

// guest is a context of a guest at an address, as the order service passes it on.
func guest(t testing.TB, n int, address string) context.Context {
	t.Helper()
	caller := auth.Caller{Actor: auth.Actor{Kind: auth.Guest, ID: fmt.Sprintf("gst_%d", n)}, Address: address}
	return auth.With(t.Context(), caller.As("order"))
}

func customer(t testing.TB, name string) context.Context {
	t.Helper()
	caller := auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_" + name}, Address: "192.0.2.1"}
	return auth.With(t.Context(), caller.As("order"))
}

func (s shop) holdAs(ctx context.Context, t testing.TB, checkout string, lines ...event.Line) inventory.Hold {
	t.Helper()
	h, err := s.Hold(ctx, request(checkout, lines...))
	if err != nil {
		t.Fatalf("hold for %s: %v", checkout, err)
	}
	return h
}

// wantLimit checks that a hold is rejected by a limit, and when to come back.
func wantLimit(t testing.TB, h inventory.Hold, limit event.HoldLimit, available int, retry time.Duration) {
	t.Helper()
	if h.Status != inventory.Rejected || len(h.Shortages) == 0 {
		t.Errorf("the hold is %+v, want it refused by %s", h, limit)
		return
	}
	s := h.Shortages[0]
	if s.Limit != limit || s.Available != available {
		t.Errorf("refused by %s with %d possible, want %s with %d", s.Limit, s.Available, limit, available)
	}
	if in := time.Until(s.RetryAt); in > retry || in < retry-10*time.Second {
		t.Errorf("come back in %s, want %s", in, retry)
	}
}

// 21 guests of one address tried to hold all of 100 variants.
func TestTheGuestsOfOneAddressLeaveStockForOthers(t *testing.T) {
	t.Parallel()
	var variants []string
	for i := range 100 {
		variants = append(variants, fmt.Sprintf("var_%02d", i))
	}
	s := stocked(t, 49, variants...)
	g, _ := errgroup.WithContext(t.Context())
	for n := range 21 {
		g.Go(func() error {
			for i := range variants { // a hold of each variant, and another of whatever is left
				for _, quantity := range []int{10, 1} {
					checkout := fmt.Sprintf("chk_%d_%d_%d", n, i, quantity)
					if _, err := s.Hold(guest(t, n, "192.0.2.1"), request(checkout, of(variants[(i+5*n)%100], quantity))); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	var held, most int
	err := s.pool.QueryRow(t.Context(), "SELECT sum(reserved), max(reserved) FROM stock").Scan(&held, &most)
	if err != nil || held > 2000 || most > 24 {
		t.Errorf("one address holds %d units, %d of one variant, %v; want at most 2000 and half of 49", held, most, err)
	}
	for i, v := range variants {
		if h := s.holdAs(guest(t, 100+i, "198.51.100.7"), t, "chk_other_"+v, of(v, 2)); h.Status != inventory.Held {
			t.Errorf("a guest of another address gets %+v of %s, want it held", h, v)
		}
	}
	s.wantEquation(t)
}

func TestEachLimitReportsTheQuantityLeftAndTheTime(t *testing.T) {
	t.Parallel()
	s := stocked(t, 400, "var_a", "var_b")
	// The guest's hold lasts five minutes of the ten that are requested.
	first := s.holdAs(guest(t, 1, "192.0.2.1"), t, "chk_1", of("var_a", 60))
	if in := time.Until(first.ExpiresAt); first.Status != inventory.Held || in > 5*time.Minute || first.ExtensionsLeft != 1 {
		t.Errorf("a guest's hold is %+v, want it held for five minutes and one extension", first)
	}
	wantLimit(t, s.holdAs(guest(t, 1, "203.0.113.9"), t, "chk_2", of("var_b", 41)), event.LimitOfHolder, 40, 5*time.Minute)
	for n := range 2 { // 200 of one address: half of what there is
		s.holdAs(guest(t, 10+n, "192.0.2.1"), t, fmt.Sprint("chk_n", n), of("var_a", 70))
	}
	wantLimit(t, s.holdAs(guest(t, 20, "192.0.2.1"), t, "chk_3", of("var_a", 1)), event.LimitOfNetworkShare, 0, 5*time.Minute)
	s.holdAs(guest(t, 21, "198.51.100.1"), t, "chk_4", of("var_a", 99))
	wantLimit(t, s.holdAs(guest(t, 22, "198.51.100.2"), t, "chk_5", of("var_a", 2)), event.LimitOfGuestShare, 1, 5*time.Minute)
	if h := s.holdAs(customer(t, "ada"), t, "chk_6", of("var_a", 101)); h.Status != inventory.Held || h.ExtensionsLeft != 2 {
		t.Errorf("a customer gets %+v of what guests may not hold, want it held with two extensions", h)
	}
	if h := s.holdAs(guest(t, 23, "198.51.100.3"), t, "chk_7", of("var_b", 101)); h.Status != inventory.Rejected || !h.Shortages[0].RetryAt.IsZero() {
		t.Errorf("more than a guest may hold at any time = %+v, want it refused without a time", h)
	}
	// What ends makes room, and a refusal stays what it was.
	s.expire(t, "chk_1")
	if _, err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h := s.holdAs(guest(t, 1, "192.0.2.1"), t, "chk_8", of("var_b", 41)); h.Status != inventory.Held {
		t.Errorf("after the first hold ended: %+v, want it held", h)
	}
	if h := s.holdAs(guest(t, 1, "192.0.2.1"), t, "chk_2", of("var_b", 41)); h.Status != inventory.Rejected || h.Shortages[0].Limit != event.LimitOfHolder {
		t.Errorf("the refused checkout again: %+v, want the same refusal", h)
	}
	s.wantEquation(t)
}

func TestScarceStockIsSoldToGuestsToo(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	for n := range 5 {
		h := s.holdAs(guest(t, n, "192.0.2.1"), t, fmt.Sprint("chk_", n), of("var_mug", 1))
		if h.Status != inventory.Held {
			t.Errorf("guest %d gets %+v of the last five, want it held", n, h)
		}
	}
	// Sold out for others: a guest who does not pay in time does not keep it.
	if _, err := s.Extend(guest(t, 0, "192.0.2.1"), "chk_0", time.Minute); fault.KindOf(err) != fault.Conflict {
		t.Errorf("extending a guest's hold of the last units: %v, want a conflict", err)
	}
	if h := s.holdAs(customer(t, "ada"), t, "chk_ada", of("var_mug", 1)); h.Status != inventory.Rejected || h.Shortages[0].Limit != "" {
		t.Errorf("the sixth gets %+v, want it sold out", h)
	}
	if _, err := s.Release(t.Context(), "chk_1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Extend(guest(t, 0, "192.0.2.1"), "chk_0", time.Minute); err != nil {
		t.Errorf("extending while one is available: %v", err)
	}
}

// One batch decides for customers first: both asked for the last units at once.
func TestACustomerIsPreferredToGuestsOfTheSameMoment(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1, "var_mug")
	decided, err := s.DecideTogether(t.Context(),
		request("chk_1", of("var_mug", 1)).By(guest(t, 1, "192.0.2.1")),
		request("chk_2", of("var_mug", 1)).By(guest(t, 2, "192.0.2.2")),
		request("chk_3", of("var_mug", 1)).By(customer(t, "ada")))
	if err != nil || decided[2].Status != inventory.Held || decided[0].Status != inventory.Rejected || decided[1].Status != inventory.Rejected {
		t.Errorf("decided %v, %v; want the customer's held", decided, err)
	}
}

// The event path applies the same limits: it is what is left when a call fails.
func TestEventsAreLimitedByTheActorOfTheirCause(t *testing.T) {
	t.Parallel()
	s := stocked(t, 400, "var_mug")
	opened := func(actor, checkout string, quantity int) {
		t.Helper()
		e := eventtest.Envelope(event.CheckoutOpened{CheckoutID: checkout, Lines: []event.Line{of("var_mug", quantity)}, TTLSeconds: 600})
		e.Actor = actor
		if err := s.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	visitor := id.New(id.Guest)
	opened(visitor, "chk_1", 100)
	opened(visitor, "chk_2", 1)
	if p := lastPublished[event.HoldRejected](t, s, "chk_2"); p.Shortages[0].Limit != event.LimitOfHolder {
		t.Errorf("the guest's second hold is refused with %+v, want the limit of a holder", p.Shortages)
	}
	opened("usr_ada", "chk_3", 101)
	lastPublished[event.HoldPlaced](t, s, "chk_3")
	s.wantEquation(t)
}

// buyer is a customer or, three times of four, a guest at one of three addresses.
func buyer(t testing.TB, n int) context.Context {
	t.Helper()
	if n%4 == 0 {
		return customer(t, fmt.Sprint(n))
	}
	return guest(t, n, fmt.Sprintf("192.0.2.%d", n%3))
}

// However holds of guests and customers come, end and are sold, the limits hold
// and guest_reserved is what guests hold.
func TestWhatGuestsHoldIsCounted(t *testing.T) {
	t.Parallel()
	s := stocked(t, 30, "var_mug")
	g, _ := errgroup.WithContext(t.Context())
	for n := range 24 {
		g.Go(func() error {
			checkout := fmt.Sprint("chk_", n)
			if _, err := s.Hold(buyer(t, n), request(checkout, of("var_mug", 1+n%3))); err != nil {
				return err
			}
			var err error
			switch n % 5 {
			case 0:
				_, err = s.Commit(t.Context(), checkout)
			case 1:
				_, err = s.Release(t.Context(), checkout)
			case 2:
				if _, err = s.Commit(t.Context(), checkout); err == nil {
					_, err = s.ReturnStock(t.Context(), checkout)
				}
			}
			if fault.KindOf(err) == fault.NotFound {
				err = nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	var counted, held int
	err := s.pool.QueryRow(t.Context(), `
		SELECT (SELECT guest_reserved FROM stock WHERE variant_id = 'var_mug'),
		       (SELECT coalesce(sum(quantity), 0) FROM reservations JOIN holds USING (checkout_id) WHERE guest AND status = 'HELD')`,
	).Scan(&counted, &held)
	if err != nil || counted != held || held == 0 {
		t.Errorf("guests hold %d, counted are %d, %v; want the same, and some", held, counted, err)
	}
	s.wantEquation(t)
}
