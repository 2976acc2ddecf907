package cart_test

import (
	"context"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/subgraphs/cart"
)

func inFrancs(t *testing.T) context.Context {
	t.Helper()
	return auth.With(t.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_ada"}, Locale: "de-CH", Currency: "CHF", Country: "CH"})
}

func TestACurrencyWithoutPricesIsRefusedWhereverItIsGiven(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	francs := "CHF"
	const want = "This shop does not sell in CHF. It sells in USD, EUR, JPY, GBP."
	refused := func(what string, err error) {
		t.Helper()
		if e := fault.Of(err); e == nil || e.Kind != fault.Invalid || e.Message != want {
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	_, err := f.AddLines(ada(t), cart.AddLinesRequest{Currency: francs})
	refused("a new empty cart", err)
	_, err = f.AddLines(ada(t), cart.AddLinesRequest{Currency: francs, Lines: []*cart.LineInput{{VariantID: "var_mug", Quantity: 1}}})
	refused("a new cart", err)
	if c, err := f.ActiveCart(ada(t)); c != nil || err != nil {
		t.Errorf("the refused cart is %v, %v, want none", c, err)
	}
	c := f.add(ada(t), t, "var_mug", 1)
	_, err = f.UpdateContext(ada(t), c.ID, cart.ContextInput{Currency: &francs})
	refused("a cart that changes its currency", err)
	if now, err := f.Cart(ada(t), c.ID); err != nil || now.Currency != "USD" || now.Version != c.Version {
		t.Errorf("after the refusal it is version %d in %s, %v, want it unchanged", now.Version, now.Currency, err)
	}
}

// A caller that did not pass the router, which replaces such a currency.
func TestACallersUnsoldCurrencyBecomesTheShopsDefault(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(inFrancs(t), t, "var_mug", 1)
	if c.Currency != "USD" || f.Quote(inFrancs(t), c).Subtotal.Currency != "USD" {
		t.Errorf("the cart is in %s, want USD, in which it can be bought", c.Currency)
	}
}

func TestACartWhoseCurrencyEndedCanBeMoved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 1)
	for _, sql := range []string{"UPDATE cart_lines SET currency = 'SEK'", "UPDATE carts SET currency = 'SEK'"} {
		if _, err := f.pool.Exec(t.Context(), "SET session_replication_role = replica; "+sql); err != nil {
			t.Fatal(err)
		}
	}
	_, err := f.AddLines(ada(t), cart.AddLinesRequest{Lines: []*cart.LineInput{{VariantID: "var_mug", Quantity: 1}}})
	if e := fault.Of(err); e == nil || e.Kind != fault.Conflict || e.Key != "cart.currency_ended" {
		t.Errorf("adding to it: %v, want a conflict that names the way out", err)
	}
	euro := "EUR"
	if _, err := f.UpdateContext(ada(t), c.ID, cart.ContextInput{Currency: &euro}); err != nil {
		t.Fatal(err)
	}
	if c := f.add(ada(t), t, "var_mug", 1); c.Currency != "EUR" || c.TotalQuantity() != 2 {
		t.Errorf("moved, it is %+v, want two in euros", c)
	}
}

func TestACountryThatDoesNotExistIsRefusedWhereverItIsGiven(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, country := range []string{"UK", "DD", "FX", "SU"} {
		if _, err := f.AddLines(ada(t), cart.AddLinesRequest{Country: country}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("a new cart for %s: %v, want it invalid", country, err)
		}
	}
	c := f.add(ada(t), t, "var_mug", 1)
	country := "UK"
	if _, err := f.UpdateContext(ada(t), c.ID, cart.ContextInput{Country: &country}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a cart that changes its country: %v, want it invalid", err)
	}
	if now, err := f.Cart(ada(t), c.ID); err != nil || now.Country == country || now.Version != c.Version {
		t.Errorf("after the refusal it is version %d for %s, %v, want it unchanged", now.Version, now.Country, err)
	}
}
