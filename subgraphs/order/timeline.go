package order

import (
	"context"
	"strconv"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/optional"
)

// EntryKind is the subject of a timeline entry.
type EntryKind string

// The kinds.
const (
	EntryPlaced       EntryKind = "PLACED"
	EntryPayment      EntryKind = "PAYMENT"
	EntryStock        EntryKind = "STOCK"
	EntryShipment     EntryKind = "SHIPMENT"
	EntryReturn       EntryKind = "RETURN"
	EntryRefund       EntryKind = "REFUND"
	EntryNote         EntryKind = "NOTE"
	EntryCancellation EntryKind = "CANCELLATION"
)

// The actors of entries.
const (
	ByCustomer = "CUSTOMER"
	ByStaff    = "STAFF"
	BySystem   = "SYSTEM"
)

// Entry is an event of an order's history, which is append-only. It stores keys
// and an amount, so that each reader gets it in their language.
type Entry struct {
	Number    int64 // grows with time, over all orders
	At        time.Time
	Kind      EntryKind
	TitleKey  message.Key
	DetailKey message.Key  // of what explains the title; may be empty
	Amount    *money.Money // the detail, if there is no DetailKey
	Actor     string
	ActorID   string // empty: the system, or not known
	Note      string // of staff, in their words; the detail of an EntryNote
	Internal  bool   // for staff only

	plain bool // the keys are sentences, stored by a version that had no catalogue
}

// Title is the event for the reader of ctx.
func (e Entry) Title(ctx context.Context) string {
	if e.plain {
		return string(e.TitleKey)
	}
	return message.Text(ctx, e.TitleKey)
}

// Detail explains the title for the reader of ctx; nil if nothing does.
func (e Entry) Detail(ctx context.Context) *string {
	switch {
	case e.Note != "":
		return &e.Note
	case e.plain:
		return optional.Of(string(e.DetailKey))
	case e.DetailKey != "":
		return new(message.Text(ctx, e.DetailKey))
	case e.Amount != nil:
		return new(message.Text(ctx, "order.timeline.amount", message.Args{"amount": *e.Amount}))
	default:
		return nil
	}
}

// ID names the entry.
func (e Entry) ID() string { return "tml_" + strconv.FormatInt(e.Number, 10) }

// Author is the account of whoever caused the entry, for staff; empty for others, for
// guests and for API clients.
func (e Entry) Author(ctx context.Context) string {
	if !readsInternals(auth.From(ctx)) || id.PrefixOf(e.ActorID) != id.User {
		return ""
	}
	return e.ActorID
}

// readsInternals reports whether a caller reads what staff write for each other, which
// may say anything of the customer.
func readsInternals(caller auth.Caller) bool {
	return caller.Has("orders:read") && caller.Has("customers:read")
}
