package order_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// open opens a checkout of two mugs and a lamp for Ada.
func open(t *testing.T, env *ordertest.Env) *order.Checkout {
	t.Helper()
	return openCart(t, env, env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 2, ordertest.Lamp, 1))
}

func openCart(t *testing.T, env *ordertest.Env, cartID string) *order.Checkout {
	t.Helper()
	c, err := env.Service.Open(ada(t), order.OpenInput{CartID: cartID, Key: id.New(id.Event)})
	if err != nil {
		t.Fatalf("open checkout: %v", err)
	}
	return c
}

func ada(t testing.TB) context.Context { return ordertest.As(t.Context(), ordertest.Ada) }

func placing(c *order.Checkout, token string) order.PlaceInput {
	return order.PlaceInput{CheckoutID: c.ID, ExpectedTotal: c.Total, PayNow: token != "", Token: token, Key: "key-" + c.ID}
}

func place(t *testing.T, env *ordertest.Env, c *order.Checkout, token string) order.Result {
	t.Helper()
	a, err := env.Service.Place(ada(t), placing(c, token))
	if err != nil {
		t.Fatalf("place order: %v", err)
	}
	return a
}

// now reads the order again.
func now(t *testing.T, env *ordertest.Env, o *order.Order) *order.Order {
	t.Helper()
	o, err := env.Service.Order(ada(t), o.ID)
	if err != nil || o == nil {
		t.Fatalf("read order: %v, %v", o, err)
	}
	return o
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func timeline(t *testing.T, env *ordertest.Env, o *order.Order) []string {
	t.Helper()
	entries, err := env.Service.Timelines(ada(t), []string{o.ID}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, e := range entries[0] {
		titles = append(titles, e.Title(t.Context()))
	}
	return titles
}

// checkFinal asserts what must hold once nothing moves any more.
func checkFinal(t *testing.T, env *ordertest.Env, o *order.Order) {
	t.Helper()
	hold, captured, authorized := env.Inventory.Status(o.CheckoutID), env.Payments.Count(o.ID, "CAPTURED"), env.Payments.Count(o.ID, "AUTHORIZED")
	switch o.Status {
	case order.Confirmed:
		if hold != "COMMITTED" || captured != 1 || authorized != 0 {
			t.Errorf("confirmed with stock %s, %d captured, %d authorised", hold, captured, authorized)
		}
	default:
		if hold == "HELD" || hold == "COMMITTED" || captured+authorized > 0 {
			t.Errorf("%s with stock %s, %d captured, %d authorised", o.Status, hold, captured, authorized)
		}
	}
}

func TestPlaceConfirmsAPurchaseByCalls(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	want(t, "hold", c.Hold.Status, order.Held)
	want(t, "total", c.Total.Amount(), "177.64") // 158.00 and 6.10, and 8.25 % of each line and of delivery
	a := place(t, env, c, ordertest.TokenOK)
	want(t, "status", a.Order.Status, order.Confirmed)
	want(t, "payment", a.Order.PaymentStatus, order.Paid)
	want(t, "checkout", a.Checkout.Status, order.CheckoutCompleted)

	env.Settle(t)
	o := now(t, env, a.Order)
	want(t, "version after the events of the same", o.Version, a.Order.Version)
	checkFinal(t, env, o)
	if got := timeline(t, env, o); !slices.Equal(got, []string{
		"Order placed", "Payment started", "Payment authorised", "Stock reserved for you", "Payment received, order confirmed",
	}) {
		t.Errorf("timeline = %q", got)
	}
}

func TestAPurchaseIsConfirmedByEventsAlone(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.Down.Store(true)
	env.Payments.Down.Store(true)
	c := open(t, env)
	want(t, "hold", c.Hold.Status, order.HoldPending)
	a := place(t, env, c, ordertest.TokenOK)
	want(t, "status", a.Order.Status, order.PendingPayment)
	env.Settle(t)
	o := now(t, env, a.Order)
	want(t, "status", o.Status, order.Confirmed)
	checkFinal(t, env, o)
}

func TestAPurchasePublishesItsEventsInSequence(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	a := place(t, env, c, ordertest.TokenOK)
	var types []string
	var confirmed event.OrderConfirmed
	for i, e := range env.Published(t) {
		types = append(types, e.Type)
		want(t, "subject", e.Subject, c.ID)
		want(t, "sequence", e.Sequence, int64(i+1))
		if e.Type == event.Type[event.OrderConfirmed]() {
			confirmed, _ = event.Decode[event.OrderConfirmed](e)
		}
	}
	if !slices.Equal(types, []string{
		event.Type[event.CheckoutOpened](), event.Type[event.CheckoutChanged](), event.Type[event.OrderPlaced](), event.Type[event.PaymentDue](),
		event.Type[event.StockCommitDue](), event.Type[event.CaptureDue](), event.Type[event.OrderConfirmed](),
	}) {
		t.Errorf("published %q", types)
	}
	want(t, "number", confirmed.Number, a.Order.Number)
	want(t, "owner", confirmed.OwnerID, ordertest.Ada.ID)
	want(t, "email", confirmed.Email, "ada@demo.test")
	want(t, "cart version", confirmed.CartVersion, 3)
	want(t, "lines", len(confirmed.Lines), 2)
	want(t, "sum", confirmed.SubtotalMinor+confirmed.ShippingMinor+confirmed.TaxMinor, confirmed.TotalMinor)
	want(t, "first line", fmt.Sprint(confirmed.Lines[0].Title, confirmed.Lines[0].Quantity, confirmed.Lines[0].TotalMinor), fmt.Sprint("Mug", 2, 3800))
}

func TestADeclinedOrderAcceptsAnotherPayment(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	a, err := env.Service.Place(ada(t), placing(open(t, env), ordertest.TokenDecline))
	if e, ok := errors.AsType[*order.DeclinedError](err); !ok || e.Order.Payment.Decline.Code != "card_declined" {
		t.Fatalf("place = %v, want a DeclinedError", err)
	}
	want(t, "status", a.Order.Status, order.PendingPayment)
	want(t, "payment", a.Order.PaymentStatus, order.PaymentFailed)
	want(t, "attempts left", a.Order.AttemptsLeft(), 2)
	want(t, "can pay", a.Order.Actions(time.Now()).CanPay, true)
	env.Settle(t)
	env.Payments.Create(a.Order, ordertest.TokenOK)
	env.Settle(t)
	o := now(t, env, a.Order)
	want(t, "status after another card", o.Status, order.Confirmed)
	checkFinal(t, env, o)
}

func TestTheThirdDeclineExpiresTheOrder(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	a := place(t, env, open(t, env), "")
	want(t, "payment", a.Order.PaymentStatus, order.Unpaid)
	for range 3 {
		env.Settle(t)
		want(t, "status", now(t, env, a.Order).Status, order.PendingPayment)
		env.Payments.Create(a.Order, ordertest.TokenDecline)
	}
	env.Settle(t)
	o := now(t, env, a.Order)
	want(t, "status", o.Status, order.Expired)
	want(t, "reason", o.Cancellation().Reason, order.NotPaid)
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 1000)
	checkFinal(t, env, o)
}

func TestA3DSecurePaymentWaitsForTheBuyer(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	a := place(t, env, open(t, env), ordertest.Token3DS)
	want(t, "payment", a.Order.PaymentStatus, order.PaymentPending)
	want(t, "awaits the buyer", a.Order.Payment.AwaitsBuyer, true)
	env.Settle(t)
	env.Payments.Approve(a.Order.Payment.ID)
	env.Settle(t)
	o := now(t, env, a.Order)
	want(t, "status", o.Status, order.Confirmed)
	checkFinal(t, env, o)
}

func TestAFailedCaptureReturnsTheStock(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	a, err := env.Service.Place(ada(t), placing(open(t, env), ordertest.TokenCaptureFails))
	if _, ok := errors.AsType[*order.DeclinedError](err); !ok {
		t.Errorf("place = %v, want a DeclinedError", err)
	}
	want(t, "status", a.Order.Status, order.Cancelled)
	env.Settle(t)
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 1000)
	checkFinal(t, env, now(t, env, a.Order))
}

func TestOpenReportsTheShortVariants(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Mug, 1)
	cart := env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 2, ordertest.Lamp, 1)
	opening := order.OpenInput{CartID: cart, Key: "key"}
	for range 2 { // the replay has the same result
		c, err := env.Service.Open(ada(t), opening)
		e, ok := errors.AsType[*order.ShortageError](err)
		if !ok || len(e.Shortages) != 1 || e.Shortages[0] != (order.Shortage{VariantID: ordertest.Mug, Requested: 2, Available: 1}) {
			t.Fatalf("open = %v, want a shortage of mugs", err)
		}
		want(t, "checkout", c.Status, order.CheckoutCancelled)
		if _, err := env.Service.Place(ada(t), placing(c, ordertest.TokenOK)); fault.CodeOf(err) != "INSUFFICIENT_STOCK" {
			t.Errorf("place = %v, want INSUFFICIENT_STOCK", err)
		}
	}
	env.Settle(t)
	want(t, "lamps", env.Inventory.Stock(ordertest.Lamp), 1000)
}

func TestALateRejectionCancelsTheOrderAndVoidsTheMoney(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.SetStock(ordertest.Lamp, 0)
	env.Inventory.Down.Store(true)
	a := place(t, env, open(t, env), ordertest.TokenOK)
	want(t, "payment", a.Order.PaymentStatus, order.PaymentAuthorized)
	env.Settle(t)
	o := now(t, env, a.Order)
	want(t, "status", o.Status, order.Cancelled)
	want(t, "reason", o.Cancelled.Reason, order.OutOfStock)
	want(t, "payment", o.PaymentStatus, order.Voided)
	checkFinal(t, env, o)
}

func expire(t *testing.T, env *ordertest.Env, checkoutID string) {
	t.Helper()
	_, err := env.Pool.Exec(t.Context(), "UPDATE checkouts SET expires_at = now() - interval '1 second', due_at = now() - interval '1 second' WHERE id = $1", checkoutID)
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnpaidPurchasesExpire(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	empty, unpaid, paid := open(t, env), open(t, env), open(t, env)
	o := place(t, env, unpaid, "").Order
	place(t, env, paid, ordertest.TokenOK)
	for _, c := range []*order.Checkout{empty, unpaid} {
		expire(t, env, c.ID)
	}
	if _, err := env.Service.Place(ada(t), placing(empty, ordertest.TokenOK)); fault.CodeOf(err) != "CHECKOUT_EXPIRED" {
		t.Errorf("place after the end = %v, want CHECKOUT_EXPIRED", err)
	}
	if _, err := env.Service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	env.Settle(t)
	o = now(t, env, o)
	want(t, "order", o.Status, order.Expired)
	want(t, "reason", o.Cancelled.Reason, order.PaidTooLate)
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 998)
	checkFinal(t, env, o)
	found, err := env.Service.Checkouts(ada(t), []string{empty.ID, unpaid.ID, paid.ID})
	if err != nil {
		t.Fatal(err)
	}
	for i, status := range []order.CheckoutStatus{order.CheckoutExpired, order.CheckoutExpired, order.CheckoutCompleted} {
		want(t, fmt.Sprint("checkout ", i), found[i].Status, status)
	}
}

func TestAnExpiredHoldExpiresCheckoutAndUnpaidOrder(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	empty, unpaid := open(t, env), open(t, env)
	o := place(t, env, unpaid, "").Order
	env.Settle(t)
	env.Inventory.Expire(empty.ID)
	env.Inventory.Expire(unpaid.ID)
	env.Settle(t)
	want(t, "order", now(t, env, o).Status, order.Expired)
	c, _ := env.Service.Checkout(ada(t), empty.ID)
	want(t, "checkout", c.Status, order.CheckoutExpired)
	want(t, "hold", c.Hold.Status, order.HoldExpired)
}

func TestAHoldLostBeforeItsCommitCancelsTheOrder(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	c := open(t, env)
	env.Inventory.Expire(c.ID) // its event has not come yet
	_, err := env.Service.Place(ada(t), placing(c, ordertest.TokenOK))
	if fault.CodeOf(err) != "INSUFFICIENT_STOCK" {
		t.Errorf("place = %v, want INSUFFICIENT_STOCK", err)
	}
	env.Settle(t)
	orders, err := env.Service.OrdersOfCheckouts(ada(t), []string{c.ID})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "reason", orders[0].Cancelled.Reason, order.OutOfStock)
	want(t, "payment", orders[0].PaymentStatus, order.Voided)
	checkFinal(t, env, orders[0])
}

func cancel(t *testing.T, env *ordertest.Env, o *order.Order) *order.Order {
	t.Helper()
	a, err := env.Service.CancelOrder(ada(t), order.CancelInput{OrderID: o.ID, Reason: order.CustomerRequest, Note: "Wrong colour", Key: "cancel-" + o.ID})
	if err != nil {
		t.Fatalf("cancel: %v", err)
	}
	return a.Order
}

func TestCancelOrderReturnsStockAndMoney(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, token string
		down        bool // calls that hurry fail
		payment     order.PaymentStatus
		refund      bool
	}{
		{"unpaid", "", false, order.Unpaid, false},
		{"declined", ordertest.TokenDecline, false, order.PaymentFailed, false},
		{"at the bank", ordertest.Token3DS, false, order.Voided, false},
		{"paying", ordertest.TokenSlow, true, order.Voided, false},
		{"confirmed", ordertest.TokenOK, false, order.Refunded, true},
		{"confirmed, by events", ordertest.TokenOK, true, order.Refunded, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := ordertest.New(t)
			a, err := env.Service.Place(ada(t), placing(open(t, env), tt.token))
			if err != nil && fault.CodeOf(err) != "PAYMENT_DECLINED" {
				t.Fatal(err)
			}
			env.Settle(t)
			env.Inventory.Down.Store(tt.down)
			env.Payments.Down.Store(tt.down)
			o := cancel(t, env, a.Order)
			want(t, "status", o.Status, order.Cancelled)
			want(t, "refund expected", o.Cancellation().RefundExpected != nil, tt.refund)
			env.Settle(t)
			o = now(t, env, o)
			want(t, "payment", o.PaymentStatus, tt.payment)
			want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 1000)
			checkFinal(t, env, o)
			if _, err := env.Service.CancelOrder(ada(t), order.CancelInput{OrderID: o.ID, Reason: order.CustomerRequest, Key: "again"}); fault.CodeOf(err) != "ORDER_NOT_CANCELLABLE" {
				t.Errorf("second cancellation = %v, want ORDER_NOT_CANCELLABLE", err)
			}
		})
	}
}

func TestALateAuthorisationIsVoided(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	a := place(t, env, open(t, env), ordertest.TokenSlow)
	want(t, "payment", a.Order.PaymentStatus, order.PaymentPending)
	env.Payments.Down.Store(true)
	cancel(t, env, a.Order)
	env.Payments.Approve(a.Order.Payment.ID) // before it receives the end
	env.Published(t)                         // that event is lost for now
	for _, e := range env.PeerEvents() {
		if err := env.Service.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	env.Settle(t)
	o := now(t, env, a.Order)
	want(t, "payment", o.PaymentStatus, order.Voided)
	checkFinal(t, env, o)
}
