package event

import "time"

// Recipient is where a parcel goes.
type Recipient struct {
	Name        string `json:"name"`
	Company     string `json:"company,omitempty"`
	Line1       string `json:"line1"`
	Line2       string `json:"line2,omitempty"`
	City        string `json:"city"`
	Region      string `json:"region,omitempty"`
	PostalCode  string `json:"postalCode,omitempty"`
	CountryCode string `json:"countryCode"`
	Phone       string `json:"phone,omitempty"`
}

// ShipmentDue requests shipping to have a parcel carried: to get its label and to follow
// it.
type ShipmentDue struct {
	ShipmentID  string    `json:"shipmentId"`
	OrderID     string    `json:"orderId"`
	CheckoutID  string    `json:"checkoutId"`
	OrderNumber string    `json:"orderNumber"`
	Carrier     string    `json:"carrier"`
	Recipient   Recipient `json:"recipient"`
}

// Type, Topic and Subject make it a Payload.
func (ShipmentDue) Type() string      { return typeName("order", "shipmentDue") }
func (ShipmentDue) Topic() Topic      { return Orders }
func (e ShipmentDue) Subject() string { return e.CheckoutID }

// ShipmentCancelled reports that a parcel is not carried. Shipping cancels its label.
type ShipmentCancelled struct {
	ShipmentID string `json:"shipmentId"`
	CheckoutID string `json:"checkoutId"`
}

// Type, Topic and Subject make it a Payload.
func (ShipmentCancelled) Type() string      { return typeName("order", "shipmentCancelled") }
func (ShipmentCancelled) Topic() Topic      { return Orders }
func (e ShipmentCancelled) Subject() string { return e.CheckoutID }

// ShipmentCreated reports that the carrier has issued a parcel's label.
type ShipmentCreated struct {
	ShipmentID     string    `json:"shipmentId"`
	CheckoutID     string    `json:"checkoutId"`
	Carrier        string    `json:"carrier"`
	TrackingNumber string    `json:"trackingNumber"`
	TrackingURL    string    `json:"trackingUrl,omitempty"`
	At             time.Time `json:"at"`
}

// Type, Topic and Subject make it a Payload.
func (ShipmentCreated) Type() string      { return typeName("shipping", "shipmentCreated") }
func (ShipmentCreated) Topic() Topic      { return Shipping }
func (e ShipmentCreated) Subject() string { return e.CheckoutID }

// ShipmentMoved is a carrier's report of where a parcel is. Reports may be late, repeated
// under another id, and out of order.
type ShipmentMoved struct {
	ShipmentID string    `json:"shipmentId"`
	CheckoutID string    `json:"checkoutId"`
	Status     string    `json:"status"` // the schema's ShipmentStatus
	Location   string    `json:"location,omitempty"`
	Message    string    `json:"message"`
	At         time.Time `json:"at"` // by the carrier's clock
}

// Type, Topic and Subject make it a Payload.
func (ShipmentMoved) Type() string      { return typeName("shipping", "shipmentMoved") }
func (ShipmentMoved) Topic() Topic      { return Shipping }
func (e ShipmentMoved) Subject() string { return e.CheckoutID }

// ReturnLabelCreated reports that the carrier has issued the label of a return.
type ReturnLabelCreated struct {
	ReturnID       string    `json:"returnId"`
	CheckoutID     string    `json:"checkoutId"`
	Carrier        string    `json:"carrier"`
	TrackingNumber string    `json:"trackingNumber"`
	LabelURL       string    `json:"labelUrl"` // the document to print
	At             time.Time `json:"at"`
}

// Type, Topic and Subject make it a Payload.
func (ReturnLabelCreated) Type() string      { return typeName("shipping", "returnLabelCreated") }
func (ReturnLabelCreated) Topic() Topic      { return Shipping }
func (e ReturnLabelCreated) Subject() string { return e.CheckoutID }

// ReturnMoved is a carrier's report of where the parcel of a return is. Reports may be
// late, repeated under another id, and out of order.
type ReturnMoved struct {
	ReturnID   string    `json:"returnId"`
	CheckoutID string    `json:"checkoutId"`
	Status     string    `json:"status"` // the schema's ShipmentStatus
	At         time.Time `json:"at"`     // by the carrier's clock
}

// Type, Topic and Subject make it a Payload.
func (ReturnMoved) Type() string      { return typeName("shipping", "returnMoved") }
func (ReturnMoved) Topic() Topic      { return Shipping }
func (e ReturnMoved) Subject() string { return e.CheckoutID }
