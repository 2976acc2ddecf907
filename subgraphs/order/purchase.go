package order

import (
	"slices"
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/money"
)

// Purchase is a checkout and what became of it. It is changed only by Open,
// Place and Learn, none of which does any I/O.
type Purchase struct {
	Checkout Checkout
	Order    *Order // nil until it is placed

	lines []Line // what is bought, if it was read
}

// OutcomeKind is what a purchase learns.
type OutcomeKind string

// What a purchase learns, from whom.
const (
	HoldWasPlaced    OutcomeKind = "hold placed" // from inventory
	HoldWasRejected  OutcomeKind = "hold rejected"
	HoldWasExtended  OutcomeKind = "hold extended"
	HoldWasCommitted OutcomeKind = "hold committed"
	CommitFailed     OutcomeKind = "hold not committed"
	HoldWasReleased  OutcomeKind = "hold released"
	HoldRanOut       OutcomeKind = "hold expired"
	StockCameBack    OutcomeKind = "stock returned"

	PaymentBegan         OutcomeKind = "payment created" // from Payment
	PaymentAwaitsBuyer   OutcomeKind = "payment needs an action"
	PaymentWasAuthorized OutcomeKind = "payment authorised"
	PaymentWasDeclined   OutcomeKind = "payment declined"
	PaymentWasCaptured   OutcomeKind = "payment captured"
	CaptureFailed        OutcomeKind = "capture failed"
	PaymentWasVoided     OutcomeKind = "payment voided"
	MoneyWentBack        OutcomeKind = "refund succeeded"
	RefundFailed         OutcomeKind = "refund failed"

	TimeIsUp        OutcomeKind = "time is up"         // from the sweeper
	CheckoutGivenUp OutcomeKind = "checkout cancelled" // from the customer
	OrderGivenUp    OutcomeKind = "order cancelled"    // from the customer or staff
)

// afterOrder reports whether it is learned of purchases that were ordered.
func (k OutcomeKind) afterOrder() bool {
	switch k {
	case HoldWasPlaced, HoldWasRejected, HoldWasExtended, HoldWasReleased, HoldRanOut, CheckoutGivenUp:
		return false
	default:
		return true
	}
}

// Outcome is something that a purchase learns. Which fields count depends on
// its kind.
type Outcome struct {
	Kind           OutcomeKind
	ExpiresAt      time.Time // of a hold
	ExtensionsLeft int
	Shortages      []Shortage
	HoldStatus     HoldStatus // why a hold could not be committed; may be empty

	PaymentID string
	Amount    money.Money // authorised, captured or refunded
	Decline   Decline
	RefundID  string

	Reason Reason // of a cancellation
	Note   string
	Actor  string // who cancelled: ByCustomer or ByStaff
}

// Tell is an event that a purchase owes the world.
type Tell string

// The events by what they say; see Purchase.event.
const (
	tellOpened            Tell = "checkout opened"
	tellCheckoutCancelled Tell = "checkout cancelled"
	tellCheckoutExpired   Tell = "checkout expired"
	tellPlaced            Tell = "placed"
	tellPaymentDue        Tell = "payment due"
	tellCommitDue         Tell = "stock commit due"
	tellCaptureDue        Tell = "capture due"
	tellConfirmed         Tell = "confirmed"
	tellPaymentFailed     Tell = "payment failed"
	tellExpired           Tell = "expired"
	tellCancelled         Tell = "cancelled"
	tellChanged           Tell = "changed"
)

// Change is what Learn did: nothing, if it is the zero Change.
type Change struct {
	Changed bool    // something is to be saved
	Entries []Entry // for the order's timeline
	Tells   []Tell
	Concern string // what should not happen and people should see
}

// checkoutMoves and the tables after it are what may follow what. Whatever is
// not listed never happens.
var (
	checkoutMoves = map[CheckoutStatus][]CheckoutStatus{
		CheckoutOpen:    {CheckoutPlacing, CheckoutExpired, CheckoutCancelled},
		CheckoutPlacing: {CheckoutCompleted, CheckoutExpired, CheckoutCancelled},
	}
	holdMoves = map[HoldStatus][]HoldStatus{
		HoldPending:   {Held, HoldRejected, HoldCommitted, HoldReleased, HoldExpired},
		Held:          {HoldCommitted, HoldReleased, HoldExpired},
		HoldCommitted: {HoldReleased},
	}
	orderMoves = map[Status][]Status{
		PendingPayment: {Confirmed, Cancelled, Expired},
		Confirmed:      {Cancelled},
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

// Learn applies an outcome. An outcome that was applied before, or comes too
// late to matter, changes nothing; one that comes too late and must be undone
// makes the purchase tell its end again.
func (p *Purchase) Learn(o Outcome, at time.Time) Change {
	l := &learning{Purchase: p, at: at}
	switch o.Kind {
	case HoldWasPlaced, HoldWasRejected, HoldWasExtended, HoldWasCommitted, CommitFailed, HoldWasReleased, HoldRanOut, StockCameBack:
		l.learnHold(o)
	case TimeIsUp, CheckoutGivenUp, OrderGivenUp:
		l.learnEnd(o)
	default:
		if p.Order != nil {
			l.learnPayment(o)
		}
	}
	if l.Changed {
		l.bump()
	}
	return l.Change
}

// learning is one Learn.
type learning struct {
	*Purchase
	at         time.Time
	orderMoved bool
	Change
}

// bump makes the change visible to clients that compare versions, and tells
// of it where no other event does.
func (l *learning) bump() {
	l.Checkout.Version++
	if l.orderMoved {
		l.Order.Version++
		l.Order.UpdatedAt = l.at
	}
	if l.Order != nil {
		l.Order.PayBefore = l.Checkout.Hold.ExpiresAt
	}
	if len(l.Tells) == 0 {
		l.tell(tellChanged)
	}
}

func (l *learning) tell(t ...Tell) { l.Tells = append(l.Tells, t...) }

func (l *learning) note(kind EntryKind, title, detail string) {
	l.noteBy(BySystem, kind, title, detail)
}

func (l *learning) noteBy(actor string, kind EntryKind, title, detail string) {
	l.Changed, l.orderMoved = true, true
	l.Entries = append(l.Entries, Entry{At: l.at, Kind: kind, Title: title, Detail: optional(detail), Actor: actor})
}

// hold moves the hold if it may go there; false if not.
func (l *learning) hold(to HoldStatus) bool {
	from := l.Checkout.Hold.Status
	if from == to || !legal(holdMoves, from, to) {
		return false
	}
	l.Checkout.Hold.Status, l.Changed = to, true
	return true
}

// finished reports whether the purchase ended without a sale.
func (p *Purchase) finished() bool {
	return p.Checkout.Status == CheckoutCancelled || p.Checkout.Status == CheckoutExpired
}

// waitsAt reports whether the order is on its way and has reached the stage.
func (p *Purchase) waitsAt(s Stage) bool {
	return p.Order != nil && p.Order.Status == PendingPayment && p.Order.Stage == s
}

// end is the event that makes the others give back what they hold.
func (p *Purchase) end() Tell {
	switch {
	case p.Order != nil && p.Order.Status == Expired:
		return tellExpired
	case p.Order != nil:
		return tellCancelled
	case p.Checkout.Status == CheckoutExpired:
		return tellCheckoutExpired
	default:
		return tellCheckoutCancelled
	}
}

// endOrder ends the order and its checkout without a sale, or after one.
func (l *learning) endOrder(to Status, reason Reason, note, actor string) {
	o := l.Order
	o.Status, o.Cancelled = to, &Cancelling{Reason: reason, Note: note, At: l.at}
	o.Payment.Token, o.Payment.AwaitsBuyer = "", false
	title := "Order cancelled"
	l.Checkout.Status = CheckoutCancelled
	if to == Expired {
		title, l.Checkout.Status = "Order expired", CheckoutExpired
	}
	l.noteBy(actor, Cancellations, title, reason.title())
	l.tell(l.end())
}

func (l *learning) learnEnd(o Outcome) {
	switch {
	case o.Kind == OrderGivenUp && l.Order != nil && l.Order.checkCancel() == nil:
		l.endOrder(Cancelled, o.Reason, o.Note, o.Actor)
	case o.Kind == CheckoutGivenUp && l.Checkout.Status == CheckoutOpen:
		l.Checkout.Status, l.Changed = CheckoutCancelled, true
		l.tell(tellCheckoutCancelled)
	case o.Kind == TimeIsUp && l.Checkout.Status == CheckoutOpen:
		l.Checkout.Status, l.Changed = CheckoutExpired, true
		l.tell(tellCheckoutExpired)
	case o.Kind == TimeIsUp && l.waitsAt(Placed):
		l.endOrder(Expired, PaidTooLate, "", BySystem)
	}
}

// checkCancel returns why the order cannot be cancelled.
func (o *Order) checkCancel() error {
	switch o.Status {
	case Cancelled:
		return fault.New(fault.Conflict, "This order is cancelled already.").WithCode("ORDER_NOT_CANCELLABLE")
	case Expired:
		return fault.New(fault.Conflict, "This order was not paid in time and has ended.").WithCode("ORDER_NOT_CANCELLABLE")
	default:
		return nil
	}
}

// Outstanding lists what has to be asked again if nobody answers.
func (p *Purchase) Outstanding() []Tell {
	hold := p.Checkout.Hold.Status
	if p.finished() {
		if hold == HoldPending || hold == Held || hold == HoldCommitted || (p.Order != nil && p.Order.owesMoney()) {
			return []Tell{p.end()}
		}
		return nil
	}
	var tells []Tell
	if hold == HoldPending {
		tells = append(tells, tellOpened)
	}
	switch {
	case p.waitsAt(Placed) && p.Order.PaymentStatus == PaymentPending && p.Order.Payment.Token != "":
		tells = append(tells, tellPaymentDue)
	case p.waitsAt(Authorized):
		tells = append(tells, tellCommitDue)
	case p.waitsAt(StockCommitted):
		tells = append(tells, tellCaptureDue)
	}
	return tells
}

// owesMoney reports whether an order that ended still has some of the
// customer's.
func (o *Order) owesMoney() bool {
	switch o.PaymentStatus {
	case PaymentPending, PaymentAuthorized, Paid, PartiallyRefunded:
		return true
	default:
		return false
	}
}

// Due is when the sweeper must end the purchase, unless it gets further.
func (p *Purchase) Due() *time.Time {
	if p.Checkout.Status == CheckoutOpen || p.waitsAt(Placed) {
		return &p.Checkout.Hold.ExpiresAt
	}
	return nil
}

func (r Reason) title() string {
	switch r {
	case CustomerRequest:
		return "at the customer's request"
	case OutOfStock:
		return "the stock was gone"
	case NotPaid:
		return "the payment failed"
	case PaidTooLate:
		return "it was not paid in time"
	default:
		return ""
	}
}

// Place makes an order of the checkout. The caller has checked that it may.
func (p *Purchase) Place(o *Order, at time.Time) Change {
	l := &learning{Purchase: p, at: at}
	p.Order = o
	p.Checkout.Status = CheckoutPlacing
	l.noteBy(ByCustomer, Placements, "Order placed", o.written(o.Total))
	l.tell(tellPlaced)
	if o.Payment.Token != "" {
		l.tell(tellPaymentDue)
		l.note(Payments, "Payment started", "")
	}
	l.Checkout.Version++
	return l.Change
}
