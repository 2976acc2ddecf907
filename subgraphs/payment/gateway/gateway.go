// Package gateway is what payments need of a payment provider, and the clients
// of the providers there are.
//
// A provider is called across a network, so every request has three ends: it
// was done, it was refused, or that is unknown. Done is a result, refused a
// *RefusedError, and everything else is ErrUnknown: the caller repeats the
// same request with the same key until it is known, and never makes a new key
// for it. Keys are made from stored state, so that they survive a crash.
package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"cartograph/internal/money"
)

// Gateway is what payments need of a payment provider. gatewayID is the
// provider's id of a payment, key the idempotency key of the request.
type Gateway interface {
	// Authorize requests that the bank reserve an amount. A decline is a result.
	Authorize(ctx context.Context, r AuthorizeRequest) (Payment, error)
	// Confirm gives the outcome of what was required of the customer. While
	// there is none the payment still requires action.
	Confirm(ctx context.Context, gatewayID, key string) (Payment, error)
	// Capture takes what was authorised, or less and lets go of the rest.
	Capture(ctx context.Context, gatewayID string, amount money.Money, key string) (Payment, error)
	// Void lets go of what was authorised and not captured.
	Void(ctx context.Context, gatewayID, key string) (Payment, error)
	// Refund gives back a part of what was captured.
	Refund(ctx context.Context, gatewayID string, amount money.Money, key string) (Refund, error)
	// SubmitEvidence gives the bank our evidence in a dispute, once. disputeID is
	// the provider's.
	SubmitEvidence(ctx context.Context, disputeID, text, key string) (Payment, error)
	// AcceptDispute ends a dispute in the customer's favour.
	AcceptDispute(ctx context.Context, disputeID, key string) (Payment, error)
	// Find gives the payment with our reference, or false if there is none.
	// gatewayID is empty if the provider has not answered yet: of several
	// payments, after declines, it is then the one that holds money, else the
	// latest.
	Find(ctx context.Context, reference, gatewayID string) (Payment, bool, error)
	// ParseWebhook reads what the provider sent, once it is sure that it was
	// the provider. An event is a hint that may come late, twice or out of
	// order: Find returns the current state.
	ParseWebhook(header http.Header, body []byte, now time.Time) (Event, error)
}

// AuthorizeRequest is a request to have an amount set aside.
type AuthorizeRequest struct {
	Key       string // idempotency key
	Reference string // our id of the payment
	OrderID   string
	Amount    money.Money
	Token     string // stands for the card, made by the provider
	ReturnURL string // where the customer's browser goes after 3-D Secure; may be empty
}

// Status is how far a payment got at the provider.
type Status string

// The statuses.
const (
	RequiresAction    Status = "REQUIRES_ACTION" // of the customer, see Payment.Action
	Authorized        Status = "AUTHORIZED"
	Declined          Status = "DECLINED" // see Payment.Decline
	Captured          Status = "CAPTURED"
	PartiallyRefunded Status = "PARTIALLY_REFUNDED"
	Refunded          Status = "REFUNDED"
	Voided            Status = "VOIDED"
)

// Payment is a payment in the provider's records.
type Payment struct {
	GatewayID string // the provider's id
	Reference string // our id
	OrderID   string
	Status    Status

	// What was requested, and what of it is or was set aside, taken and given
	// back. Authorized stays when a payment is voided or captured.
	Amount, Authorized, Captured, Refunded money.Money

	Card     Card
	Action   *Action   // only with RequiresAction
	Decline  *Decline  // only with Declined
	Disputes []Dispute // beside any status from Captured on, oldest first
	Refunds  []RefundDetails

	Version              int64 // grows with every change: the larger is the newer
	CreatedAt, UpdatedAt time.Time
}

// Card is as much of a card as may be shown.
type Card struct {
	Brand             string // "visa"
	Last4             string
	ExpMonth, ExpYear int
}

// Action sends the customer to the bank's page.
type Action struct {
	RedirectURL string
	ExpiresAt   time.Time
}

// Decline is why the bank declined. Retryable means that the same card may
// well succeed later.
type Decline struct {
	Code      string
	Message   string
	Retryable bool
}

// Dispute is a customer's claim, through the bank, to have the money back. The
// provider withdraws the amount when it opens, and returns it if the bank decides
// for the shop.
type Dispute struct {
	ID            string
	Status        DisputeStatus
	Reason        string
	Amount        money.Money
	OpenedAt      time.Time
	EvidenceDueBy time.Time
}

// DisputeStatus is how far a dispute got.
type DisputeStatus string

// The statuses of disputes.
const (
	DisputeOpen        DisputeStatus = "OPEN"         // evidence is awaited
	DisputeUnderReview DisputeStatus = "UNDER_REVIEW" // the bank decides
	DisputeWon         DisputeStatus = "WON"          // by the shop
	DisputeLost        DisputeStatus = "LOST"
)

// RefundDetails is one refund of a payment.
type RefundDetails struct {
	GatewayID string
	Amount    money.Money
	CreatedAt time.Time
}

// Refund is a refund with the payment as it left it.
type Refund struct {
	RefundDetails
	Payment Payment
}

// EventType is what happened to a payment.
type EventType string

// The types of events.
const (
	PaymentActionRequired EventType = "payment.action_required"
	PaymentAuthorized     EventType = "payment.authorized"
	PaymentDeclined       EventType = "payment.declined"
	PaymentCaptured       EventType = "payment.captured"
	PaymentVoided         EventType = "payment.voided"
	PaymentRefunded       EventType = "payment.refunded"
	DisputeOpened         EventType = "dispute.opened"
	DisputeUpdated        EventType = "dispute.updated"
	DisputeClosed         EventType = "dispute.closed"
)

// Event is a provider's word that something happened.
type Event struct {
	ID        string // the same each time the event comes
	Type      EventType
	CreatedAt time.Time
	Payment   Payment // as it was then; at least its reference or its id at the provider
}

// ErrUnknown is in every error that leaves open whether a request was done:
// no answer in time, a broken connection, an answer that makes no sense, the
// provider's own fault. Repeat the request with the same key.
var ErrUnknown = errors.New("outcome unknown")

// RefusedError is the provider's final no to a request that changed nothing.
type RefusedError struct {
	Code    string // one of the Refused codes, or another of the provider's
	Message string
}

func (e *RefusedError) Error() string { return e.Code + ": " + e.Message }

// Codes of refusals that callers distinguish.
const (
	RefusedToken      = "token_invalid"
	RefusedCardNumber = "card_number_refused"
	RefusedCapture    = "capture_declined" // the authorisation stands: void it
	RefusedState      = "state_invalid"    // the payment is not where the request takes it to be
	RefusedAmount     = "amount_too_large" // for what was authorised or captured
	RefusedDisputed   = "payment_disputed"
	RefusedDispute    = "dispute_closed" // it is not open, or its time is over
	RefusedPayment    = "payment_unknown"
	RefusedKey        = "idempotency_key_reused" // a bug of ours: the outcome of the key's first request stands
)

// Why a webhook is rejected.
var (
	ErrSignature = errors.New("webhook: the signature is missing or wrong")
	ErrTooOld    = errors.New("webhook: it was signed too long ago, or in the future")
	ErrMalformed = errors.New("webhook: it cannot be read")
)
