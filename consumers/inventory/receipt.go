package inventory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/audit"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	"cartograph/internal/pg"
)

const (
	maxReceiptLines = 100
	maxReference    = 100 // characters
	maxReceipts     = 101 // of one request
)

// Delivery is what staff receive.
type Delivery struct {
	SellerID       string // who sees the receipt beside the shop's staff; empty: nobody
	Reference      string // of the delivery note: each of a seller's is received once
	Lines          []event.Line
	IdempotencyKey string

	// CompareKeyOnly is for a delivery of a variant that the catalogue lacks, see
	// Adjustment.
	CompareKeyOnly bool
}

// Receipt is a delivery that was received.
type Receipt struct {
	ID, Reference, Actor string
	Lines                []event.Line
	At                   time.Time
}

// Received is the result of a Delivery.
type Received struct {
	Receipt  Receipt
	Levels   []event.LevelChanged // of the lines
	Replayed bool                 // done before with the same key
}

const deliverOperation = "receive delivery"

// keyed is the input to which the idempotency key is bound.
func (d *Delivery) keyed() []any { return []any{d.SellerID, d.Reference, d.Lines} }

func (d *Delivery) check() error {
	if n := utf8.RuneCountInString(d.Reference); n < 1 || n > maxReference {
		return fault.New(fault.Invalid, "A reference has 1 to %d characters.", maxReference).At("reference")
	}
	if len(d.Lines) < 1 || len(d.Lines) > maxReceiptLines {
		return fault.New(fault.Invalid, "A delivery has 1 to %d lines.", maxReceiptLines).At("lines")
	}
	seen := map[string]bool{}
	for _, l := range d.Lines {
		if l.VariantID == "" || utf8.RuneCountInString(l.VariantID) > maxIDLength || l.Quantity < 1 || l.Quantity > maxOnHand || seen[l.VariantID] {
			return fault.New(fault.Invalid, "%d of variant %q cannot be received.", l.Quantity, l.VariantID).At("lines")
		}
		seen[l.VariantID] = true
	}
	return nil
}

// ReceiveDelivery adds a delivery to what is available: all of its lines or none. It is
// written with its entries in the ledger, the new levels and the entry in the audit log.
func (w *Worker) ReceiveDelivery(ctx context.Context, d Delivery) (received Received, err error) {
	actorID, err := accountable(ctx)
	if err != nil {
		return Received{}, err
	}
	if d.CompareKeyOnly {
		_, err = idempotency.Recall(ctx, w.pool, actorID, deliverOperation, d.IdempotencyKey, d.keyed())
		return Received{}, err
	}
	if err := d.check(); err != nil {
		return Received{}, err
	}
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		received, err = d.do(ctx, tx, actorID)
		return err
	})
	if err != nil {
		return Received{}, fmt.Errorf("receive %s: %w", d.Reference, err)
	}
	return received, nil
}

func (d *Delivery) do(ctx context.Context, tx pgx.Tx, actorID string) (Received, error) {
	q, receiptID := db.New(tx), id.New(id.Receipt)
	earlier, err := idempotency.Claim(ctx, tx, actorID, deliverOperation, d.IdempotencyKey, d.keyed(), receiptID)
	if err != nil {
		return Received{}, err
	}
	if earlier != "" {
		return d.replayed(ctx, q, earlier)
	}
	lines, err := json.Marshal(d.Lines)
	if err != nil {
		return Received{}, err
	}
	row, err := q.InsertReceipt(ctx, db.InsertReceiptParams{ID: receiptID, SellerID: d.SellerID, Reference: d.Reference, Actor: actorID, Lines: lines})
	if pg.IsUnique(err, "stock_receipts_each_reference_once") {
		return Received{}, fault.Localized(fault.Conflict, "inventory.reference_received", message.Args{"reference": d.Reference}).At("input", "reference")
	}
	if err != nil {
		return Received{}, err
	}
	sorted := slices.SortedFunc(slices.Values(d.Lines), func(a, b event.Line) int { return cmp.Compare(a.VariantID, b.VariantID) })
	var part db.ReceiveStockParams
	quantities := map[string]int64{}
	for _, l := range sorted {
		part.VariantIDs, part.Quantities = append(part.VariantIDs, l.VariantID), append(part.Quantities, int64(l.Quantity))
		quantities[l.VariantID] = int64(l.Quantity)
	}
	stock, err := q.ReceiveStock(ctx, part)
	if err != nil {
		return Received{}, err
	}
	for _, s := range stock {
		if s.Available+s.Reserved > maxOnHand {
			at := slices.IndexFunc(d.Lines, func(l event.Line) bool { return l.VariantID == s.VariantID })
			return Received{}, fault.Localized(fault.Invalid, "inventory.on_hand_limit", message.Args{"limit": maxOnHand}).At("input", "lines", fmt.Sprint(at), "quantity")
		}
	}
	if err := recordReceipt(ctx, tx, receiptID, stock, func(s db.Stock) int64 { return quantities[s.VariantID] }); err != nil {
		return Received{}, err
	}
	receipt, err := receiptOf(row)
	if err != nil {
		return Received{}, err
	}
	r := Received{Receipt: receipt, Levels: levelsOf(stock)}
	return r, audit.Write(ctx, tx, r.Receipt.At, audit.StockReceived, receiptID, nil, audit.Values{"reference": d.Reference, "lines": d.Lines})
}

// replayed is the result of an earlier delivery, with the present levels.
func (d *Delivery) replayed(ctx context.Context, q *db.Queries, receiptID string) (Received, error) {
	row, err := q.ReceiptByID(ctx, receiptID)
	if err != nil {
		return Received{}, err
	}
	ids := make([]string, len(d.Lines))
	for i, l := range d.Lines {
		ids[i] = l.VariantID
	}
	stock, err := q.Levels(ctx, ids)
	if err != nil {
		return Received{}, err
	}
	receipt, err := receiptOf(row)
	return Received{receipt, levelsOf(stock), true}, err
}

func receiptOf(row db.StockReceipt) (Receipt, error) {
	r := Receipt{ID: row.ID, Reference: row.Reference, Actor: row.Actor, At: row.CreatedAt}
	err := json.Unmarshal(row.Lines, &r.Lines)
	return r, err
}

func levelsOf(rows []db.Stock) []event.LevelChanged {
	levels := make([]event.LevelChanged, len(rows))
	for i, s := range rows {
		levels[i] = levelChanged(s)
	}
	return levels
}

// afterAllIDs is a text that orders behind every ID.
const afterAllIDs = "~"

// Receipts is a page of the receipts of a seller, or of all, the latest first. After is
// the ID of the last one before the page; empty for the first page.
func (w *Worker) Receipts(ctx context.Context, ofAllSellers bool, sellerID, after string, limit int) ([]Receipt, error) {
	if limit < 1 || limit > maxReceipts {
		return nil, fault.New(fault.Invalid, "From 1 to %d receipts can be read at once, not %d.", maxReceipts, limit).At("limit")
	}
	var rows []db.StockReceipt
	var err error
	if before := cmp.Or(after, afterAllIDs); ofAllSellers {
		rows, err = db.New(w.pool).ReceiptsOfAll(ctx, db.ReceiptsOfAllParams{Before: before, Limit: int32(limit)})
	} else {
		rows, err = db.New(w.pool).ReceiptsOfSeller(ctx, db.ReceiptsOfSellerParams{SellerID: sellerID, Before: before, Limit: int32(limit)})
	}
	if err != nil {
		return nil, fmt.Errorf("read receipts: %w", err)
	}
	receipts := make([]Receipt, len(rows))
	for i, row := range rows {
		if receipts[i], err = receiptOf(row); err != nil {
			return nil, fmt.Errorf("read receipt %s: %w", row.ID, err)
		}
	}
	return receipts, nil
}
