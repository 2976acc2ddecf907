package payment

import (
	"context"
	"fmt"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/subgraphs/payment/db"
)

// Cancel closes an order: its payments are voided or refunded, and it accepts no
// other. An order that is not stored here has no payment; its event closes it.
func (s *Service) Cancel(ctx context.Context, orderID string) error {
	return s.change(ctx, func(w *writer) error {
		order, err := w.lockOrder(ctx, orderID)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return w.closeOrder(ctx, order)
	})
}

// closeOrder closes a locked order and cancels its payments.
func (w *writer) closeOrder(ctx context.Context, order db.PayableOrder) error {
	w.queue(func(q *db.Queries) error { return q.CloseOrder(ctx, order.OrderID) })
	rows, err := w.q.LockPaymentsOfOrder(ctx, order.OrderID)
	if err != nil {
		return fmt.Errorf("lock payments of %s: %w", order.OrderID, err)
	}
	for _, row := range rows {
		p := paymentOf(row, order.CheckoutID, order.OwnerID)
		if err := w.cancelPayment(ctx, p, row.LeasedUntil != nil || row.Tries > 0); err != nil {
			return err
		}
	}
	return nil
}

// cancelPayment voids or refunds a payment of an order that was closed. sent
// reports whether the pending operation may have reached the gateway.
//
// An operation that was sent is not replaced: its outcome is unknown, and only
// its own key can reveal it. What it leads to is undone when it is applied, since
// the order is closed: transitions chooses a void after an authorisation, and
// applyStep refunds a capture.
func (w *writer) cancelPayment(ctx context.Context, p Payment, sent bool) error {
	switch p.Status {
	case Created:
		return w.storeTransition(ctx, p.voidedUnsent(), SourceAPI)
	case RequiresAction, Authorized:
		// Confirm only reads a decision of the customer, so that it may be
		// replaced even if it was sent.
		if p.PendingOperation == OpNone || p.PendingOperation == OpConfirm || p.PendingOperation == OpCapture && !sent {
			w.setPending(ctx, p, OpVoid)
		}
	case Captured, PartiallyRefunded, Disputed:
		return w.refundRemainder(ctx, p)
	default: // final, or Processing: its outcome is applied to the closed order
	}
	return nil
}

// refundRemainder requests a refund of all that is neither refunded nor reserved
// for a refund. It includes a disputed payment, unlike Refundable: the gateway
// refuses that refund while the dispute is open, which RefundFailed reports.
func (w *writer) refundRemainder(ctx context.Context, p Payment) error {
	remainder := p.Captured.Minor - p.Refunded.Minor - p.RefundPending.Minor
	if remainder <= 0 {
		return nil
	}
	_, err := w.requestRefund(ctx, p, id.New(id.Refund), remainder, OrderCancelled, "")
	return err
}
