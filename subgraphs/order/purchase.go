package order

import (
	"time"

	"cartograph/internal/event"
	"cartograph/internal/fault"
)

// Purchase is a checkout and the order that was placed from it. Only Apply and
// AttachOrder change its state; neither does any I/O.
type Purchase struct {
	Checkout Checkout
	Order    *Order // nil before it is placed

	lines  []Line  // the checkout's; nil if not loaded
	parcel *Parcel // that a fact is about
	ret    *Return // that a fact is about
	// What the fact that was applied reports as refunded by line; not stored with the order.
	refunded []event.RefundedLine
}

// ended reports whether the purchase ended without a sale, or after one that
// was cancelled. Whatever stock or money it holds must go back.
func (p *Purchase) ended() bool {
	return p.Checkout.Status == CheckoutCancelled || p.Checkout.Status == CheckoutExpired
}

// sold reports whether the order has its stock committed, and has not ended. Only
// an end returns such stock.
func (p *Purchase) sold() bool {
	return p.waitsAt(StockCommitted) || p.Order != nil && p.Order.sold()
}

// waitsAt reports whether the purchase has an unfinished order at the stage.
func (p *Purchase) waitsAt(s Stage) bool {
	return p.Order != nil && p.Order.Status == PendingPayment && p.Order.Stage == s
}

// endEvent is the event that makes inventory and Payment undo their part of an
// ended purchase. Both handle it repeatedly, so it may be published again
// whenever stock or money turns up late.
func (p *Purchase) endEvent() PendingEvent {
	switch {
	case p.Order != nil && p.Order.Status == Expired:
		return eventOrderExpired
	case p.Order != nil:
		return eventOrderCancelled
	case p.Checkout.Status == CheckoutExpired:
		return eventCheckoutExpired
	default:
		return eventCheckoutCancelled
	}
}

// Outstanding lists the requests that have no response yet: the events that
// Rescue publishes again. A purchase is settled when there are none.
func (p *Purchase) Outstanding() []PendingEvent {
	hold := p.Checkout.Hold.Status
	if p.ended() {
		// A pending hold counts as stock: inventory may still place it.
		if hold == HoldPending || hold == Held || hold == HoldCommitted || (p.Order != nil && p.Order.holdsMoney()) {
			return []PendingEvent{p.endEvent()}
		}
		return nil
	}
	var events []PendingEvent
	if hold == HoldPending {
		events = append(events, eventCheckoutOpened)
	}
	switch {
	case p.authorizationDue():
		events = append(events, eventPaymentDue)
	case p.waitsAt(Authorized):
		events = append(events, eventStockCommitDue)
	case p.waitsAt(StockCommitted):
		events = append(events, eventCaptureDue)
	}
	return events
}

// authorizationDue reports whether the gateway has yet to answer for the
// token. The token is erased with the first answer, so an attempt that waits
// for the buyer's bank is not requested again.
func (p *Purchase) authorizationDue() bool {
	return p.waitsAt(Placed) && p.Order.PaymentStatus == PaymentPending && p.Order.Payment.Token != ""
}

// holdsMoney reports whether money of an ended order may still be authorised
// or captured. A pending attempt counts: it may be authorised later.
func (o *Order) holdsMoney() bool {
	switch o.PaymentStatus {
	case PaymentPending, PaymentAuthorized, Paid, PartiallyRefunded:
		return true
	default:
		return false
	}
}

// Due is when the sweeper expires the purchase; nil where time has no effect.
// From AUTHORIZED on, only inventory decides whether the stock is still held.
func (p *Purchase) Due() *time.Time {
	if p.Checkout.Status == CheckoutOpen || p.waitsAt(Placed) {
		return &p.Checkout.Hold.ExpiresAt
	}
	return nil
}

// AttachOrder adds the order of an open checkout. The caller has checked that
// the checkout may be ordered (checkPlace).
func (p *Purchase) AttachOrder(o *Order, at time.Time) Change {
	t := &transition{Purchase: p, at: at}
	p.Order = o
	p.Checkout.Status = CheckoutPlacing
	t.addEntry(Entry{Kind: EntryPlaced, TitleKey: "order.timeline.placed", Amount: &o.Total, Actor: ByCustomer})
	t.publish(eventOrderPlaced)
	if o.Payment.Token != "" {
		t.publish(eventPaymentDue)
		t.addEntry(Entry{Kind: EntryPayment, TitleKey: "order.timeline.payment_started"})
	}
	t.Checkout.Version++
	return t.Change
}

// RequestHold requests the stock of an open checkout that awaited contact data. The
// quote and the hold end together, so the quote's time starts anew with the hold's.
func (p *Purchase) RequestHold(at, end time.Time) Change {
	t := &transition{Purchase: p, at: at}
	if t.moveHold(HoldPending) {
		p.Checkout.Hold.ExpiresAt = end
		t.publish(eventCheckoutOpened)
		t.bumpVersions()
	}
	return t.Change
}

// checkCancel returns why the order cannot be cancelled; nil if it can. A
// confirmed order can, until a parcel of it is packed: from then on the carrier may
// have it at any moment.
func (o *Order) checkCancel() *fault.Error {
	switch o.Status {
	case InProcess:
		return fault.Localized(fault.Conflict, "order.being_packed").WithCode("ORDER_NOT_CANCELLABLE")
	case PartiallyShipped, Shipped:
		return fault.Localized(fault.Conflict, "order.already_shipped").WithCode("ORDER_NOT_CANCELLABLE")
	case Delivered:
		return fault.Localized(fault.Conflict, "order.already_delivered").WithCode("ORDER_NOT_CANCELLABLE")
	case Cancelled:
		return fault.Localized(fault.Conflict, "order.already_cancelled").WithCode("ORDER_NOT_CANCELLABLE")
	case Expired:
		return fault.Localized(fault.Conflict, "order.already_expired").WithCode("ORDER_NOT_CANCELLABLE")
	default:
		return nil
	}
}
