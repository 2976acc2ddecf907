package gatewaysim

import (
	"time"
)

// The statuses of a payment.
const (
	statusRequiresAction    = "requires_action"
	statusAuthorized        = "authorized"
	statusDeclined          = "declined"
	statusCaptured          = "captured"
	statusPartiallyRefunded = "partially_refunded"
	statusRefunded          = "refunded"
	statusVoided            = "voided"
)

// The types of events.
const (
	eventActionRequired = "payment.action_required"
	eventAuthorized     = "payment.authorized"
	eventDeclined       = "payment.declined"
	eventCaptured       = "payment.captured"
	eventVoided         = "payment.voided"
	eventRefunded       = "payment.refunded"
	eventDisputeOpened  = "dispute.opened"
	eventDisputeUpdated = "dispute.updated" // evidence was submitted
	eventDisputeClosed  = "dispute.closed"
)

const (
	// challengeLife is the time limit of a 3-D Secure challenge.
	challengeLife = 15 * time.Minute
	// maxAmount keeps sums far from overflow: a hundred billion minor units.
	maxAmount = 100_000_000_000
)

// payment is the payment object of responses and events. Amounts are in
// the currency's minor unit.
type payment struct {
	ID               string            `json:"id"`
	Object           string            `json:"object"` // "payment"
	Reference        string            `json:"reference"`
	OrderID          string            `json:"order_id"`
	Status           string            `json:"status"`
	Currency         string            `json:"currency"`
	Amount           int64             `json:"amount"`
	AmountAuthorized int64             `json:"amount_authorized"`
	AmountCaptured   int64             `json:"amount_captured"`
	AmountRefunded   int64             `json:"amount_refunded"`
	Card             card              `json:"card"`
	NextAction       *nextAction       `json:"next_action"`
	Failure          *failure          `json:"failure"`
	Dispute          *dispute          `json:"dispute"`
	Refunds          []refund          `json:"refunds"`
	Metadata         map[string]string `json:"metadata"`
	Version          int64             `json:"version"` // grows with every change
	Created          time.Time         `json:"created"`
	Updated          time.Time         `json:"updated"`

	token     string
	returnURL string
	baseURL   string // of the 3-D Secure page
}

// nextAction is the action required of the customer.
type nextAction struct {
	Type      string    `json:"type"` // "redirect"
	URL       string    `json:"url"`
	ExpiresAt time.Time `json:"expires_at"`
}

// failure is why a payment was declined. Retryable means that the same card
// may well succeed later.
type failure struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"`
}

type refund struct {
	ID      string    `json:"id"`
	Amount  int64     `json:"amount"`
	Status  string    `json:"status"` // "succeeded"
	Created time.Time `json:"created"`
}

// refundResponse is a refund and the payment after it.
type refundResponse struct {
	Object string `json:"object"` // "refund"
	refund
	Payment payment `json:"payment"`
}

// failures are the reasons of declines, by code.
var failures = map[string]failure{
	"card_declined":          {"card_declined", "The bank declined the card.", false},
	"insufficient_funds":     {"insufficient_funds", "The card has insufficient funds.", true},
	"authentication_failed":  {"authentication_failed", "The customer did not approve the payment.", true},
	"authentication_expired": {"authentication_expired", "The customer did not approve the payment in time.", true},
}
