package cart_test

import (
	"context"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart"
)

func TestOnlyAnAbandonedCartIsReminded(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := cart.NewServer(f.Service)
	c := f.add(ada(t), t, "var_mug", 2)
	service := func() context.Context { return as(t, auth.Actor{Kind: auth.Service, ID: "notification"}) }
	refused := func(claim string) {
		t.Helper()
		if got, err := server.ReadReminder(service(), &rpcv1.ReadReminderRequest{CartId: c.ID}); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v, %v, want it not found", claim, got, err)
		}
	}
	abandoned := func() {
		t.Helper()
		f.leave(t)
		f.abandon(t)
		got, err := server.ReadReminder(service(), &rpcv1.ReadReminderRequest{CartId: c.ID})
		if err != nil || got.GetOwnerId() != "usr_ada" || got.GetCurrency() != "USD" || len(got.GetLines()) == 0 {
			t.Fatalf("an abandoned cart: %v, %v", got, err)
		}
		if l := got.GetLines()[0]; l.GetTitle() != "Mug" || l.GetQuantity() != 2 || l.GetUnitMinor() != 1250 {
			t.Errorf("the line is %v, want two mugs of 12.50", l)
		}
	}
	refused("a cart in use")
	abandoned()
	c = f.add(ada(t), t, "var_pen", 1)
	refused("a cart that was changed")
	abandoned()
	handle(t, f, event.CheckoutOpened{CheckoutID: "chk_1", CartID: c.ID})
	refused("a cart that is checked out")
	handle(t, f, event.CheckoutExpired{CheckoutID: "chk_1", CartID: c.ID})
	abandoned()
	facts := event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: c.ID, CartVersion: c.Version, OwnerID: "usr_ada"}
	handle(t, f, event.OrderConfirmed{OrderFacts: facts})
	refused("a cart that was bought")
}
