package inventory

import (
	"cmp"
	"slices"
	"time"
	"unicode/utf8"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/limits"
)

// Status is the state of a hold:
//
//	from       cause                      to          stock                     publishes
//	-          enough stock               HELD        available → reserved      HoldPlaced
//	-          not enough, or a limit     REJECTED    -                         HoldRejected
//	-          released before its hold   RELEASED    -                         HoldReleased
//	HELD       committed before its end   COMMITTED   reserved → sold           HoldCommitted
//	HELD       released                   RELEASED    reserved → available      HoldReleased
//	HELD       its end has passed         EXPIRED     reserved → available      HoldExpired
//	COMMITTED  returned, order cancelled  RETURNED    sold → available          StockReturned
//
// A request that fits no row changes nothing and publishes the present state. A hold
// whose end has passed is expired by whoever locks it first: the sweeper, or a commit
// that came too late.
type Status string

// The statuses. Unknown is never stored: it is the status of a checkout without a
// hold.
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
	maxIDLength = 100 // characters
)

// Hold is the reservation of a checkout's lines, or its rejection.
type Hold struct {
	CheckoutID     string
	Status         Status
	Lines          []event.Line // read for holds that are HELD only
	ExpiresAt      time.Time    // zero if it was never HELD
	ExtensionsLeft int
	Shortages      []event.Shortage // with REJECTED
	onSale         bool             // a line has the price of a flash sale; read by lock only
}

// outcome is the event that publishes the present state of h.
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

// Request requests a hold of all lines of a checkout, or of none.
type Request struct {
	CheckoutID string
	Lines      []event.Line
	TTL        time.Duration // whole seconds; a guest's hold may last shorter
	holder     holder
}

// normalise returns r with one line per variant, sorted by variant: the order in
// which rows are locked.
func (r Request) normalise() (Request, error) {
	if err := checkID(r.CheckoutID); err != nil {
		return r, err
	}
	if len(r.Lines) == 0 || len(r.Lines) > limits.MaxHoldLines {
		return r, fault.New(fault.Invalid, "A hold has 1 to %d lines, not %d.", limits.MaxHoldLines, len(r.Lines)).At("lines")
	}
	if r.TTL < limits.MinHold || r.TTL > limits.MaxHold {
		return r, fault.New(fault.Invalid, "A hold lasts from %s to %s, not %s.", limits.MinHold, limits.MaxHold, r.TTL).At("ttlSeconds")
	}
	lines := slices.Clone(r.Lines)
	slices.SortFunc(lines, func(a, b event.Line) int { return cmp.Compare(a.VariantID, b.VariantID) })
	r.Lines = lines[:0]
	for _, l := range lines {
		if l.Quantity <= 0 || l.Quantity > limits.MaxQuantity || l.VariantID == "" {
			return r, fault.New(fault.Invalid, "%d of variant %q cannot be held.", l.Quantity, l.VariantID).At("lines")
		}
		if last := len(r.Lines) - 1; last >= 0 && r.Lines[last].VariantID == l.VariantID {
			r.Lines[last].Quantity += l.Quantity
			r.Lines[last].FlashSaleID = cmp.Or(r.Lines[last].FlashSaleID, l.FlashSaleID)
			continue
		}
		r.Lines = append(r.Lines, l)
	}
	return r, nil
}

func checkID(checkoutID string) error {
	if checkoutID == "" || utf8.RuneCountInString(checkoutID) > maxIDLength {
		return fault.New(fault.Invalid, "A checkout id has 1 to %d characters.", maxIDLength).At("checkoutId")
	}
	return nil
}

// stockRows are locked rows of stock, by variant.
type stockRows map[string]*db.Stock

// short returns the lines that are short.
func (s stockRows) short(lines []event.Line) []event.Shortage {
	var short []event.Shortage
	for _, l := range lines {
		var available int64
		if row := s[l.VariantID]; row != nil {
			available = row.Available
		}
		if available < int64(l.Quantity) {
			short = append(short, event.Shortage{VariantID: l.VariantID, Requested: l.Quantity, Available: int(available)})
		}
	}
	return short
}

// reserve reserves all lines, of which none is short.
func (s stockRows) reserve(lines []event.Line, guest bool) {
	for _, l := range lines {
		row, units := s[l.VariantID], int64(l.Quantity)
		row.Available -= units
		row.Reserved += units
		if guest {
			row.GuestReserved += units
		}
	}
}
