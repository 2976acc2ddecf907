// Package payment owns what was authorised, captured and refunded for an order.
//
// Rules that always hold:
//
//   - An order has at most one payment that holds money or may come to hold
//     some (index payments_one_live), and at most limits.MaxPaymentAttempts.
//   - refunded + refunds under way ≤ captured, and captured + voided ≤
//     authorised ≤ amount. Constraints of the payments table enforce it.
//   - An operation is stored before it is sent to the gateway, is sent outside
//     any transaction, and is repeated with the same idempotency key until its
//     outcome is known. A crash neither loses a charge nor makes a second one.
//   - A payment's transition, its attempt, its journal and its events commit
//     together.
//   - A payment of an order that has ended is voided or refunded without a
//     further request.
//   - What gift cards pay is taken from their balances by the transaction that
//     stores the payment, and returned by the one that stores its end without a
//     capture. A payment that they cover never reaches the gateway.
//
// Only tokens are accepted: a card number is refused in every input.
package payment

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"cartograph/internal/decline"
	"cartograph/internal/event"
	"cartograph/internal/money"
)

// Status is how far a payment got.
type Status string

// The statuses.
const (
	Created           Status = "CREATED"         // nothing was sent to the gateway
	Processing        Status = "PROCESSING"      // sent, outcome unknown
	RequiresAction    Status = "REQUIRES_ACTION" // 3-D Secure by the customer
	Authorized        Status = "AUTHORIZED"      // reserved at the customer's bank
	Declined          Status = "DECLINED"
	Voided            Status = "VOIDED" // cancelled before capture
	Failed            Status = "FAILED" // authorised, but could not be captured
	Captured          Status = "CAPTURED"
	PartiallyRefunded Status = "PARTIALLY_REFUNDED"
	Refunded          Status = "REFUNDED"
	Disputed          Status = "DISPUTED"     // the bank decides about a chargeback
	ChargedBack       Status = "CHARGED_BACK" // the bank decided for the customer
)

// legal lists the transitions of each status. The table in transition.go names
// what causes them.
var legal = map[Status][]Status{
	Created:           {Processing, Voided},
	Processing:        {RequiresAction, Authorized, Declined, Voided},
	RequiresAction:    {Authorized, Declined, Voided},
	Authorized:        {Captured, Voided, Failed},
	Captured:          {PartiallyRefunded, Refunded, Disputed},
	PartiallyRefunded: {Refunded, Disputed},
	Refunded:          {Disputed},
	Disputed:          {Captured, PartiallyRefunded, Refunded, ChargedBack},
	ChargedBack:       {},
	Declined:          {},
	Voided:            {},
	Failed:            {},
}

// MayBecome reports whether next is one transition away from s.
func (s Status) MayBecome(next Status) bool { return slices.Contains(legal[s], next) }

// Final reports whether no transition leaves s.
func (s Status) Final() bool { return len(legal[s]) == 0 }

// Live reports whether a payment holds money or may come to hold some. One that
// was charged back counts: its order was paid, and is not to be paid again. An order
// with a live payment takes no other; the index payments_one_live names the same
// statuses.
func (s Status) Live() bool {
	switch s {
	case Declined, Voided, Failed, Refunded:
		return false
	default:
		return true
	}
}

// HoldsCapture reports whether a captured amount is not refunded in full.
func (s Status) HoldsCapture() bool {
	return s == Captured || s == PartiallyRefunded || s == Disputed
}

// Payment is one attempt to pay for an order. Of its amounts only RefundPending
// and Disputed ever decrease.
type Payment struct {
	ID               string
	OrderID          string
	OrderNumber      string // only of a locked payment
	CheckoutID       string
	OwnerID          string
	Status           Status
	PendingOperation Operation

	Amount        money.Money
	Gift          money.Money // the part of Amount that gift cards pay; all amounts include it
	GiftRefunded  money.Money
	Authorized    money.Money // stays when captured or voided
	Captured      money.Money
	Voided        money.Money
	Refunded      money.Money
	RefundPending money.Money // reserved for refunds without an outcome
	Disputed      money.Money // withdrawn by disputes that are open or lost

	Method           Method
	NextAction       *NextAction // only with RequiresAction
	Failure          *Failure    // with Declined, Failed, and while a refused capture is voided
	GatewayReference *string     // the gateway's id; nil before its first answer
	Unreachable      bool        // the last call to the gateway failed; it is repeated
	CreatedAt        time.Time
	UpdatedAt        time.Time

	batch *paymentBatch // the payments read by the same query
}

// Method is the part of a card that may be shown. Empty before the gateway's
// first answer.
type Method struct {
	Brand, Last4, Expiry *string

	GiftCard bool // gift cards pay the whole amount
}

// NextAction redirects the customer to the 3-D Secure page.
type NextAction struct {
	RedirectURL string
	ExpiresAt   time.Time
}

// Failure is the reason why a payment was declined or not captured.
type Failure struct {
	Code      string // see internal/decline for the sentence
	Retryable bool   // another attempt, perhaps with another card, may succeed
}

// Message is the reason for the reader of ctx.
func (f Failure) Message(ctx context.Context) string { return decline.Text(ctx, f.Code) }

// Refundable is the most that a new refund may have: what is captured, minus what
// is refunded or reserved for refunds under way. It is zero while the bank decides
// about a dispute and after a chargeback, or the customer could be paid twice.
func (p Payment) Refundable() money.Money {
	if p.Status == Disputed || p.Status == ChargedBack {
		return money.Zero(p.Amount.Currency)
	}
	return p.Captured.Sub(p.Refunded).Sub(p.RefundPending)
}

// undecided reports whether the authorisation has no outcome yet.
func (p Payment) undecided() bool { return p.Status == Created || p.Status == Processing }

// key is the idempotency key of a payment's n-th request of an operation. It is
// derived from stored values only: a process that repeats a request after a
// crash sends the same key, and the gateway returns the first outcome.
func key(paymentID string, op Operation, n int) string {
	return paymentID + ":" + strings.ToLower(string(op)) + ":" + strconv.Itoa(n)
}

func (p Payment) facts() event.PaymentFacts {
	return event.PaymentFacts{
		PaymentID:   p.ID,
		OrderID:     p.OrderID,
		CheckoutID:  p.CheckoutID,
		AmountMinor: p.Amount.Minor,
		Currency:    p.Amount.Currency,
	}
}

// outcomeEvent is the event that publishes the present state of a payment; nil
// for a state that is not published. It also answers repeated requests, so it
// depends on stored values only.
func (p Payment) outcomeEvent() event.Payload {
	switch p.Status {
	case RequiresAction:
		return event.PaymentActionRequired{PaymentFacts: p.facts(), RedirectURL: p.NextAction.RedirectURL}
	case Authorized:
		if p.Failure != nil {
			return p.captureFailed()
		}
		if p.PendingOperation == OpVoid {
			return nil // published once it is voided
		}
		return event.PaymentAuthorized{PaymentFacts: p.facts()}
	case Declined:
		return event.PaymentDeclined{PaymentFacts: p.facts(), Code: p.Failure.Code, Message: decline.Source(p.Failure.Code), Retryable: p.Failure.Retryable}
	case Captured, PartiallyRefunded, Refunded, Disputed, ChargedBack:
		return event.PaymentCaptured{PaymentFacts: p.facts()}
	case Failed:
		return p.captureFailed()
	case Voided:
		return event.PaymentVoided{PaymentFacts: p.facts()}
	default:
		return nil
	}
}

func (p Payment) captureFailed() event.Payload {
	code := decline.Voided
	if p.Failure != nil {
		code = p.Failure.Code
	}
	return event.PaymentCaptureFailed{PaymentFacts: p.facts(), Code: code, Message: decline.Source(code)}
}
