package payment

import (
	"fmt"

	"cartograph/internal/decline"
	"cartograph/internal/event"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/subgraphs/payment/gateway"
)

// The state machine of a payment. "Closed" is a payment whose order has ended.
//
//	from                   cause                           to                   publishes
//	CREATED                leased by a worker              PROCESSING           -
//	CREATED                closed                          VOIDED               PaymentVoided
//	PROCESSING             3-D Secure required             REQUIRES_ACTION      PaymentActionRequired
//	PROCESSING or          authorised                      AUTHORIZED           PaymentAuthorized
//	  REQUIRES_ACTION      authorised, closed              AUTHORIZED           -, a void follows
//	                       declined or refused             DECLINED             PaymentDeclined
//	                       voided unauthorised             VOIDED               PaymentVoided
//	AUTHORIZED             captured                        CAPTURED             PaymentCaptured
//	                       captured, closed                CAPTURED             PaymentCaptured, a refund follows
//	                       capture refused                 AUTHORIZED           PaymentCaptureFailed, a void follows
//	                       voided                          VOIDED               PaymentVoided
//	                       voided, capture pending         FAILED               PaymentCaptureFailed, PaymentVoided
//	                       voided after a refused capture  FAILED               PaymentVoided
//	CAPTURED or            a part refunded                 PARTIALLY_REFUNDED   RefundSucceeded
//	  PARTIALLY_REFUNDED   the rest refunded               REFUNDED             RefundSucceeded
//	CAPTURED to REFUNDED   dispute opened                  DISPUTED             DisputeOpened
//	DISPUTED               refunded                        DISPUTED             RefundSucceeded
//	                       the last dispute won            CAPTURED to REFUNDED DisputeWon, a refund follows if closed
//	                       the last dispute lost           CHARGED_BACK         DisputeLost
//
// The order subgraph undoes nothing itself: it closes the order, and this package
// voids or refunds. Refunds are in refund.go, disputes in dispute_transition.go, the
// first two rows in SQL and in cancelPayment; all other rows are below.

// Operation is a request to the gateway, or a change that the gateway reported.
type Operation string

// The operations. A payment's pending operation is one of the first five; refunds
// have rows of their own, since a payment may have several.
const (
	OpNone        Operation = "NONE"
	OpAuthorize   Operation = "AUTHORIZE"
	OpConfirm     Operation = "CONFIRM" // reads the outcome of 3-D Secure
	OpCapture     Operation = "CAPTURE"
	OpVoid        Operation = "VOID"
	OpRefund      Operation = "REFUND"
	OpDispute     Operation = "DISPUTE"      // the customer opened a dispute: the amount is withdrawn
	OpDisputeWon  Operation = "DISPUTE_WON"  // the amount is returned
	OpDisputeLost Operation = "DISPUTE_LOST" // the amount stays with the customer
)

// Outcome is the result of an operation.
type Outcome string

// The outcomes.
const (
	Pending   Outcome = "PENDING" // the customer or the bank has to decide
	Succeeded Outcome = "SUCCEEDED"
	Refused   Outcome = "FAILED"
)

// Transition is one row of the table applied to a payment, and its cause.
type Transition struct {
	Before, After Payment
	Operation     Operation
	Outcome       Outcome
	Amount        money.Money
	Dispute       *Dispute // after the transition, of one that a dispute caused
}

// number is that of the attempt among those of its operation.
func (t Transition) number() int32 {
	if t.Dispute != nil {
		return t.Dispute.Number
	}
	return 1
}

// transitions returns the transitions that lead from p to the state observed at
// the gateway.
//
// A payment only moves forward, and the gateway's amounts show which states it has
// passed: an observation that is late or repeated yields none, one that skips a
// state yields several, and the order of observations does not matter. Each state
// passed gets its own transition, because each has its own journal and events.
//
// closed reports whether the order has ended: an authorisation is then to be
// voided.
func (p Payment) transitions(observed gateway.Payment, closed bool) ([]Transition, error) {
	due := p.Amount.Sub(p.Gift)
	if observed.Reference != p.ID || observed.Amount != due {
		return nil, fmt.Errorf("the gateway shows %s of %s for %s of %s", observed.Amount, observed.Reference, due, p.ID)
	}
	observed = p.withGift(observed)
	var all []Transition
	for {
		t, ok := p.nextTransition(observed, closed)
		if !ok {
			return all, nil
		}
		t.Before = p
		all, p = append(all, t), t.After
	}
}

// withGift adds the part that gift cards pay to the amounts observed at the gateway:
// it is authorised and captured together with the rest.
func (p Payment) withGift(observed gateway.Payment) gateway.Payment {
	observed.Amount = observed.Amount.Add(p.Gift)
	if observed.Authorized.Minor > 0 || observed.Status == gateway.Authorized || observed.Status == gateway.Captured {
		observed.Authorized = observed.Authorized.Add(p.Gift)
	}
	if observed.Captured.Minor > 0 || observed.Status == gateway.Captured {
		observed.Captured = observed.Captured.Add(p.Gift)
	}
	return observed
}

func (p Payment) nextTransition(observed gateway.Payment, closed bool) (Transition, bool) {
	p.copyDetails(observed)
	switch p.Status {
	case Processing, RequiresAction:
		return p.authorizationResult(observed, closed)
	case Authorized:
		switch {
		case observed.Captured.Minor > 0:
			return p.captured(observed.Captured), true
		case observed.Status == gateway.Voided:
			return p.voided(), true
		}
	default: // Created was not sent; refunds and disputes have rows of their own; the rest is final
	}
	return Transition{}, false
}

// authorizationResult is the transition out of Processing or RequiresAction.
func (p Payment) authorizationResult(observed gateway.Payment, closed bool) (Transition, bool) {
	op := OpAuthorize
	if p.Status == RequiresAction {
		op = OpConfirm
	}
	next := OpNone
	if closed || p.PendingOperation == OpVoid {
		next = OpVoid
	}
	action := p.NextAction
	p.NextAction = nil
	switch {
	case observed.Status == gateway.RequiresAction && action != nil:
		return Transition{}, false
	case observed.Status == gateway.RequiresAction:
		p.Status, p.PendingOperation = RequiresAction, next
		p.NextAction = &NextAction{RedirectURL: observed.Action.RedirectURL, ExpiresAt: observed.Action.ExpiresAt}
		return Transition{After: p, Operation: op, Outcome: Pending, Amount: p.Amount}, true
	case observed.Status == gateway.Declined:
		failure := failureOf(observed.Decline.Code)
		p.Status, p.PendingOperation, p.Failure = Declined, OpNone, &failure
		return Transition{After: p, Operation: op, Outcome: Refused, Amount: p.Amount}, true
	case observed.Authorized.Minor == 0:
		return p.voided(), true
	default:
		p.Status, p.PendingOperation, p.Authorized = Authorized, next, observed.Authorized
		return Transition{After: p, Operation: op, Outcome: Succeeded, Amount: p.Authorized}, true
	}
}

// captured captures an amount and voids the rest of the authorisation: captured +
// voided = authorised from here on.
func (p Payment) captured(amount money.Money) Transition {
	p.Status, p.PendingOperation, p.Failure = Captured, OpNone, nil
	p.Captured, p.Voided = amount, p.Authorized.Sub(amount)
	return Transition{After: p, Operation: OpCapture, Outcome: Succeeded, Amount: amount}
}

// voided voids the whole authorisation. If a capture was pending or refused, the
// payment has failed.
func (p Payment) voided() Transition {
	p.Status, p.Voided = Voided, p.Authorized
	if p.PendingOperation == OpCapture {
		failure := failureOf(decline.Voided)
		p.Failure = &failure
	}
	if p.Failure != nil {
		p.Status = Failed
	}
	p.PendingOperation, p.NextAction = OpNone, nil
	return Transition{After: p, Operation: OpVoid, Outcome: Succeeded, Amount: p.Voided}
}

// declined follows a refused authorisation: the gateway stored no payment.
func (p Payment) declined(code string) Transition {
	before, failure := p, failureOf(code)
	p.Status, p.PendingOperation, p.Failure = Declined, OpNone, &failure
	return Transition{Before: before, After: p, Operation: OpAuthorize, Outcome: Refused, Amount: p.Amount}
}

// captureRefused follows a refused capture. The authorisation still stands and
// blocks the customer's money, so that it is voided.
func (p Payment) captureRefused(code string) Transition {
	before, failure := p, failureOf(code)
	p.PendingOperation, p.Failure = OpVoid, &failure
	return Transition{Before: before, After: p, Operation: OpCapture, Outcome: Refused, Amount: p.Authorized}
}

// voidedUnsent voids a payment of which nothing was sent to the gateway.
func (p Payment) voidedUnsent() Transition {
	t := p.voided()
	t.Before = p
	return t
}

// copyDetails copies the gateway's id and what may be shown of the card.
func (p *Payment) copyDetails(observed gateway.Payment) {
	p.GatewayReference = optional.Of(observed.GatewayID)
	if observed.Card.Last4 != "" {
		expiry := fmt.Sprintf("%02d/%d", observed.Card.ExpMonth, observed.Card.ExpYear)
		p.Method = Method{Brand: &observed.Card.Brand, Last4: &observed.Card.Last4, Expiry: &expiry}
	}
}

// events are the events that a transition publishes, see the table. A failed
// payment publishes both its failure and its void: the order subgraph waits for
// the first; the second means that no money is reserved any more.
func (t Transition) events() []event.Payload {
	p := t.After
	switch {
	case t.Dispute != nil:
		return []event.Payload{t.Dispute.event(p)}
	case p.Status == Failed && t.Before.Failure == nil: // the refusal was not published yet
		return []event.Payload{p.captureFailed(), event.PaymentVoided{PaymentFacts: p.facts()}}
	case p.Status == Failed:
		return []event.Payload{event.PaymentVoided{PaymentFacts: p.facts()}}
	}
	if outcome := p.outcomeEvent(); outcome != nil {
		return []event.Payload{outcome}
	}
	return nil
}
