package order

import (
	"time"

	"cartograph/internal/event"
	"cartograph/internal/money"
)

// FactKind names a Fact after the event that reports it.
type FactKind string

// The facts that change a purchase, by source.
const (
	FactHoldPlaced       FactKind = "HoldPlaced" // inventory
	FactHoldRejected     FactKind = "HoldRejected"
	FactHoldExtended     FactKind = "HoldExtended"
	FactHoldCommitted    FactKind = "HoldCommitted"
	FactHoldCommitFailed FactKind = "HoldCommitFailed"
	FactHoldReleased     FactKind = "HoldReleased"
	FactHoldExpired      FactKind = "HoldExpired"
	FactStockReturned    FactKind = "StockReturned"

	FactPaymentCreated        FactKind = "PaymentCreated" // Payment
	FactPaymentActionRequired FactKind = "PaymentActionRequired"
	FactPaymentAuthorized     FactKind = "PaymentAuthorized"
	FactPaymentDeclined       FactKind = "PaymentDeclined"
	FactPaymentCaptured       FactKind = "PaymentCaptured"
	FactPaymentCaptureFailed  FactKind = "PaymentCaptureFailed"
	FactPaymentVoided         FactKind = "PaymentVoided"
	FactRefundSucceeded       FactKind = "RefundSucceeded"
	FactRefundFailed          FactKind = "RefundFailed"
	FactDisputeOpened         FactKind = "DisputeOpened"
	FactDisputeWon            FactKind = "DisputeWon"
	FactDisputeLost           FactKind = "DisputeLost"
	FactRefundNotDue          FactKind = "RefundNotDue" // of a return: nothing is left to refund

	FactParcelMoved FactKind = "ParcelMoved" // staff or the carrier; also when it is packed
	FactReturnMoved FactKind = "ReturnMoved" // the customer, staff or the carrier

	FactNoteAdded FactKind = "NoteAdded" // staff

	FactExpired           FactKind = "Expired"           // the sweeper
	FactCheckoutCancelled FactKind = "CheckoutCancelled" // the customer
	FactOrderCancelled    FactKind = "OrderCancelled"    // the customer or staff
)

// needsOrder reports whether a purchase that receives the fact probably has an
// order. It only decides which query reads the purchase first: both give the
// same answer.
func (k FactKind) needsOrder() bool {
	switch k {
	case FactHoldPlaced, FactHoldRejected, FactHoldExtended, FactHoldReleased, FactHoldExpired, FactCheckoutCancelled:
		return false
	default:
		return true
	}
}

// Fact is something that happened outside of a purchase and may change it. It
// arrives as the response of a call, as an event, or as both; the two are
// equal. Which fields are set depends on the kind.
type Fact struct {
	Kind           FactKind
	ExpiresAt      time.Time // of the hold
	ExtensionsLeft int
	Shortages      []Shortage
	HoldStatus     HoldStatus // why a commit failed; empty if inventory has no such hold

	PaymentID string
	Amount    money.Money // authorised, captured or refunded
	Decline   Decline
	RefundID  string
	DisputeID string
	Disputed  bool   // another dispute of the payment is open
	Accepted  bool   // a lost dispute, by the shop
	ActionURL string // where the customer confirms the payment

	Reason Reason // of a cancellation
	Note   string // of a cancellation, or that is added
	Actor  string // who cancelled, shipped or returned; empty: BySystem

	Internal bool // the note is for staff only

	Parcel   *Parcel // after it moved
	From     ShipmentStatus
	Progress Progress // of the order's lines, after the parcel or the return moved

	Return   *Return // after it moved; of a refund: whose return waited for it, if one did
	Step     returnStep
	Refunded []event.RefundedLine // by a refund
}

// key identifies a fact of a checkout. A response and the event that reports
// the same have the same key.
func (f Fact) key(checkoutID string) string {
	return checkoutID + " " + string(f.Kind) + " " + f.PaymentID + " " + f.RefundID + f.DisputeID
}
