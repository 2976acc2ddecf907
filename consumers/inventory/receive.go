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
	"cartograph/internal/idempotency"
	"cartograph/internal/outbox"
)

// receiveBatch is the number of variants in one transaction.
const receiveBatch = 10_000

// Receive adds a delivery to what is available, each variant once per key. A delivery
// of more than receiveBatch variants takes several transactions, each with a key of
// its own: repeating a delivery that failed half-way completes it.
func (w *Worker) Receive(ctx context.Context, key string, delivery []event.Line) error {
	quantities := make(map[string]int64, len(delivery))
	for _, l := range delivery {
		if l.VariantID == "" || utf8.RuneCountInString(l.VariantID) > maxIDLength || l.Quantity <= 0 || l.Quantity > maxOnHand {
			return fault.New(fault.Invalid, "%d of variant %q cannot be received.", l.Quantity, l.VariantID).At("delivery")
		}
		quantities[l.VariantID] += int64(l.Quantity)
	}
	n := 0
	for variants := range slices.Chunk(slices.Sorted(maps.Keys(quantities)), receiveBatch) {
		part := db.ReceiveStockParams{VariantIDs: variants, Quantities: make([]int64, len(variants))}
		for i, v := range variants {
			part.Quantities[i] = quantities[v]
		}
		n++
		err := w.outbox.InTx(ctx, func(tx pgx.Tx) error { return receive(ctx, tx, fmt.Sprintf("%s/%d", key, n), part) })
		if err != nil {
			return fmt.Errorf("receive part %d of %s: %w", n, key, err)
		}
	}
	return nil
}

func receive(ctx context.Context, tx pgx.Tx, key string, part db.ReceiveStockParams) error {
	earlier, err := idempotency.Claim(ctx, tx, actor(ctx), "receive", key, part, key)
	if err != nil || earlier != "" {
		return err
	}
	q := db.New(tx)
	rows, err := q.ReceiveStock(ctx, part)
	if err != nil {
		return err
	}
	err = q.WriteLedger(ctx, db.WriteLedgerParams{
		VariantIDs: part.VariantIDs, Deltas: part.Quantities, Reason: "RECEIVED", Actor: actor(ctx), Key: key,
	})
	if err != nil {
		return err
	}
	levels := make([]event.Payload, len(rows))
	for i, s := range rows {
		if s.Available+s.Reserved > maxOnHand {
			return fault.New(fault.Invalid, "At most %d of variant %q can be on hand.", maxOnHand, s.VariantID).At("delivery")
		}
		levels[i] = levelChanged(s)
	}
	return outbox.Write(ctx, tx, levels...)
}
