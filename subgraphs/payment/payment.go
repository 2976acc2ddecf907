// Package payment owns what was authorised, captured and given back for an
// order.
//
// An order has at most one payment at a time that holds money or may come to
// hold some, and at most three tries. More is never captured than was
// authorised, nor given back than was captured. What the gateway is to do is
// stored before it is asked, asked outside any transaction, and asked again
// with the same key until the answer is known: a crash neither loses a charge
// nor makes a second one. What is held for an order that has ended is let go
// of without being asked for.
//
// Only tokens are taken. A card number is refused wherever it turns up.
package payment

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/money"
)

// Status is how far a payment got.
type Status string

// The statuses.
const (
	Created           Status = "CREATED"         // the gateway has not been asked
	Processing        Status = "PROCESSING"      // it was asked, and has not answered
	RequiresAction    Status = "REQUIRES_ACTION" // of the customer, at the bank's page
	Authorized        Status = "AUTHORIZED"      // set aside at the customer's bank
	Declined          Status = "DECLINED"
	Voided            Status = "VOIDED" // let go of before anything was taken
	Failed            Status = "FAILED" // authorised, but the bank would not pay
	Captured          Status = "CAPTURED"
	PartiallyRefunded Status = "PARTIALLY_REFUNDED"
	Refunded          Status = "REFUNDED"
	Disputed          Status = "DISPUTED" // the customer claims it back through the bank
)

// legal is where a payment may go from where it is.
var legal = map[Status][]Status{
	Created:           {Processing, Voided},
	Processing:        {RequiresAction, Authorized, Declined, Voided},
	RequiresAction:    {Authorized, Declined, Voided},
	Authorized:        {Captured, Voided, Failed},
	Captured:          {PartiallyRefunded, Refunded, Disputed},
	PartiallyRefunded: {Refunded, Disputed},
	Disputed:          {},
	Declined:          {},
	Voided:            {},
	Failed:            {},
	Refunded:          {},
}

// MayBecome reports whether a payment may go from s to next in one step.
func (s Status) MayBecome(next Status) bool { return slices.Contains(legal[s], next) }

// Final reports whether nothing more can happen to a payment.
func (s Status) Final() bool { return len(legal[s]) == 0 }

// Live reports whether a payment holds money or may come to hold some.
func (s Status) Live() bool { return !s.Final() || s == Disputed }

// HoldsCapture reports whether money was taken that is not all given back.
func (s Status) HoldsCapture() bool {
	return s == Captured || s == PartiallyRefunded || s == Disputed
}

// Want is what the gateway is to be asked for next.
type Want string

// The wants. Refunds are wants of their own, see Refund.
const (
	WantNothing   Want = "NONE"
	WantAuthorize Want = "AUTHORIZE"
	WantConfirm   Want = "CONFIRM" // the outcome of 3-D Secure
	WantCapture   Want = "CAPTURE"
	WantVoid      Want = "VOID"
)

// Payment is one try to pay for an order.
type Payment struct {
	ID         string
	OrderID    string
	CheckoutID string
	OwnerID    string
	Status     Status
	Want       Want

	Amount        money.Money
	Authorized    money.Money // stays when captured or voided
	Captured      money.Money
	Voided        money.Money
	Refunded      money.Money
	RefundPending money.Money // asked for, not yet given back
	Disputed      money.Money

	Method           Method
	NextAction       *NextAction // only with RequiresAction
	Failure          *Failure    // with Declined, Failed, and while a refused capture is let go of
	GatewayReference *string     // the gateway's id, once it has answered
	Unreachable      bool        // the gateway could not be asked the last time, and will be again
	CreatedAt        time.Time
	UpdatedAt        time.Time

	group *paymentsTogether // the payments that were read with it
}

// Method is as much of a card as may be shown. Empty until the gateway has
// answered.
type Method struct {
	Brand, Last4, Expiry *string
}

// NextAction sends the customer to the bank's page.
type NextAction struct {
	RedirectURL string
	ExpiresAt   time.Time
}

// Failure is why a payment came to nothing.
type Failure struct {
	Code      string
	Message   string
	Retryable bool // another try, perhaps with another card, may work
}

// Refundable is what can still be given back.
func (p Payment) Refundable() money.Money {
	if p.Status == Disputed {
		return money.Zero(p.Amount.Currency) // the bank decides now
	}
	return p.Captured.Sub(p.Refunded).Sub(p.RefundPending)
}

// waits reports whether the gateway has still to decide about authorising.
func (p Payment) waits() bool { return p.Status == Created || p.Status == Processing }

// key is the idempotency key of the payment's n-th request of an operation. It
// is made of stored facts only, so that it is the same after a crash.
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

// outcome is the event that tells what became of a payment so far; nil while
// there is nothing to tell.
func (p Payment) outcome() event.Payload {
	switch p.Status {
	case RequiresAction:
		return event.PaymentActionRequired{PaymentFacts: p.facts(), RedirectURL: p.NextAction.RedirectURL}
	case Authorized:
		if p.Failure != nil {
			return p.captureFailed()
		}
		if p.Want == WantVoid {
			return nil // it will be told as voided
		}
		return event.PaymentAuthorized{PaymentFacts: p.facts()}
	case Declined:
		return event.PaymentDeclined{PaymentFacts: p.facts(), Code: p.Failure.Code, Message: p.Failure.Message, Retryable: p.Failure.Retryable}
	case Captured, PartiallyRefunded, Refunded, Disputed:
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
	failed := event.PaymentCaptureFailed{PaymentFacts: p.facts(), Code: "authorization_voided", Message: "The payment was voided."}
	if p.Failure != nil {
		failed.Code, failed.Message = p.Failure.Code, p.Failure.Message
	}
	return failed
}
