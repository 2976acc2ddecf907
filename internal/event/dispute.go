package event

import "time"

// DisputeFacts are the fields of every event of a dispute: a customer's claim, made
// through the bank, to have a captured amount back.
type DisputeFacts struct {
	PaymentFacts
	DisputeID     string `json:"disputeId"`
	DisputedMinor int64  `json:"disputedMinor"`
	OrderNumber   string `json:"orderNumber"`
	PaymentStatus string `json:"paymentStatus"` // after the event; DISPUTED while any dispute of the payment is open
}

// DisputeOpened reports that a customer disputes a payment: the gateway has withdrawn
// the amount, and awaits evidence.
type DisputeOpened struct {
	DisputeFacts
	Reason        string    `json:"reason"` // the gateway's word
	EvidenceDueBy time.Time `json:"evidenceDueBy,omitzero"`
}

// Type, Topic and Subject make it a Payload.
func (DisputeOpened) Type() string      { return typeName("payment", "disputeOpened") }
func (DisputeOpened) Topic() Topic      { return Payments }
func (e DisputeOpened) Subject() string { return e.CheckoutID }

// DisputeEvidenceSubmitted reports that the bank reviews the shop's evidence.
type DisputeEvidenceSubmitted struct {
	DisputeFacts
}

// Type, Topic and Subject make it a Payload.
func (DisputeEvidenceSubmitted) Type() string      { return typeName("payment", "disputeEvidenceSubmitted") }
func (DisputeEvidenceSubmitted) Topic() Topic      { return Payments }
func (e DisputeEvidenceSubmitted) Subject() string { return e.CheckoutID }

// DisputeWon reports that the bank decided for the shop: the amount was returned.
type DisputeWon struct {
	DisputeFacts
}

// Type, Topic and Subject make it a Payload.
func (DisputeWon) Type() string      { return typeName("payment", "disputeWon") }
func (DisputeWon) Topic() Topic      { return Payments }
func (e DisputeWon) Subject() string { return e.CheckoutID }

// DisputeLost reports that the amount stays with the customer.
type DisputeLost struct {
	DisputeFacts
	Accepted bool `json:"accepted"` // by the shop, without a decision of the bank
}

// Type, Topic and Subject make it a Payload.
func (DisputeLost) Type() string      { return typeName("payment", "disputeLost") }
func (DisputeLost) Topic() Topic      { return Payments }
func (e DisputeLost) Subject() string { return e.CheckoutID }
