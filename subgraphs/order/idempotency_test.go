package order_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func count(t *testing.T, env *ordertest.Env, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := env.Pool.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConcurrentPlacesMakeOneOrder(t *testing.T) {
	t.Parallel()
	for _, keys := range []string{"the same key", "different keys"} {
		t.Run(keys, func(t *testing.T) {
			t.Parallel()
			env := ordertest.New(t)
			c := open(t, env)
			ids, fresh := sync.Map{}, make(chan bool, 50)
			var wg sync.WaitGroup
			for i := range 50 {
				wg.Go(func() {
					p := placing(c, ordertest.TokenOK)
					if keys == "different keys" {
						p.Key = fmt.Sprint("key-", i)
					}
					a, err := env.Service.Place(ada(t), p)
					if err != nil && fault.CodeOf(err) != "CHECKOUT_COMPLETED" {
						t.Error(err)
						return
					}
					ids.Store(a.Order.ID, true)
					fresh <- err == nil && !a.Replayed
				})
			}
			wg.Wait()
			close(fresh)
			first := 0
			for f := range fresh {
				if f {
					first++
				}
			}
			want(t, "first answers", first, 1)
			want(t, "orders", count(t, env, "SELECT count(*) FROM orders"), 1)
			seen := 0
			ids.Range(func(any, any) bool { seen++; return true })
			want(t, "order ids that were answered", seen, 1)
			env.Settle(t)
			want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 998)
		})
	}
}

func TestConcurrentOpensLeaveOneOpenCheckout(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	cart := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			_, err := env.Service.Open(ada(t), order.OpenInput{CartID: cart, Key: fmt.Sprint("key-", i/2)})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	env.Settle(t)
	want(t, "checkouts", count(t, env, "SELECT count(*) FROM checkouts"), 12)
	want(t, "open checkouts", count(t, env, "SELECT count(*) FROM checkouts WHERE status = 'OPEN'"), 1)
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 999)
}

// Whoever waits for a purchase must see it as those before left it.
func TestConcurrentEventsAreAppliedOneByOne(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o := place(t, env, open(t, env), ordertest.TokenSlow).Order
	facts := event.PaymentFacts{PaymentID: o.Payment.ID, OrderID: o.ID, CheckoutID: o.CheckoutID, AmountMinor: o.Total.Minor, Currency: "USD"}
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if err := env.Service.Handle(t.Context(), eventtest.Envelope(event.RefundFailed{PaymentFacts: facts})); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	want(t, "version", now(t, env, o).Version, o.Version+30)
	want(t, "entries", len(timeline(t, env, o)), 32)

	unordered := open(t, env)
	facts.CheckoutID = unordered.ID
	if err := env.Service.Handle(t.Context(), eventtest.Envelope(event.PaymentAuthorized{PaymentFacts: facts})); err != nil {
		t.Errorf("a payment of what was not ordered: %v", err)
	}
	want(t, "commit of what was not ordered", env.Service.Handle(t.Context(), eventtest.Envelope(event.HoldCommitFailed{CheckoutID: unordered.ID})), nil)
	c, err := env.Service.Checkout(ada(t), unordered.ID)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "version of what was not ordered", c.Version, unordered.Version)
}

func TestIdempotencyKeysReplayTheSameCommandOnly(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	first := place(t, env, c, ordertest.TokenOK)

	again, err := env.Service.Place(ada(t), placing(c, ordertest.TokenOK))
	if err != nil || !again.Replayed || again.Order.ID != first.Order.ID {
		t.Errorf("replay = %+v, %v, want the same order", again, err)
	}
	for name, change := range map[string]func(*order.PlaceInput){
		"token":      func(in *order.PlaceInput) { in.Token = ordertest.TokenDecline },
		"total":      func(in *order.PlaceInput) { in.ExpectedTotal.Minor++ },
		"return URL": func(in *order.PlaceInput) { in.ReturnURL = "https://shop.test/back" },
		"no payment": func(in *order.PlaceInput) { in.PayNow, in.Token = false, "" },
	} {
		changed := placing(c, ordertest.TokenOK)
		change(&changed)
		if _, err := env.Service.Place(ada(t), changed); !reused(err) {
			t.Errorf("same key, other %s: %v, want it refused", name, err)
		}
	}
	other := placing(c, ordertest.TokenDecline)
	other.Key = "another"
	if a, err := env.Service.Place(ada(t), other); fault.CodeOf(err) != "CHECKOUT_COMPLETED" || a.Order == nil || a.Order.ID != first.Order.ID {
		t.Errorf("another key = %+v, %v, want CHECKOUT_COMPLETED and the order", a, err)
	}

	cancelation := order.CancelInput{OrderID: first.Order.ID, Reason: order.CustomerRequest, Key: "c"}
	for i := range 3 {
		a, err := env.Service.CancelOrder(ada(t), cancelation)
		if err != nil || a.Replayed != (i > 0) || a.Order.Status != order.Cancelled {
			t.Errorf("cancel %d = %+v, %v", i, a, err)
		}
	}
	reworded := cancelation
	reworded.Note = "too blue"
	if _, err := env.Service.CancelOrder(ada(t), reworded); !reused(err) {
		t.Errorf("same key, other note: %v, want it refused", err)
	}
	cancelation.Reason = order.OtherReason
	if _, err := env.Service.CancelOrder(ada(t), cancelation); !reused(err) {
		t.Errorf("same key, other reason: %v, want it refused", err)
	}

	a, b := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1), env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	opened, err := env.Service.Open(ada(t), order.OpenInput{CartID: a, Key: "o"})
	if err != nil {
		t.Fatal(err)
	}
	env.Carts.Change(a, func(c *rpcv1.Cart) { c.Lines = nil }) // a replay skips what no longer holds
	if replay, err := env.Service.Open(ada(t), order.OpenInput{CartID: a, Key: "o"}); err != nil || replay.ID != opened.ID {
		t.Errorf("replayed opening = %+v, %v, want %s", replay, err, opened.ID)
	}
	if _, err := env.Service.Open(ada(t), order.OpenInput{CartID: b, Key: "o"}); !reused(err) {
		t.Errorf("same key, other cart: %v, want it refused", err)
	}
}

func reused(err error) bool {
	_, ok := errors.AsType[*idempotency.KeyReusedError](err)
	return ok
}

func TestInvalidInputIsReportedAndChangesNothing(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	evesCart := env.Carts.Put(ordertest.Eve.ID, "USD", ordertest.Mug, 1)
	cart := func(change func(*rpcv1.Cart)) string {
		id := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
		env.Carts.Change(id, change)
		return id
	}
	bad, office, drone, version := "not an address", "adr_nobodys", "drone", 99
	opening := func(cartID string, d order.Delivery) func() error {
		return func() error {
			_, err := env.Service.Open(ada(t), order.OpenInput{CartID: cartID, Delivery: d, Key: "k"})
			return err
		}
	}
	placed := func(change func(*order.PlaceInput)) func() error {
		return func() error {
			p := placing(c, ordertest.TokenOK)
			change(&p)
			_, err := env.Service.Place(ada(t), p)
			return err
		}
	}
	cancelled := func(in order.CancelInput) func() error {
		return func() error { _, err := env.Service.CancelOrder(ada(t), in); return err }
	}
	printable := cart(func(*rpcv1.Cart) {})
	checkouts := count(t, env, "SELECT count(*) FROM checkouts")
	for _, tt := range []struct {
		name string
		do   func() error
		code string
	}{
		{"unknown cart", opening("crt_nope", order.Delivery{}), "NOT_FOUND"},
		{"another's cart", opening(evesCart, order.Delivery{}), "NOT_FOUND"},
		{"empty cart", opening(cart(func(c *rpcv1.Cart) { c.Lines = nil }), order.Delivery{}), "CART_NOT_READY"},
		{"bought cart", opening(cart(func(c *rpcv1.Cart) { c.Status = "CONVERTED" }), order.Delivery{}), "CART_NOT_READY"},
		{"unknown currency", opening(cart(func(c *rpcv1.Cart) { c.Currency = "XXX" }), order.Delivery{}), "CART_NOT_READY"},
		{"a billion mugs", opening(cart(func(c *rpcv1.Cart) { c.Lines[0].Quantity = 1e9 }), order.Delivery{}), "CART_NOT_READY"},
		{"no mug", opening(cart(func(c *rpcv1.Cart) { c.Lines[0].Quantity = 0 }), order.Delivery{}), "CART_NOT_READY"},
		{"more than one may buy", opening(cart(func(c *rpcv1.Cart) { c.Lines[0].Quantity = 11 }), order.Delivery{}), "CART_NOT_READY"},
		{"unknown variant", opening(cart(func(c *rpcv1.Cart) { c.Lines[0].VariantId = "var_nope" }), order.Delivery{}), "CART_NOT_READY"},
		{"unsellable variant", opening(cart(func(c *rpcv1.Cart) { c.Lines[0].VariantId = ordertest.Ghost }), order.Delivery{}), "CART_NOT_READY"},
		{"older cart", func() error {
			_, err := env.Service.Open(ada(t), order.OpenInput{CartID: printable, ExpectedVersion: &version, Key: "k"})
			return err
		}, "CONFLICT"},
		{"bad e-mail", opening(printable, order.Delivery{Email: &bad}), "INVALID_INPUT"},
		{"unknown address", opening(printable, order.Delivery{AddressID: &office}), "NOT_FOUND"},
		{"two addresses", opening(printable, order.Delivery{AddressID: &office, Shipping: &order.Address{}}), "INVALID_INPUT"},
		{"empty address", opening(printable, order.Delivery{Shipping: &order.Address{}}), "INVALID_INPUT"},
		{"unknown method", opening(printable, order.Delivery{MethodID: &drone}), "SHIPPING_METHOD_UNAVAILABLE"},
		{"no key", func() error { _, err := env.Service.Open(ada(t), order.OpenInput{CartID: printable}); return err }, "INVALID_INPUT"},
		{"long key", placed(func(p *order.PlaceInput) { p.Key = strings.Repeat("k", 201) }), "INVALID_INPUT"},
		{"unknown checkout", placed(func(p *order.PlaceInput) { p.CheckoutID = "chk_nope" }), "NOT_FOUND"},
		{"higher total", placed(func(p *order.PlaceInput) { p.ExpectedTotal.Minor++ }), "TOTAL_CHANGED"},
		{"other currency", placed(func(p *order.PlaceInput) { p.ExpectedTotal.Currency = "EUR" }), "INVALID_INPUT"},
		{"negative total", placed(func(p *order.PlaceInput) { p.ExpectedTotal = money.Money{Minor: -1, Currency: "USD"} }), "INVALID_INPUT"},
		{"card number", placed(func(p *order.PlaceInput) { p.Token = "4111 1111 1111 1111" }), "INVALID_INPUT"},
		{"card number in the address", placed(func(p *order.PlaceInput) { p.ReturnURL = "https://x.test/378282246310005" }), "INVALID_INPUT"},
		{"payment without token", placed(func(p *order.PlaceInput) { p.Token = "" }), "INVALID_INPUT"},
		{"endless token", placed(func(p *order.PlaceInput) { p.Token = strings.Repeat("t", 501) }), "INVALID_INPUT"},
		{"update of nothing", func() error { _, err := env.Service.Update(ada(t), "chk_nope", order.Delivery{}); return err }, "NOT_FOUND"},
		{"unknown method in update", func() error {
			_, err := env.Service.Update(ada(t), c.ID, order.Delivery{MethodID: &drone})
			return err
		}, "SHIPPING_METHOD_UNAVAILABLE"},
		{"extension of nothing", func() error { _, err := env.Service.Extend(ada(t), "chk_nope"); return err }, "NOT_FOUND"},
		{"requote of nothing", func() error { _, err := env.Service.Requote(ada(t), "chk_nope"); return err }, "NOT_FOUND"},
		{"cancel of nothing", func() error { _, err := env.Service.Cancel(ada(t), "chk_nope"); return err }, "NOT_FOUND"},
		{"unknown order", cancelled(order.CancelInput{OrderID: "ord_nope", Reason: order.CustomerRequest, Key: "k"}), "NOT_FOUND"},
	} {
		if err := tt.do(); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v (%s), want %s", tt.name, err, fault.CodeOf(err), tt.code)
		}
	}
	want(t, "checkouts", count(t, env, "SELECT count(*) FROM checkouts"), checkouts)
	want(t, "orders", count(t, env, "SELECT count(*) FROM orders"), 0)
	want(t, "keys", count(t, env, "SELECT count(*) FROM idempotency_keys"), 1)
	want(t, "token in any event", count(t, env, "SELECT count(*) FROM outbox WHERE data::text LIKE '%4111%'"), 0)
}

func TestPurchasesOfOthersAreNotFound(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	o := place(t, env, c, ordertest.TokenOK).Order
	for _, who := range []auth.Actor{ordertest.Eve, ordertest.Guest, {Kind: auth.Anonymous}} {
		ctx := ordertest.As(t.Context(), who)
		if got, err := env.Service.Order(ctx, o.ID); got != nil || err != nil {
			t.Errorf("%s reads order %v, %v", who.Kind, got, err)
		}
		if got, err := env.Service.Checkout(ctx, c.ID); got != nil || err != nil {
			t.Errorf("%s reads checkout %v, %v", who.Kind, got, err)
		}
		if _, err := env.Service.WatchOrder(ctx, o.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s watches: %v", who.Kind, err)
		}
		if _, err := env.Service.CancelOrder(ctx, order.CancelInput{OrderID: o.ID, Reason: order.CustomerRequest, Key: "k"}); err == nil {
			t.Errorf("%s cancels", who.Kind)
		}
		if _, err := env.Service.Place(ctx, placing(c, ordertest.TokenOK)); err == nil {
			t.Errorf("%s places", who.Kind)
		}
	}
	kim := ordertest.As(t.Context(), ordertest.Kim)
	if got, err := env.Service.Order(kim, o.ID); err != nil || got == nil {
		t.Errorf("staff reads %v, %v", got, err)
	}
	if _, err := env.Service.Update(kim, c.ID, order.Delivery{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("staff changes a checkout: %v", err)
	}
	a, err := env.Service.CancelOrder(kim, order.CancelInput{OrderID: o.ID, Reason: order.Fraud, Key: "k"})
	if err != nil || a.Order.Cancelled.Reason != order.Fraud {
		t.Errorf("staff cancels: %+v, %v", a.Order, err)
	}
	if _, err := env.Service.CancelOrder(ada(t), order.CancelInput{OrderID: o.ID, Reason: order.Fraud, Key: "k"}); fault.CodeOf(err) != "INVALID_INPUT" {
		t.Errorf("a customer gives the reason fraud: %v", err)
	}
}

func TestAGuestOrdersAndKeepsTheOrderAfterSigningIn(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	guest := ordertest.As(t.Context(), ordertest.Guest)
	c, err := env.Service.Open(guest, order.OpenInput{CartID: env.Carts.Put(ordertest.Guest.ID, "EUR", ordertest.Mug, 1), Key: "k"})
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"INVALID_INPUT", "SHIPPING_ADDRESS_REQUIRED", ""} {
		c, err = env.Service.Checkout(guest, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		want(t, "ready", len(c.Problems()) == 0, code == "")
		_, err := env.Service.Place(guest, placing(c, ""))
		if fault.CodeOf(err) != code {
			t.Fatalf("place = %v, want %q", err, code)
		}
		email, d := "guest@demo.test", order.Delivery{}
		if code == "INVALID_INPUT" {
			d.Email = &email
		} else {
			d.Shipping = &order.Address{Name: "Gus", Line1: "1 Quai", City: "Paris", PostalCode: "75001", CountryCode: "FR"}
		}
		if code != "" {
			if c, err = env.Service.Update(guest, c.ID, d); err != nil {
				t.Fatal(err)
			}
		}
	}
	want(t, "tax in France", c.TaxRate, 2000)
	signedIn := ordertest.Ada
	signedIn.GuestID = ordertest.Guest.ID
	pages, err := env.Service.OrdersOfUsers(ordertest.As(t.Context(), signedIn), []string{signedIn.ID, ordertest.Eve.ID}, order.Listing{Sort: order.Newest})
	if err != nil || len(pages[0].Nodes) != 1 || pages[1] != nil {
		t.Fatalf("orders after signing in = %+v, %v", pages, err)
	}
	o := pages[0].Nodes[0]
	found, err := env.Service.LookUp(t.Context(), " "+strings.ToLower(o.Number), "Guest@demo.test")
	if err != nil || found == nil || found.ID != o.ID {
		t.Errorf("look up = %+v, %v, want the guest's order", found, err)
	}
	if found, err := env.Service.LookUp(t.Context(), o.Number, "eve@demo.test"); found != nil || err != nil {
		t.Errorf("look up with another's address = %+v, %v", found, err)
	}
}

func TestOpenNeedsPrices(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	cart := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	env.Catalogue.Down.Store(true)
	if _, err := env.Service.Open(ada(t), order.OpenInput{CartID: cart, Key: "k"}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("open = %v, want it to be unavailable", err)
	}
	env.Catalogue.Down.Store(false)
	env.Profiles.Down.Store(true)
	c := openCart(t, env, cart)
	want(t, "missing steps", len(c.Problems()), 2)
}
