package order

import (
	"context"
	"slices"
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/pricing"
)

// The state machine of a return.
//
//	state       command or fact          -> state       publishes
//	----------- ------------------------    ----------- -----------------------------------
//	            request                     REQUESTED   ReturnRequested
//	REQUESTED   approve                     APPROVED    ReturnApproved, ReturnLabelDue
//	REQUESTED   reject                      REJECTED    ReturnRejected
//	REQUESTED,  cancel                      CANCELLED   ReturnCancelled
//	APPROVED
//	APPROVED    the label                   APPROVED    ReturnLabelled
//	APPROVED,   a report of the carrier     IN_TRANSIT  CheckoutChanged
//	IN_TRANSIT
//	APPROVED,   nothing is reported in time EXPIRED     ReturnExpired
//	IN_TRANSIT
//	APPROVED,   receive units to refund     RECEIVED    ReturnReceived, RefundDue
//	IN_TRANSIT
//	APPROVED,   receive nothing to refund   CLOSED      ReturnReceived
//	IN_TRANSIT
//	RECEIVED    RefundSucceeded             REFUNDED    OrderRefunded
//	RECEIVED    RefundNotDue                CLOSED      CheckoutChanged
//	RECEIVED    RefundFailed                RECEIVED    CheckoutChanged
//	RECEIVED,   receive again               RECEIVED    RefundDue
//	refund failed
//
// What is not listed changes nothing, or is refused. The lock of the purchase orders
// commands and facts of its returns.

// ReturnStatus is how far a return is.
type ReturnStatus string

// The states of a return.
const (
	ReturnRequested ReturnStatus = "REQUESTED"
	ReturnApproved  ReturnStatus = "APPROVED" // the customer may send it
	ReturnRejected  ReturnStatus = "REJECTED"
	ReturnInTransit ReturnStatus = "IN_TRANSIT"
	ReturnReceived  ReturnStatus = "RECEIVED" // its refund is under way, or failed
	ReturnRefunded  ReturnStatus = "REFUNDED"
	ReturnClosed    ReturnStatus = "CLOSED" // received without anything to refund
	ReturnCancelled ReturnStatus = "CANCELLED"
	ReturnExpired   ReturnStatus = "EXPIRED"
)

var returnMoves = map[ReturnStatus][]ReturnStatus{
	ReturnRequested: {ReturnApproved, ReturnRejected, ReturnCancelled},
	ReturnApproved:  {ReturnInTransit, ReturnReceived, ReturnClosed, ReturnCancelled, ReturnExpired},
	ReturnInTransit: {ReturnReceived, ReturnClosed, ReturnExpired},
	ReturnReceived:  {ReturnRefunded, ReturnClosed},
}

// ReturnReason is why units are returned.
type ReturnReason string

// Condition is in which state returned units arrived.
type Condition string

// The conditions.
const (
	ConditionNew     Condition = "NEW"
	ConditionUsed    Condition = "USED"
	ConditionDamaged Condition = "DAMAGED"
)

// Sellable reports whether units are restocked unless staff decide otherwise.
func (c Condition) Sellable() bool { return c == ConditionNew }

// Return is units of an order that a customer sends back.
type Return struct {
	ID         string
	OrderID    string
	CheckoutID string
	OwnerID    string
	Status     ReturnStatus
	Version    int

	Note         string // the customer's
	DecisionNote string // why staff rejected it
	ReceiptNote  string // staff's, about what arrived

	Carrier        string // empty until there is a label
	TrackingNumber *string
	LabelURL       *string
	DueAt          *time.Time // when it expires; nil: it does not

	RefundID     *string // of the last refund that was requested
	RefundFailed bool

	CreatedAt, UpdatedAt time.Time
	ReceivedAt           *time.Time

	Lines []ReturnLine
	Order *Order // nil if it was not read with it
}

// ReturnLine is what is returned of an order's line.
type ReturnLine struct {
	OrderLineID string
	Quantity    int
	Reason      ReturnReason

	Received  int       // of Quantity; the rest did not come back
	Condition Condition // of what was received
	Restocked bool
	Refunded  bool        // what was received is to be refunded, or is
	Refund    money.Money // an estimate until the refund has succeeded
}

// Ended reports whether the return cannot change any more.
func (s ReturnStatus) Ended() bool { return len(returnMoves[s]) == 0 }

// onItsWay reports whether the units may arrive.
func (s ReturnStatus) onItsWay() bool { return s == ReturnApproved || s == ReturnInTransit }

// counts are what the return adds to the counts of a line: its units that are being
// returned, and those that came back.
func (r *Return) counts(l ReturnLine) (returning, returned int) {
	switch r.Status {
	case ReturnRequested, ReturnApproved, ReturnInTransit:
		return l.Quantity, 0
	case ReturnReceived, ReturnRefunded, ReturnClosed:
		return 0, l.Received
	default:
		return 0, 0
	}
}

// returnStep is what a change of a return adds to the timeline and publishes.
type returnStep struct {
	title  message.Key // empty: nothing
	events []PendingEvent
}

// move changes the status. A move that is not in the table is a bug of the caller, who has
// checked the state.
func (r *Return) move(to ReturnStatus, at time.Time) {
	if !legal(returnMoves, r.Status, to) {
		panic("order: a return that is " + string(r.Status) + " cannot be " + string(to))
	}
	r.Status, r.UpdatedAt = to, at
	if !to.onItsWay() {
		r.DueAt = nil
	}
}

// decide approves or rejects a requested return. One that is approved expires at due.
func (r *Return) decide(approve bool, note string, at, due time.Time) (returnStep, error) {
	if r.Status != ReturnRequested {
		return returnStep{}, fault.Localized(fault.Conflict, "order.return_decided").At("input", "returnId")
	}
	r.DecisionNote = note
	if !approve {
		r.move(ReturnRejected, at)
		return returnStep{"order.timeline.return_rejected", []PendingEvent{eventReturnRejected}}, nil
	}
	r.move(ReturnApproved, at)
	r.DueAt = &due
	return returnStep{"order.timeline.return_approved", []PendingEvent{eventReturnApproved, eventReturnLabelDue}}, nil
}

// checkCancel returns why the customer can no longer keep the units; nil if they can.
func (r *Return) checkCancel() *fault.Error {
	switch r.Status {
	case ReturnRequested, ReturnApproved:
		return nil
	case ReturnInTransit:
		return fault.Localized(fault.Conflict, "order.return_sent").At("input", "returnId")
	default:
		return fault.Localized(fault.Conflict, "order.return_ended").At("input", "returnId")
	}
}

func (r *Return) cancel(at time.Time) (returnStep, error) {
	if err := r.checkCancel(); err != nil {
		return returnStep{}, err
	}
	r.move(ReturnCancelled, at)
	return returnStep{"order.timeline.return_cancelled", []PendingEvent{eventReturnCancelled}}, nil
}

// expire ends a return of which nothing was reported in time.
func (r *Return) expire(at time.Time) (returnStep, bool) {
	if !r.Status.onItsWay() || r.DueAt == nil || r.DueAt.After(at) {
		return returnStep{}, false
	}
	r.move(ReturnExpired, at)
	return returnStep{"order.timeline.return_expired", []PendingEvent{eventReturnExpired}}, true
}

// labelled sets the label, once. The parcel may be on its way before its label is known
// here; a return that has ended needs none.
func (r *Return) labelled(carrier, number, url string, at time.Time) (returnStep, bool) {
	if !r.Status.onItsWay() || r.TrackingNumber != nil {
		return returnStep{}, false
	}
	r.Carrier, r.TrackingNumber, r.LabelURL, r.UpdatedAt = carrier, &number, &url, at
	return returnStep{"order.timeline.return_labelled", []PendingEvent{eventReturnLabelled}}, true
}

// carried applies a carrier's report: the parcel is on its way, and has until due to
// arrive. Reports come in any order: each only makes the time longer.
func (r *Return) carried(status ShipmentStatus, at, due time.Time) (returnStep, bool) {
	if !r.Status.onItsWay() || !status.shipped() {
		return returnStep{}, false
	}
	step := returnStep{}
	if r.Status == ReturnApproved {
		step.title = "order.timeline.return_sent"
	} else if r.DueAt != nil && !due.After(*r.DueAt) {
		return step, false
	}
	r.move(ReturnInTransit, at)
	if r.DueAt == nil || due.After(*r.DueAt) {
		r.DueAt = &due
	}
	return step, true
}

// ReceivedLine is what arrived of a line of a return.
type ReceivedLine struct {
	OrderLineID string
	Quantity    int // the rest did not come back
	Condition   Condition
	Restock     bool
	Refund      bool
}

// receive applies that the parcel arrived. The estimates of what is refunded are the
// caller's to set. After a refund that failed it only requests another.
func (r *Return) receive(lines []ReceivedLine, note, refundID string, at time.Time) (returnStep, error) {
	if r.Status == ReturnReceived && r.RefundFailed {
		r.RefundID, r.RefundFailed, r.UpdatedAt = &refundID, false, at
		return returnStep{"order.timeline.return_refund_requested", []PendingEvent{eventRefundDue}}, nil
	}
	if !r.Status.onItsWay() {
		return returnStep{}, fault.Localized(fault.Conflict, "order.return_not_on_its_way").At("input", "returnId")
	}
	if err := r.setReceived(lines); err != nil {
		return returnStep{}, err
	}
	r.ReceiptNote = note
	events := []PendingEvent{eventReturnReceived}
	to := ReturnClosed
	if slices.ContainsFunc(r.Lines, func(l ReturnLine) bool { return l.Refunded }) {
		to, r.RefundID, events = ReturnReceived, &refundID, append(events, eventRefundDue)
	}
	r.move(to, at)
	r.ReceivedAt = &at
	return returnStep{"order.timeline.return_received", events}, nil
}

// setReceived sets what arrived. Without lines everything did, as new: it is restocked
// and refunded. A line that is not named did not arrive.
func (r *Return) setReceived(lines []ReceivedLine) error {
	byID := map[string]ReceivedLine{}
	for i, l := range lines {
		at := slices.IndexFunc(r.Lines, func(own ReturnLine) bool { return own.OrderLineID == l.OrderLineID })
		if at < 0 {
			return fault.Localized(fault.NotFound, "order.return_line_not_found").At("input", "lines", index(i), "orderLineId")
		}
		if most := r.Lines[at].Quantity; l.Quantity > most {
			return fault.Localized(fault.Conflict, "order.return_units", message.Args{"count": most}).At("input", "lines", index(i), "quantity")
		}
		byID[l.OrderLineID] = l
	}
	for i := range r.Lines {
		l := &r.Lines[i]
		got := byID[l.OrderLineID]
		if len(lines) == 0 {
			got = ReceivedLine{Quantity: l.Quantity, Condition: ConditionNew, Restock: true, Refund: true}
		}
		if l.Received = got.Quantity; got.Quantity > 0 {
			l.Condition, l.Restocked, l.Refunded = got.Condition, got.Restock, got.Refund
		}
	}
	return nil
}

// refundSettled applies the end of the refund that the return waits for. amounts are what
// was refunded, by line.
func (r *Return) refundSettled(kind FactKind, refundID string, amounts map[string]int64, at time.Time) bool {
	if r.Status != ReturnReceived || r.RefundID == nil || *r.RefundID != refundID || r.RefundFailed {
		return false
	}
	switch kind {
	case FactRefundSucceeded:
		r.move(ReturnRefunded, at)
	case FactRefundNotDue:
		r.move(ReturnClosed, at)
	default:
		r.RefundFailed, r.UpdatedAt = true, at
		return true
	}
	for i := range r.Lines {
		r.Lines[i].Refund.Minor = amounts[r.Lines[i].OrderLineID]
	}
	return true
}

// RefundAmount is what is refunded for the return: an estimate until it is refunded.
func (r *Return) RefundAmount() money.Money {
	sum := r.Lines[0].Refund
	for _, l := range r.Lines[1:] {
		sum = sum.Add(l.Refund)
	}
	return sum
}

// ConditionOrNil is in which condition the units arrived; nil if none did.
func (l ReturnLine) ConditionOrNil() *Condition { return optional.Of(l.Condition) }

// RejectedBecause is why staff rejected the return; nil unless they did.
func (r *Return) RejectedBecause() *string {
	if r.Status != ReturnRejected {
		return nil
	}
	return &r.DecisionNote
}

// ReturnActions is what the owner may do with a return.
type ReturnActions struct {
	CanCancel bool

	cancelBlocked *fault.Error
}

// Actions is what the owner may do now. It is a hint for the client: the commands check
// again under the lock.
func (r *Return) Actions() *ReturnActions {
	blocked := r.checkCancel()
	return &ReturnActions{CanCancel: blocked == nil, cancelBlocked: blocked}
}

// CancelBlockedBecause is why the return cannot be cancelled, for the reader of ctx; nil
// if it can.
func (a ReturnActions) CancelBlockedBecause(ctx context.Context) *string {
	if a.cancelBlocked == nil {
		return nil
	}
	return new(a.cancelBlocked.Text(ctx))
}

// paidByLine is what was paid for each of the order's lines, all of which are given.
func (o *Order) paidByLine(lines []Line) []int64 {
	paid := make([]pricing.PaidLine, len(lines))
	for i, l := range lines {
		paid[i] = pricing.PaidLine{Quantity: l.Quantity, Minor: l.Total.Minor}
		if !l.TaxIncluded {
			paid[i].Minor += l.Tax.Minor
		}
	}
	return pricing.Paid(paid, o.Total.Minor)
}

// Returnable is how many delivered units of the line neither came back nor are being
// returned.
func (l Line) Returnable() int { return l.Delivered - l.Returning - l.Returned }

// RefundedAmount is what was refunded for units of the line.
func (l Line) RefundedAmount() money.Money {
	return money.Money{Minor: l.RefundedMinor, Currency: l.Total.Currency}
}

// IsNode and IsEntity implement the graph's interfaces of objects with an id.
func (*Return) IsNode()   {}
func (*Return) IsEntity() {}
