package cart_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/limits"
)

func TestSigningInMergesTheGuestCart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"})
	f.add(guest, t, "var_mug", 60)
	f.add(guest, t, "var_pen", 1)
	f.add(ada(t), t, "var_mug", 60)

	both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})
	var wg sync.WaitGroup
	for range 4 { // as the first page does
		wg.Go(func() {
			if _, err := f.ActiveCart(both); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c, err := f.ActiveCart(both)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_mug": limits.MaxCartLineQuantity, "var_pen": 1}, quantities(c)); diff != "" {
		t.Errorf("merged lines (-want +got):\n%s", diff)
	}
	if left, err := f.ActiveCart(guest); left != nil || err != nil {
		t.Errorf("the guest still has %v, %v, want none", left, err)
	}
}

func TestAGuestCartBecomesTheAccounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	was := f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_pen", 2)
	c, err := f.ActiveCart(as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}))
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	if c.ID != was.ID || c.OwnerID != "usr_ada" {
		t.Errorf("cart %s of %s, want %s of usr_ada", c.ID, c.OwnerID, was.ID)
	}
}

func in(t *testing.T, currency string, actor auth.Actor) context.Context {
	t.Helper()
	return auth.With(t.Context(), auth.Caller{Actor: actor, Locale: "en-US", Currency: currency, Country: "DE"})
}

func TestAMergedLineOfAnotherCurrencyIsPricedInThatOfTheAccount(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(in(t, "EUR", auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 1)
	f.add(ada(t), t, "var_pen", 1)
	both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})

	f.catalogue.set(func(c *catalogue) { c.down = true })
	f.redis.FlushAll()
	c, err := f.ActiveCart(both)
	if err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(both, c); q.Subtotal != usd(300) || !q.Stale {
		t.Errorf("without the catalogue the subtotal is %v, want $3.00 for the pen and nothing for euros", q.Subtotal)
	}

	f.catalogue.set(func(c *catalogue) { c.down = false })
	if c, err = f.ActiveCart(both); err != nil {
		t.Fatal(err)
	}
	q := f.Quote(both, c)
	if len(q.Problems) != 1 || q.Subtotal != usd(1550) {
		t.Fatalf("subtotal %v with problems %+v, want $15.50 and a changed price", q.Subtotal, q.Problems)
	}
	if c, err = f.AcknowledgePrices(both, c.ID, c.Version); err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(both, c); len(q.Problems) != 0 {
		t.Errorf("after acknowledging: problems = %+v, want none", q.Problems)
	}
}

func TestAddingToAMergedLineMovesItToTheCartsCurrency(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(in(t, "EUR", auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 1)
	f.add(ada(t), t, "var_pen", 1)
	both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})
	c := f.add(both, t, "var_mug", 1)
	for _, l := range c.Lines {
		if l.Seen.Currency != "USD" || l.Added.Currency != "USD" {
			t.Errorf("%s was added at %v and seen at %v, want dollars", l.VariantID, l.Added, l.Seen)
		}
	}
	if q := f.Quote(both, c); len(q.Problems) != 0 {
		t.Errorf("problems = %+v, want none", q.Problems)
	}
}

func TestAnEmptyAccountCartTakesTheGuestsCurrency(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	own := f.add(ada(t), t, "var_pen", 1)
	if _, err := f.Clear(ada(t), own.ID); err != nil {
		t.Fatal(err)
	}
	f.add(in(t, "EUR", auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 1)
	c, err := f.ActiveCart(as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != own.ID || c.Currency != "EUR" || c.Country != "DE" {
		t.Errorf("cart %s in %s for %s, want %s in EUR for DE", c.ID, c.Currency, c.Country, own.ID)
	}
}
