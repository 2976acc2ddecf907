package order

import (
	"slices"
	"testing"
	"time"
)

var at = time.Unix(100, 0)

// purchaseAt is a purchase of $10.00 that reached a state of the transition
// table by the facts that lead there. Its payment is p1.
func purchaseAt(t *testing.T, state string) *Purchase {
	t.Helper()
	p := &Purchase{Checkout: Checkout{
		Status: CheckoutOpen, Version: 1, Costs: Costs{Total: usd(1000)}, Hold: Hold{Status: HoldPending, ExpiresAt: time.Unix(200, 0)},
	}}
	p.Apply(Fact{Kind: FactHoldPlaced, ExpiresAt: time.Unix(300, 0), ExtensionsLeft: 2}, at)
	if state == "OPEN" {
		return p
	}
	p.AttachOrder(&Order{
		Status: PendingPayment, Stage: Placed, PaymentStatus: PaymentPending, Version: 1, Costs: p.Checkout.Costs,
		Payment: Payment{ID: "p1", Attempts: []string{"p1"}, Token: "tok"},
	}, at)
	path := []Fact{
		{Kind: FactPaymentAuthorized, PaymentID: "p1", Amount: usd(1000)},
		{Kind: FactHoldCommitted},
		{Kind: FactPaymentCaptured, PaymentID: "p1", Amount: usd(1000)},
	}
	steps := slices.Index([]string{"PLACED", "AUTHORIZED", "STOCK_COMMITTED", "CONFIRMED"}, state)
	if steps < 0 {
		t.Fatalf("no state %s", state)
	}
	for _, f := range path[:steps] {
		if change := p.Apply(f, at); !change.Changed || change.Anomaly != "" {
			t.Fatalf("%s on the way to %s: %+v", f.Kind, state, change)
		}
	}
	return p
}

// TestTransitions holds the table of transition.go: each row from its state by
// its fact to the statuses and the events, and nothing else.
func TestTransitions(t *testing.T) {
	t.Parallel()
	type events = []PendingEvent
	refund := Fact{Kind: FactRefundSucceeded, PaymentID: "p1", RefundID: "r1", Amount: usd(400)}
	cancel := Fact{Kind: FactOrderCancelled, Reason: CustomerRequest, Actor: ByCustomer}
	for _, tt := range []struct {
		state    string
		fact     Fact
		checkout CheckoutStatus
		hold     HoldStatus
		order    Status // empty: no order
		stage    Stage
		payment  PaymentStatus
		reason   Reason
		events   events
	}{
		{"OPEN", Fact{Kind: FactHoldExtended, ExpiresAt: time.Unix(400, 0)}, CheckoutOpen, Held, "", "", "", "", events{eventCheckoutChanged}},
		{"OPEN", Fact{Kind: FactHoldExtended, ExpiresAt: time.Unix(300, 0)}, CheckoutOpen, Held, "", "", "", "", nil},
		{"OPEN", Fact{Kind: FactHoldReleased}, CheckoutCancelled, HoldReleased, "", "", "", "", events{eventCheckoutCancelled}},
		{"OPEN", Fact{Kind: FactHoldExpired}, CheckoutExpired, HoldExpired, "", "", "", "", events{eventCheckoutExpired}},
		{"OPEN", Fact{Kind: FactExpired}, CheckoutExpired, Held, "", "", "", "", events{eventCheckoutExpired}},
		{"OPEN", Fact{Kind: FactCheckoutCancelled}, CheckoutCancelled, Held, "", "", "", "", events{eventCheckoutCancelled}},
		{"OPEN", cancel, CheckoutOpen, Held, "", "", "", "", nil},

		{"PLACED", Fact{Kind: FactPaymentCreated, PaymentID: "p1"}, CheckoutPlacing, Held, PendingPayment, Placed, PaymentPending, "", nil},
		{"PLACED", Fact{Kind: FactPaymentCreated, PaymentID: "p2"}, CheckoutPlacing, Held, PendingPayment, Placed, PaymentPending, "", events{eventCheckoutChanged}},
		{"PLACED", Fact{Kind: FactPaymentActionRequired, PaymentID: "p1"}, CheckoutPlacing, Held, PendingPayment, Placed, PaymentPending, "", events{eventActionRequired}},
		{"PLACED", Fact{Kind: FactPaymentAuthorized, PaymentID: "p1", Amount: usd(1000)}, CheckoutPlacing, Held, PendingPayment, Authorized, PaymentAuthorized, "", events{eventStockCommitDue}},
		{"PLACED", Fact{Kind: FactPaymentAuthorized, PaymentID: "p1", Amount: usd(999)}, CheckoutCancelled, Held, Cancelled, Placed, PaymentAuthorized, OtherReason, events{eventOrderCancelled}},
		{"PLACED", Fact{Kind: FactPaymentDeclined, PaymentID: "p1"}, CheckoutPlacing, Held, PendingPayment, Placed, PaymentFailed, "", events{eventOrderPaymentFailed}},
		{"PLACED", Fact{Kind: FactPaymentVoided, PaymentID: "p1"}, CheckoutPlacing, Held, PendingPayment, Placed, Voided, "", events{eventCheckoutChanged}},
		{"PLACED", Fact{Kind: FactPaymentVoided, PaymentID: "p2"}, CheckoutPlacing, Held, PendingPayment, Placed, PaymentPending, "", nil},
		{"PLACED", Fact{Kind: FactExpired}, CheckoutExpired, Held, Expired, Placed, PaymentPending, PaidTooLate, events{eventOrderExpired}},
		{"PLACED", Fact{Kind: FactHoldExpired}, CheckoutExpired, HoldExpired, Expired, Placed, PaymentPending, PaidTooLate, events{eventOrderExpired}},
		{"PLACED", Fact{Kind: FactHoldReleased}, CheckoutCancelled, HoldReleased, Cancelled, Placed, PaymentPending, OutOfStock, events{eventOrderCancelled}},
		{"PLACED", Fact{Kind: FactCheckoutCancelled}, CheckoutPlacing, Held, PendingPayment, Placed, PaymentPending, "", nil},
		{"PLACED", cancel, CheckoutCancelled, Held, Cancelled, Placed, PaymentPending, CustomerRequest, events{eventOrderCancelled}},
		{"PLACED", refund, CheckoutPlacing, Held, PendingPayment, Placed, PaymentPending, "", nil},

		{"AUTHORIZED", Fact{Kind: FactHoldCommitted}, CheckoutPlacing, HoldCommitted, PendingPayment, StockCommitted, PaymentAuthorized, "", events{eventCaptureDue}},
		{"AUTHORIZED", Fact{Kind: FactHoldCommitFailed, HoldStatus: HoldExpired}, CheckoutCancelled, HoldExpired, Cancelled, Authorized, PaymentAuthorized, OutOfStock, events{eventOrderCancelled}},
		{"AUTHORIZED", Fact{Kind: FactHoldCommitFailed, HoldStatus: "UNKNOWN"}, CheckoutCancelled, Held, Cancelled, Authorized, PaymentAuthorized, OutOfStock, events{eventOrderCancelled}},
		{"AUTHORIZED", Fact{Kind: FactHoldExpired}, CheckoutCancelled, HoldExpired, Cancelled, Authorized, PaymentAuthorized, OutOfStock, events{eventOrderCancelled}},
		{"AUTHORIZED", Fact{Kind: FactPaymentVoided, PaymentID: "p1"}, CheckoutCancelled, Held, Cancelled, Authorized, Voided, NotPaid, events{eventOrderCancelled}},
		{"AUTHORIZED", Fact{Kind: FactExpired}, CheckoutPlacing, Held, PendingPayment, Authorized, PaymentAuthorized, "", nil},
		{"AUTHORIZED", Fact{Kind: FactPaymentCaptured, PaymentID: "p1", Amount: usd(1000)}, CheckoutPlacing, Held, PendingPayment, Authorized, PaymentAuthorized, "", nil},

		{"STOCK_COMMITTED", Fact{Kind: FactPaymentCaptured, PaymentID: "p1", Amount: usd(1000)}, CheckoutCompleted, HoldCommitted, Confirmed, Captured, Paid, "", events{eventOrderConfirmed}},
		{"STOCK_COMMITTED", Fact{Kind: FactPaymentCaptureFailed, PaymentID: "p1"}, CheckoutCancelled, HoldCommitted, Cancelled, StockCommitted, PaymentFailed, NotPaid, events{eventOrderCancelled}},
		{"STOCK_COMMITTED", Fact{Kind: FactHoldExpired}, CheckoutPlacing, HoldCommitted, PendingPayment, StockCommitted, PaymentAuthorized, "", nil},

		{"CONFIRMED", refund, CheckoutCompleted, HoldCommitted, Confirmed, Captured, PartiallyRefunded, "", events{eventOrderRefunded}},
		{"CONFIRMED", Fact{Kind: FactStockReturned}, CheckoutCompleted, HoldCommitted, Confirmed, Captured, Paid, "", nil},
		{"CONFIRMED", Fact{Kind: FactExpired}, CheckoutCompleted, HoldCommitted, Confirmed, Captured, Paid, "", nil},
		{"CONFIRMED", cancel, CheckoutCancelled, HoldCommitted, Cancelled, Captured, Paid, CustomerRequest, events{eventOrderCancelled}},
	} {
		p := purchaseAt(t, tt.state)
		change := p.Apply(tt.fact, at)
		name := tt.state + " " + string(tt.fact.Kind)
		if p.Checkout.Status != tt.checkout || p.Checkout.Hold.Status != tt.hold {
			t.Errorf("%s: checkout %s, hold %s, want %s, %s", name, p.Checkout.Status, p.Checkout.Hold.Status, tt.checkout, tt.hold)
		}
		if !slices.Equal(change.Events, tt.events) {
			t.Errorf("%s publishes %v, want %v", name, change.Events, tt.events)
		}
		o := p.Order
		if o == nil {
			continue
		}
		if o.Status != tt.order || o.Stage != tt.stage || o.PaymentStatus != tt.payment {
			t.Errorf("%s: order %s, %s, %s, want %s, %s, %s", name, o.Status, o.Stage, o.PaymentStatus, tt.order, tt.stage, tt.payment)
		}
		if (o.Cancelled == nil) != (tt.reason == "") || o.Cancelled != nil && o.Cancelled.Reason != tt.reason {
			t.Errorf("%s: cancelled %+v, want reason %q", name, o.Cancelled, tt.reason)
		}
	}
}

// An authorisation of another amount must neither be captured nor kept.
func TestAnAuthorisationOfAnotherAmountCancelsTheOrder(t *testing.T) {
	t.Parallel()
	for _, minor := range []int64{999, 1001} {
		p := purchaseAt(t, "PLACED")
		change := p.Apply(Fact{Kind: FactPaymentAuthorized, PaymentID: "p2", Amount: usd(minor)}, at)
		if p.Order.Status != Cancelled || change.Anomaly == "" || p.Order.Payment.ID != "p2" {
			t.Errorf("%d of 1000 authorised: order %s, payment %s, anomaly %q", minor, p.Order.Status, p.Order.Payment.ID, change.Anomaly)
		}
		if !slices.Equal(p.Outstanding(), []PendingEvent{eventOrderCancelled}) {
			t.Errorf("%d of 1000 authorised: outstanding %v, want the end until the payment is voided", minor, p.Outstanding())
		}
	}
}

func TestRefundsAddUpAndStayWithinTheTotal(t *testing.T) {
	t.Parallel()
	p := purchaseAt(t, "CONFIRMED")
	for _, tt := range []struct {
		id      string
		minor   int64
		sum     int64
		payment PaymentStatus
	}{
		{"r1", 400, 400, PartiallyRefunded},
		{"r1", 400, 400, PartiallyRefunded},
		{"r2", 599, 999, PartiallyRefunded},
		{"r3", 1, 1000, Refunded},
		{"r4", 1, 1000, Refunded},
	} {
		p.Apply(Fact{Kind: FactRefundSucceeded, PaymentID: "p1", RefundID: tt.id, Amount: usd(tt.minor)}, at)
		if p.Order.Payment.Refunded != tt.sum || p.Order.PaymentStatus != tt.payment {
			t.Errorf("after %s: %d refunded, %s, want %d, %s", tt.id, p.Order.Payment.Refunded, p.Order.PaymentStatus, tt.sum, tt.payment)
		}
	}
}

func TestTheLastDeclineExpiresTheOrder(t *testing.T) {
	t.Parallel()
	p := purchaseAt(t, "PLACED")
	for _, id := range []string{"p1", "p2"} {
		p.Apply(Fact{Kind: FactPaymentDeclined, PaymentID: id}, at)
		if p.Order.Status != PendingPayment {
			t.Fatalf("after %s: %s, want another attempt to be possible", id, p.Order.Status)
		}
	}
	change := p.Apply(Fact{Kind: FactPaymentDeclined, PaymentID: "p3"}, at)
	if p.Order.Status != Expired || p.Order.Cancelled.Reason != NotPaid || !slices.Equal(change.Events, []PendingEvent{eventOrderPaymentFailed, eventOrderExpired}) {
		t.Errorf("after the last: %s, %v", p.Order.Status, change.Events)
	}
}

// Stock or money that arrives after the end makes its owner undo it.
func TestWhatArrivesAfterTheEndIsUndone(t *testing.T) {
	t.Parallel()
	cancel := Fact{Kind: FactOrderCancelled, Reason: CustomerRequest, Actor: ByCustomer}
	for _, tt := range []struct {
		state   string
		late    Fact
		payment PaymentStatus
	}{
		{"PLACED", Fact{Kind: FactPaymentAuthorized, PaymentID: "p1", Amount: usd(1000)}, PaymentAuthorized},
		{"PLACED", Fact{Kind: FactPaymentAuthorized, PaymentID: "p2", Amount: usd(1000)}, PaymentAuthorized},
		{"AUTHORIZED", Fact{Kind: FactHoldCommitted}, PaymentAuthorized},
		{"STOCK_COMMITTED", Fact{Kind: FactPaymentCaptured, PaymentID: "p1", Amount: usd(1000)}, Paid},
	} {
		p := purchaseAt(t, tt.state)
		p.Apply(cancel, at)
		if change := p.Apply(tt.late, at); !slices.Equal(change.Events, []PendingEvent{eventOrderCancelled}) {
			t.Errorf("%s after the end of %s publishes %v, want the end again", tt.late.Kind, tt.state, change.Events)
		}
		if p.Order.PaymentStatus != tt.payment {
			t.Errorf("%s after the end of %s: payment %s, want %s", tt.late.Kind, tt.state, p.Order.PaymentStatus, tt.payment)
		}
		if again := p.Apply(tt.late, at); again.Changed || len(again.Events) > 0 {
			t.Errorf("%s for the second time: %+v", tt.late.Kind, again)
		}
	}
}
