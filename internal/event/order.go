package event

import "time"

// CheckoutOpened requests inventory to hold the lines of a checkout.
type CheckoutOpened struct {
	CheckoutID string `json:"checkoutId"`
	CartID     string `json:"cartId,omitempty"`
	Lines      []Line `json:"lines"`
	TTLSeconds int    `json:"ttlSeconds"`
}

// Type, Topic and Subject make it a Payload.
func (CheckoutOpened) Type() string      { return typeName("order", "checkoutOpened") }
func (CheckoutOpened) Topic() Topic      { return Orders }
func (e CheckoutOpened) Subject() string { return e.CheckoutID }

// CheckoutCancelled reports that a checkout was cancelled. Inventory releases
// its hold.
type CheckoutCancelled struct {
	CheckoutID string `json:"checkoutId"`
	CartID     string `json:"cartId,omitempty"`
}

// Type, Topic and Subject make it a Payload.
func (CheckoutCancelled) Type() string      { return typeName("order", "checkoutCancelled") }
func (CheckoutCancelled) Topic() Topic      { return Orders }
func (e CheckoutCancelled) Subject() string { return e.CheckoutID }

// CheckoutExpired reports that a checkout expired without an order. Inventory
// releases its hold.
type CheckoutExpired struct {
	CheckoutID string `json:"checkoutId"`
	CartID     string `json:"cartId,omitempty"`
}

// Type, Topic and Subject make it a Payload.
func (CheckoutExpired) Type() string      { return typeName("order", "checkoutExpired") }
func (CheckoutExpired) Topic() Topic      { return Orders }
func (e CheckoutExpired) Subject() string { return e.CheckoutID }

// OrderLine is a line of an order as it was bought.
type OrderLine struct {
	OrderLineID   string `json:"orderLineId"`
	VariantID     string `json:"variantId"`
	SKU           string `json:"sku"`
	Title         string `json:"title"`
	Subtitle      string `json:"subtitle,omitempty"`
	ImageURL      string `json:"imageUrl,omitempty"`
	Quantity      int    `json:"quantity"`
	UnitMinor     int64  `json:"unitMinor"`
	DiscountMinor int64  `json:"discountMinor,omitempty"` // what promotions take off UnitMinor × Quantity
	TotalMinor    int64  `json:"totalMinor"`
}

// OrderDiscount is what a promotion takes off an order.
type OrderDiscount struct {
	PromotionID string `json:"promotionId"`
	Title       string `json:"title"`
	Code        string `json:"code,omitempty"`
	AmountMinor int64  `json:"amountMinor"`
	OnShipping  bool   `json:"onShipping,omitempty"` // taken off ShippingMinor already; otherwise a part of DiscountMinor
}

// OrderFacts are the fields that all consumers of an order's events need.
type OrderFacts struct {
	OrderID     string `json:"orderId"`
	CheckoutID  string `json:"checkoutId"`
	CartID      string `json:"cartId"`
	CartVersion int    `json:"cartVersion"`
	Number      string `json:"number"`
	OwnerID     string `json:"ownerId"` // usr_… or gst_…
	Email       string `json:"email"`
	Name        string `json:"name"` // of the person to deliver to
	Locale      string `json:"locale"`
	Currency    string `json:"currency"`
	TotalMinor  int64  `json:"totalMinor"`
}

// OrderPlaced reports that a customer placed an order, which is not paid yet.
type OrderPlaced struct {
	OrderFacts
	Lines     []OrderLine    `json:"lines"`
	GiftCards []GiftCardPart `json:"giftCards,omitempty"` // what they are to pay of the total
	PlacedAt  time.Time      `json:"placedAt"`
}

// GiftCardPart is the part of an order's total that a gift card pays. The ID is none
// by which the card can be spent.
type GiftCardPart struct {
	CardID         string `json:"cardId"`
	LastCharacters string `json:"lastCharacters"` // of the code that the customer typed
	AmountMinor    int64  `json:"amountMinor"`
}

// Type, Topic and Subject make it a Payload.
func (OrderPlaced) Type() string      { return typeName("order", "placed") }
func (OrderPlaced) Topic() Topic      { return Orders }
func (e OrderPlaced) Subject() string { return e.CheckoutID }

// PaymentDue requests payment to authorise an order's total by a gateway token.
type PaymentDue struct {
	PaymentID   string `json:"paymentId"`
	OrderID     string `json:"orderId"`
	CheckoutID  string `json:"checkoutId"`
	Number      string `json:"number"`
	OwnerID     string `json:"ownerId"`
	AmountMinor int64  `json:"amountMinor"`
	Currency    string `json:"currency"`
	Token       string `json:"token"`
	ReturnURL   string `json:"returnUrl,omitempty"`

	GiftCards []GiftCardPart `json:"giftCards,omitempty"` // what they pay of the amount; the token pays the rest
}

// Type, Topic and Subject make it a Payload.
func (PaymentDue) Type() string      { return typeName("order", "paymentDue") }
func (PaymentDue) Topic() Topic      { return Orders }
func (e PaymentDue) Subject() string { return e.CheckoutID }

// StockCommitDue requests inventory to sell what it holds for the checkout.
type StockCommitDue struct {
	OrderID    string `json:"orderId"`
	CheckoutID string `json:"checkoutId"`
}

// Type, Topic and Subject make it a Payload.
func (StockCommitDue) Type() string      { return typeName("order", "stockCommitDue") }
func (StockCommitDue) Topic() Topic      { return Orders }
func (e StockCommitDue) Subject() string { return e.CheckoutID }

// CaptureDue requests payment to capture an authorised amount.
type CaptureDue struct {
	OrderID    string `json:"orderId"`
	CheckoutID string `json:"checkoutId"`
	PaymentID  string `json:"paymentId"`
}

// Type, Topic and Subject make it a Payload.
func (CaptureDue) Type() string      { return typeName("order", "captureDue") }
func (CaptureDue) Topic() Topic      { return Orders }
func (e CaptureDue) Subject() string { return e.CheckoutID }

// OrderConfirmed reports that stock is sold and money captured.
type OrderConfirmed struct {
	OrderFacts
	PaymentID     string          `json:"paymentId"`
	Lines         []OrderLine     `json:"lines"`
	SubtotalMinor int64           `json:"subtotalMinor"` // of UnitMinor × Quantity
	DiscountMinor int64           `json:"discountMinor,omitempty"`
	Discounts     []OrderDiscount `json:"discounts,omitempty"`
	ShippingMinor int64           `json:"shippingMinor"`
	TaxMinor      int64           `json:"taxMinor"`
	TaxIncluded   bool            `json:"taxIncluded,omitempty"` // TaxMinor is a part of the other sums, not added to them
	ConfirmedAt   time.Time       `json:"confirmedAt"`

	ShippingAddress *Recipient `json:"shippingAddress,omitempty"`
	BillingAddress  *Recipient `json:"billingAddress,omitempty"` // absent where it is the former
	ArrivesAfter    time.Time  `json:"arrivesAfter,omitzero"`    // when the delivery is expected, by days in UTC
	ArrivesBefore   time.Time  `json:"arrivesBefore,omitzero"`
}

// Type, Topic and Subject make it a Payload.
func (OrderConfirmed) Type() string      { return typeName("order", "confirmed") }
func (OrderConfirmed) Topic() Topic      { return Orders }
func (e OrderConfirmed) Subject() string { return e.CheckoutID }

// OrderPaymentFailed reports that an attempt to pay was declined; the order
// still waits while its stock is held.
type OrderPaymentFailed struct {
	OrderFacts
	PaymentID    string    `json:"paymentId"`
	DeclineCode  string    `json:"declineCode"`
	Message      string    `json:"message"`
	AttemptsLeft int       `json:"attemptsLeft"`
	PayBefore    time.Time `json:"payBefore"`
}

// Type, Topic and Subject make it a Payload.
func (OrderPaymentFailed) Type() string      { return typeName("order", "paymentFailed") }
func (OrderPaymentFailed) Topic() Topic      { return Orders }
func (e OrderPaymentFailed) Subject() string { return e.CheckoutID }

// OrderExpired reports that an order was not paid in time. Inventory releases
// its hold, payment voids.
type OrderExpired struct {
	OrderFacts
}

// Type, Topic and Subject make it a Payload.
func (OrderExpired) Type() string      { return typeName("order", "expired") }
func (OrderExpired) Topic() Topic      { return Orders }
func (e OrderExpired) Subject() string { return e.CheckoutID }

// OrderCancelled reports that an order will not be delivered. Inventory releases
// or takes back, payment voids or refunds.
type OrderCancelled struct {
	OrderFacts
	Reason      string `json:"reason"`                // the schema's CancelReason
	RefundMinor int64  `json:"refundMinor,omitempty"` // what was captured and goes back
}

// Type, Topic and Subject make it a Payload.
func (OrderCancelled) Type() string      { return typeName("order", "cancelled") }
func (OrderCancelled) Topic() Topic      { return Orders }
func (e OrderCancelled) Subject() string { return e.CheckoutID }

// OrderPaymentActionRequired reports that the customer must confirm a payment of the
// order with their bank.
type OrderPaymentActionRequired struct {
	OrderFacts
	PaymentID string    `json:"paymentId"`
	ActionURL string    `json:"actionUrl,omitempty"` // where they do
	PayBefore time.Time `json:"payBefore"`
}

// Type, Topic and Subject make it a Payload.
func (OrderPaymentActionRequired) Type() string      { return typeName("order", "paymentActionRequired") }
func (OrderPaymentActionRequired) Topic() Topic      { return Orders }
func (e OrderPaymentActionRequired) Subject() string { return e.CheckoutID }

// OrderRefunded reports that a part or all of what was paid for an order was refunded.
type OrderRefunded struct {
	OrderFacts
	RefundID      string `json:"refundId"`
	RefundedMinor int64  `json:"refundedMinor"`      // by this refund
	ReturnID      string `json:"returnId,omitempty"` // whose units it is for
}

// Type, Topic and Subject make it a Payload.
func (OrderRefunded) Type() string      { return typeName("order", "refunded") }
func (OrderRefunded) Topic() Topic      { return Orders }
func (e OrderRefunded) Subject() string { return e.CheckoutID }

// CheckoutChanged reports that a checkout or its order has changed in a way
// that no other event reports. Those who show it read it again.
type CheckoutChanged struct {
	CheckoutID string `json:"checkoutId"`
	CartID     string `json:"cartId,omitempty"`
	Status     string `json:"status,omitempty"` // the checkout's: OPEN, PLACING, COMPLETED, EXPIRED, CANCELLED
	OrderID    string `json:"orderId,omitempty"`
	Version    int    `json:"version"` // the checkout's
}

// Type, Topic and Subject make it a Payload.
func (CheckoutChanged) Type() string      { return typeName("order", "checkoutChanged") }
func (CheckoutChanged) Topic() Topic      { return Orders }
func (e CheckoutChanged) Subject() string { return e.CheckoutID }
