package payment

import (
	"fmt"

	"cartograph/internal/event"
	"cartograph/internal/money"
	"cartograph/subgraphs/payment/gateway"
)

// Operation is what the gateway was asked for, or told us.
type Operation string

// The operations.
const (
	OpAuthorize Operation = "AUTHORIZE"
	OpConfirm   Operation = "CONFIRM"
	OpCapture   Operation = "CAPTURE"
	OpVoid      Operation = "VOID"
	OpRefund    Operation = "REFUND"
	OpDispute   Operation = "DISPUTE" // opened by the customer
)

// Outcome is how an operation ended.
type Outcome string

// The outcomes.
const (
	Pending   Outcome = "PENDING" // the customer has to act first
	Succeeded Outcome = "SUCCEEDED"
	Refused   Outcome = "FAILED"
)

// Step is one move of a payment, and what caused it.
type Step struct {
	Before, After Payment
	Operation     Operation
	Outcome       Outcome
	Amount        money.Money
}

// learn is what follows from the payment as the gateway shows it. A payment
// only ever moves forward, so that what is seen late or twice changes nothing
// and the order in which things are seen does not matter.
//
// ended says that the order is no longer to be paid: what was set aside for it
// is to be let go of.
func (p Payment) learn(seen gateway.Payment, ended bool) ([]Step, error) {
	if seen.Reference != p.ID || seen.Amount != p.Amount {
		return nil, fmt.Errorf("the gateway shows %s of %s for %s of %s", seen.Amount, seen.Reference, p.Amount, p.ID)
	}
	var steps []Step
	for {
		next, moved := p.next(seen, ended)
		if !moved {
			return steps, nil
		}
		next.Before = p
		steps, p = append(steps, next), next.After
	}
}

func (p Payment) next(seen gateway.Payment, ended bool) (Step, bool) {
	p.describe(seen)
	switch p.Status {
	case Processing, RequiresAction:
		return p.decided(seen, ended)
	case Authorized:
		switch {
		case seen.Captured.Minor > 0:
			return p.captured(seen.Captured), true
		case seen.Status == gateway.Voided:
			return p.voided(), true
		}
	case Captured, PartiallyRefunded:
		if seen.Dispute != nil {
			p.Status, p.Disputed = Disputed, seen.Dispute.Amount
			return Step{After: p, Operation: OpDispute, Outcome: Pending, Amount: p.Disputed}, true
		}
	default: // nothing that the gateway shows moves it
	}
	return Step{}, false
}

// decided is the answer to the wish to authorise.
func (p Payment) decided(seen gateway.Payment, ended bool) (Step, bool) {
	op := OpAuthorize
	if p.Status == RequiresAction {
		op = OpConfirm
	}
	then := WantNothing
	if ended || p.Want == WantVoid {
		then = WantVoid
	}
	action := p.NextAction
	p.NextAction = nil
	switch {
	case seen.Status == gateway.RequiresAction && action != nil:
		return Step{}, false
	case seen.Status == gateway.RequiresAction:
		p.Status, p.Want = RequiresAction, then
		p.NextAction = &NextAction{RedirectURL: seen.Action.RedirectURL, ExpiresAt: seen.Action.ExpiresAt}
		return Step{After: p, Operation: op, Outcome: Pending, Amount: p.Amount}, true
	case seen.Status == gateway.Declined:
		failure := failureOf(seen.Decline.Code)
		p.Status, p.Want, p.Failure = Declined, WantNothing, &failure
		return Step{After: p, Operation: op, Outcome: Refused, Amount: p.Amount}, true
	case seen.Authorized.Minor == 0:
		return p.voided(), true
	default:
		p.Status, p.Want, p.Authorized = Authorized, then, seen.Authorized
		return Step{After: p, Operation: op, Outcome: Succeeded, Amount: p.Authorized}, true
	}
}

// captured takes an amount and lets go of the rest.
func (p Payment) captured(amount money.Money) Step {
	p.Status, p.Want, p.Failure = Captured, WantNothing, nil
	p.Captured, p.Voided = amount, p.Authorized.Sub(amount)
	return Step{After: p, Operation: OpCapture, Outcome: Succeeded, Amount: amount}
}

// voided lets go of all that is set aside. A payment that should have been
// captured has failed.
func (p Payment) voided() Step {
	p.Status, p.Voided = Voided, p.Authorized
	if p.Want == WantCapture {
		failure := failureOf(codeVoided)
		p.Failure = &failure
	}
	if p.Failure != nil {
		p.Status = Failed
	}
	p.Want, p.NextAction = WantNothing, nil
	return Step{After: p, Operation: OpVoid, Outcome: Succeeded, Amount: p.Voided}
}

// declined is the gateway's final no to the wish to authorise.
func (p Payment) declined(code string) Step {
	before, failure := p, failureOf(code)
	p.Status, p.Want, p.Failure = Declined, WantNothing, &failure
	return Step{Before: before, After: p, Operation: OpAuthorize, Outcome: Refused, Amount: p.Amount}
}

// notCaptured is the bank's no to pay what it had set aside: let go of it.
func (p Payment) notCaptured(code string) Step {
	before, failure := p, failureOf(code)
	p.Want, p.Failure = WantVoid, &failure
	return Step{Before: before, After: p, Operation: OpCapture, Outcome: Refused, Amount: p.Authorized}
}

// abandoned ends a payment that the gateway was never asked about.
func (p Payment) abandoned() Step {
	step := p.voided()
	step.Before = p
	return step
}

// describe takes over what the gateway tells about card and name.
func (p *Payment) describe(seen gateway.Payment) {
	p.GatewayReference = &seen.GatewayID
	if seen.Card.Last4 != "" {
		expiry := fmt.Sprintf("%02d/%d", seen.Card.ExpMonth, seen.Card.ExpYear)
		p.Method = Method{Brand: &seen.Card.Brand, Last4: &seen.Card.Last4, Expiry: &expiry}
	}
}

// events is what the world hears of a step.
func (s Step) events() []event.Payload {
	p := s.After
	switch {
	case p.Status == Disputed:
		return nil
	case p.Status == Failed && s.Before.Failure == nil: // voided by others while a capture was asked for
		return []event.Payload{p.captureFailed(), event.PaymentVoided{PaymentFacts: p.facts()}}
	case p.Status == Failed:
		return []event.Payload{event.PaymentVoided{PaymentFacts: p.facts()}}
	}
	if told := p.outcome(); told != nil {
		return []event.Payload{told}
	}
	return nil
}

// posting is one side of a journal: a debit is positive, a credit negative.
type posting struct {
	account string
	minor   int64
}

// The accounts of the ledger.
const (
	receivable = "customer_receivable" // authorised: the bank promised it, we do not have it
	unearned   = "unearned"            // the other side of what is promised
	clearing   = "gateway_clearing"    // captured: the gateway has it for us
	sales      = "sales"               // what was captured
	refunds    = "refunds"             // what of it went back
)

// journal is what a step means for the books; no postings where no money
// moved.
func (s Step) journal() (kind string, postings []posting) {
	if s.Outcome != Succeeded || s.Amount.Minor == 0 {
		return "", nil
	}
	amount := s.Amount.Minor
	switch s.After.Status {
	case Authorized:
		return "AUTHORIZED", []posting{{receivable, amount}, {unearned, -amount}}
	case Voided, Failed:
		return "VOIDED", []posting{{unearned, amount}, {receivable, -amount}}
	case Captured:
		promised := s.After.Authorized.Minor
		return "CAPTURED", []posting{{clearing, amount}, {sales, -amount}, {unearned, promised}, {receivable, -promised}}
	default:
		return "", nil
	}
}
