package order

import (
	"strconv"
	"time"
)

// EntryKind is the subject of a timeline entry.
type EntryKind string

// The kinds.
const (
	EntryPlaced       EntryKind = "PLACED"
	EntryPayment      EntryKind = "PAYMENT"
	EntryStock        EntryKind = "STOCK"
	EntryRefund       EntryKind = "REFUND"
	EntryCancellation EntryKind = "CANCELLATION"
)

// The actors of entries.
const (
	ByCustomer = "CUSTOMER"
	ByStaff    = "STAFF"
	BySystem   = "SYSTEM"
)

// Entry is an event of an order's history, which is append-only. Title and Detail
// are texts for the customer.
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
