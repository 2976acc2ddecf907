package product

import (
	"context"
	"strconv"
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/idempotency"
	"cartograph/internal/message"
	rpcv1 "cartograph/internal/rpc/v1"
)

const (
	maxReceiptLines = 100
	maxReference    = 100
)

// Delivery is a delivery to receive.
type Delivery struct {
	Reference      string // of the delivery note
	Lines          []ReceiptLine
	IdempotencyKey string
}

// Receipt is a delivery that was received, as Inventory has it.
type Receipt struct {
	ID, Reference string
	Lines         []*ReceiptLine
	ReceivedByID  string
	ReceivedAt    time.Time
}

// ReceiptLine is the units of a variant in a delivery.
type ReceiptLine struct {
	VariantID string
	Variant   *Variant // nil if it was deleted
	Quantity  int
}

// check returns every error of the delivery that needs no database.
func (d *Delivery) check() error {
	if err := checkIdempotencyKey(d.IdempotencyKey); err != nil {
		return err
	}
	var c checks
	d.Reference = c.line(d.Reference, 1, maxReference, "input", "reference")
	if len(d.Lines) == 0 || len(d.Lines) > maxReceiptLines {
		c.add(fault.Localized(fault.Invalid, "product.delivery_lines", message.Args{"limit": maxReceiptLines}), "input", "lines")
		return c.err()
	}
	seen := map[string]bool{}
	for i, l := range d.Lines {
		if l.Quantity < 1 || l.Quantity > maxDelta {
			c.add(fault.Localized(fault.Invalid, "product.delivered", message.Args{"limit": maxDelta}), "input", "lines", strconv.Itoa(i), "quantity")
		}
		if seen[l.VariantID] {
			c.add(fault.Localized(fault.Invalid, "product.variant_twice"), "input", "lines", strconv.Itoa(i), "variantId")
		}
		seen[l.VariantID] = true
	}
	return c.err()
}

// ReceiveStock adds a delivery to what is on hand in Inventory: all of its lines or none. A
// seller's variants are the seller's own. Repeating a delivery with the same key has no
// effect.
func (s *Service) ReceiveStock(ctx context.Context, d Delivery) (r *Receipt, replayed bool, err error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, false, err
	}
	if err := d.check(); err != nil {
		return nil, false, err
	}
	request := &rpcv1.ReceiveRequest{SellerId: by.sellerID, Reference: d.Reference, IdempotencyKey: d.IdempotencyKey}
	ids := make([]string, len(d.Lines))
	for i, l := range d.Lines {
		ids[i] = l.VariantID
		request.Lines = append(request.Lines, &rpcv1.HoldLine{VariantId: l.VariantID, Quantity: int32(l.Quantity)}) //nolint:gosec // at most maxDelta
	}
	productOf, err := s.editable(ctx, ids)
	if err != nil {
		return nil, false, err
	}
	var unknown checks
	for i, id := range ids {
		if productOf[id] == "" { // or another seller's
			unknown.add(fault.Localized(fault.NotFound, "product.unknown_variant"), "input", "lines", strconv.Itoa(i), "variantId")
		}
	}
	request.CompareKeyOnly = len(unknown) > 0 // a key that was used for other variants is reported as reused
	answer, err := s.stock.Receive(ctx, request)
	switch {
	case err != nil:
		return nil, false, wrap("receive stock", err)
	case answer.KeyFirstUsedAt != nil:
		return nil, false, idempotency.Reused(answer.GetKeyFirstUsedAt().AsTime())
	case len(unknown) > 0:
		return nil, false, unknown.err()
	}
	// The events arrive later; the caller reads the new stock now.
	if err := s.storeLevels(ctx, answer.GetLevels()...); err != nil {
		return nil, false, err
	}
	receipts, err := s.receiptsOf(ctx, []*rpcv1.Receipt{answer.GetReceipt()})
	if err != nil {
		return nil, false, err
	}
	return receipts[0], answer.GetReplayed(), nil
}

// Receipts is a page of receipts, the latest first: those of the seller that the caller
// is, or all for staff of the shop. After is the ID of the last one before the page.
func (s *Service) Receipts(ctx context.Context, limit int, after string) ([]*Receipt, error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := s.stock.Receipts(ctx, &rpcv1.ReceiptsRequest{OfAllSellers: by.all, SellerId: by.sellerID, After: after, Limit: int32(limit)}) //nolint:gosec // at most 101
	if err != nil {
		return nil, wrap("read receipts", err)
	}
	return s.receiptsOf(ctx, answer.GetReceipts())
}

// receiptsOf reads the variants of all receipts together.
func (s *Service) receiptsOf(ctx context.Context, messages []*rpcv1.Receipt) ([]*Receipt, error) {
	var ids []string
	for _, m := range messages {
		for _, l := range m.GetLines() {
			ids = append(ids, l.GetVariantId())
		}
	}
	variants, err := s.VariantsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	receipts := make([]*Receipt, len(messages))
	for i, m := range messages {
		receipts[i] = &Receipt{ID: m.GetId(), Reference: m.GetReference(), ReceivedByID: m.GetActor(), ReceivedAt: m.GetReceivedAt().AsTime()}
		for _, l := range m.GetLines() {
			receipts[i].Lines = append(receipts[i].Lines, &ReceiptLine{l.GetVariantId(), variants[l.GetVariantId()], int(l.GetQuantity())})
		}
	}
	return receipts, nil
}
