package cart_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	rpcv1 "cartograph/internal/rpc/v1"
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

func TestAnOrderIsRemovedFromACartOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bought := f.add(ada(t), t, "var_mug", 3)
	f.add(ada(t), t, "var_mug", 5)
	confirmed := event.OrderConfirmed{
		OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: bought.ID, CartVersion: bought.Version},
		Lines:      []event.OrderLine{{VariantID: "var_mug", Quantity: 3}},
	}
	handle(t, f, confirmed)
	handle(t, f, confirmed) // repeated, as another event
	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_mug": 5}, quantities(c)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	read := readCart(t, f, &rpcv1.CartQuery{CartId: c.ID, OwnerIds: []string{c.OwnerID}})
	if got := read.GetConvertedOrderIds(); len(got) != 1 || got[0] != "ord_1" {
		t.Errorf("converted orders = %v, want ord_1", got)
	}
}

// A guest who signs in during checkout buys the guest's cart; by then its lines
// are in the account's.
func TestWhatAGuestBoughtLeavesTheAccountsCart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 2)
	f.add(ada(t), t, "var_pen", 1)
	merged, err := f.ActiveCart(as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}))
	if err != nil || merged.ID == guest.ID {
		t.Fatalf("active cart = %v, %v, want the account's", merged, err)
	}
	read := readCart(t, f, &rpcv1.CartQuery{CartId: merged.ID, OwnerIds: []string{merged.OwnerID}})
	if len(read.GetMergedCartIds()) != 1 || read.GetMergedCartIds()[0] != guest.ID {
		t.Fatalf("merged carts = %v, want %s", read.GetMergedCartIds(), guest.ID)
	}
	handle(t, f, event.OrderConfirmed{
		OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: guest.ID, CartVersion: guest.Version},
		Lines:      []event.OrderLine{{VariantID: "var_mug", Quantity: 2}},
	})
	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_pen": 1}, quantities(c)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
}

func handle(t *testing.T, f fixture, p event.Payload) {
	t.Helper()
	if err := f.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
		t.Fatal(err)
	}
}
