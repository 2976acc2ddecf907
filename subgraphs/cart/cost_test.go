package cart_test

import (
	"strings"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

func TestAddingAndBuyingCostFewStatements(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	costs := func(what string, most int, do func()) {
		t.Helper()
		f.sql.Reset()
		do()
		if n := f.sql.N(); n > most {
			t.Errorf("%s costs %d statements, want %d at most:\n%s", what, n, most, strings.Join(f.sql.SQL(), "\n"))
		}
	}
	ctx := ada(t)
	costs("the first addition", 6, func() { f.add(ctx, t, "var_mug", 1) })
	var version int
	costs("another addition", 8, func() { version = f.add(ctx, t, "var_pen", 1).Version })
	c, err := f.ActiveCart(ctx)
	if err != nil {
		t.Fatal(err)
	}
	confirmed := eventtest.Envelope(event.OrderConfirmed{OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: c.ID, CartVersion: version}})
	costs("buying all of it", 2, func() {
		if err := f.Handle(ctx, confirmed); err != nil {
			t.Fatal(err)
		}
	})
	if c, err = f.ActiveCart(ctx); err != nil || c != nil {
		t.Errorf("after buying all there is %+v, %v, want no active cart", c, err)
	}
}
