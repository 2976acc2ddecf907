package event

import "time"

// ParcelLine is how many units of an order's line are in a parcel.
type ParcelLine struct {
	OrderLineID string `json:"orderLineId"`
	VariantID   string `json:"variantId"`
	SKU         string `json:"sku"`
	Title       string `json:"title"`
	Subtitle    string `json:"subtitle,omitempty"`
	Quantity    int    `json:"quantity"`
}

// Parcel is a shipment of an order with its contents.
type Parcel struct {
	ShipmentID     string       `json:"shipmentId"`
	Carrier        string       `json:"carrier"`
	TrackingNumber string       `json:"trackingNumber,omitempty"`
	TrackingURL    string       `json:"trackingUrl,omitempty"`
	Lines          []ParcelLine `json:"parcelLines"`
}

// OrderProcessing reports that the first parcel of an order is packed. The order can no
// longer be cancelled.
type OrderProcessing struct {
	OrderFacts
}

// Type, Topic and Subject make it a Payload.
func (OrderProcessing) Type() string      { return typeName("order", "processing") }
func (OrderProcessing) Topic() Topic      { return Orders }
func (e OrderProcessing) Subject() string { return e.CheckoutID }

// OrderShipped reports that the carrier has a parcel of an order, for each of them.
type OrderShipped struct {
	OrderFacts
	Parcel
	Complete  bool      `json:"complete"` // nothing of the order is left to ship
	ShippedAt time.Time `json:"shippedAt"`
}

// Type, Topic and Subject make it a Payload.
func (OrderShipped) Type() string      { return typeName("order", "shipped") }
func (OrderShipped) Topic() Topic      { return Orders }
func (e OrderShipped) Subject() string { return e.CheckoutID }

// OrderDelivered reports that a parcel of an order was delivered, for each of them.
type OrderDelivered struct {
	OrderFacts
	Parcel
	Complete    bool      `json:"complete"` // the whole order is delivered
	DeliveredAt time.Time `json:"deliveredAt"`
}

// Type, Topic and Subject make it a Payload.
func (OrderDelivered) Type() string      { return typeName("order", "delivered") }
func (OrderDelivered) Topic() Topic      { return Orders }
func (e OrderDelivered) Subject() string { return e.CheckoutID }
