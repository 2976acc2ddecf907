package order_test

import (
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/id"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func handle(t *testing.T, env *ordertest.Env, p event.Payload) {
	t.Helper()
	if err := env.Service.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
		t.Fatalf("handle %s: %v", p.Type(), err)
	}
}

func openAsGuest(t *testing.T, env *ordertest.Env) *order.Checkout {
	t.Helper()
	cart := env.Carts.Put(ordertest.Guest.ID, "USD", ordertest.Mug, 1)
	c, err := env.Service.Open(ordertest.As(t.Context(), ordertest.Guest), order.OpenInput{CartID: cart, Key: id.New(id.Event)})
	if err != nil {
		t.Fatalf("open checkout: %v", err)
	}
	return c
}

// The tokens of later sign-ins do not carry the guest.
func TestWhatAGuestOwnsBelongsToTheUserWhoClaimedIt(t *testing.T) {
	t.Parallel()
	claim := event.GuestClaimed{GuestID: ordertest.Guest.ID, UserID: ordertest.Ada.ID}
	env := ordertest.New(t)
	before := openAsGuest(t, env)
	handle(t, env, claim)
	after := openAsGuest(t, env)
	handle(t, env, event.GuestClaimed{GuestID: ordertest.Guest.ID, UserID: ordertest.Eve.ID}) // a guest is claimed once
	for name, c := range map[string]*order.Checkout{"opened before the claim": before, "opened after it": after} {
		for by, visible := range map[string]bool{ordertest.Ada.ID: true, ordertest.Eve.ID: false} {
			reader := ordertest.Ada
			reader.ID = by
			found, err := env.Service.Checkout(ordertest.As(t.Context(), reader), c.ID)
			if err != nil || (found != nil) != visible {
				t.Errorf("%s reads the checkout %s: %v, %v; want it visible: %t", by, name, found, err, visible)
			}
		}
	}
}

func TestAnOrderOfAGuestBelongsToTheUserWhoClaimedIt(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	guest, email := ordertest.As(t.Context(), ordertest.Guest), "gus@example.com"
	c, err := env.Service.Open(guest, order.OpenInput{
		CartID: env.Carts.Put(ordertest.Guest.ID, "USD", ordertest.Mug, 1), Key: id.New(id.Event),
		Delivery: order.Delivery{Email: &email, Shipping: &order.Address{Name: "Gus", Line1: "1 Main St", City: "Dublin", CountryCode: "IE"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := env.Service.Place(guest, placing(c, ordertest.TokenOK))
	if err != nil {
		t.Fatal(err)
	}
	handle(t, env, event.GuestClaimed{GuestID: ordertest.Guest.ID, UserID: ordertest.Ada.ID})
	for reader, visible := range map[*auth.Actor]bool{&ordertest.Ada: true, &ordertest.Eve: false} {
		found, err := env.Service.Order(ordertest.As(t.Context(), *reader), a.Order.ID)
		if err != nil || (found != nil) != visible {
			t.Errorf("%s reads the guest's order: %v, %v; want it visible: %t", reader.ID, found, err, visible)
		}
	}
}

func TestAMergedCartsOpenCheckoutEndsWithItsStockBack(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := openAsGuest(t, env)
	merged := event.CartMerged{CartID: c.CartID, IntoCartID: "crt_account"}
	handle(t, env, merged)
	handle(t, env, merged)
	env.Settle(t)
	found, err := env.Service.Checkout(ordertest.As(t.Context(), ordertest.Guest), c.ID)
	if err != nil || found.Status != order.CheckoutCancelled {
		t.Errorf("checkout = %+v, %v, want it cancelled", found, err)
	}
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 1000)
}
