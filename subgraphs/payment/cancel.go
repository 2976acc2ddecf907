package payment

import (
	"context"
	"fmt"

	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/subgraphs/payment/db"
)

// Cancel lets go of whatever payments hold for an order, and takes no more for
// it. An order that is not known here holds nothing, and its end will be told.
func (s *Service) Cancel(ctx context.Context, orderID string) error {
	return s.change(ctx, func(w *writer) error {
		order, err := w.knownOrder(ctx, orderID)
		if fault.KindOf(err) == fault.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return w.close(ctx, order)
	})
}

// close ends an order: what is set aside is voided, what was captured goes
// back. What the gateway is just being asked for is looked at when it answers.
func (w *writer) close(ctx context.Context, order db.PayableOrder) error {
	if err := w.later.CloseOrder(ctx, order.OrderID); err != nil {
		return fmt.Errorf("close order %s: %w", order.OrderID, err)
	}
	rows, err := w.q.LockPaymentsOfOrder(ctx, order.OrderID)
	if err != nil {
		return fmt.Errorf("lock payments of %s: %w", order.OrderID, err)
	}
	for _, row := range rows {
		p := paymentOf(row, order.CheckoutID, order.OwnerID)
		if err := w.letGo(ctx, p, row.LeasedUntil != nil || row.Tries > 0); err != nil {
			return err
		}
	}
	return nil
}

// letGo undoes a payment of an order that has ended. asked says that the
// gateway may have been asked for what the payment wants.
func (w *writer) letGo(ctx context.Context, p Payment, asked bool) error {
	switch p.Status {
	case Created:
		return w.take(ctx, p.abandoned(), SourceAPI)
	case RequiresAction, Authorized:
		if p.Want == WantNothing || p.Want == WantConfirm || p.Want == WantCapture && !asked {
			return w.want(ctx, p, WantVoid)
		}
	case Captured, PartiallyRefunded, Disputed:
		return w.giveBackRest(ctx, p)
	default: // nothing is held, or the answer to what is being asked will be looked at
	}
	return nil
}

func (w *writer) giveBackRest(ctx context.Context, p Payment) error {
	rest := p.Captured.Minor - p.Refunded.Minor - p.RefundPending.Minor
	if rest <= 0 {
		return nil
	}
	_, err := w.giveBack(ctx, p, id.New(id.Refund), rest, OrderCancelled, "")
	return err
}
