// Package carrier is what the shipping worker needs of a carrier, and a simulated one.
package carrier

import (
	"context"
	"time"

	"cartograph/internal/event"
)

// Carrier issues labels and reports where parcels are. A request may be repeated: the
// same key gets the same label, once.
type Carrier interface {
	CreateLabel(ctx context.Context, key string, p Parcel) (Label, error)
	// Track returns the reports of a parcel so far, in any order.
	Track(ctx context.Context, trackingNumber string) ([]Report, error)
	// Cancel makes the label of the key invalid, if there is one.
	Cancel(ctx context.Context, key string) error
}

// Parcel is what a carrier is to carry: to the customer, or from them.
type Parcel struct {
	Carrier   string // the company, where an adapter has several
	Reference string // printed on the label
	Customer  event.Recipient
	Return    bool // the customer sends it to us
}

// Label is what is put on a parcel.
type Label struct {
	TrackingNumber, TrackingURL string
	DocumentURL                 string // of a return's label, which the customer prints
}

// Report is where a parcel was at a time.
type Report struct {
	ID       string // the carrier's
	At       time.Time
	Status   string // the schema's ShipmentStatus
	Location string
	Message  string
}

// Arrived reports whether it is the last report of a parcel, by its time.
func (r Report) Arrived() bool { return r.Status == "DELIVERED" || r.Status == "RETURNED_TO_SENDER" }
