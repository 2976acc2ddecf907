package payment

import (
	"context"
	"fmt"
	"strconv"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/outbox"
	"cartograph/internal/pricing"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/payment/db"
)

// A refund by line returns what was paid for units of an order's lines: after discounts,
// with their tax and their share of the delivery. What the lines cost adds up to what was
// captured (pricing.Paid), and the parts of a line to the line (pricing.PaidUnits), so
// that a customer who returns everything gets back exactly what was paid.
//
// An amount that is refunded without lines is no line's: it only leaves less for the
// refunds that follow, the last of which are smaller then.

// LineUnits is how many units of an order's line are to be refunded.
type LineUnits struct {
	OrderLineID string
	Units       int
}

// RefundLine is the part of a refund that is for units of an order's line.
type RefundLine struct {
	OrderLineID string
	Quantity    int
	Amount      money.Money
}

const maxRefundLines = 100

// lineShare is the part of a refund for a line.
type lineShare struct {
	lineID string
	units  int
	minor  int64
}

// shares divides a refund of units: at most what is left of the payment in all. Units
// that were refunded before are left out.
func shares(lines map[string]pricing.PaidUnits, requested []LineUnits, left int64) (parts []lineShare, sum int64) {
	for _, r := range requested {
		units, minor := lines[r.OrderLineID].Refund(r.Units)
		if units == 0 {
			continue
		}
		minor = min(minor, left-sum)
		parts, sum = append(parts, lineShare{r.OrderLineID, units, minor}), sum+minor
	}
	return parts, sum
}

// checkLines refuses lines that are named twice or have no units.
func checkLines(lines []LineUnits) error {
	if len(lines) > maxRefundLines {
		return fault.Localized(fault.Invalid, "payment.refund_lines", message.Args{"limit": maxRefundLines}).At("input", "lines")
	}
	seen := map[string]bool{}
	for i, l := range lines {
		if l.Units < 1 {
			return fault.Localized(fault.Invalid, "payment.units_at_least_one").At("input", "lines", strconv.Itoa(i), "quantity")
		}
		if seen[l.OrderLineID] {
			return fault.Localized(fault.Invalid, "payment.line_named_twice").At("input", "lines", strconv.Itoa(i), "orderLineId")
		}
		seen[l.OrderLineID] = true
	}
	return nil
}

// checkUnits refuses lines that the order does not have, and more units than are left to
// refund of one.
func checkUnits(lines map[string]pricing.PaidUnits, requested []LineUnits) error {
	for i, r := range requested {
		l, ok := lines[r.OrderLineID]
		if !ok {
			return fault.Localized(fault.NotFound, "payment.line_not_found").At("input", "lines", strconv.Itoa(i), "orderLineId")
		}
		if left := l.Quantity - l.Refunded; r.Units > left {
			return fault.Localized(fault.Conflict, "payment.units_left", message.Args{"count": left}).
				WithCode("AMOUNT_EXCEEDS_CAPTURED").At("input", "lines", strconv.Itoa(i), "quantity")
		}
	}
	return nil
}

// paidLines requests from Order what was paid for the lines of a refund's order, before
// any transaction; none if the refund is of an amount, or the order is unknown.
func (s *Service) paidLines(ctx context.Context, r RefundRequest) ([]event.PaidLine, error) {
	if len(r.Lines) == 0 {
		return nil, nil
	}
	res, err := s.orders.PaidLines(ctx, &rpcv1.PaidLinesRequest{OrderId: r.OrderID})
	if fault.KindOf(err) == fault.NotFound { // the key is compared before the order is looked up
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read paid lines of %s: %w", r.OrderID, err)
	}
	paid := make([]event.PaidLine, len(res.GetLines()))
	for i, l := range res.GetLines() {
		paid[i] = event.PaidLine{OrderLineID: l.GetOrderLineId(), Quantity: int(l.GetQuantity()), PaidMinor: l.GetPaidMinor()}
	}
	return paid, nil
}

// storeLines stores what was paid for the lines of an order.
func (w *writer) storeLines(ctx context.Context, orderID string, lines []event.PaidLine) {
	if len(lines) == 0 {
		return
	}
	p := db.StorePayableLinesParams{OrderID: orderID}
	for _, l := range lines {
		p.OrderLineIDs, p.PaidMinor = append(p.OrderLineIDs, l.OrderLineID), append(p.PaidMinor, l.PaidMinor)
		p.Quantities = append(p.Quantities, int32(l.Quantity)) //nolint:gosec // bounded by the order
	}
	w.queue(func(q *db.Queries) error { return q.StorePayableLines(ctx, p) })
}

// linesOf reads the lines of a locked order.
func (w *writer) linesOf(ctx context.Context, orderID string) (map[string]pricing.PaidUnits, error) {
	rows, err := w.q.LinesOfOrder(ctx, orderID)
	if err != nil {
		return nil, fmt.Errorf("read lines of %s: %w", orderID, err)
	}
	lines := map[string]pricing.PaidUnits{}
	for _, row := range rows {
		lines[row.OrderLineID] = pricing.PaidUnits{
			Quantity: int(row.Quantity), Refunded: int(row.RefundedUnits), PaidMinor: row.PaidMinor, RefundedMinor: row.RefundedMinor,
		}
	}
	return lines, nil
}

// requestLineRefund stores a refund with the lines that it is for, if it is for any; false
// if less than its amount is left.
func (w *writer) requestLineRefund(ctx context.Context, p Payment, refundID string, parts []lineShare, sum int64, reason Reason, note string) (enough bool, err error) {
	enough, err = w.requestRefund(ctx, p, refundID, sum, reason, note)
	if err != nil || !enough || len(parts) == 0 {
		return enough, err
	}
	params := db.InsertRefundLinesParams{RefundID: refundID}
	for _, part := range parts {
		params.OrderLineIDs, params.Amounts = append(params.OrderLineIDs, part.lineID), append(params.Amounts, part.minor)
		params.Units = append(params.Units, int32(part.units)) //nolint:gosec // within the line's quantity
	}
	w.queue(func(q *db.Queries) error { return q.InsertRefundLines(ctx, params) })
	return true, nil
}

// refundDue refunds units that were returned, once per refund. A payment that the
// customer disputes is included: the gateway refuses while the dispute is open, which
// RefundFailed reports.
func (w *writer) refundDue(ctx context.Context, due event.RefundDue) error {
	order, err := w.lockOrder(ctx, due.OrderID)
	if err != nil {
		return err
	}
	if exists, err := w.q.RefundExists(ctx, due.RefundID); err != nil || exists {
		return err
	}
	var paid []event.PaidLine
	var requested []LineUnits
	for _, l := range due.Lines {
		paid, requested = append(paid, l.PaidLine), append(requested, LineUnits{l.OrderLineID, l.Units})
	}
	w.storeLines(ctx, due.OrderID, paid)
	lines, err := w.linesOf(ctx, due.OrderID)
	if err != nil {
		return err
	}
	payments, err := w.paymentsOf(ctx, order)
	if err != nil {
		return err
	}
	for _, p := range payments {
		parts, sum := shares(lines, requested, p.Captured.Sub(p.Refunded).Sub(p.RefundPending).Minor)
		if sum == 0 {
			continue
		}
		enough, err := w.requestLineRefund(ctx, p, due.RefundID, parts, sum, GoodsReturned, "")
		if err != nil || enough {
			return err
		}
	}
	return outbox.Write(ctx, w.tx, event.RefundNotDue{OrderID: due.OrderID, CheckoutID: due.CheckoutID, RefundID: due.RefundID})
}

// refundedLines are the lines of a refund, for its event.
func (w *writer) refundedLines(ctx context.Context, refundID string) ([]event.RefundedLine, error) {
	rows, err := w.q.RefundLines(ctx, []string{refundID})
	if err != nil {
		return nil, fmt.Errorf("read lines of refund %s: %w", refundID, err)
	}
	var lines []event.RefundedLine
	for _, row := range rows {
		lines = append(lines, event.RefundedLine{OrderLineID: row.RefundLine.OrderLineID, Units: int(row.RefundLine.Units), Minor: row.RefundLine.AmountMinor})
	}
	return lines, nil
}

// RefundLines returns the lines of refunds, by refund.
func (s *Service) RefundLines(ctx context.Context, refundIDs []string) (map[string][]*RefundLine, error) {
	rows, err := db.New(s.pool).RefundLines(ctx, refundIDs)
	if err != nil {
		return nil, fmt.Errorf("read the lines of %d refunds: %w", len(refundIDs), err)
	}
	found := map[string][]*RefundLine{}
	for _, row := range rows {
		l := row.RefundLine
		found[l.RefundID] = append(found[l.RefundID], &RefundLine{
			OrderLineID: l.OrderLineID, Quantity: int(l.Units), Amount: money.Money{Minor: l.AmountMinor, Currency: row.Currency},
		})
	}
	return found, nil
}
