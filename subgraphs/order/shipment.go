package order

import (
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/pricing"
)

// ShipmentStatus is where a parcel is.
type ShipmentStatus string

// The states of a parcel.
const (
	ParcelPending   ShipmentStatus = "PENDING"
	LabelCreated    ShipmentStatus = "LABEL_CREATED"
	PickedUp        ShipmentStatus = "PICKED_UP"
	InTransit       ShipmentStatus = "IN_TRANSIT"
	OutForDelivery  ShipmentStatus = "OUT_FOR_DELIVERY"
	DeliveryFailed  ShipmentStatus = "DELIVERY_FAILED"
	ParcelDelivered ShipmentStatus = "DELIVERED"
	ReturnedToUs    ShipmentStatus = "RETURNED_TO_SENDER"
	ParcelCancelled ShipmentStatus = "CANCELLED"
)

// shipmentMoves are the legal moves of a parcel. Carriers report late, more than once
// and out of order, and leave steps out: a report changes the status if it is of a later
// step, never back. Of the two steps that may alternate, an attempt to deliver and its
// failure, the later report by the carrier's clock counts (see move).
var shipmentMoves = map[ShipmentStatus][]ShipmentStatus{
	ParcelPending:  {LabelCreated, PickedUp, InTransit, OutForDelivery, DeliveryFailed, ParcelDelivered, ReturnedToUs, ParcelCancelled},
	LabelCreated:   {PickedUp, InTransit, OutForDelivery, DeliveryFailed, ParcelDelivered, ReturnedToUs, ParcelCancelled},
	PickedUp:       {InTransit, OutForDelivery, DeliveryFailed, ParcelDelivered, ReturnedToUs},
	InTransit:      {OutForDelivery, DeliveryFailed, ParcelDelivered, ReturnedToUs},
	OutForDelivery: {DeliveryFailed, ParcelDelivered, ReturnedToUs},
	DeliveryFailed: {OutForDelivery, ParcelDelivered, ReturnedToUs},
}

// Shipment is a parcel of an order. Its contents never change.
type Shipment struct {
	ID         string
	OrderID    string
	CheckoutID string
	Status     ShipmentStatus
	Version    int

	Carrier        string
	TrackingNumber *string
	TrackingURL    *string

	// MovedAt is the time of the report that Status is from, by the carrier's clock.
	MovedAt           time.Time
	EstimatedDelivery *pricing.Window
	CreatedAt         time.Time

	Order *Order // nil if it was not read with it
}

// ShipmentLine is how many units of an order's line are in a parcel.
type ShipmentLine struct {
	OrderLineID string
	Quantity    int
}

// TrackingEvent is what a carrier or staff report of a parcel.
type TrackingEvent struct {
	At       time.Time // by the carrier's clock
	Status   ShipmentStatus
	Location *string
	Message  string
}

// Parcel is a shipment with its contents.
type Parcel struct {
	Shipment
	Contents []ShipmentLine
}

// Ended reports whether the parcel cannot move any more.
func (s ShipmentStatus) Ended() bool { return len(shipmentMoves[s]) == 0 }

// move applies a report to the parcel and reports whether its status changed.
func (s *Shipment) move(to ShipmentStatus, at time.Time) bool {
	attempts := (s.Status == OutForDelivery || s.Status == DeliveryFailed) && (to == OutForDelivery || to == DeliveryFailed)
	switch {
	case attempts:
		// An attempt at the very moment of its failure precedes it.
		if at.Before(s.MovedAt) || at.Equal(s.MovedAt) && to == OutForDelivery {
			return false
		}
	case s.Status == to || !legal(shipmentMoves, s.Status, to):
		return false
	}
	changed := s.Status != to
	s.Status, s.MovedAt = to, at
	return changed
}

// counts is what a unit in a parcel of the status adds to the counts of its line.
func (s ShipmentStatus) counts() (packed, shipped, delivered int) {
	switch s {
	case ParcelPending, LabelCreated:
		return 1, 0, 0
	case PickedUp, InTransit, OutForDelivery, DeliveryFailed:
		return 1, 1, 0
	case ParcelDelivered:
		return 1, 1, 1
	default: // it can be packed again
		return 0, 0, 0
	}
}

// shipped reports whether the carrier has the parcel, or has delivered it.
func (s ShipmentStatus) shipped() bool {
	_, shipped, _ := s.counts()
	return shipped == 1
}

// titleKey is the timeline's sentence for a parcel that reached the status; empty where
// the timeline has none. That it is shipped is an entry of its own, because carriers
// leave out steps.
func (s ShipmentStatus) titleKey() message.Key {
	switch s {
	case OutForDelivery:
		return "order.timeline.out_for_delivery"
	case DeliveryFailed:
		return "order.timeline.delivery_failed"
	case ParcelDelivered:
		return "order.timeline.delivered"
	case ReturnedToUs:
		return "order.timeline.returned_to_sender"
	case ParcelCancelled:
		return "order.timeline.parcel_cancelled"
	default:
		return ""
	}
}

// pack checks that the lines have as many units left as the contents need. The caller
// has checked that each line is named once.
func pack(lines []Line, contents []ShipmentLine) error {
	byID := map[string]Line{}
	for _, l := range lines {
		byID[l.ID] = l
	}
	for i, c := range contents {
		l, ok := byID[c.OrderLineID]
		switch left := l.Quantity - l.Packed; {
		case !ok:
			return fault.Localized(fault.NotFound, "order.line_not_found").At("input", "lines", index(i), "orderLineId")
		case left == 0:
			return fault.Localized(fault.Conflict, "order.line_packed", message.Args{"title": l.Snapshot.Title}).At("input", "lines", index(i), "quantity")
		case c.Quantity > left:
			return fault.Localized(fault.Conflict, "order.units_left", message.Args{"count": left, "title": l.Snapshot.Title}).
				At("input", "lines", index(i), "quantity")
		}
	}
	return nil
}

// IsNode and IsEntity implement the graph's interfaces of objects with an id.
func (*Shipment) IsNode()   {}
func (*Shipment) IsEntity() {}
