package order_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/promotion"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

var (
	tenPercent = promotion.Promotion{ID: "prm_ten", Title: "Welcome", Code: "WELCOME10", Kind: promotion.Percentage, Rate: 1000, Combines: true}
	freeship   = promotion.Promotion{ID: "prm_ship", Title: "Free shipping", Kind: promotion.FreeShipping}
	lampsLess  = promotion.Promotion{
		ID: "prm_lamps", Title: "Lamps", Kind: promotion.FixedAmount, Currency: "USD", AmountMinor: 2000,
		CategoryIDs: []string{"cat_lamp"}, Combines: true,
	}
)

// promoted opens a checkout of a mug and a lamp with promotions.
func promoted(t *testing.T, env *ordertest.Env, promotions ...promotion.Promotion) *order.Checkout {
	t.Helper()
	cartID := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 2, ordertest.Lamp, 1)
	env.Carts.Promote(t, cartID, promotions...)
	return openCart(t, env, cartID)
}

func TestAnOrderCostsWhatItsPromotionsLeave(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := promoted(t, env, tenPercent, freeship, lampsLess)
	// 38.00 and 120.00: 10 % off each, then 20.00 off the lamp. 8.25 % tax on the rest.
	want(t, "subtotal", c.Subtotal.Amount(), "158.00")
	want(t, "discount", c.Discount().Amount(), "35.80")
	want(t, "shipping", c.Shipping.Amount(), "0.00")
	want(t, "tax", c.Tax.Amount(), "10.08")
	want(t, "total", c.Total.Amount(), "132.28")
	methods := c.ShippingQuotes(env.Service.Now())
	want(t, "the express delivery", methods[1].Price.Amount(), "12.80") // the difference to the cheapest

	o := now(t, env, place(t, env, c, ordertest.TokenOK).Order)
	want(t, "status", o.Status, order.Confirmed)
	want(t, "total of the order", o.Total, c.Total)
	want(t, "discount of the order", o.Discount(), c.Discount())
	want(t, "captured", env.Payments.Count(o.ID, "CAPTURED"), 1)
	lines, err := env.Service.OrderLines(ada(t), []string{o.ID}, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "discount of the mugs", lines[0][0].Discount().Amount(), "3.80")
	want(t, "discount of the lamp", lines[0][1].Discount().Amount(), "32.00")
	var confirmed *event.OrderConfirmed
	for _, e := range env.Published(t) {
		if p, err := event.Decode[event.OrderConfirmed](e); err == nil && e.Type == event.Type[event.OrderConfirmed]() {
			confirmed = &p
		}
	}
	if confirmed == nil || confirmed.DiscountMinor != 3580 || len(confirmed.Discounts) != 3 || confirmed.Lines[1].DiscountMinor != 3200 {
		t.Fatalf("published %+v, want the discounts", confirmed)
	}
	shipping := confirmed.Discounts[slices.IndexFunc(confirmed.Discounts, func(d event.OrderDiscount) bool { return d.OnShipping })]
	want(t, "the shipping saved", shipping.AmountMinor, int64(610))
}

func TestAnotherDeliveryKeepsTheDiscounts(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := promoted(t, env, tenPercent, freeship)
	office, express := ordertest.OfficeID, "express"
	c, err := env.Service.Update(ada(t), c.ID, order.Delivery{AddressID: &office, MethodID: &express})
	if err != nil {
		t.Fatal(err)
	}
	again, err := env.Service.Checkout(ada(t), c.ID)
	if err != nil {
		t.Fatal(err)
	}
	want(t, "discount", again.Discount().Amount(), "15.80")
	cheapest := again.ShippingQuotes(env.Service.Now())[0].Price
	want(t, "the cheapest delivery", cheapest.Minor, int64(0))
	want(t, "total", again.Total, c.Total)
	if again.Discounts[1].Amount.Minor == 0 || again.Shipping.Minor == 0 {
		t.Errorf("express to Berlin costs %v and saves %v, want the difference to the cheapest", again.Shipping, again.Discounts[1].Amount)
	}
}

// buyers place orders at once, each with a checkout of its own, and are counted by what
// became of them.
func buyers(t *testing.T, env *ordertest.Env, checkouts []*order.Checkout, customers []auth.Actor) (placed []*order.Order, refused int) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, c := range checkouts {
		wg.Go(func() {
			r, err := env.Service.Place(ordertest.As(t.Context(), customers[i]), placing(c, ordertest.TokenOK))
			mu.Lock()
			defer mu.Unlock()
			switch f := fault.Of(err); {
			case err == nil:
				placed = append(placed, r.Order)
			case f != nil && f.Code == "DISCOUNT_LIMIT_REACHED":
				refused++
			default:
				t.Errorf("place: %v", err)
			}
		})
	}
	wg.Wait()
	return placed, refused
}

func TestALimitedPromotionIsNeverUsedMoreOften(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Mug, 100)
	limited := tenPercent
	limited.UsageLimit = 3
	var checkouts []*order.Checkout
	var customers []auth.Actor
	for range 8 {
		a := auth.Actor{Kind: auth.User, ID: id.New(id.User)}
		cartID := env.Carts.Put(a.ID, "USD", ordertest.Mug, 1)
		env.Carts.Promote(t, cartID, limited)
		c, err := env.Service.Open(ordertest.As(t.Context(), a), order.OpenInput{CartID: cartID, Key: "k", Delivery: order.Delivery{Email: new(a.ID + "@demo.test")}})
		if err != nil {
			t.Fatal(err)
		}
		checkouts, customers = append(checkouts, c), append(customers, a)
	}
	placed, refused := buyers(t, env, checkouts, customers)
	if len(placed) != 3 || refused != 5 {
		t.Fatalf("%d placed and %d refused, want 3 and 5", len(placed), refused)
	}

	// What an order used returns with its end, for the next.
	owner := ordertest.As(t.Context(), auth.Actor{Kind: auth.User, ID: placed[0].OwnerID})
	if _, err := env.Service.CancelOrder(owner, order.CancelInput{OrderID: placed[0].ID, Reason: order.CustomerRequest, Key: "cancel"}); err != nil {
		t.Fatal(err)
	}
	var left int
	for i, c := range checkouts {
		if slices.ContainsFunc(placed, func(o *order.Order) bool { return o.CheckoutID == c.ID }) {
			continue
		}
		in := placing(c, ordertest.TokenOK)
		in.Key = "again"
		if _, err := env.Service.Place(ordertest.As(t.Context(), customers[i]), in); err == nil {
			left++
		}
	}
	want(t, "orders in place of the one that was cancelled", left, 1)
}

// A promotion for first orders would else place the orders of a shop one by one.
func TestCustomersDoNotWaitForEachOtherWithoutALimitInAll(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := promoted(t, env, promotion.Promotion{ID: "prm_first", Title: "First", Kind: promotion.Percentage, Rate: 1000, FirstOrder: true})
	other, err := env.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback(context.WithoutCancel(t.Context())) }()
	if _, err := other.Exec(t.Context(), "SELECT pg_advisory_xact_lock(hashtextextended('promotion prm_first', 0)), pg_advisory_xact_lock(hashtextextended('customer usr_other', 0))"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ada(t), 5*time.Second)
	defer cancel()
	if _, err := env.Service.Place(ctx, placing(c, ordertest.TokenOK)); err != nil {
		t.Errorf("while another customer places an order: %v", err)
	}
}

func TestACustomerUsesAPromotionOncePerAccountAndAddress(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]promotion.Promotion{
		"per customer": {ID: "prm_once", Title: "Once", Code: "ONCE", Kind: promotion.Percentage, Rate: 1000, PerCustomerLimit: 1},
		"first order":  {ID: "prm_first", Title: "First", Code: "FIRST", Kind: promotion.Percentage, Rate: 1000, FirstOrder: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := ordertest.New(t)
			// Two carts of Ada, of which one is a guest's with her address.
			guest := auth.Actor{Kind: auth.Guest, ID: id.New(id.Guest)}
			cartID := env.Carts.Put(guest.ID, "USD", ordertest.Mug, 1)
			env.Carts.Promote(t, cartID, p)
			other, err := env.Service.Open(ordertest.As(t.Context(), guest), order.OpenInput{CartID: cartID, Key: "k", Delivery: order.Delivery{
				Email: new("ADA@demo.test"), Shipping: &order.Address{Name: "Ada", Line1: "1840 Alder Crossing", City: "Portland", Region: new("OR"), PostalCode: "97205", CountryCode: "US"},
			}})
			if err != nil {
				t.Fatal(err)
			}
			own := promoted(t, env, p)
			placed, refused := buyers(t, env, []*order.Checkout{own, other}, []auth.Actor{ordertest.Ada, guest})
			if len(placed) != 1 || refused != 1 {
				t.Fatalf("%d placed and %d refused, want one each", len(placed), refused)
			}
			// A new quote says so before the customer pays.
			cartID = env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
			env.Carts.Promote(t, cartID, p)
			_, err = env.Service.Open(ada(t), order.OpenInput{CartID: cartID, Key: "next", Delivery: order.Delivery{Email: new("ada@demo.test")}})
			if f := fault.Of(err); f == nil || f.Code != "CART_NOT_READY" {
				t.Errorf("open with a code that is used up: %v, want it refused", err)
			}
			p.Code = "" // an automatic one just does not apply
			env.Carts.Promote(t, cartID, p)
			c, err := env.Service.Open(ada(t), order.OpenInput{CartID: cartID, Key: "next", Delivery: order.Delivery{Email: new("ada@demo.test")}})
			if err != nil {
				t.Fatal(err)
			}
			want(t, "discount", c.Discount().Minor, int64(0))
		})
	}
}

func TestACodeThatCannotBeUsedKeepsTheCartFromCheckout(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	cartID := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	env.Carts.Refuse(cartID, "SPRING")
	_, err := env.Service.Open(ada(t), order.OpenInput{CartID: cartID, Key: "k"})
	if f := fault.Of(err); f == nil || f.Code != "CART_NOT_READY" {
		t.Errorf("open = %v, want the cart refused", err)
	}
}

// A new checkout of a cart replaces its unpaid order, and with it what that uses.
func TestAnUnpaidOrderDoesNotTakeThePromotionFromItsOwnCart(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	once := tenPercent
	once.PerCustomerLimit, once.UsageLimit = 1, 1
	cartID := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	env.Carts.Promote(t, cartID, once)
	first, err := env.Service.Place(ada(t), placing(openCart(t, env, cartID), ordertest.TokenDecline))
	if _, declined := errors.AsType[*order.DeclinedError](err); !declined {
		t.Fatalf("place = %v, want it declined", err)
	}
	second := openCart(t, env, cartID)
	want(t, "discount", second.Discount().Amount(), "1.90")
	want(t, "the replaced order", second.ReplacedOrderID, first.Order.ID)
	want(t, "status", place(t, env, second, ordertest.TokenOK).Order.Status, order.Confirmed)
}

func TestPromotionsCostFewStatements(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	count := func(promotions ...promotion.Promotion) (opened, placed int) {
		cartID := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
		env.Carts.Promote(t, cartID, promotions...)
		env.Statements.Reset()
		c := openCart(t, env, cartID)
		opened = env.Statements.N()
		env.Statements.Reset()
		place(t, env, c, "")
		return opened, env.Statements.N()
	}
	plainOpen, plainPlace := count()
	unlimitedOpen, unlimitedPlace := count(tenPercent, freeship)
	limited := tenPercent
	limited.UsageLimit = 100
	limitedOpen, limitedPlace := count(limited, lampsLess)
	got := fmt.Sprint(unlimitedOpen-plainOpen, unlimitedPlace-plainPlace, limitedOpen-plainOpen, limitedPlace-plainPlace)
	want(t, "more statements to open and to place, without and with a limit", got, "0 0 1 2")
}
