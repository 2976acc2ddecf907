package order_test

import (
	"testing"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func TestTheContactOfACartIsThatOfItsLastCheckout(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	guest, server := ordertest.As(t.Context(), ordertest.Guest), order.NewServer(env.Service)
	cartID := env.Carts.Put(ordertest.Guest.ID, "USD", ordertest.Mug, 1)
	contact := func(owner string) (*rpcv1.CartContactResponse, error) {
		return server.CartContact(t.Context(), &rpcv1.CartContactRequest{CartId: cartID, OwnerId: owner})
	}
	if got, err := contact(ordertest.Guest.ID); err != nil || got.GetEmail() != "" {
		t.Errorf("without a checkout: %v, %v, want nobody to reach", got, err)
	}
	email := "grace@demo.test"
	c, err := env.Service.Open(guest, order.OpenInput{CartID: cartID, Key: id.New(id.Event), Delivery: order.Delivery{Email: &email}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := contact(ordertest.Guest.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("while the checkout is open: %v, %v, want it not found", got, err)
	}
	if _, err := env.Service.Cancel(guest, c.ID); err != nil {
		t.Fatal(err)
	}
	if got, err := contact(ordertest.Guest.ID); err != nil || got.GetEmail() != email || got.GetLocale() != "en-US" {
		t.Errorf("after the checkout: %v, %v, want %s", got, err, email)
	}
	if got, err := contact(ordertest.Eve.ID); err != nil || got.GetEmail() != "" {
		t.Errorf("of another owner: %v, %v, want nobody to reach", got, err)
	}
}

func TestWhoeverBoughtACartIsNotReached(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	o := now(t, env, place(t, env, c, ordertest.TokenOK).Order)
	if o.Status != order.Confirmed {
		t.Fatalf("the order is %s", o.Status)
	}
	got, err := order.NewServer(env.Service).CartContact(t.Context(), &rpcv1.CartContactRequest{CartId: c.CartID, OwnerId: c.OwnerID})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("the contact of a bought cart is %v, %v, want it not found", got, err)
	}
}
