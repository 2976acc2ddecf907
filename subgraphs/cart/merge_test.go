package cart_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/limits"
	"cartograph/subgraphs/cart"
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

// Watchers and the other services observe a merge by the version and its event.
func TestAMergeIsPublishedAsAChangeOfTheAccountsCart(t *testing.T) {
	t.Parallel()
	for claim, owns := range map[string]bool{"with a cart of the account's": true, "without one": false} {
		f := newFixture(t)
		was := f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_pen", 2)
		if owns {
			was = f.add(ada(t), t, "var_mug", 1)
		}
		c, err := f.ActiveCart(as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}))
		if err != nil {
			t.Fatal(err)
		}
		if c.ID != was.ID || c.Version != was.Version+1 {
			t.Errorf("%s: cart %s in version %d, want %s in version %d", claim, c.ID, c.Version, was.ID, was.Version+1)
		}
		var published bool
		const changed = `SELECT EXISTS (SELECT FROM outbox WHERE type = $1 AND data->>'cartId' = $2 AND data->>'ownerId' = 'usr_ada' AND (data->>'version')::int = $3)`
		if err := f.pool.QueryRow(t.Context(), changed, event.Type[event.CartChanged](), c.ID, c.Version).Scan(&published); err != nil || !published {
			t.Errorf("%s: the change to version %d is published: %v, %v", claim, c.Version, published, err)
		}
	}
}

func inEuros(t *testing.T, actor auth.Actor) context.Context {
	t.Helper()
	return auth.With(t.Context(), auth.Caller{Actor: actor, Locale: "en-US", Currency: "EUR", Country: "DE"})
}

func TestAMergedLineOfAnotherCurrencyGetsThePriceOfTheAccounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(inEuros(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 1)
	f.add(ada(t), t, "var_pen", 1)
	both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})
	c, err := f.ActiveCart(both)
	if err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(both, c); len(q.Problems) != 0 || q.Subtotal != usd(1550) {
		t.Errorf("subtotal %v with problems %+v, want $15.50 without", q.Subtotal, q.Problems)
	}
	for _, l := range c.Lines {
		if l.Seen.Currency != "USD" || l.Added.Currency != "USD" || l.Last.Currency != "USD" {
			t.Errorf("%s was added at %v, seen at %v and last at %v, want dollars", l.VariantID, l.Added, l.Seen, l.Last)
		}
	}
	f.catalogue.set(func(c *catalogue) { c.down = true })
	f.redis.FlushAll()
	if c, err = f.ActiveCart(both); err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(both, c); q.Subtotal != usd(1550) || !q.Stale {
		t.Errorf("without the catalogue the subtotal is %v, want the last known $15.50", q.Subtotal)
	}
}

func TestAMergeWaitsWhileItsPricesAreUnknown(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(inEuros(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 1)
	f.add(ada(t), t, "var_pen", 1)
	f.catalogue.set(func(c *catalogue) { c.down = true })
	f.redis.FlushAll()
	both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})
	for _, want := range []map[string]int{{"var_pen": 1}, {"var_pen": 1, "var_mug": 1}} {
		c, err := f.ActiveCart(both)
		if err != nil || c == nil {
			t.Fatal(c, err)
		}
		if diff := cmp.Diff(want, quantities(c)); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
		f.catalogue.set(func(c *catalogue) { c.down = false })
	}
}

func TestAMergeObeysTheLimitsOfAddingAndWarns(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.catalogue.set(func(s *catalogue) { s.variants["var_pen"].Available = 100 })
	guest := inEuros(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"})
	f.add(guest, t, "var_pen", 6)
	f.add(guest, t, "var_mug", 2)
	f.add(ada(t), t, "var_pen", 6)
	f.catalogue.set(func(s *catalogue) { delete(s.variants, "var_mug") })
	f.redis.FlushAll()

	both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})
	c, err := f.ActiveCart(both)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_pen": 10}, quantities(c)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	want := []cart.Warning{
		{Code: cart.QuantityReduced, LineID: &c.Lines[0].ID, VariantID: "var_pen", Title: "Pen", Requested: 12, Kept: 10},
		{Code: cart.NotForSale, VariantID: "var_mug", Title: "Mug", Requested: 2},
	}
	if diff := cmp.Diff(want, c.Warnings()); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if c, err = f.UpdateLines(both, c.ID, []*cart.LineUpdate{{LineID: c.Lines[0].ID, Quantity: 3}}, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want[1:], c.Warnings()); diff != "" {
		t.Errorf("warnings after the customer changed the line (-want +got):\n%s", diff)
	}
	if c, err = f.AcknowledgePrices(both, c.ID, c.Version); err != nil {
		t.Fatal(err)
	}
	if got := c.Warnings(); len(got) != 0 {
		t.Errorf("acknowledged: warnings = %+v, want none", got)
	}
}

func TestNoLineHasAnotherCurrencyThanItsCart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_mug", 1)
	for _, statement := range []string{
		"UPDATE cart_lines SET currency = 'EUR'",
		"UPDATE carts SET currency = 'EUR'",
		`INSERT INTO cart_lines SELECT 'lin_2', cart_id, 'var_pen', 1, 1, 1, 1, 'EUR', product_id, sku, title FROM cart_lines`,
	} {
		_, err := f.pool.Exec(t.Context(), statement)
		if broken, ok := errors.AsType[*pgconn.PgError](err); !ok || broken.ConstraintName != "cart_lines_have_the_carts_currency" {
			t.Errorf("%s: %v, want it refused by the constraint", statement, err)
		}
	}
}

func TestAnEmptyAccountCartTakesTheGuestsCurrency(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	own := f.add(ada(t), t, "var_pen", 1)
	if _, err := f.Clear(ada(t), own.ID); err != nil {
		t.Fatal(err)
	}
	f.add(inEuros(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 1)
	c, err := f.ActiveCart(as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}))
	if err != nil {
		t.Fatal(err)
	}
	if c.ID != own.ID || c.Currency != "EUR" || c.Country != "DE" {
		t.Errorf("cart %s in %s for %s, want %s in EUR for DE", c.ID, c.Currency, c.Country, own.ID)
	}
}
