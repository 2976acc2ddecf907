package inventory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/fault"
)

// restock adds the units of a return that can be sold again to what is available, once
// per return. The hold that they were sold from stays committed: it says what the order
// bought, of which any part may come back.
func restock(ctx context.Context, tx pgx.Tx, p event.ReturnReceived, _ event.Envelope) error {
	quantities := map[string]int64{}
	for _, l := range p.Received {
		if !l.Restock {
			continue
		}
		if l.VariantID == "" || utf8.RuneCountInString(l.VariantID) > maxIDLength || l.Quantity <= 0 || l.Quantity > maxOnHand {
			return fault.New(fault.Invalid, "%d of variant %q cannot be restocked.", l.Quantity, l.VariantID)
		}
		quantities[l.VariantID] += int64(l.Quantity)
	}
	if len(quantities) == 0 {
		return nil
	}
	part := db.ReceiveStockParams{VariantIDs: slices.Sorted(maps.Keys(quantities))}
	for _, v := range part.VariantIDs {
		part.Quantities = append(part.Quantities, quantities[v])
	}
	q := db.New(tx)
	done, err := q.Restocked(ctx, db.RestockedParams{VariantIDs: part.VariantIDs, ReturnID: p.ReturnID})
	if err != nil || done {
		return err
	}
	rows, err := q.ReceiveStock(ctx, part)
	if err != nil {
		return fmt.Errorf("restock return %s: %w", p.ReturnID, err)
	}
	entry := db.WriteLedgerParams{Reason: "RETURNED", Actor: actor(ctx), Key: p.ReturnID}
	return recordIncrease(ctx, tx, entry, rows, func(s db.Stock) int64 { return quantities[s.VariantID] })
}
