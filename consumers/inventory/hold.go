package inventory

import (
	"cmp"
	"math"
	"slices"
	"time"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
)

// Status is how far a hold got:
//
//	HELD → COMMITTED | RELEASED | EXPIRED;  COMMITTED → RETURNED
//
// REJECTED is an answer too, and stays.
type Status string

// The statuses. Unknown is never stored: it answers for a checkout that
// nobody asked a hold for.
const (
	Held      Status = "HELD"
	Rejected  Status = "REJECTED"
	Committed Status = "COMMITTED"
	Released  Status = "RELEASED"
	Expired   Status = "EXPIRED"
	Returned  Status = "RETURNED"
	Unknown   Status = "UNKNOWN"
)

const (
	maxLines      = 1_000
	maxQuantity   = math.MaxInt32 // of a line; what travels in a call
	maxTTL        = time.Hour
	maxIDLength   = 100
	maxExtensions = 2
	maxExtension  = 5 * time.Minute
)

// Hold is what inventory decided about a checkout's lines.
type Hold struct {
	CheckoutID     string
	Status         Status
	Lines          []event.Line // what is or was held; known of holds that are HELD
	ExpiresAt      time.Time    // zero if it never lived
	ExtensionsLeft int
	Shortages      []event.Shortage // why it is REJECTED
}

// outcome is the event that tells the present state of h.
func (h Hold) outcome() event.Payload {
	switch h.Status {
	case Held:
		return event.HoldPlaced{
			CheckoutID: h.CheckoutID, Lines: h.Lines, ExpiresAt: h.ExpiresAt, ExtensionsLeft: h.ExtensionsLeft,
		}
	case Rejected:
		return event.HoldRejected{CheckoutID: h.CheckoutID, Shortages: h.Shortages}
	case Committed:
		return event.HoldCommitted{CheckoutID: h.CheckoutID}
	case Released:
		return event.HoldReleased{CheckoutID: h.CheckoutID}
	case Expired:
		return event.HoldExpired{CheckoutID: h.CheckoutID}
	case Returned:
		return event.StockReturned{CheckoutID: h.CheckoutID}
	case Unknown:
	}
	panic("inventory: a hold that is " + string(h.Status) + " has no outcome") // the statuses are all above
}

// Request asks for all lines of a checkout, or none.
type Request struct {
	CheckoutID string
	Lines      []event.Line
	TTL        time.Duration // whole seconds
}

// normal is r with one line per variant, sorted: the order in which rows are
// locked. What no checkout could mean is Invalid.
func (r Request) normal() (Request, error) {
	if err := checkID(r.CheckoutID); err != nil {
		return r, err
	}
	if len(r.Lines) == 0 || len(r.Lines) > maxLines {
		return r, fault.New(fault.Invalid, "A hold has 1 to %d lines, not %d.", maxLines, len(r.Lines)).At("lines")
	}
	if r.TTL < time.Second || r.TTL > maxTTL {
		return r, fault.New(fault.Invalid, "A hold lives from 1 second to %s, not %s.", maxTTL, r.TTL).At("ttlSeconds")
	}
	lines := slices.Clone(r.Lines)
	slices.SortFunc(lines, func(a, b event.Line) int { return cmp.Compare(a.VariantID, b.VariantID) })
	r.Lines = lines[:0]
	for _, l := range lines {
		if l.Quantity <= 0 || l.Quantity > maxQuantity || l.VariantID == "" {
			return r, fault.New(fault.Invalid, "%d of variant %q cannot be held.", l.Quantity, l.VariantID).At("lines")
		}
		if last := len(r.Lines) - 1; last >= 0 && r.Lines[last].VariantID == l.VariantID {
			r.Lines[last].Quantity += l.Quantity
			continue
		}
		r.Lines = append(r.Lines, l)
	}
	return r, nil
}

func checkID(checkoutID string) error {
	if checkoutID == "" || len(checkoutID) > maxIDLength {
		return fault.New(fault.Invalid, "A checkout's id has 1 to %d characters.", maxIDLength).At("checkoutId")
	}
	return nil
}

// shelf is the stock of some variants while their rows are locked.
type shelf map[string]*db.Stock

// take reserves all lines, or none and says which are short.
func (s shelf) take(lines []event.Line) []event.Shortage {
	var short []event.Shortage
	for _, l := range lines {
		var available int64
		if stock := s[l.VariantID]; stock != nil {
			available = stock.Available
		}
		if available < int64(l.Quantity) {
			short = append(short, event.Shortage{VariantID: l.VariantID, Requested: l.Quantity, Available: int(available)})
		}
	}
	if short != nil {
		return short
	}
	for _, l := range lines {
		s[l.VariantID].Available -= int64(l.Quantity)
		s[l.VariantID].Reserved += int64(l.Quantity)
	}
	return nil
}
