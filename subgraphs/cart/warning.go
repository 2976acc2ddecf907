package cart

import (
	"context"

	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/pg"
	"cartograph/subgraphs/cart/db"
)

// A Warning reports what a customer should notice: what a merge did with a line of a
// guest's cart, a price that changed, a code that does not apply. Unlike a Problem it
// keeps no cart from being bought.
type Warning struct {
	Code      WarningCode
	LineID    *string // nil: no line of the cart is concerned
	VariantID string
	Title     string
	Requested int // of both carts together
	Kept      int

	Was, Now *money.Money // of PriceDiffers
	Discount *AppliedCode // of DiscountNotApplicable
}

// VariantIDOrNil and the following are nil where they do not apply.
func (w Warning) VariantIDOrNil() *string { return optional.Of(w.VariantID) }
func (w Warning) RequestedOrNil() *int    { return w.ofMerge(w.Requested) }
func (w Warning) KeptOrNil() *int         { return w.ofMerge(w.Kept) }

func (w Warning) ofMerge(quantity int) *int {
	switch w.Code {
	case PriceDiffers, DiscountNotApplicable, ShippingUnknown:
		return nil
	default:
		return &quantity
	}
}

// WarningCode is the reason of a warning.
type WarningCode string

// The reasons.
const (
	LinesMerged     WarningCode = "LINES_MERGED"        // both carts had the variant
	QuantityReduced WarningCode = "QUANTITY_REDUCED"    // more than one order may contain
	NotForSale      WarningCode = "VARIANT_UNAVAILABLE" // or without a price in the cart's currency
	TooManyLines    WarningCode = "TOO_MANY_LINES"

	PriceDiffers          WarningCode = "PRICE_CHANGED" // from the acknowledged one
	DiscountNotApplicable WarningCode = "DISCOUNT_NOT_APPLICABLE"
	ShippingUnknown       WarningCode = "SHIPPING_UNKNOWN" // the total is without delivery
)

// maxWarnings bounds what is stored with a cart; the oldest are dropped.
const maxWarnings = 100

// Message is the warning for the reader of ctx.
func (w Warning) Message(ctx context.Context) string {
	args := message.Args{"title": w.Title, "requested": w.Requested, "kept": w.Kept}
	switch w.Code {
	case LinesMerged:
		return message.Text(ctx, "cart.warning.lines_merged", args)
	case PriceDiffers:
		return message.Text(ctx, "cart.warning.price_changed", message.Args{"title": w.Title, "was": *w.Was, "now": *w.Now})
	case DiscountNotApplicable:
		return optional.Value(w.Discount.Reason(ctx))
	case ShippingUnknown:
		return message.Text(ctx, "cart.warning.shipping_unknown")
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
			quantity, w.LineID = l.Quantity, &l.ID
		}
		if quantity == w.Kept {
			current = append(current, w)
		}
	}
	return current
}

// Warnings lists the warnings of a cart with that of a total without delivery.
func (s *Service) Warnings(ctx context.Context, c *Cart) ([]Warning, error) {
	quote, err := s.Quote(ctx, c)
	if err != nil {
		return nil, err
	}
	warnings := c.Warnings()
	if quote.ShippingUnknown() {
		warnings = append(warnings, Warning{Code: ShippingUnknown})
	}
	return warnings, nil
}

// WarningsNow lists the warnings of a cart with what differs from what the customer
// accepted: prices, in either direction, and codes that take nothing off. Nil has none.
func (s *Service) WarningsNow(ctx context.Context, c *Cart) ([]Warning, error) {
	if c == nil {
		return []Warning{}, nil
	}
	quote, err := s.Quote(ctx, c)
	if err != nil {
		return nil, err
	}
	warnings, err := s.Warnings(ctx, c)
	if err != nil {
		return nil, err
	}
	for _, l := range quote.Lines {
		if l.Cost.Unit != l.Seen {
			warnings = append(warnings, Warning{
				Code: PriceDiffers, LineID: &l.ID, VariantID: l.VariantID, Title: l.Snapshot.Title, Was: &l.Seen, Now: &l.Cost.Unit,
			})
		}
	}
	for _, code := range quote.Codes {
		if !code.Applicable() {
			warnings = append(warnings, Warning{Code: DiscountNotApplicable, Discount: &code})
		}
	}
	return warnings, nil
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
