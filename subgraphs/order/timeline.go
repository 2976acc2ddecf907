package order

import (
	"strconv"
	"time"
)

// EntryKind is what an entry of a timeline is about.
type EntryKind string

// The kinds.
const (
	Placements    EntryKind = "PLACED"
	Payments      EntryKind = "PAYMENT"
	StockMoves    EntryKind = "STOCK"
	Refunds       EntryKind = "REFUND"
	Cancellations EntryKind = "CANCELLATION"
)

// Who did what an entry tells.
const (
	ByCustomer = "CUSTOMER"
	ByStaff    = "STAFF"
	BySystem   = "SYSTEM"
)

// Entry is something that happened to an order. Entries are only ever added.
type Entry struct {
	Number int64 // grows with time, over all orders
	At     time.Time
	Kind   EntryKind
	Title  string
	Detail *string
	Actor  string
}

// ID names the entry.
func (e Entry) ID() string { return "tml_" + strconv.FormatInt(e.Number, 10) }
