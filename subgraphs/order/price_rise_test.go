package order_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/fault"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func TestARiseOfAPriceMustBeAcceptedBeforeCheckout(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	cart := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	accept := func(minor int64) {
		env.Carts.Change(cart, func(c *rpcv1.Cart) { c.Lines[0].UnitMinorSeen = &minor })
	}
	accept(1800) // the mug costs $19.00
	_, err := env.Service.Open(ada(t), order.OpenInput{CartID: cart, Key: "k1"})
	rise, ok := errors.AsType[*order.PriceRiseError](err)
	if !ok || fault.CodeOf(err) != "CART_NOT_READY" {
		t.Fatalf("checkout at a price that rose = %v, want CART_NOT_READY", err)
	}
	want := []order.PriceRise{{
		VariantID: ordertest.Mug, Snapshot: rise.Rises[0].Snapshot,
		Was: money.Money{Minor: 1800, Currency: "USD"}, Now: money.Money{Minor: 1900, Currency: "USD"},
	}}
	if s := rise.Rises[0].Snapshot; s.Title != "Mug" || s.SKU != "SKU-mug" {
		t.Errorf("the snapshot of the mug is %+v", s)
	}
	if diff := cmp.Diff(want, rise.Rises); diff != "" {
		t.Errorf("rises (-want +got):\n%s", diff)
	}
	for _, minor := range []int64{1900, 2000} { // accepted, or it fell since
		accept(minor)
		openCart(t, env, cart)
	}
}
