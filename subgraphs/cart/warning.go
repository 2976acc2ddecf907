package cart

import (
	"context"

	"cartograph/internal/message"
	"cartograph/internal/pg"
	"cartograph/subgraphs/cart/db"
)

// A Warning reports a line of a guest's cart that a merge took over in part or not
// at all. Unlike a Problem it keeps no cart from being bought.
type Warning struct {
	Code      WarningCode
	VariantID string
	Title     string
	Requested int // of both carts together
	Kept      int
}

// WarningCode is the reason of a warning.
type WarningCode string

// The reasons.
const (
	QuantityReduced WarningCode = "QUANTITY_REDUCED"    // more than one order may contain
	NotForSale      WarningCode = "VARIANT_UNAVAILABLE" // or without a price in the cart's currency
	TooManyLines    WarningCode = "TOO_MANY_LINES"
)

// maxWarnings bounds what is stored with a cart; the oldest are dropped.
const maxWarnings = 100

// Message is the warning for the reader of ctx.
func (w Warning) Message(ctx context.Context) string {
	args := message.Args{"title": w.Title, "requested": w.Requested, "kept": w.Kept}
	switch w.Code {
	case QuantityReduced:
		return message.Text(ctx, "cart.warning.quantity_reduced", args)
	case TooManyLines:
		return message.Text(ctx, "cart.warning.too_many_lines", args)
	default:
		return message.Text(ctx, "cart.warning.not_for_sale", args)
	}
}

// Warnings lists the warnings that still describe the cart: one ends as soon as
// the customer changes the quantity that it reports.
func (c *Cart) Warnings() []Warning {
	current := []Warning{}
	for _, w := range c.warnings {
		quantity := 0
		if l := c.lineOf(w.VariantID); l != nil {
			quantity = l.Quantity
		}
		if quantity == w.Kept {
			current = append(current, w)
		}
	}
	return current
}

// queueWarnings stores the warnings of a cart in place of the earlier ones.
func queueWarnings(ctx context.Context, batch *pg.Batch, cartID string, warnings []Warning) {
	rows := db.Warnings{} // nil would be NULL
	for _, w := range warnings[max(0, len(warnings)-maxWarnings):] {
		rows = append(rows, db.Warning{Code: string(w.Code), VariantID: w.VariantID, Title: w.Title, Requested: w.Requested, Kept: w.Kept})
	}
	batch.QueueQuery(func(e pg.Executor) error {
		return db.New(e).SetWarnings(ctx, db.SetWarningsParams{ID: cartID, Warnings: rows})
	})
}
