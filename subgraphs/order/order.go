// Package order owns checkouts and orders, and leads each purchase through
// stock and money.
//
// A checkout binds prices and holds stock, both until the same moment. An
// order is written before any money moves, at most once per checkout. It is
// confirmed only when its stock is sold and its money captured; if it cannot
// get there, it ends cancelled or expired, and what was held or taken goes
// back.
//
// Stock is the inventory worker's and money is Payment's. What they answer,
// by call or by event, is applied by one function, Purchase.Learn: whichever
// comes second changes nothing. No row stays locked while anyone is asked.
package order

import (
	"context"
	"time"

	"cartograph/internal/money"
)

// Status is how far an order got.
type Status string

// The states of an order.
const (
	PendingPayment Status = "PENDING_PAYMENT" // stock is held, payment awaited
	Confirmed      Status = "CONFIRMED"       // stock sold, money captured
	Cancelled      Status = "CANCELLED"
	Expired        Status = "EXPIRED" // not paid in time
)

// Stage is how far the purchase of an order is on its way to Confirmed.
type Stage string

// The stages, in this sequence.
const (
	Placed         Stage = "PLACED"
	Authorized     Stage = "AUTHORIZED"      // money set aside; stock is to be sold
	StockCommitted Stage = "STOCK_COMMITTED" // stock sold; money is to be captured
	Captured       Stage = "CAPTURED"
)

// PaymentStatus is how the money of an order stands.
type PaymentStatus string

// The states of an order's money.
const (
	Unpaid            PaymentStatus = "UNPAID"
	PaymentPending    PaymentStatus = "PENDING"
	PaymentAuthorized PaymentStatus = "AUTHORIZED"
	Paid              PaymentStatus = "PAID"
	PartiallyRefunded PaymentStatus = "PARTIALLY_REFUNDED"
	Refunded          PaymentStatus = "REFUNDED"
	PaymentFailed     PaymentStatus = "FAILED"
	Voided            PaymentStatus = "VOIDED"
)

// Reason is why an order ended without delivery.
type Reason string

// The reasons.
const (
	CustomerRequest Reason = "CUSTOMER_REQUEST"
	OutOfStock      Reason = "OUT_OF_STOCK"
	NotPaid         Reason = "PAYMENT_FAILED"
	PaidTooLate     Reason = "PAYMENT_EXPIRED"
	Fraud           Reason = "FRAUD"
	OtherReason     Reason = "OTHER"
)

// MaxAttempts is how often an order may be tried to be paid.
const MaxAttempts = 3

// Order is what was bought. Its lines are read apart, by their order's id.
type Order struct {
	ID            string
	Number        string
	CheckoutID    string
	CartID        string
	CartVersion   int
	OwnerID       string
	Locale        string
	Email         *string
	Status        Status
	Stage         Stage
	PaymentStatus PaymentStatus
	Version       int

	Costs
	LineCount       int
	ShippingAddress Address
	BillingAddress  *Address
	MethodID        string

	Payment     Payment
	Cancelled   *Cancelling
	PlacedAt    time.Time
	ConfirmedAt *time.Time
	UpdatedAt   time.Time
	PayBefore   time.Time // the end of the checkout's hold
}

// Costs is what something costs in one currency.
type Costs struct {
	Subtotal money.Money
	Shipping money.Money
	Tax      money.Money
	Total    money.Money
	TaxRate  int // basis points
}

// TotalMinor and CurrencyCode are the graph's flat names of the total.
func (c Costs) TotalMinor() int64    { return c.Total.Minor }
func (c Costs) CurrencyCode() string { return c.Total.Currency }

// written is an amount as the customer reads it.
func (o *Order) written(m money.Money) string {
	return m.Formatted(context.Background(), &o.Locale)
}

// Payment is what an order knows of the attempts to pay it.
type Payment struct {
	ID        string   // the attempt that counts; may be empty
	Attempts  []string // every attempt's id, the oldest first
	Token     string   // kept only until the gateway has answered
	ReturnURL string
	// AwaitsBuyer tells that the customer's bank waits for the customer.
	AwaitsBuyer bool
	Decline     Decline
	Refunds     []string // every refund's id
	Refunded    int64    // minor units
}

// Decline is why the last attempt to pay was refused.
type Decline struct {
	Code      string
	Message   string
	Retryable bool
}

// Cancelling is how an order ended without delivery.
type Cancelling struct {
	Reason Reason
	Note   string
	At     time.Time
}

// Cancellation is the graph's view of a Cancelling.
type Cancellation struct {
	Reason         Reason
	Note           *string
	CancelledAt    time.Time
	RefundExpected *money.Money
}

// Cancellation is why the order ended without delivery, or nil.
func (o *Order) Cancellation() *Cancellation {
	if o.Cancelled == nil {
		return nil
	}
	c := &Cancellation{Reason: o.Cancelled.Reason, Note: optional(o.Cancelled.Note), CancelledAt: o.Cancelled.At}
	switch o.PaymentStatus {
	case Paid, PartiallyRefunded, Refunded:
		total := o.Total
		c.RefundExpected = &total
	default: // nothing was captured
	}
	return c
}

// FulfillmentStatus is how the delivery of an order stands.
type FulfillmentStatus string

// Unfulfilled is the delivery of an order of which nothing has left.
const Unfulfilled FulfillmentStatus = "UNFULFILLED"

// FulfillmentStatus is how the delivery stands: nothing leaves yet.
func (o *Order) FulfillmentStatus() FulfillmentStatus { return Unfulfilled }

// AttemptsLeft is how often the order may still be tried to be paid.
func (o *Order) AttemptsLeft() int { return max(0, MaxAttempts-len(o.Payment.Attempts)) }

// Actions is what the order's owner may do with it.
type Actions struct {
	CanCancel            bool
	CancelBlockedBecause *string
	CanPay               bool
}

// Actions is what may be done with the order at the given moment.
func (o *Order) Actions(now time.Time) Actions {
	var a Actions
	if err := o.checkCancel(); err != nil {
		a.CancelBlockedBecause = optional(err.Error())
	}
	a.CanCancel = a.CancelBlockedBecause == nil
	a.CanPay = o.Status == PendingPayment && o.Stage == Placed && o.AttemptsLeft() > 0 && now.Before(o.PayBefore) &&
		(o.PaymentStatus == Unpaid || o.PaymentStatus == PaymentFailed || o.PaymentStatus == Voided)
	return a
}

// optional is nil for what is empty.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// IsNode and IsEntity tell the graph that it may be asked for by its id.
func (*Order) IsNode()      {}
func (*Order) IsEntity()    {}
func (*Checkout) IsNode()   {}
func (*Checkout) IsEntity() {}
