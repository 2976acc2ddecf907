package event

// PaymentFacts are the fields that all consumers of a payment's events need.
type PaymentFacts struct {
	PaymentID   string `json:"paymentId"`
	OrderID     string `json:"orderId"`
	CheckoutID  string `json:"checkoutId"`
	AmountMinor int64  `json:"amountMinor"`
	Currency    string `json:"currency"`
}

// PaymentCreated reports that a payment of an order was started.
type PaymentCreated struct {
	PaymentFacts
}

// Type, Topic and Subject make it a Payload.
func (PaymentCreated) Type() string      { return typeName("payment", "created") }
func (PaymentCreated) Topic() Topic      { return Payments }
func (e PaymentCreated) Subject() string { return e.CheckoutID }

// PaymentActionRequired reports that the customer must confirm with their bank.
type PaymentActionRequired struct {
	PaymentFacts
	RedirectURL string `json:"redirectUrl"`
}

// Type, Topic and Subject make it a Payload.
func (PaymentActionRequired) Type() string      { return typeName("payment", "actionRequired") }
func (PaymentActionRequired) Topic() Topic      { return Payments }
func (e PaymentActionRequired) Subject() string { return e.CheckoutID }

// PaymentAuthorized reports that the customer's bank has reserved the amount.
type PaymentAuthorized struct {
	PaymentFacts
}

// Type, Topic and Subject make it a Payload.
func (PaymentAuthorized) Type() string      { return typeName("payment", "authorized") }
func (PaymentAuthorized) Topic() Topic      { return Payments }
func (e PaymentAuthorized) Subject() string { return e.CheckoutID }

// PaymentDeclined reports that the attempt was refused.
type PaymentDeclined struct {
	PaymentFacts
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"` // another attempt, perhaps with another card, may succeed
}

// Type, Topic and Subject make it a Payload.
func (PaymentDeclined) Type() string      { return typeName("payment", "declined") }
func (PaymentDeclined) Topic() Topic      { return Payments }
func (e PaymentDeclined) Subject() string { return e.CheckoutID }

// PaymentCaptured reports that the amount was captured.
type PaymentCaptured struct {
	PaymentFacts
}

// Type, Topic and Subject make it a Payload.
func (PaymentCaptured) Type() string      { return typeName("payment", "captured") }
func (PaymentCaptured) Topic() Topic      { return Payments }
func (e PaymentCaptured) Subject() string { return e.CheckoutID }

// PaymentCaptureFailed reports that the bank refused to pay the
// authorised amount.
type PaymentCaptureFailed struct {
	PaymentFacts
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Type, Topic and Subject make it a Payload.
func (PaymentCaptureFailed) Type() string      { return typeName("payment", "captureFailed") }
func (PaymentCaptureFailed) Topic() Topic      { return Payments }
func (e PaymentCaptureFailed) Subject() string { return e.CheckoutID }

// PaymentVoided reports that an authorisation was released without a capture.
type PaymentVoided struct {
	PaymentFacts
}

// Type, Topic and Subject make it a Payload.
func (PaymentVoided) Type() string      { return typeName("payment", "voided") }
func (PaymentVoided) Topic() Topic      { return Payments }
func (e PaymentVoided) Subject() string { return e.CheckoutID }

// RefundedLine is the part of a refund that is for units of an order's line.
type RefundedLine struct {
	OrderLineID string `json:"orderLineId"`
	Units       int    `json:"units"`
	Minor       int64  `json:"minor"`
}

// RefundSucceeded reports that a captured amount was refunded.
type RefundSucceeded struct {
	PaymentFacts
	RefundID      string         `json:"refundId"`
	RefundedMinor int64          `json:"refundedMinor"`
	Lines         []RefundedLine `json:"lines,omitempty"` // none: an amount without lines
}

// Type, Topic and Subject make it a Payload.
func (RefundSucceeded) Type() string      { return typeName("payment", "refundSucceeded") }
func (RefundSucceeded) Topic() Topic      { return Payments }
func (e RefundSucceeded) Subject() string { return e.CheckoutID }

// RefundFailed reports that a refund failed and needs an operator.
type RefundFailed struct {
	PaymentFacts
	RefundID      string `json:"refundId"`
	RefundedMinor int64  `json:"refundedMinor"`
	Message       string `json:"message"`
}

// Type, Topic and Subject make it a Payload.
func (RefundFailed) Type() string      { return typeName("payment", "refundFailed") }
func (RefundFailed) Topic() Topic      { return Payments }
func (e RefundFailed) Subject() string { return e.CheckoutID }

// RefundNotDue reports that a refund of lines was requested of which nothing is left to
// refund: all of it was refunded before, or it cost nothing.
type RefundNotDue struct {
	OrderID    string `json:"orderId"`
	CheckoutID string `json:"checkoutId"`
	RefundID   string `json:"refundId"`
}

// Type, Topic and Subject make it a Payload.
func (RefundNotDue) Type() string      { return typeName("payment", "refundNotDue") }
func (RefundNotDue) Topic() Topic      { return Payments }
func (e RefundNotDue) Subject() string { return e.CheckoutID }
