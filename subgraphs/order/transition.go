package order

// The state machine of a purchase.
//
// State is the checkout's status before an order, and the order's stage while
// it is PENDING_PAYMENT. ENDED is an order or checkout that is CANCELLED or
// EXPIRED. Facts that are not listed for a state change nothing, as do facts
// that were applied before. Every change that publishes nothing else publishes
// CheckoutChanged.
//
//	state           fact                    -> state            publishes            undo
//	--------------- -----------------------    ---------------- -------------------- ----------------------------------
//	OPEN, a guest's (RequestHold)              OPEN             CheckoutOpened
//	OPEN            HoldPlaced, HoldExtended   OPEN             CheckoutChanged
//	OPEN            HoldRejected, HoldReleased ENDED CANCELLED  CheckoutCancelled    nothing is held
//	OPEN            HoldExpired, Expired       ENDED EXPIRED    CheckoutExpired      inventory releases the hold
//	OPEN            CheckoutCancelled          ENDED CANCELLED  CheckoutCancelled    inventory releases the hold
//	OPEN            (AttachOrder)              PLACED           OrderPlaced,
//	                                                            PaymentDue if paid
//
//	PLACED,         HoldPlaced, HoldExtended   the same         CheckoutChanged
//	AUTHORIZED
//	PLACED          PaymentCreated             PLACED           CheckoutChanged
//	PLACED          PaymentActionRequired      PLACED           OrderPaymentActionRequired
//	PLACED          PaymentAuthorized          AUTHORIZED       StockCommitDue
//	PLACED          PaymentAuthorized with     ENDED CANCELLED  OrderCancelled       Payment voids, inventory releases;
//	                another amount                                                   anomaly
//	PLACED          PaymentDeclined            PLACED           OrderPaymentFailed
//	PLACED          PaymentDeclined, the last  ENDED EXPIRED    OrderPaymentFailed,  inventory releases
//	                                                            OrderExpired
//	PLACED          PaymentVoided,             PLACED           CheckoutChanged      another attempt may follow
//	                PaymentCaptureFailed
//	PLACED          Expired, HoldExpired       ENDED EXPIRED    OrderExpired         inventory releases, Payment voids
//	PLACED          HoldRejected, HoldReleased ENDED CANCELLED  OrderCancelled       Payment voids
//
//	AUTHORIZED      HoldCommitted              STOCK_COMMITTED  CaptureDue
//	AUTHORIZED      HoldCommitFailed,          ENDED CANCELLED  OrderCancelled       Payment voids
//	                HoldRejected, HoldReleased,
//	                HoldExpired
//	AUTHORIZED      PaymentVoided,             ENDED CANCELLED  OrderCancelled       inventory releases
//	                PaymentCaptureFailed
//	STOCK_COMMITTED PaymentCaptured            CONFIRMED        OrderConfirmed
//	STOCK_COMMITTED PaymentCaptureFailed,      ENDED CANCELLED  OrderCancelled       inventory returns the stock
//	                PaymentVoided
//	CONFIRMED       RefundSucceeded            CONFIRMED        OrderRefunded
//	CONFIRMED       DisputeOpened, DisputeWon, the same         CheckoutChanged
//	and later       DisputeLost
//	PLACED to       OrderCancelled             ENDED CANCELLED  OrderCancelled       inventory releases or returns,
//	CONFIRMED                                                                        Payment voids or refunds
//
//	CONFIRMED       ParcelMoved                see Progress     OrderProcessing, OrderShipped,
//	and later                                                   OrderDelivered, ShipmentDue or
//	                                                            ShipmentCancelled, else CheckoutChanged
//	CONFIRMED       ReturnMoved, RefundFailed, the same         see return.go
//	and later       RefundNotDue
//
//	any with an     NoteAdded                  the same         CheckoutChanged
//	order
//
//	ENDED           HoldPlaced, HoldCommitted  ENDED            its end again        inventory releases or returns
//	ENDED           PaymentAuthorized,         ENDED            its end again        Payment voids or refunds
//	                PaymentCaptured
//	ENDED           HoldReleased, HoldExpired, ENDED            CheckoutChanged      this is the undoing
//	                StockReturned,
//	                PaymentDeclined,
//	                PaymentVoided,
//	                PaymentCaptureFailed
//	ENDED           RefundSucceeded            ENDED            OrderRefunded        this is the undoing
//
// Responses and events arrive in any order, late and more than once. Three
// rules make that harmless: a fact moves a state only along the tables below;
// a fact that was applied changes nothing; and an ended purchase that receives
// stock or money publishes its end once more, which makes the owner of that
// stock or money undo it.

import (
	"cmp"
	"slices"
	"time"

	"cartograph/internal/message"
)

// Change is the result of applying a fact; the zero Change if it had no effect.
type Change struct {
	Changed bool    // the purchase must be saved
	Entries []Entry // to append to the order's timeline
	Events  []PendingEvent
	Anomaly string // a broken expectation, for the log; empty if none
}

// The legal moves of each state. What is not listed never happens.
var (
	checkoutMoves = map[CheckoutStatus][]CheckoutStatus{
		CheckoutOpen:    {CheckoutPlacing, CheckoutExpired, CheckoutCancelled},
		CheckoutPlacing: {CheckoutCompleted, CheckoutExpired, CheckoutCancelled},
		// A confirmed order can still be cancelled.
		CheckoutCompleted: {CheckoutCancelled},
	}
	holdMoves = map[HoldStatus][]HoldStatus{
		HoldAwaitsContact: {HoldPending},
		// PENDING reaches COMMITTED where the event of the hold was overtaken.
		HoldPending:   {Held, HoldRejected, HoldCommitted, HoldReleased, HoldExpired},
		Held:          {HoldCommitted, HoldReleased, HoldExpired},
		HoldCommitted: {HoldReleased},
	}
	orderMoves = map[Status][]Status{
		PendingPayment: {Confirmed, Cancelled, Expired},
		// Forth as parcels are packed, shipped and delivered, and back when one is
		// cancelled or returns to the sender: see Progress.
		Confirmed:        {Cancelled, InProcess, PartiallyShipped, Shipped, Delivered},
		InProcess:        {Confirmed, PartiallyShipped, Shipped, Delivered},
		PartiallyShipped: {Confirmed, InProcess, Shipped, Delivered},
		Shipped:          {Confirmed, InProcess, PartiallyShipped, Delivered},
	}
	stageMoves = map[Stage][]Stage{
		Placed:         {Authorized},
		Authorized:     {StockCommitted},
		StockCommitted: {Captured},
	}
)

// legal reports whether a state may follow another, or is the same.
func legal[S ~string](moves map[S][]S, from, to S) bool {
	return from == to || slices.Contains(moves[from], to)
}

// Apply changes the purchase by a fact, at a time of the database's clock. A
// fact that was applied before, or comes too late to matter, changes nothing;
// one that comes too late and must be undone publishes the purchase's end
// again.
func (p *Purchase) Apply(f Fact, at time.Time) Change {
	t := &transition{Purchase: p, at: at}
	switch f.Kind {
	case FactHoldPlaced, FactHoldRejected, FactHoldExtended, FactHoldCommitted,
		FactHoldCommitFailed, FactHoldReleased, FactHoldExpired, FactStockReturned:
		t.applyHold(f)
	case FactExpired, FactCheckoutCancelled, FactOrderCancelled:
		t.applyEnd(f)
	case FactParcelMoved:
		t.parcelMoved(f)
	case FactNoteAdded:
		t.addEntry(Entry{Kind: EntryNote, TitleKey: "order.timeline.note", Note: f.Note, Internal: f.Internal, Actor: ByStaff})
	case FactReturnMoved:
		t.returnMoved(f)
	default:
		if p.Order != nil {
			t.applyPayment(f)
		}
	}
	if t.Changed {
		t.bumpVersions()
	}
	return t.Change
}

// transition is one Apply: the purchase that changes, and what changed.
type transition struct {
	*Purchase
	Change
	at           time.Time
	orderChanged bool // not only the checkout
}

// bumpVersions raises the versions by one, whatever number of fields changed:
// the rows are saved where version and status are those that were locked.
func (t *transition) bumpVersions() {
	t.Checkout.Version++
	if t.orderChanged {
		t.Order.Version++
		t.Order.UpdatedAt = t.at
	}
	if t.Order != nil {
		t.Order.PayBefore = t.Checkout.Hold.ExpiresAt
	}
	if len(t.Events) == 0 {
		t.publish(eventCheckoutChanged) // wakes subscriptions of all replicas
	}
}

func (t *transition) publish(e ...PendingEvent) { t.Events = append(t.Events, e...) }

// addEntry adds to the timeline, by the system unless the entry has an actor.
func (t *transition) addEntry(e Entry) {
	t.Changed, t.orderChanged = true, true
	e.At, e.Actor = t.at, cmp.Or(e.Actor, BySystem)
	t.Entries = append(t.Entries, e)
}

// applyEnd applies what ends a purchase from outside: its time is over, or
// it was cancelled by hand. A confirmed order has no time limit.
func (t *transition) applyEnd(f Fact) {
	switch {
	case f.Kind == FactOrderCancelled && t.Order != nil && t.Order.checkCancel() == nil:
		t.endOrder(Cancelled, f.Reason, f.Note, f.Actor)
	case f.Kind == FactCheckoutCancelled && t.Checkout.Status == CheckoutOpen:
		t.endCheckout(CheckoutCancelled)
	case f.Kind == FactExpired && t.Checkout.Status == CheckoutOpen:
		t.endCheckout(CheckoutExpired)
	case f.Kind == FactExpired && t.waitsAt(Placed):
		t.endOrder(Expired, PaidTooLate, "", BySystem)
	}
}

// endCheckout ends a checkout that was not ordered.
func (t *transition) endCheckout(to CheckoutStatus) {
	t.Checkout.Status, t.Changed = to, true
	t.publish(t.endEvent())
}

// endOrder ends the order and its checkout, before or after a sale. It erases
// the payment token: no new authorisation may start from here.
func (t *transition) endOrder(to Status, reason Reason, note, actor string) {
	o := t.Order
	o.Status, o.Cancelled = to, &CancelRecord{Reason: reason, Note: note, At: t.at}
	o.Payment.Token, o.Payment.AwaitsBuyer = "", false
	entry := Entry{Kind: EntryCancellation, TitleKey: "order.timeline.cancelled", DetailKey: reason.key(), Actor: actor}
	t.Checkout.Status = CheckoutCancelled
	if to == Expired {
		entry.TitleKey, t.Checkout.Status = "order.timeline.expired", CheckoutExpired
	}
	t.addEntry(entry)
	t.publish(t.endEvent())
}

// key is the sentence for the reason in the timeline; empty for those that staff
// keep to themselves.
func (r Reason) key() message.Key {
	switch r {
	case CustomerRequest:
		return "order.reason.customer_request"
	case OutOfStock:
		return "order.reason.out_of_stock"
	case NotPaid:
		return "order.reason.payment_failed"
	case PaidTooLate:
		return "order.reason.payment_expired"
	case Replaced:
		return "order.reason.replaced"
	default:
		return ""
	}
}
