package order

import (
	"fmt"
	"slices"

	"cartograph/internal/decline"
)

// applyPayment applies a fact about the money of a purchase with an order.
//
// An order has several attempts to pay, one at a time. Payment.ID is the
// current attempt, Payment.Attempts are all of them: a fact about an earlier
// attempt must not decide the current one.
func (t *transition) applyPayment(f Fact) {
	switch f.Kind {
	case FactPaymentCreated:
		if t.waitsAt(Placed) && t.startAttempt(f.PaymentID) {
			t.addEntry(Entry{Kind: EntryPayment, TitleKey: "order.timeline.payment_started"})
		}
	case FactPaymentActionRequired:
		t.actionRequired(f)
	case FactPaymentAuthorized:
		t.authorized(f)
	case FactPaymentDeclined:
		t.declined(f)
	case FactPaymentCaptured:
		t.captured(f)
	case FactPaymentCaptureFailed, FactPaymentVoided:
		t.authorizationLost(f)
	case FactRefundSucceeded:
		t.refunded(f)
	case FactRefundFailed:
		t.addEntry(Entry{Kind: EntryRefund, TitleKey: "order.timeline.refund_failed", DetailKey: "order.timeline.refund_checked"})
	case FactDisputeOpened, FactDisputeWon, FactDisputeLost:
		t.disputed(f)
	case FactRefundNotDue:
		if f.Return != nil {
			t.addEntry(Entry{Kind: EntryReturn, TitleKey: "order.timeline.return_nothing_due"})
		}
	default:
	}
}

// startAttempt makes an attempt that is not known yet the current one. Every
// fact about an attempt does so: its PaymentCreated may arrive after it.
func (t *transition) startAttempt(paymentID string) bool {
	pay := &t.Order.Payment
	if slices.Contains(pay.Attempts, paymentID) {
		return false
	}
	pay.Attempts = append(slices.Clone(pay.Attempts), paymentID)
	pay.ID, pay.Token, pay.AwaitsBuyer, pay.Decline = paymentID, "", false, Decline{}
	t.Order.PaymentStatus = PaymentPending
	t.Changed, t.orderChanged = true, true
	return true
}

// pending reports whether the attempt is the current one and undecided.
func (t *transition) pending(paymentID string) bool {
	return t.Order.Payment.ID == paymentID && t.Order.PaymentStatus == PaymentPending
}

func (t *transition) actionRequired(f Fact) {
	if !t.waitsAt(Placed) {
		return
	}
	t.startAttempt(f.PaymentID)
	if t.pending(f.PaymentID) && !t.Order.Payment.AwaitsBuyer {
		t.Order.Payment.AwaitsBuyer, t.Order.Payment.Token, t.Order.Payment.actionURL = true, "", f.ActionURL
		t.addEntry(Entry{Kind: EntryPayment, TitleKey: "order.timeline.confirmation_requested"})
		t.publish(eventActionRequired)
	}
}

func (t *transition) authorized(f Fact) {
	order := t.Order
	switch {
	case t.waitsAt(Placed) && f.Amount != order.Total:
		// Neither capturing another amount nor shipping for it is right. The end
		// voids the authorisation.
		t.startAttempt(f.PaymentID)
		order.Payment.ID, order.PaymentStatus = f.PaymentID, PaymentAuthorized
		t.Anomaly = fmt.Sprintf("%s authorised for an order of %s", f.Amount, order.Total)
		t.endOrder(Cancelled, OtherReason, "", BySystem)
	case t.waitsAt(Placed):
		t.startAttempt(f.PaymentID)
		order.Payment.ID, order.PaymentStatus, order.Stage = f.PaymentID, PaymentAuthorized, Authorized
		order.Payment.Token, order.Payment.AwaitsBuyer, order.Payment.Decline = "", false, Decline{}
		t.addEntry(Entry{Kind: EntryPayment, TitleKey: "order.timeline.authorized", Amount: &order.Total})
		t.publish(eventStockCommitDue)
	case t.ended():
		t.authorizedLate(f)
	case order.Payment.ID != f.PaymentID:
		t.Anomaly = "payment " + f.PaymentID + " was authorised beside " + order.Payment.ID
	}
}

// authorizedLate makes Payment void what was authorised for an ended order.
// Once per attempt: Payment repeats the fact whenever it handles the end.
func (t *transition) authorizedLate(f Fact) {
	switch t.Order.PaymentStatus {
	case Unpaid, PaymentPending, PaymentFailed:
		t.startAttempt(f.PaymentID)
		t.Order.Payment.ID, t.Order.PaymentStatus = f.PaymentID, PaymentAuthorized
		t.addEntry(Entry{Kind: EntryPayment, TitleKey: "order.timeline.too_late"})
		t.publish(t.endEvent())
	default: // applied already, or undone already
	}
}

func (t *transition) declined(f Fact) {
	if t.ended() {
		if t.pending(f.PaymentID) { // it holds no money: the end is complete
			t.Order.PaymentStatus = PaymentFailed
			t.addEntry(Entry{Kind: EntryPayment, TitleKey: "order.timeline.declined", DetailKey: decline.Key(f.Decline.Code)})
		}
		return
	}
	if !t.waitsAt(Placed) {
		return
	}
	t.startAttempt(f.PaymentID)
	if !t.pending(f.PaymentID) {
		return
	}
	pay := &t.Order.Payment
	t.Order.PaymentStatus, pay.Decline, pay.Token, pay.AwaitsBuyer = PaymentFailed, f.Decline, "", false
	t.addEntry(Entry{Kind: EntryPayment, TitleKey: "order.timeline.declined", DetailKey: decline.Key(f.Decline.Code)})
	t.publish(eventOrderPaymentFailed)
	if t.Order.AttemptsLeft() == 0 {
		t.endOrder(Expired, NotPaid, "", BySystem)
	}
}

func (t *transition) captured(f Fact) {
	order := t.Order
	switch {
	case order.Payment.ID != f.PaymentID:
		t.Anomaly = "payment " + f.PaymentID + " was captured, not " + order.Payment.ID
	case t.waitsAt(StockCommitted):
		order.Stage, order.Status, order.PaymentStatus = Captured, Confirmed, Paid
		confirmed := t.at
		order.ConfirmedAt = &confirmed
		t.Checkout.Status = CheckoutCompleted
		t.addEntry(Entry{Kind: EntryPayment, TitleKey: "order.timeline.confirmed", Amount: &f.Amount})
		t.publish(eventOrderConfirmed)
	case t.ended() && (order.PaymentStatus == PaymentAuthorized || order.PaymentStatus == PaymentPending):
		// The capture and the end crossed: Payment refunds.
		order.PaymentStatus = Paid
		t.addEntry(Entry{Kind: EntryPayment, TitleKey: "order.timeline.too_late", Amount: &f.Amount})
		t.publish(t.endEvent())
	}
}

// authorizationLost ends an order whose authorisation can no longer be
// captured. An order that was not authorised yet may be paid again.
func (t *transition) authorizationLost(f Fact) {
	order := t.Order
	status, entry := Voided, Entry{Kind: EntryPayment, TitleKey: "order.timeline.voided"}
	if f.Kind == FactPaymentCaptureFailed {
		status, entry.TitleKey, entry.DetailKey = PaymentFailed, "order.timeline.not_collected", decline.Key(f.Decline.Code)
	}
	undecided := order.PaymentStatus == PaymentPending || order.PaymentStatus == PaymentAuthorized
	if order.Payment.ID != f.PaymentID || !undecided {
		return
	}
	order.PaymentStatus, order.Payment.Token, order.Payment.AwaitsBuyer = status, "", false
	t.addEntry(entry)
	if t.waitsAt(Authorized) || t.waitsAt(StockCommitted) {
		t.endOrder(Cancelled, NotPaid, "", BySystem)
	}
}

// refunded adds a refund once, by its id. Refunds are partial or whole; their
// sum stays within the total even if Payment reports more, because the row's
// constraint would reject the fact for ever otherwise.
func (t *transition) refunded(f Fact) {
	order := t.Order
	if slices.Contains(order.Payment.Refunds, f.RefundID) || order.Status == PendingPayment {
		return
	}
	order.Payment.Refunds = append(slices.Clone(order.Payment.Refunds), f.RefundID)
	order.Payment.Refunded = min(order.Total.Minor, order.Payment.Refunded+f.Amount.Minor)
	if order.PaymentStatus != Disputed && order.PaymentStatus != ChargedBack {
		order.PaymentStatus = order.afterRefunds()
	}
	t.addEntry(Entry{Kind: EntryRefund, TitleKey: "order.timeline.refunded", Amount: &f.Amount})
	order.Payment.lastRefund = f.Amount.Minor
	t.ret, t.Purchase.refunded = f.Return, f.Refunded
	t.publish(eventOrderRefunded)
}
