package order

import "time"

// FulfillmentStatus is the state of an order's delivery.
type FulfillmentStatus string

// The states of the delivery.
const (
	Unfulfilled        FulfillmentStatus = "UNFULFILLED"
	PartiallyFulfilled FulfillmentStatus = "PARTIALLY_FULFILLED"
	Fulfilled          FulfillmentStatus = "FULFILLED"
	AllDelivered       FulfillmentStatus = "DELIVERED"
	BeingReturned      FulfillmentStatus = "RETURN_REQUESTED"
	PartiallyReturned  FulfillmentStatus = "PARTIALLY_RETURNED"
	AllReturned        FulfillmentStatus = "RETURNED"
)

// Progress counts the units of an order by how far they are. The status of a confirmed
// order follows from it:
//
//	all delivered                DELIVERED
//	all with the carrier or more SHIPPED
//	some                         PARTIALLY_SHIPPED
//	none, but some in a parcel   PROCESSING
//	none                         CONFIRMED
//
// So a parcel that returns to the sender takes the order back to where its goods are.
// Units that their customer returns remain delivered: only the status of the delivery
// shows them, as RETURNED if all came back, else as PARTIALLY_RETURNED if some did, else
// as RETURN_REQUESTED.
type Progress struct {
	Ordered, Packed, Shipped, Delivered int
	Returning, Returned                 int
}

// progressOf is the progress of an order's lines.
func progressOf(lines []Line) (p Progress) {
	for _, l := range lines {
		p.Ordered += l.Quantity
		p.Packed += l.Packed
		p.Shipped += l.Shipped
		p.Delivered += l.Delivered
		p.Returning += l.Returning
		p.Returned += l.Returned
	}
	return p
}

// moved counts the units of a parcel that went from one status to another.
func (p Progress) moved(contents []ShipmentLine, from, to ShipmentStatus) Progress {
	units := 0
	for _, c := range contents {
		units += c.Quantity
	}
	packed, shipped, delivered := added(from, to)
	p.Packed, p.Shipped, p.Delivered = p.Packed+units*packed, p.Shipped+units*shipped, p.Delivered+units*delivered
	return p
}

// added is what a move of a parcel adds to the counts of each of its units.
func added(from, to ShipmentStatus) (packed, shipped, delivered int) {
	p0, s0, d0 := from.counts()
	p1, s1, d1 := to.counts()
	return p1 - p0, s1 - s0, d1 - d0
}

func (p Progress) status() Status {
	switch {
	case p.Delivered == p.Ordered:
		return Delivered
	case p.Shipped == p.Ordered:
		return Shipped
	case p.Shipped > 0:
		return PartiallyShipped
	case p.Packed > 0:
		return InProcess
	default:
		return Confirmed
	}
}

func (p Progress) fulfillment() FulfillmentStatus {
	switch {
	case p.Returned == p.Ordered:
		return AllReturned
	case p.Returned > 0:
		return PartiallyReturned
	case p.Returning > 0:
		return BeingReturned
	case p.Delivered == p.Ordered:
		return AllDelivered
	case p.Shipped == p.Ordered:
		return Fulfilled
	case p.Shipped > 0:
		return PartiallyFulfilled
	default:
		return Unfulfilled
	}
}

// sold reports whether the order was confirmed and has not ended.
func (o *Order) sold() bool {
	switch o.Status {
	case Confirmed, InProcess, PartiallyShipped, Shipped, Delivered:
		return true
	default:
		return false
	}
}

// parcelMoved applies that a parcel was packed or moved. Its row and the counts of the
// lines are the caller's to save.
func (t *transition) parcelMoved(f Fact) {
	o := t.Order
	if o == nil || !o.sold() {
		t.Anomaly = "a parcel moves of an order that is not sold"
		return
	}
	before := o.Status
	status := f.Progress.status()
	if !legal(orderMoves, o.Status, status) {
		t.Anomaly = "the parcels of a " + string(o.Status) + " order make it " + string(status)
		return
	}
	o.Status, o.FulfillmentStatus, t.parcel = status, f.Progress.fulfillment(), f.Parcel
	t.Changed, t.orderChanged = true, true
	to := f.Parcel.Status
	if f.From == "" {
		t.addEntry(Entry{Kind: EntryShipment, TitleKey: "order.timeline.packed", Actor: f.Actor})
	}
	if f.From == "" && to == ParcelPending {
		t.publish(eventShipmentDue) // a parcel with a label is followed by whoever issued it
	}
	if to == ParcelCancelled && f.From != to {
		t.publish(eventShipmentCancelled)
	}
	if before == Confirmed && status != Confirmed {
		t.publish(eventOrderProcessing)
	}
	if to.shipped() && !f.From.shipped() {
		t.addEntry(Entry{Kind: EntryShipment, TitleKey: "order.timeline.shipped", Actor: f.Actor})
		t.publish(eventOrderShipped)
	}
	if key := to.titleKey(); key != "" && f.From != to {
		t.addEntry(Entry{Kind: EntryShipment, TitleKey: key, Actor: f.Actor})
	}
	if to == ParcelDelivered && f.From != to {
		// A carrier's clock may be ahead of ours.
		if at := earlier(f.Parcel.MovedAt, t.at); o.DeliveredAt == nil || o.DeliveredAt.Before(at) {
			o.DeliveredAt = &at
		}
		t.publish(eventOrderDelivered)
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
