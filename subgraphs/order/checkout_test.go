package order_test

import (
	"testing"
	"time"

	"cartograph/internal/fault"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func TestOpenReplacesTheOpenCheckoutOfTheCart(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Lamp, 1) // the older checkout holds the last one
	cart := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Lamp, 1)
	older := openCart(t, env, cart)
	newer := openCart(t, env, cart)
	want(t, "newer hold", newer.Hold.Status, order.Held)
	c, err := env.Service.Checkout(ada(t), older.ID)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "older checkout", c.Status, order.CheckoutCancelled)
	want(t, "older hold", c.Hold.Status, order.HoldReleased)
	under, err := env.Service.ActiveCheckouts(ada(t), []string{"crt_other", cart})
	if err != nil || under[0] != nil || under[1] == nil || under[1].ID != newer.ID {
		t.Errorf("under way = %v, %v, want the newer one", under, err)
	}
}

func TestExtendMovesHoldAndQuote(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	end := c.Hold.ExpiresAt
	for left := 1; left >= 0; left-- {
		got, err := env.Service.Extend(ada(t), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		end = end.Add(5 * time.Minute)
		want(t, "extensions left", got.Hold.ExtensionsLeft, left)
		if d := got.Quote().ExpiresAt.Sub(end).Abs(); d > time.Millisecond {
			t.Errorf("quote ends at %v, want %v", got.Quote().ExpiresAt, end)
		}
	}
	if _, err := env.Service.Extend(ada(t), c.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("third extension = %v, want a conflict", err)
	}
	env.Settle(t)
	env.Inventory.Down.Store(true)
	other := open(t, env)
	if _, err := env.Service.Extend(ada(t), other.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("extension of a pending hold = %v, want a conflict", err)
	}
}

func TestAnExpiredHoldCannotBeExtended(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	env.Inventory.Overdue(c.ID)
	if _, err := env.Service.Extend(ada(t), c.ID); fault.CodeOf(err) != "RESERVATION_EXPIRED" {
		t.Errorf("extension = %v, want RESERVATION_EXPIRED", err)
	}
	env.Inventory.Expire(c.ID)
	env.Settle(t)
	c, err := env.Service.Checkout(ada(t), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "checkout", c.Status, order.CheckoutExpired)
}

func TestRequoteOpensACheckoutAtCurrentPrices(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	cart := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	old := openCart(t, env, cart)
	office, express := ordertest.OfficeID, "express"
	old, err := env.Service.Update(ada(t), old.ID, order.Delivery{AddressID: &office, MethodID: &express})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "country", old.Country, "DE")
	env.Catalogue.Price(ordertest.Mug, 2500)
	fresh, err := env.Service.Requote(ada(t), old.ID)
	if err != nil {
		t.Fatal(err)
	}
	if fresh.ID == old.ID || fresh.Subtotal.Minor != 2500 || fresh.MethodID != "express" || fresh.ShippingAddress.City != "Berlin" {
		t.Errorf("fresh checkout = %+v", fresh)
	}
	old, _ = env.Service.Checkout(ada(t), old.ID)
	want(t, "old checkout", old.Status, order.CheckoutCancelled)
}

func TestCancelReleasesTheStock(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	for range 2 { // a second time does nothing
		got, err := env.Service.Cancel(ada(t), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "status", got.Status, order.CheckoutCancelled)
		want(t, "hold", got.Hold.Status, order.HoldReleased)
	}
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 1000)
	ordered := open(t, env)
	place(t, env, ordered, "")
	if _, err := env.Service.Cancel(ada(t), ordered.ID); fault.CodeOf(err) != "CHECKOUT_COMPLETED" {
		t.Errorf("cancel of an ordered checkout = %v, want CHECKOUT_COMPLETED", err)
	}
}
