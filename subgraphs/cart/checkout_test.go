package cart_test

import (
	"context"
	"testing"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/subgraphs/cart"
)

// shown is the status of a cart as its owner sees it.
func (f fixture) shown(ctx context.Context, t *testing.T, cartID string) cart.Status {
	t.Helper()
	c, err := f.Cart(ctx, cartID)
	if err != nil || c == nil {
		t.Fatalf("read %s: %v, %v", cartID, c, err)
	}
	return c.Shown()
}

func TestACartIsCheckedOutWhileACheckoutIsOpen(t *testing.T) {
	t.Parallel()
	facts := func(cartID string) event.OrderFacts {
		return event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: cartID, CartVersion: 1, OwnerID: "usr_ada"}
	}
	opened := func(c string) event.Payload { return event.CheckoutOpened{CheckoutID: "chk_1", CartID: c} }
	guests := func(c string) event.Payload {
		return event.CheckoutChanged{CheckoutID: "chk_1", CartID: c, Status: "OPEN"}
	}
	for name, tt := range map[string]struct {
		open, end func(string) event.Payload
	}{
		"it is cancelled":       {opened, func(c string) event.Payload { return event.CheckoutCancelled{CheckoutID: "chk_1", CartID: c} }},
		"it expires":            {opened, func(c string) event.Payload { return event.CheckoutExpired{CheckoutID: "chk_1", CartID: c} }},
		"it is a guest's":       {guests, func(c string) event.Payload { return event.CheckoutExpired{CheckoutID: "chk_1", CartID: c} }},
		"its order is not paid": {opened, func(c string) event.Payload { return event.OrderExpired{OrderFacts: facts(c)} }},
		"its order is cancelled": {opened, func(c string) event.Payload {
			return event.OrderCancelled{OrderFacts: facts(c), Reason: "OUT_OF_STOCK"}
		}},
		"a part of it is bought":   {opened, func(c string) event.Payload { return event.OrderConfirmed{OrderFacts: facts(c)} }},
		"another checkout goes on": {opened, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			c := f.add(ada(t), t, "var_mug", 2)
			if got := f.shown(ada(t), t, c.ID); got != cart.Active {
				t.Errorf("before the checkout the cart is %s", got)
			}
			open := eventtest.Envelope(tt.open(c.ID))
			for range 2 { // repeated
				if err := f.Handle(t.Context(), open); err != nil {
					t.Fatal(err)
				}
			}
			if got := f.shown(ada(t), t, c.ID); got != cart.CheckingOut {
				t.Errorf("with a checkout the cart is %s", got)
			}
			version := c.Version
			if c = f.add(ada(t), t, "var_pen", 1); c.Version != version+1 || c.Shown() != cart.CheckingOut {
				t.Errorf("after an addition the cart is %s with version %d, want it changed as before: %d", c.Shown(), c.Version, version+1)
			}
			if tt.end == nil {
				handle(t, f, event.CheckoutOpened{CheckoutID: "chk_2", CartID: c.ID})
				handle(t, f, event.CheckoutCancelled{CheckoutID: "chk_1", CartID: c.ID})
				if got := f.shown(ada(t), t, c.ID); got != cart.CheckingOut {
					t.Errorf("with the second checkout the cart is %s", got)
				}
				return
			}
			handle(t, f, tt.end(c.ID))
			if got := f.shown(ada(t), t, c.ID); got != cart.Active {
				t.Errorf("after the checkout the cart is %s", got)
			}
			if err := f.Handle(t.Context(), open); err != nil { // delivered once more
				t.Fatal(err)
			}
			if got := f.shown(ada(t), t, c.ID); got != cart.Active {
				t.Errorf("an event that is repeated late makes the cart %s", got)
			}
		})
	}
}

func TestABoughtCartIsConvertedWhateverItsCheckouts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 2)
	handle(t, f, event.CheckoutOpened{CheckoutID: "chk_1", CartID: c.ID})
	handle(t, f, event.OrderConfirmed{OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: c.ID, CartVersion: c.Version, OwnerID: "usr_ada"}})
	if got := f.shown(ada(t), t, c.ID); got != cart.Converted {
		t.Errorf("the cart is %s", got)
	}
}

func TestTheCheckoutOfAMergedCartIsOfTheOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"})
	c := f.add(guest, t, "var_mug", 1)
	own := f.add(ada(t), t, "var_pen", 1)
	handle(t, f, event.CheckoutOpened{CheckoutID: "chk_1", CartID: c.ID})
	signedIn := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}, Locale: "en-US", Currency: "USD", Country: "US"})
	merged, err := f.ActiveCart(signedIn)
	if err != nil || merged.ID != own.ID || merged.Shown() != cart.CheckingOut {
		t.Fatalf("the merged cart is %+v, %v, want it checked out", merged, err)
	}
	handle(t, f, event.CheckoutExpired{CheckoutID: "chk_1", CartID: c.ID})
	if got := f.shown(signedIn, t, own.ID); got != cart.Active {
		t.Errorf("after the checkout the cart is %s", got)
	}
}

func TestASubscriberSeesTheStatusOfACheckout(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 1)
	ctx, cancel := context.WithTimeout(ada(t), 20*time.Second)
	defer cancel()
	changes, err := f.Changes(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	<-changes
	handle(t, f, event.CheckoutOpened{CheckoutID: "chk_1", CartID: c.ID})
	if next := <-changes; next == nil || next.Shown() != cart.CheckingOut || next.Version != c.Version {
		t.Errorf("then sent %+v, want the same version checked out", next)
	}
}

// leave makes the carts of a test as old as those that are abandoned.
func (f fixture) leave(t *testing.T) {
	t.Helper()
	if _, err := f.pool.Exec(t.Context(), "UPDATE carts SET active_at = active_at - interval '1 hour'"); err != nil {
		t.Fatal(err)
	}
}

// abandon runs the job until it finds nothing, and returns the carts of its events.
func (f fixture) abandon(t *testing.T) (events []string) {
	t.Helper()
	for {
		n, err := f.Abandon(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
	}
	rows, err := f.pool.Query(t.Context(), "WITH taken AS (DELETE FROM outbox RETURNING *) SELECT subject FROM taken WHERE type = $1 ORDER BY id", event.Type[event.CartAbandoned]())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var subject string
		if err := rows.Scan(&subject); err != nil {
			t.Fatal(err)
		}
		events = append(events, subject)
	}
	return events
}

func TestACartIsAbandonedUntilItsNextChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 1)
	if got := f.abandon(t); len(got) != 0 || f.shown(ada(t), t, c.ID) != cart.Active {
		t.Fatalf("a cart in use is abandoned: %v", got)
	}
	f.leave(t)
	if got := f.abandon(t); len(got) != 1 || got[0] != c.ID || f.shown(ada(t), t, c.ID) != cart.Abandoned {
		t.Fatalf("abandoned are %v, want %s", got, c.ID)
	}
	if got := f.abandon(t); len(got) != 0 {
		t.Errorf("abandoned again: %v", got)
	}
	version := c.Version
	if c = f.add(ada(t), t, "var_pen", 1); c.Shown() != cart.Active || c.Version != version+1 {
		t.Errorf("after a change the cart is %s with version %d", c.Shown(), c.Version)
	}
	f.leave(t)
	if got := f.abandon(t); len(got) != 1 {
		t.Errorf("left once more, abandoned are %v", got)
	}
	handle(t, f, event.CheckoutOpened{CheckoutID: "chk_1", CartID: c.ID})
	f.leave(t)
	if got := f.abandon(t); len(got) != 0 || f.shown(ada(t), t, c.ID) != cart.CheckingOut {
		t.Errorf("a cart in checkout is abandoned: %v", got)
	}
	if _, err := f.pool.Exec(t.Context(), "UPDATE carts SET active_at = active_at - interval '1 day'"); err != nil {
		t.Fatal(err)
	}
	if got := f.abandon(t); len(got) != 1 || f.shown(ada(t), t, c.ID) != cart.Abandoned {
		t.Errorf("a checkout whose end was lost keeps the cart from being abandoned: %v", got)
	}
}

func TestEmptyAndBoughtCartsAreNotReportedAsAbandoned(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 1)
	if _, err := f.Clear(ada(t), c.ID); err != nil {
		t.Fatal(err)
	}
	eve := as(t, auth.Actor{Kind: auth.User, ID: "usr_eve"})
	bought := f.add(eve, t, "var_mug", 1)
	handle(t, f, event.OrderConfirmed{OrderFacts: event.OrderFacts{OrderID: "ord_1", CartID: bought.ID, CartVersion: bought.Version, OwnerID: "usr_eve"}})
	f.leave(t)
	if got := f.abandon(t); len(got) != 0 || f.shown(eve, t, bought.ID) != cart.Converted {
		t.Errorf("abandoned are %v", got)
	}
}

func TestSeveralReplicasAbandonEachCartOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, owner := range []string{"usr_1", "usr_2", "usr_3", "usr_4", "usr_5"} {
		f.add(as(t, auth.Actor{Kind: auth.User, ID: owner}), t, "var_mug", 1)
	}
	f.leave(t)
	tx, err := f.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "SELECT FROM carts WHERE owner_id = 'usr_1' FOR UPDATE"); err != nil {
		t.Fatal(err)
	}
	counts := make(chan int)
	for range 3 {
		go func() {
			n, err := f.Abandon(t.Context())
			if err != nil {
				t.Error(err)
			}
			counts <- n
		}()
	}
	if n := <-counts + <-counts + <-counts; n != 4 {
		t.Errorf("%d carts are abandoned while one is being changed, want 4", n)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(f.abandon(t)); n != 5 {
		t.Errorf("%d carts were reported, want each of five once", n)
	}
}
