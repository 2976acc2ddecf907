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
	return w.receiveParts(ctx, key, delivery, func(tx pgx.Tx, n int, part db.ReceiveStockParams) error {
		return receive(ctx, tx, fmt.Sprintf("%s/%d", key, n), part)
	})
}

// firstDelivery is the key in the ledger of what ReceiveFirst receives.
const firstDelivery = "first"

// ReceiveFirst is Receive for variants whose stock never changed; that of others stays
// as it is. A variant has one first delivery, so that repeating it has no effect.
func (w *Worker) ReceiveFirst(ctx context.Context, delivery []event.Line) error {
	return w.receiveParts(ctx, firstDelivery, delivery, func(tx pgx.Tx, _ int, part db.ReceiveStockParams) error {
		rows, err := db.New(tx).ReceiveFirstStock(ctx, db.ReceiveFirstStockParams(part))
		if err != nil || len(rows) == 0 {
			return err
		}
		return recordReceipt(ctx, tx, firstDelivery, rows, func(s db.Stock) int64 { return s.Available })
	})
}

// receiveParts calls receive with parts of a delivery, each in a transaction.
func (w *Worker) receiveParts(ctx context.Context, name string, delivery []event.Line, receive func(tx pgx.Tx, n int, part db.ReceiveStockParams) error) error {
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
		if err := w.outbox.InTx(ctx, func(tx pgx.Tx) error { return receive(tx, n, part) }); err != nil {
			return fmt.Errorf("receive part %d of %s: %w", n, name, err)
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
	quantities := make(map[string]int64, len(part.VariantIDs))
	for i, v := range part.VariantIDs {
		quantities[v] = part.Quantities[i]
	}
	return recordReceipt(ctx, tx, key, rows, func(s db.Stock) int64 { return quantities[s.VariantID] })
}

// recordReceipt writes the ledger of stock that was received, and publishes the new
// levels.
func recordReceipt(ctx context.Context, tx pgx.Tx, key string, rows []db.Stock, received func(db.Stock) int64) error {
	return recordIncrease(ctx, tx, db.WriteLedgerParams{Reason: "RECEIVED", Actor: actor(ctx), Key: key}, rows, received)
}

// recordIncrease writes the ledger of what became available, and publishes the new
// levels.
func recordIncrease(ctx context.Context, tx pgx.Tx, entry db.WriteLedgerParams, rows []db.Stock, received func(db.Stock) int64) error {
	levels := make([]event.Payload, len(rows))
	for i, s := range rows {
		if s.Available+s.Reserved > maxOnHand {
			return fault.New(fault.Invalid, "At most %d of variant %q can be on hand.", maxOnHand, s.VariantID).At("delivery")
		}
		entry.VariantIDs, entry.Deltas = append(entry.VariantIDs, s.VariantID), append(entry.Deltas, received(s))
		levels[i] = levelChanged(s)
	}
	if err := db.New(tx).WriteLedger(ctx, entry); err != nil {
		return err
	}
	return outbox.Write(ctx, tx, levels...)
}
