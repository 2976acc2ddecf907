package order_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func gus(t testing.TB) context.Context { return ordertest.As(t.Context(), ordertest.Guest) }

var (
	gusEmail = "gus@example.com"
	gusHome  = order.Address{Name: "Gus", Line1: "1 Way", City: "Portland", Region: new("OR"), PostalCode: "97201", CountryCode: "US"}
)

// openMugAsGuest opens a checkout of one mug.
func openMugAsGuest(t *testing.T, env *ordertest.Env, d order.Delivery) (*order.Checkout, error) {
	t.Helper()
	cart := env.Carts.Put(ordertest.Guest.ID, "USD", ordertest.Mug, 1)
	return env.Service.Open(gus(t), order.OpenInput{CartID: cart, Key: "key of " + cart, Delivery: d})
}

// awaiting is a guest's checkout without contact data.
func awaiting(t *testing.T, env *ordertest.Env) *order.Checkout {
	t.Helper()
	c, err := openMugAsGuest(t, env, order.Delivery{})
	if err != nil || c.Hold.Status != order.HoldAwaitsContact || c.Status != order.CheckoutOpen {
		t.Fatalf("open = %+v, %v, want an open checkout that awaits contact data", c, err)
	}
	return c
}

func typesOf(events []event.Envelope) (types []string) {
	for _, e := range events {
		types = append(types, e.Type)
	}
	return types
}

func TestAGuestsStockIsHeldOnceThereIsContactData(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	opened := event.Type[event.CheckoutOpened]()
	c := awaiting(t, env)
	if types := typesOf(env.Published(t)); slices.Contains(types, opened) {
		t.Errorf("published %v before there is contact data, want no request of stock", types)
	}
	c, err := env.Service.Update(gus(t), c.ID, order.Delivery{Email: &gusEmail})
	if err != nil || c.Hold.Status != order.HoldAwaitsContact {
		t.Fatalf("with an e-mail address: %+v, %v", c.Hold, err)
	}
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 1000)
	if _, err := env.Service.Place(gus(t), placing(c, ordertest.TokenOK)); err == nil {
		t.Error("an order was placed without an address")
	}
	c, err = env.Service.Update(gus(t), c.ID, order.Delivery{Shipping: &gusHome})
	if err != nil || c.Hold.Status != order.Held {
		t.Fatalf("with an address too: %+v, %v, want the stock held", c, err)
	}
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 999)
	if types := typesOf(env.Published(t)); !slices.Contains(types, opened) {
		t.Errorf("published %v, want the request of stock", types)
	}
	if left := time.Until(c.Hold.ExpiresAt); left < 9*time.Minute {
		t.Errorf("the hold ends in %s, want its whole time", left)
	}
	res, err := env.Service.Place(gus(t), placing(c, ordertest.TokenOK))
	if err != nil {
		t.Fatal(err)
	}
	want(t, "order", res.Order.Status, order.Confirmed)
}

func TestAGuestWithContactDataHoldsAtOnce(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c, err := openMugAsGuest(t, env, order.Delivery{Email: &gusEmail, Shipping: &gusHome})
	if err != nil || c.Hold.Status != order.Held {
		t.Fatalf("open = %+v, %v, want the stock held", c, err)
	}
}

func TestACustomerWithAnAccountHoldsWithoutAnAddress(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Profiles.Down.Store(true)
	c := open(t, env)
	if c.Hold.Status != order.Held || c.ShippingAddress != nil {
		t.Fatalf("checkout %+v, want the stock held without an address", c)
	}
}

func TestTheStockOfAGuestIsRequestedByEventToo(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := awaiting(t, env)
	env.Inventory.Down.Store(true)
	c, err := env.Service.Update(gus(t), c.ID, order.Delivery{Email: &gusEmail, Shipping: &gusHome})
	if err != nil || c.Hold.Status != order.HoldPending {
		t.Fatalf("without inventory: %+v, %v, want a pending hold", c, err)
	}
	env.Settle(t)
	c, err = env.Service.Checkout(gus(t), c.ID)
	if err != nil || c.Hold.Status != order.Held {
		t.Fatalf("after its event: %+v, %v, want the stock held", c, err)
	}
}

func TestAGuestWhoComesTooLateIsRefusedByTheUpdate(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := awaiting(t, env)
	env.Inventory.SetStock(ordertest.Mug, 0)
	c, err := env.Service.Update(gus(t), c.ID, order.Delivery{Email: &gusEmail, Shipping: &gusHome})
	if e, ok := errors.AsType[*order.ShortageError](err); !ok || len(e.Shortages) != 1 || c.Status != order.CheckoutCancelled {
		t.Fatalf("update = %+v, %v, want a cancelled checkout and its shortage", c, err)
	}
	env.Inventory.SetStock(ordertest.Mug, 1)
	again, err := env.Service.Requote(gus(t), c.ID)
	if err != nil || again.Hold.Status != order.Held || again.ShippingAddress == nil {
		t.Errorf("another attempt = %+v, %v, want the stock held with the same data", again, err)
	}
}

func TestACheckoutThatAwaitsContactDataTakesNobodyPastTheLine(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := awaiting(t, env)
	env.Inventory.SetStock(ordertest.Mug, 0)
	env.Catalogue.ShowAvailable(ordertest.Mug, 0)
	_, err := env.Service.Open(gus(t), order.OpenInput{CartID: c.CartID, Key: "another"})
	if _, ok := errors.AsType[*order.ShortageError](err); !ok {
		t.Errorf("another checkout of the cart: %v, want the shortage", err)
	}
}

func TestACheckoutThatAwaitsContactDataLeavesNothingToUndo(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := awaiting(t, env)
	if _, err := env.Service.Extend(gus(t), c.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("extend = %v, want a conflict", err)
	}
	var outstanding int
	err := env.Pool.QueryRow(t.Context(), "SELECT count(*)::int FROM checkouts WHERE rescue_at IS NOT NULL").Scan(&outstanding)
	if err != nil || outstanding != 0 {
		t.Errorf("%d checkouts have something outstanding, %v", outstanding, err)
	}
	if c, err = env.Service.Cancel(gus(t), c.ID); err != nil || c.Status != order.CheckoutCancelled {
		t.Fatalf("cancel = %+v, %v", c, err)
	}
	env.Settle(t)
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 1000)
}

func TestAUserWhoClaimedAGuestsCheckoutHoldsByAnyUpdate(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := awaiting(t, env)
	handle(t, env, event.GuestClaimed{GuestID: ordertest.Guest.ID, UserID: ordertest.Ada.ID})
	c, err := env.Service.Update(ada(t), c.ID, order.Delivery{Email: &gusEmail})
	if err != nil || c.Hold.Status != order.Held {
		t.Fatalf("update = %+v, %v, want the stock held", c, err)
	}
	_, err = env.Service.Place(ada(t), order.PlaceInput{CheckoutID: c.ID, ExpectedTotal: money.Money{Minor: 1, Currency: "USD"}, Key: "k"})
	if fault.CodeOf(err) != "SHIPPING_ADDRESS_REQUIRED" {
		t.Errorf("place = %v, want the address to be missing", err)
	}
}
