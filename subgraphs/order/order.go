// Package order owns checkouts and orders, and orchestrates each purchase.
//
// A checkout binds prices and holds stock, both until the same moment. An
// order is written before any money moves, at most once per checkout. It is
// confirmed only when its stock is committed and its money captured; otherwise
// it ends cancelled or expired, and stock and money go back.
//
// Inventory owns the stock and Payment owns the money. Their responses and
// their events are applied by one function, Purchase.Apply (transition.go has
// the table); whichever comes second changes nothing. No row is locked while a
// peer is called.
package order

import (
	"context"
	"time"

	"cartograph/internal/address"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/limits"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/pricing"
	"cartograph/internal/promotion"
)

// Status is the state of an order.
type Status string

// The states of an order.
const (
	PendingPayment Status = "PENDING_PAYMENT" // stock is held, payment awaited
	Confirmed      Status = "CONFIRMED"       // stock sold, money captured
	Cancelled      Status = "CANCELLED"
	Expired        Status = "EXPIRED" // not paid in time

	// Those of a confirmed order that is on its way; see Progress.
	InProcess        Status = "PROCESSING"
	PartiallyShipped Status = "PARTIALLY_SHIPPED"
	Shipped          Status = "SHIPPED"
	Delivered        Status = "DELIVERED"
)

// Stage is the step that an order has reached on its way to Confirmed.
type Stage string

// The stages, in order.
const (
	Placed         Stage = "PLACED"
	Authorized     Stage = "AUTHORIZED"      // the stock commit is due
	StockCommitted Stage = "STOCK_COMMITTED" // the capture is due
	Captured       Stage = "CAPTURED"
)

// PaymentStatus is the state of an order's money.
type PaymentStatus string

// The payment states.
const (
	Unpaid            PaymentStatus = "UNPAID"
	PaymentPending    PaymentStatus = "PENDING"
	PaymentAuthorized PaymentStatus = "AUTHORIZED"
	Paid              PaymentStatus = "PAID"
	PartiallyRefunded PaymentStatus = "PARTIALLY_REFUNDED"
	Refunded          PaymentStatus = "REFUNDED"
	PaymentFailed     PaymentStatus = "FAILED"
	Voided            PaymentStatus = "VOIDED"
	Disputed          PaymentStatus = "DISPUTED"     // the bank decides about a chargeback
	ChargedBack       PaymentStatus = "CHARGED_BACK" // it decided for the customer
)

// Reason is why an order was cancelled or expired.
type Reason string

// The reasons.
const (
	CustomerRequest Reason = "CUSTOMER_REQUEST"
	OutOfStock      Reason = "OUT_OF_STOCK"
	NotPaid         Reason = "PAYMENT_FAILED"
	PaidTooLate     Reason = "PAYMENT_EXPIRED"
	Fraud           Reason = "FRAUD"
	Replaced        Reason = "REPLACED" // by a new checkout of the same cart
	OtherReason     Reason = "OTHER"
)

// Order is a checkout that was ordered. Its lines are read separately, by the
// order's id.
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

	FulfillmentStatus FulfillmentStatus
	DeliveredAt       *time.Time // of the last parcel so far
	PackAt            *time.Time // when it is packed by itself; nil: only staff pack it

	Costs
	LineCount       int
	ShippingAddress address.Address
	BillingAddress  *address.Address
	MethodID        string

	Gifts       []event.GiftCardPart // what gift cards pay of the total
	Payment     Payment
	Cancelled   *CancelRecord
	PlacedAt    time.Time
	ConfirmedAt *time.Time
	UpdatedAt   time.Time
	PayBefore   time.Time // the end of the checkout's hold

	LookedUp bool // read by LookUp, whose caller gave the number and the e-mail address
}

// Costs are amounts of one currency. Total is the subtotal less the discount, the
// shipping and, unless it is included in them, the tax.
type Costs struct {
	Subtotal    money.Money
	Discounts   []promotion.Allocation // one on shipping is a part of Shipping, not of Discount
	Shipping    money.Money
	Tax         money.Money
	Total       money.Money
	TaxRate     int               // basis points, of the standard class
	Taxes       []pricing.RateTax // the tax by rate, the highest first
	TaxIncluded bool
}

// TotalMinor and CurrencyCode are the graph's flat names of the total.
func (c Costs) TotalMinor() int64    { return c.Total.Minor }
func (c Costs) CurrencyCode() string { return c.Total.Currency }

// Payment is the order's copy of its attempts to pay. The payment service owns
// them.
type Payment struct {
	ID        string   // the current attempt; empty before the first
	Attempts  []string // every attempt's id, the oldest first
	Token     string   // erased with the gateway's first response
	ReturnURL string
	// AwaitsBuyer is set while the bank waits for the customer's confirmation.
	AwaitsBuyer bool
	Decline     Decline
	Refunds     []string // every refund's id
	Refunded    int64    // minor units

	// Of the fact that was applied last, for its event; not stored.
	actionURL  string
	lastRefund int64 // minor units
}

// Decline is why the last attempt to pay was refused.
type Decline struct {
	Code      string // see internal/decline for the sentence
	Retryable bool
}

// CancelRecord is why and when an order was cancelled or expired.
type CancelRecord struct {
	Reason Reason
	Note   string
	At     time.Time
}

// Cancellation is the graph's view of a CancelRecord.
type Cancellation struct {
	Reason         Reason
	Note           *string
	CancelledAt    time.Time
	RefundExpected *money.Money
}

// Cancellation is nil unless the order was cancelled or expired.
func (o *Order) Cancellation() *Cancellation {
	if o.Cancelled == nil {
		return nil
	}
	c := &Cancellation{Reason: o.Cancelled.Reason, Note: optional.Of(o.Cancelled.Note), CancelledAt: o.Cancelled.At}
	switch o.PaymentStatus {
	case Paid, PartiallyRefunded, Refunded:
		total := o.Total
		c.RefundExpected = &total
	default: // nothing was captured
	}
	return c
}

// AttemptsLeft is the number of payment attempts that remain.
func (o *Order) AttemptsLeft() int { return max(0, limits.MaxPaymentAttempts-len(o.Payment.Attempts)) }

// Actions is what the owner may do with an order.
type Actions struct {
	CanCancel   bool
	CanPay      bool
	CanReturn   bool
	ReturnUntil *time.Time // when the return window closes; nil until something is delivered

	cancelBlocked, returnBlocked *fault.Error
}

// ReturnBlockedBecause is why nothing of the order can be returned, for the reader of ctx;
// nil if something can.
func (a Actions) ReturnBlockedBecause(ctx context.Context) *string {
	if a.returnBlocked == nil {
		return nil
	}
	return new(a.returnBlocked.Text(ctx))
}

// CancelBlockedBecause is why the order cannot be cancelled, for the reader of
// ctx; nil if it can.
func (a Actions) CancelBlockedBecause(ctx context.Context) *string {
	if a.cancelBlocked == nil {
		return nil
	}
	return new(a.cancelBlocked.Text(ctx))
}

// Actions is what the owner may do with an order now.
func (s *Service) Actions(o *Order) *Actions {
	a := o.Actions(s.now())
	a.ReturnUntil, a.returnBlocked = o.ReturnUntil(s.cfg.ReturnWindow), o.checkReturn(s.now(), s.cfg.ReturnWindow, false)
	a.CanReturn = a.returnBlocked == nil
	return &a
}

// Actions is what the owner may do now, except for returns. It is a hint for the client: the
// commands check again under the lock.
func (o *Order) Actions(now time.Time) Actions {
	a := Actions{cancelBlocked: o.checkCancel()}
	a.CanCancel = a.cancelBlocked == nil
	a.CanPay = o.Status == PendingPayment && o.Stage == Placed && o.AttemptsLeft() > 0 && now.Before(o.PayBefore) &&
		(o.PaymentStatus == Unpaid || o.PaymentStatus == PaymentFailed || o.PaymentStatus == Voided)
	return a
}

// IsNode and IsEntity implement the graph's interfaces of objects with an id.
func (*Order) IsNode()      {}
func (*Order) IsEntity()    {}
func (*Checkout) IsNode()   {}
func (*Checkout) IsEntity() {}
