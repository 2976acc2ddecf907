package event

import "time"

// ReturnLine is how many units of an order's line are returned, and why.
type ReturnLine struct {
	OrderLineID string `json:"orderLineId"`
	VariantID   string `json:"variantId"`
	SKU         string `json:"sku"`
	Title       string `json:"title"`
	Subtitle    string `json:"subtitle,omitempty"`
	Quantity    int    `json:"quantity"`
	Reason      string `json:"reason"` // the schema's ReturnReason
}

// ReturnFacts are the fields that all consumers of a return's events need.
type ReturnFacts struct {
	OrderFacts
	ReturnID string       `json:"returnId"`
	Lines    []ReturnLine `json:"returnLines"`
}

// ReturnRequested reports that a customer, or staff for them, requests to return units of
// an order.
type ReturnRequested struct {
	ReturnFacts
}

// Type, Topic and Subject make it a Payload.
func (ReturnRequested) Type() string      { return typeName("order", "returnRequested") }
func (ReturnRequested) Topic() Topic      { return Orders }
func (e ReturnRequested) Subject() string { return e.CheckoutID }

// ReturnApproved reports that units may be sent back. ReturnLabelDue requests the label.
type ReturnApproved struct {
	ReturnFacts
	SendBefore time.Time `json:"sendBefore"` // when the return expires unless the carrier has it
}

// Type, Topic and Subject make it a Payload.
func (ReturnApproved) Type() string      { return typeName("order", "returnApproved") }
func (ReturnApproved) Topic() Topic      { return Orders }
func (e ReturnApproved) Subject() string { return e.CheckoutID }

// ReturnRejected reports that staff do not take units back.
type ReturnRejected struct {
	ReturnFacts
	Note string `json:"note"` // why, for the customer
}

// Type, Topic and Subject make it a Payload.
func (ReturnRejected) Type() string      { return typeName("order", "returnRejected") }
func (ReturnRejected) Topic() Topic      { return Orders }
func (e ReturnRejected) Subject() string { return e.CheckoutID }

// ReturnLabelDue requests shipping to get the label of a parcel that a customer sends
// back, and to follow it.
type ReturnLabelDue struct {
	ReturnID    string    `json:"returnId"`
	CheckoutID  string    `json:"checkoutId"`
	OrderNumber string    `json:"orderNumber"`
	Carrier     string    `json:"carrier"`
	Sender      Recipient `json:"sender"` // to whom the order was delivered
}

// Type, Topic and Subject make it a Payload.
func (ReturnLabelDue) Type() string      { return typeName("order", "returnLabelDue") }
func (ReturnLabelDue) Topic() Topic      { return Orders }
func (e ReturnLabelDue) Subject() string { return e.CheckoutID }

// ReturnLabelled reports that the label of an approved return can be printed.
type ReturnLabelled struct {
	ReturnFacts
	Carrier        string    `json:"carrier"`
	TrackingNumber string    `json:"trackingNumber"`
	LabelURL       string    `json:"labelUrl"`
	SendBefore     time.Time `json:"sendBefore"`
}

// Type, Topic and Subject make it a Payload.
func (ReturnLabelled) Type() string      { return typeName("order", "returnLabelled") }
func (ReturnLabelled) Topic() Topic      { return Orders }
func (e ReturnLabelled) Subject() string { return e.CheckoutID }

// ReturnCancelled reports that the customer keeps the units. Shipping cancels the label.
type ReturnCancelled struct {
	ReturnFacts
}

// Type, Topic and Subject make it a Payload.
func (ReturnCancelled) Type() string      { return typeName("order", "returnCancelled") }
func (ReturnCancelled) Topic() Topic      { return Orders }
func (e ReturnCancelled) Subject() string { return e.CheckoutID }

// ReturnExpired reports that nothing arrived in time. Shipping cancels the label.
type ReturnExpired struct {
	ReturnFacts
}

// Type, Topic and Subject make it a Payload.
func (ReturnExpired) Type() string      { return typeName("order", "returnExpired") }
func (ReturnExpired) Topic() Topic      { return Orders }
func (e ReturnExpired) Subject() string { return e.CheckoutID }

// ReceivedLine is how many units of an order's line came back.
type ReceivedLine struct {
	OrderLineID string `json:"orderLineId"`
	VariantID   string `json:"variantId"`
	Quantity    int    `json:"quantity"`
	Condition   string `json:"condition"`         // the schema's ReturnCondition
	Restock     bool   `json:"restock,omitempty"` // they can be sold again
}

// ReturnReceived reports that returned units arrived. Inventory restocks those that can be
// sold again.
type ReturnReceived struct {
	ReturnFacts
	Received   []ReceivedLine `json:"received"`
	ReceivedAt time.Time      `json:"receivedAt"`
}

// Type, Topic and Subject make it a Payload.
func (ReturnReceived) Type() string      { return typeName("order", "returnReceived") }
func (ReturnReceived) Topic() Topic      { return Orders }
func (e ReturnReceived) Subject() string { return e.CheckoutID }

// PaidLine is what was paid for a line of an order: after discounts, with its tax and its
// share of the delivery. All lines of an order add up to its total.
type PaidLine struct {
	OrderLineID string `json:"orderLineId"`
	Quantity    int    `json:"quantity"`
	PaidMinor   int64  `json:"paidMinor"`
}

// RefundDueLine is how many units of an order's line are to be refunded.
type RefundDueLine struct {
	PaidLine
	Units int `json:"units"`
}

// RefundDue requests payment to refund what was paid for units of an order's lines.
type RefundDue struct {
	RefundID   string          `json:"refundId"`
	ReturnID   string          `json:"returnId"`
	OrderID    string          `json:"orderId"`
	CheckoutID string          `json:"checkoutId"`
	Lines      []RefundDueLine `json:"lines"`
}

// Type, Topic and Subject make it a Payload.
func (RefundDue) Type() string      { return typeName("order", "refundDue") }
func (RefundDue) Topic() Topic      { return Orders }
func (e RefundDue) Subject() string { return e.CheckoutID }
