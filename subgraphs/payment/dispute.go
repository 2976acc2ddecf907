package payment

import (
	"time"

	"cartograph/internal/event"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/subgraphs/payment/db"
)

// DisputeStatus is the state of a dispute:
//
//	OPEN → UNDER_REVIEW → WON | LOST
//	OPEN → WON | LOST | ACCEPTED
//
// The gateway withdraws the amount when a dispute opens and returns it when it is won.
type DisputeStatus string

// The statuses.
const (
	DisputeOpen        DisputeStatus = "OPEN"         // evidence can be submitted
	DisputeUnderReview DisputeStatus = "UNDER_REVIEW" // the bank decides
	DisputeWon         DisputeStatus = "WON"          // by the shop
	DisputeLost        DisputeStatus = "LOST"
	DisputeAccepted    DisputeStatus = "ACCEPTED" // lost, by decision of the shop
)

// Closed reports whether the bank or the shop has decided.
func (s DisputeStatus) Closed() bool {
	return s == DisputeWon || s == DisputeLost || s == DisputeAccepted
}

// DisputeOperation is a request about a dispute to the gateway.
type DisputeOperation string

// The operations.
const (
	DisputeNothing  DisputeOperation = "NONE"
	DisputeEvidence DisputeOperation = "EVIDENCE"
	DisputeAccept   DisputeOperation = "ACCEPT"
)

// Dispute is a customer's claim, made through the bank, to have a captured amount
// back.
type Dispute struct {
	ID            string
	PaymentID     string
	OrderID       string
	Number        int32  // of the payment's disputes, from 1
	GatewayID     string // the gateway's id
	Status        DisputeStatus
	Amount        money.Money
	Reason        string // the gateway's word: "product_not_received"
	EvidenceDueBy *time.Time
	OpenedAt      time.Time
	ClosedAt      *time.Time

	PendingOperation DisputeOperation

	batch *lazyBatch[*Payment] // of the disputes read by the same query
}

func disputeOf(row db.Dispute, orderID, currency string) *Dispute {
	return &Dispute{
		ID: row.ID, PaymentID: row.PaymentID, OrderID: orderID, Number: row.Number, GatewayID: row.GatewayID,
		Status: DisputeStatus(row.Status), Amount: money.Money{Minor: row.AmountMinor, Currency: currency}, Reason: row.Reason,
		EvidenceDueBy: row.EvidenceDueBy, OpenedAt: row.OpenedAt, ClosedAt: row.ClosedAt,
		PendingOperation: DisputeOperation(row.PendingOperation),
	}
}

// event publishes the status that a dispute has reached, with its payment p.
func (d Dispute) event(p Payment) event.Payload {
	facts := event.DisputeFacts{
		PaymentFacts: p.facts(), DisputeID: d.ID, DisputedMinor: d.Amount.Minor, OrderNumber: p.OrderNumber, PaymentStatus: string(p.Status),
	}
	switch d.Status {
	case DisputeUnderReview:
		return event.DisputeEvidenceSubmitted{DisputeFacts: facts}
	case DisputeWon:
		return event.DisputeWon{DisputeFacts: facts}
	case DisputeLost, DisputeAccepted:
		return event.DisputeLost{DisputeFacts: facts, Accepted: d.Status == DisputeAccepted}
	default:
		return event.DisputeOpened{DisputeFacts: facts, Reason: d.Reason, EvidenceDueBy: optional.Value(d.EvidenceDueBy)}
	}
}
