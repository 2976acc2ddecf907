package order

import (
	"fmt"
	"slices"
)

// learnHold applies what inventory said.
func (l *learning) learnHold(o Outcome) {
	switch o.Kind {
	case HoldWasPlaced:
		l.holdPlaced(o)
	case HoldWasExtended:
		l.holdExtended(o)
	case HoldWasRejected:
		if l.hold(HoldRejected) {
			l.Checkout.Hold.Shortages = o.Shortages
			l.stockIsGone()
		}
	case HoldRanOut:
		if l.hold(HoldExpired) {
			l.holdRanOut()
		}
	case HoldWasReleased:
		if l.hold(HoldReleased) {
			l.stockIsGone()
		}
	case StockCameBack:
		if l.finished() && l.hold(HoldReleased) && l.Order != nil {
			l.note(StockMoves, "Stock returned", "")
		}
	case HoldWasCommitted:
		l.holdCommitted()
	case CommitFailed:
		l.commitFailed(o)
	default:
	}
}

func (l *learning) holdPlaced(o Outcome) {
	if !l.hold(Held) {
		return
	}
	if !o.ExpiresAt.IsZero() {
		l.Checkout.Hold.ExpiresAt = o.ExpiresAt
	}
	l.Checkout.Hold.ExtensionsLeft = o.ExtensionsLeft
	if l.finished() { // nobody wants it any more
		l.tell(l.end())
	}
}

func (l *learning) holdExtended(o Outcome) {
	h := &l.Checkout.Hold
	if l.finished() || (h.Status != Held && h.Status != HoldPending) || !o.ExpiresAt.After(h.ExpiresAt) {
		return
	}
	*h = Hold{Status: Held, ExpiresAt: o.ExpiresAt, ExtensionsLeft: o.ExtensionsLeft}
	l.Changed = true
}

// holdRanOut ends what still waits for the customer; an order whose money is
// set aside has lost its stock.
func (l *learning) holdRanOut() {
	switch {
	case l.Checkout.Status == CheckoutOpen:
		l.Checkout.Status = CheckoutExpired
		l.tell(tellCheckoutExpired)
	case l.waitsAt(Placed):
		l.endOrder(Expired, PaidTooLate, "", BySystem)
	default:
		l.stockIsGone()
	}
}

// stockIsGone ends whatever counted on the stock.
func (l *learning) stockIsGone() {
	switch {
	case l.Checkout.Status == CheckoutOpen:
		l.Checkout.Status = CheckoutCancelled
		l.tell(tellCheckoutCancelled)
	case l.waitsAt(Placed), l.waitsAt(Authorized):
		l.endOrder(Cancelled, OutOfStock, "", BySystem)
	}
}

func (l *learning) holdCommitted() {
	if !l.hold(HoldCommitted) {
		return
	}
	switch {
	case l.waitsAt(Authorized):
		l.Order.Stage = StockCommitted
		l.note(StockMoves, "Stock reserved for you", "")
		l.tell(tellCaptureDue)
	case l.finished(): // it was sold to an order that is no more
		l.tell(l.end())
	default:
		l.Concern = "stock was sold that nobody asked to sell"
	}
}

func (l *learning) commitFailed(o Outcome) {
	if !l.waitsAt(Authorized) {
		return
	}
	l.hold(o.HoldStatus) // where inventory knows of none, the end makes it say so
	l.endOrder(Cancelled, OutOfStock, "", BySystem)
}

// learnPayment applies what Payment said.
func (l *learning) learnPayment(o Outcome) {
	switch o.Kind {
	case PaymentBegan:
		if l.waitsAt(Placed) && l.newAttempt(o.PaymentID) {
			l.note(Payments, "Payment started", "")
		}
	case PaymentAwaitsBuyer:
		l.awaitsBuyer(o)
	case PaymentWasAuthorized:
		l.authorized(o)
	case PaymentWasDeclined:
		l.declined(o)
	case PaymentWasCaptured:
		l.captured(o)
	case CaptureFailed, PaymentWasVoided:
		l.moneyIsGone(o)
	case MoneyWentBack:
		l.refunded(o)
	case RefundFailed:
		l.note(Refunds, "Refund failed", "We are looking into it.")
	default:
	}
}

// newAttempt makes an attempt that was not heard of the one that counts.
func (l *learning) newAttempt(paymentID string) bool {
	pay := &l.Order.Payment
	if slices.Contains(pay.Attempts, paymentID) {
		return false
	}
	pay.Attempts = append(slices.Clone(pay.Attempts), paymentID)
	pay.ID, pay.Token, pay.AwaitsBuyer, pay.Decline = paymentID, "", false, Decline{}
	l.Order.PaymentStatus = PaymentPending
	l.Changed, l.orderMoved = true, true
	return true
}

// underWay reports whether the attempt is the one that counts and undecided.
func (l *learning) underWay(paymentID string) bool {
	return l.Order.Payment.ID == paymentID && l.Order.PaymentStatus == PaymentPending
}

func (l *learning) awaitsBuyer(o Outcome) {
	if !l.waitsAt(Placed) {
		return
	}
	l.newAttempt(o.PaymentID)
	if l.underWay(o.PaymentID) && !l.Order.Payment.AwaitsBuyer {
		l.Order.Payment.AwaitsBuyer, l.Order.Payment.Token = true, ""
		l.note(Payments, "Your bank asks for a confirmation", "")
	}
}

func (l *learning) authorized(o Outcome) {
	order := l.Order
	switch {
	case l.waitsAt(Placed) && o.Amount != order.Total:
		l.newAttempt(o.PaymentID)
		order.Payment.ID, order.PaymentStatus = o.PaymentID, PaymentAuthorized
		l.Concern = fmt.Sprintf("%s authorised for an order of %s", o.Amount, order.Total)
		l.endOrder(Cancelled, OtherReason, "", BySystem)
	case l.waitsAt(Placed):
		l.newAttempt(o.PaymentID)
		order.Payment.ID, order.PaymentStatus, order.Stage = o.PaymentID, PaymentAuthorized, Authorized
		order.Payment.Token, order.Payment.AwaitsBuyer, order.Payment.Decline = "", false, Decline{}
		l.note(Payments, "Payment authorised", order.written(order.Total))
		l.tell(tellCommitDue)
	case l.finished():
		l.authorizedTooLate(o)
	case order.Payment.ID != o.PaymentID:
		l.Concern = "payment " + o.PaymentID + " was authorised beside " + order.Payment.ID
	}
}

// authorizedTooLate makes Payment give back what was set aside for an order
// that has ended. Once per attempt: the nudge repeats it.
func (l *learning) authorizedTooLate(o Outcome) {
	switch l.Order.PaymentStatus {
	case Unpaid, PaymentPending, PaymentFailed:
		l.newAttempt(o.PaymentID)
		l.Order.Payment.ID, l.Order.PaymentStatus = o.PaymentID, PaymentAuthorized
		l.note(Payments, "Payment came too late and goes back", "")
		l.tell(l.end())
	default: // known, or given back already
	}
}

func (l *learning) declined(o Outcome) {
	if l.finished() {
		if l.underWay(o.PaymentID) {
			l.Order.PaymentStatus = PaymentFailed
			l.note(Payments, "Payment declined", o.Decline.Message)
		}
		return
	}
	if !l.waitsAt(Placed) {
		return
	}
	l.newAttempt(o.PaymentID)
	if !l.underWay(o.PaymentID) {
		return
	}
	pay := &l.Order.Payment
	l.Order.PaymentStatus, pay.Decline, pay.Token, pay.AwaitsBuyer = PaymentFailed, o.Decline, "", false
	l.note(Payments, "Payment declined", o.Decline.Message)
	l.tell(tellPaymentFailed)
	if l.Order.AttemptsLeft() == 0 {
		l.endOrder(Expired, NotPaid, "", BySystem)
	}
}

func (l *learning) captured(o Outcome) {
	order := l.Order
	switch {
	case order.Payment.ID != o.PaymentID:
		l.Concern = "payment " + o.PaymentID + " was captured, not " + order.Payment.ID
	case l.waitsAt(StockCommitted):
		order.Stage, order.Status, order.PaymentStatus = Captured, Confirmed, Paid
		confirmed := l.at
		order.ConfirmedAt = &confirmed
		l.Checkout.Status = CheckoutCompleted
		l.note(Payments, "Payment received, order confirmed", order.written(o.Amount))
		l.tell(tellConfirmed)
	case l.finished() && (order.PaymentStatus == PaymentAuthorized || order.PaymentStatus == PaymentPending):
		order.PaymentStatus = Paid
		l.note(Payments, "Payment came too late and goes back", order.written(o.Amount))
		l.tell(l.end())
	}
}

// moneyIsGone ends an order whose authorisation is worth nothing any more. One
// that was not authorised yet may be tried again.
func (l *learning) moneyIsGone(o Outcome) {
	order := l.Order
	status, title := Voided, "Payment voided"
	if o.Kind == CaptureFailed {
		status, title = PaymentFailed, "Payment could not be collected"
	}
	alive := order.PaymentStatus == PaymentPending || order.PaymentStatus == PaymentAuthorized
	if order.Payment.ID != o.PaymentID || !alive {
		return
	}
	order.PaymentStatus, order.Payment.Token, order.Payment.AwaitsBuyer = status, "", false
	l.note(Payments, title, o.Decline.Message)
	if l.waitsAt(Authorized) || l.waitsAt(StockCommitted) {
		l.endOrder(Cancelled, NotPaid, "", BySystem)
	}
}

func (l *learning) refunded(o Outcome) {
	order := l.Order
	if slices.Contains(order.Payment.Refunds, o.RefundID) || order.Status == PendingPayment {
		return
	}
	order.Payment.Refunds = append(slices.Clone(order.Payment.Refunds), o.RefundID)
	order.Payment.Refunded = min(order.Total.Minor, order.Payment.Refunded+o.Amount.Minor)
	order.PaymentStatus = PartiallyRefunded
	if order.Payment.Refunded == order.Total.Minor {
		order.PaymentStatus = Refunded
	}
	l.note(Refunds, "Money refunded", order.written(o.Amount))
}
