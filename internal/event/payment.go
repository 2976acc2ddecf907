package event

// PaymentFacts are what everyone who hears of a payment needs of it.
type PaymentFacts struct {
	PaymentID   string `json:"paymentId"`
	OrderID     string `json:"orderId"`
	CheckoutID  string `json:"checkoutId"`
	AmountMinor int64  `json:"amountMinor"`
	Currency    string `json:"currency"`
}

// PaymentCreated tells that an attempt to pay began.
type PaymentCreated struct {
	PaymentFacts
}

// Type, Topic and Subject make it a Payload.
func (PaymentCreated) Type() string      { return typeName("payment", "created") }
func (PaymentCreated) Topic() Topic      { return Payments }
func (e PaymentCreated) Subject() string { return e.CheckoutID }

// PaymentActionRequired tells that the customer must confirm with their bank.
type PaymentActionRequired struct {
	PaymentFacts
	RedirectURL string `json:"redirectUrl"`
}

// Type, Topic and Subject make it a Payload.
func (PaymentActionRequired) Type() string      { return typeName("payment", "actionRequired") }
func (PaymentActionRequired) Topic() Topic      { return Payments }
func (e PaymentActionRequired) Subject() string { return e.CheckoutID }

// PaymentAuthorized tells that the amount is set aside at the customer's bank.
type PaymentAuthorized struct {
	PaymentFacts
}

// Type, Topic and Subject make it a Payload.
func (PaymentAuthorized) Type() string      { return typeName("payment", "authorized") }
func (PaymentAuthorized) Topic() Topic      { return Payments }
func (e PaymentAuthorized) Subject() string { return e.CheckoutID }

// PaymentDeclined tells that the attempt was refused.
type PaymentDeclined struct {
	PaymentFacts
	Code      string `json:"code"`
	Message   string `json:"message"`
	Retryable bool   `json:"retryable"` // another try, perhaps with another card, may work
}

// Type, Topic and Subject make it a Payload.
func (PaymentDeclined) Type() string      { return typeName("payment", "declined") }
func (PaymentDeclined) Topic() Topic      { return Payments }
func (e PaymentDeclined) Subject() string { return e.CheckoutID }

// PaymentCaptured tells that the money is ours.
type PaymentCaptured struct {
	PaymentFacts
}

// Type, Topic and Subject make it a Payload.
func (PaymentCaptured) Type() string      { return typeName("payment", "captured") }
func (PaymentCaptured) Topic() Topic      { return Payments }
func (e PaymentCaptured) Subject() string { return e.CheckoutID }

// PaymentCaptureFailed tells that the bank would not pay what it had set aside.
type PaymentCaptureFailed struct {
	PaymentFacts
	Code    string `json:"code"`
	Message string `json:"message"`
}

// Type, Topic and Subject make it a Payload.
func (PaymentCaptureFailed) Type() string      { return typeName("payment", "captureFailed") }
func (PaymentCaptureFailed) Topic() Topic      { return Payments }
func (e PaymentCaptureFailed) Subject() string { return e.CheckoutID }

// PaymentVoided tells that an authorisation was given back uncaptured.
type PaymentVoided struct {
	PaymentFacts
}

// Type, Topic and Subject make it a Payload.
func (PaymentVoided) Type() string      { return typeName("payment", "voided") }
func (PaymentVoided) Topic() Topic      { return Payments }
func (e PaymentVoided) Subject() string { return e.CheckoutID }

// RefundSucceeded tells that captured money went back.
type RefundSucceeded struct {
	PaymentFacts
	RefundID      string `json:"refundId"`
	RefundedMinor int64  `json:"refundedMinor"`
}

// Type, Topic and Subject make it a Payload.
func (RefundSucceeded) Type() string      { return typeName("payment", "refundSucceeded") }
func (RefundSucceeded) Topic() Topic      { return Payments }
func (e RefundSucceeded) Subject() string { return e.CheckoutID }

// RefundFailed tells that money could not be given back; people must look.
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
