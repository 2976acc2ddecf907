package order

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/money"
	"cartograph/subgraphs/order/db"
)

// withChanges adds the lines that have changed to an error about the total. The client
// was shown an earlier checkout of the cart, which is found by its total: the lines of one
// checkout keep their prices.
func (l *locked) withChanges(ctx context.Context, refusal error) error {
	e, ok := errors.AsType[*TotalChangedError](refusal)
	if !ok {
		return refusal
	}
	c := &l.Checkout
	earlier, err := l.q.EarlierQuote(ctx, db.EarlierQuoteParams{
		OwnerID: c.OwnerID, CartID: c.CartID, ExceptID: c.ID, Currency: e.Expected.Currency, TotalMinor: e.Expected.Minor,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return e
	}
	if err != nil {
		return fmt.Errorf("find the earlier quote of %s: %w", c.ID, err)
	}
	lines, err := linesOf(ctx, l.q, []string{earlier, c.ID})
	if err != nil {
		return err
	}
	e.Changes = changes(lines[earlier], lines[c.ID], c.Total.Currency)
	return e
}

// changes lists the lines that cost something else than before, in the order of the
// lines, and then those that are not there any more.
func changes(before, now []Line, currency string) []LineChange {
	of := func(lines []Line, variantID string) *Line {
		i := slices.IndexFunc(lines, func(l Line) bool { return l.VariantID == variantID })
		if i < 0 {
			return nil
		}
		return &lines[i]
	}
	var out []LineChange
	for _, l := range now {
		was := money.Zero(currency)
		if earlier := of(before, l.VariantID); earlier != nil {
			was = earlier.Total
		}
		if was != l.Total {
			out = append(out, LineChange{l.VariantID, l.Snapshot, was, l.Total})
		}
	}
	for _, l := range before {
		if of(now, l.VariantID) == nil && l.Total.Minor > 0 {
			out = append(out, LineChange{l.VariantID, l.Snapshot, l.Total, money.Zero(currency)})
		}
	}
	return out
}
