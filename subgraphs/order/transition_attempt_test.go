package order

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// unpaid is a placed order without a payment.
func unpaid(t *testing.T) *Purchase {
	t.Helper()
	p := purchaseAt(t, "OPEN")
	p.AttachOrder(&Order{Status: PendingPayment, Stage: Placed, PaymentStatus: Unpaid, Version: 1, Costs: p.Checkout.Costs}, at)
	return p
}

func TestAnOrderIsPublishedWithItsPaymentIfItHasOne(t *testing.T) {
	t.Parallel()
	for token, want := range map[string][]PendingEvent{"": {eventOrderPlaced}, "tok": {eventOrderPlaced, eventPaymentDue}} {
		p := purchaseAt(t, "OPEN")
		before := p.Checkout.Version
		o := &Order{Status: PendingPayment, Stage: Placed, PaymentStatus: Unpaid, Costs: p.Checkout.Costs, Payment: Payment{Token: token}}
		change := p.AttachOrder(o, at)
		if diff := cmp.Diff(want, change.Events); diff != "" || !change.Changed || len(change.Entries) != len(want) {
			t.Errorf("with the token %q: %d entries, events (-want +got):\n%s", token, len(change.Entries), diff)
		}
		if p.Order != o || p.Checkout.Status != CheckoutPlacing || p.Checkout.Version != before+1 {
			t.Errorf("the checkout is %s in version %d, want PLACING in %d", p.Checkout.Status, p.Checkout.Version, before+1)
		}
	}
}

// The facts of an attempt may arrive without the one that created it.
func TestAnAttemptStartsWithItsFirstFact(t *testing.T) {
	t.Parallel()
	for _, kind := range []FactKind{FactPaymentCreated, FactPaymentActionRequired, FactPaymentAuthorized, FactPaymentDeclined} {
		p := unpaid(t)
		change := p.Apply(Fact{Kind: kind, PaymentID: "p7", Amount: usd(1000)}, time.Unix(150, 0))
		if !change.Changed || p.Order.Payment.ID != "p7" || !slices.Equal(p.Order.Payment.Attempts, []string{"p7"}) {
			t.Errorf("%s leaves the payment %+v (changed: %v), want the attempt p7", kind, p.Order.Payment, change.Changed)
		}
		if p.Order.Version != 2 || !p.Order.UpdatedAt.Equal(time.Unix(150, 0)) {
			t.Errorf("%s leaves version %d of %s, want 2 of the fact's time", kind, p.Order.Version, p.Order.UpdatedAt)
		}
		if again := p.Apply(Fact{Kind: FactPaymentCreated, PaymentID: "p7"}, at); again.Changed || len(p.Order.Payment.Attempts) != 1 {
			t.Errorf("after %s the attempt starts once more: %+v", kind, p.Order.Payment)
		}
	}
}

func TestTheBuyersBankIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	p := purchaseAt(t, "PLACED")
	required := Fact{Kind: FactPaymentActionRequired, PaymentID: "p1"}
	if change := p.Apply(required, at); !change.Changed || !p.Order.Payment.AwaitsBuyer || p.Order.Payment.Token != "" || len(change.Entries) != 1 {
		t.Errorf("%+v with %d entries, want a payment that waits, without its token", p.Order.Payment, len(change.Entries))
	}
	if change := p.Apply(required, at); change.Changed || len(change.Entries) > 0 {
		t.Errorf("the second time it changes the order: %+v", change)
	}
	// A fact of an attempt that is over must not stop the current one.
	declined := unpaid(t)
	declined.Apply(Fact{Kind: FactPaymentDeclined, PaymentID: "p1"}, at)
	declined.Apply(Fact{Kind: FactPaymentCreated, PaymentID: "p2"}, at)
	for _, late := range []FactKind{FactPaymentActionRequired, FactPaymentDeclined, FactPaymentVoided, FactPaymentCaptureFailed} {
		if change := declined.Apply(Fact{Kind: late, PaymentID: "p1"}, at); change.Changed || declined.Order.Payment.ID != "p2" || declined.Order.PaymentStatus != PaymentPending {
			t.Errorf("a late %s of the first attempt leaves %+v, %s", late, declined.Order.Payment, declined.Order.PaymentStatus)
		}
	}
	// Nor may a fact of an attempt that has its outcome open it again.
	if change := declined.Apply(Fact{Kind: FactPaymentDeclined, PaymentID: "p2"}, at); !change.Changed || declined.Order.PaymentStatus != PaymentFailed {
		t.Errorf("the second decline leaves %s", declined.Order.PaymentStatus)
	}
	if change := declined.Apply(Fact{Kind: FactPaymentActionRequired, PaymentID: "p2"}, at); change.Changed || declined.Order.Payment.AwaitsBuyer {
		t.Errorf("a declined attempt waits for the buyer: %+v", declined.Order.Payment)
	}
}

func TestAnOrderHasTheTimesOfItsFacts(t *testing.T) {
	t.Parallel()
	p := purchaseAt(t, "PLACED")
	p.Apply(Fact{Kind: FactHoldExtended, ExpiresAt: time.Unix(900, 0)}, at)
	if !p.Order.PayBefore.Equal(time.Unix(900, 0)) {
		t.Errorf("the order is to be paid before %s, want the end of its hold", p.Order.PayBefore)
	}
	confirmed := purchaseAt(t, "CONFIRMED").Order.ConfirmedAt
	if confirmed == nil || !confirmed.Equal(at) {
		t.Errorf("the order was confirmed at %v, want %s", confirmed, at)
	}
	ended := purchaseAt(t, "PLACED")
	ended.Apply(Fact{Kind: FactExpired}, at)
	ended.Apply(Fact{Kind: FactPaymentDeclined, PaymentID: "p1"}, at)
	if ended.Order.PaymentStatus != PaymentFailed || len(ended.Outstanding()) != 1 {
		t.Errorf("a decline after the end leaves %s and %v outstanding, want the stock only", ended.Order.PaymentStatus, ended.Outstanding())
	}
}
