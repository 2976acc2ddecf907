package order_test

import (
	"context"
	"errors"
	"testing"

	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func eve(t testing.TB) context.Context { return ordertest.As(t.Context(), ordertest.Eve) }

// openMugs opens a checkout of two mugs for Eve.
func openMugs(t *testing.T, env *ordertest.Env) (*order.Checkout, error) {
	t.Helper()
	cart := env.Carts.Put(ordertest.Eve.ID, "USD", ordertest.Mug, 2)
	return env.Service.Open(eve(t), order.OpenInput{CartID: cart, Key: "key of " + cart})
}

// wantShort fails unless err is the shortage of two mugs.
func wantShort(t *testing.T, err error, available int) {
	t.Helper()
	e, ok := errors.AsType[*order.ShortageError](err)
	if !ok || len(e.Shortages) != 1 || e.Shortages[0] != (order.Shortage{VariantID: ordertest.Mug, Requested: 2, Available: available}) {
		t.Fatalf("open = %v, want a shortage of mugs with %d available", err, available)
	}
}

func checkouts(t *testing.T, env *ordertest.Env) int {
	t.Helper()
	var n int
	if err := env.Pool.QueryRow(t.Context(), "SELECT count(*) FROM checkouts").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhatTheCatalogueShowsAsSoldOutIsRefusedWithNothingWritten(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Mug, 1)
	env.Catalogue.ShowAvailable(ordertest.Mug, 1)
	c, err := openMugs(t, env)
	wantShort(t, err, 1)
	if c != nil || checkouts(t, env) != 0 {
		t.Errorf("a checkout was stored: %v", c)
	}
}

func TestAfterARejectedHoldTheNextBuyersAreRefusedWithNothingWritten(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Mug, 1)
	_, err := openMugs(t, env) // the catalogue still shows five
	wantShort(t, err, 1)
	want(t, "checkouts", checkouts(t, env), 1)
	env.Catalogue.Down.Store(true) // prices are not needed to refuse
	_, err = openMugs(t, env)
	wantShort(t, err, 1)
	want(t, "checkouts", checkouts(t, env), 1)
}

func TestACopyOfTheStockRefusesNoOrder(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Mug, 1)
	_, err := openMugs(t, env)
	wantShort(t, err, 1)
	env.Inventory.SetStock(ordertest.Mug, 2)
	c, err := openMugs(t, env)
	if err != nil || c.Hold.Status != order.Held {
		t.Fatalf("open after more was received = %v, %v, want a hold", c, err)
	}
}

func TestWhoIsNotRefusedAfterAllHasTheirPromotions(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Mug, 1)
	_, err := openMugs(t, env)
	wantShort(t, err, 1)
	env.Inventory.SetStock(ordertest.Mug, 2)
	want(t, "discount", promoted(t, env, tenPercent).Discount().Amount(), "15.80")
}

func TestWhatWasShortALongTimeAgoIsSoldWithItsPromotions(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Mug, 1)
	_, err := openMugs(t, env)
	wantShort(t, err, 1)
	env.Inventory.SetStock(ordertest.Mug, 2)
	env.Service.EndShort(ordertest.Mug)
	want(t, "discount", promoted(t, env, tenPercent).Discount().Amount(), "15.80")
}

func TestWithoutInventoryTheHoldDecides(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Catalogue.ShowAvailable(ordertest.Mug, 1)
	env.Inventory.Down.Store(true)
	c, err := openMugs(t, env)
	if err != nil || c.Hold.Status != order.HoldPending {
		t.Fatalf("open = %v, %v, want a pending hold", c, err)
	}
}

func TestACartThatHoldsTheLastUnitsOpensAnotherCheckout(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Mug, 2)
	cart := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 2)
	openCart(t, env, cart)
	env.Catalogue.ShowAvailable(ordertest.Mug, 0)
	c := openCart(t, env, cart)
	want(t, "hold", c.Hold.Status, order.Held)
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 0)
}

func TestAReplayReturnsItsCheckoutWhenTheRestIsSold(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Mug, 2)
	cart := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 2)
	opening := order.OpenInput{CartID: cart, Key: "key"}
	first, err := env.Service.Open(ada(t), opening)
	if err != nil {
		t.Fatal(err)
	}
	_, err = openMugs(t, env)
	wantShort(t, err, 0)
	place(t, env, first, ordertest.TokenOK)
	again, err := env.Service.Open(ada(t), opening)
	if err != nil || again.ID != first.ID {
		t.Errorf("replay = %v, %v, want %s", again, err, first.ID)
	}
}
