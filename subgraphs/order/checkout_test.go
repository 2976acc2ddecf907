package order_test

import (
	"testing"
	"time"

	"cartograph/internal/fault"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func TestAnOpenCheckoutOfTheSameCartIsReplaced(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	w.Inventory.SetStock(ordertest.Lamp, 1) // the older checkout holds the last one
	cart := w.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Lamp, 1)
	older := openCart(t, w, cart)
	newer := openCart(t, w, cart)
	want(t, "newer hold", newer.Hold.Status, order.Held)
	c, err := w.Service.Checkout(ada(t), older.ID)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "older checkout", c.Status, order.CheckoutCancelled)
	want(t, "older hold", c.Hold.Status, order.HoldReleased)
	under, err := w.Service.CheckoutsUnderWay(ada(t), []string{"crt_other", cart})
	if err != nil || under[0] != nil || under[1] == nil || under[1].ID != newer.ID {
		t.Errorf("under way = %v, %v, want the newer one", under, err)
	}
}

func TestExtensionsMoveHoldAndQuote(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	c := open(t, w)
	end := c.Hold.ExpiresAt
	for left := 1; left >= 0; left-- {
		got, err := w.Service.Extend(ada(t), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		end = end.Add(5 * time.Minute)
		want(t, "extensions left", got.Hold.ExtensionsLeft, left)
		if d := got.Quote().ExpiresAt.Sub(end).Abs(); d > time.Millisecond {
			t.Errorf("quote ends at %v, want %v", got.Quote().ExpiresAt, end)
		}
	}
	if _, err := w.Service.Extend(ada(t), c.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("third extension = %v, want a conflict", err)
	}
	w.Settle(t)
	w.Inventory.Down.Store(true)
	other := open(t, w)
	if _, err := w.Service.Extend(ada(t), other.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("extension of a pending hold = %v, want a conflict", err)
	}
}

func TestAHoldThatIsOverCannotBeExtended(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	c := open(t, w)
	w.Inventory.Overdue(c.ID)
	if _, err := w.Service.Extend(ada(t), c.ID); fault.CodeOf(err) != "RESERVATION_EXPIRED" {
		t.Errorf("extension = %v, want RESERVATION_EXPIRED", err)
	}
	w.Inventory.Expire(c.ID)
	w.Settle(t)
	c, err := w.Service.Checkout(ada(t), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "checkout", c.Status, order.CheckoutExpired)
}

func TestRequoteOpensAnotherCheckoutAtTodaysPrices(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	cart := w.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	old := openCart(t, w, cart)
	office, express := ordertest.OfficeID, "express"
	old, err := w.Service.Update(ada(t), old.ID, order.Delivery{AddressID: &office, MethodID: &express})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "country", old.Country, "DE")
	w.Catalogue.Price(ordertest.Mug, 2500)
	fresh, err := w.Service.Requote(ada(t), old.ID)
	if err != nil {
		t.Fatal(err)
	}
	if fresh.ID == old.ID || fresh.Subtotal.Minor != 2500 || fresh.MethodID != "express" || fresh.ShippingAddress.City != "Berlin" {
		t.Errorf("fresh checkout = %+v", fresh)
	}
	old, _ = w.Service.Checkout(ada(t), old.ID)
	want(t, "old checkout", old.Status, order.CheckoutCancelled)
}

func TestCancellingACheckoutGivesTheStockBack(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	c := open(t, w)
	for range 2 { // a second time does nothing
		got, err := w.Service.Cancel(ada(t), c.ID)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "status", got.Status, order.CheckoutCancelled)
		want(t, "hold", got.Hold.Status, order.HoldReleased)
	}
	want(t, "mugs", w.Inventory.Stock(ordertest.Mug), 1000)
	ordered := open(t, w)
	place(t, w, ordered, "")
	if _, err := w.Service.Cancel(ada(t), ordered.ID); fault.CodeOf(err) != "CHECKOUT_COMPLETED" {
		t.Errorf("cancel of an ordered checkout = %v, want CHECKOUT_COMPLETED", err)
	}
}
