package cart_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

func TestAConfirmedOrderEmptiesItsCart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 3)
	confirmed := event.OrderConfirmed{
		OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: c.ID, CartVersion: c.Version},
		Lines:      []event.OrderLine{{VariantID: "var_mug", Quantity: 3}},
	}
	handle(t, f, confirmed)
	handle(t, f, confirmed) // repeated, as another event
	if left, err := f.ActiveCart(ada(t)); left != nil || err != nil {
		t.Errorf("active cart = %v, %v, want none", left, err)
	}
}

func TestWhatWasAddedAfterCheckoutStays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bought := f.add(ada(t), t, "var_mug", 3)
	f.add(ada(t), t, "var_mug", 1)
	f.add(ada(t), t, "var_pen", 2)
	handle(t, f, event.OrderConfirmed{
		OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: bought.ID, CartVersion: bought.Version},
		Lines:      []event.OrderLine{{VariantID: "var_mug", Quantity: 3}},
	})
	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_mug": 1, "var_pen": 2}, quantities(c)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func handle(t *testing.T, f fixture, p event.Payload) {
	t.Helper()
	if err := f.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
		t.Fatal(err)
	}
}
