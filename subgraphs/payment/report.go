package payment

import (
	"context"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
)

// Orders is the order service. Its calls repeat what events do: they make a payment
// decide its order before the buyer reads it, and while no event arrives.
type Orders interface {
	Payable(context.Context, *rpcv1.PayableRequest) (*rpcv1.PayableResponse, error)
	ApplyPayment(context.Context, *rpcv1.PaymentState) (*rpcv1.ApplyPaymentResponse, error)
	PaidLines(context.Context, *rpcv1.PaidLinesRequest) (*rpcv1.PaidLinesResponse, error)
}

const (
	reportBudget   = 1900 * time.Millisecond // less than the deadline of a call, which includes the capture
	maxOpenReports = 64                      // at once; beyond them the event alone has the outcome
)

// report calls Order with the state of a payment whose outcome was stored, and
// reports whether Order has applied it. It holds no transaction, and a failure is no
// error: the event with the same state is in the outbox. Calls for one state that
// overlap, of a waiting buyer and of the queue, are one call.
func (s *Service) report(ctx context.Context, p Payment) bool {
	switch p.Status {
	case Processing, PartiallyRefunded, Refunded, Disputed, ChargedBack: // undecided, or long after the order's decision
		return false
	default:
	}
	state := stateOf(p)
	_, err, _ := s.reports.Do(p.ID+" "+state.GetStatus(), func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportBudget)
		defer cancel()
		return s.orders.ApplyPayment(ctx, state)
	})
	if err != nil {
		s.log.InfoContext(ctx, "order not called, falling back to event", "payment_id", p.ID, "status", state.GetStatus(), "err", err)
	}
	return err == nil
}

// reportLater is report for an outcome without a waiting caller.
func (s *Service) reportLater(ctx context.Context, p Payment) {
	if !s.reportSlots.TryAcquire() {
		return
	}
	ctx = context.WithoutCancel(ctx)
	s.payments.running.Go(func() {
		defer s.reportSlots.Release()
		s.report(ctx, p)
	})
}

// fetchOrder stores an order that was placed and whose event has not arrived. It
// returns false if Order does not respond, and an error if the caller has no such
// order.
func (s *Service) fetchOrder(ctx context.Context, orderID string) (found bool, err error) {
	o, err := s.orders.Payable(ctx, &rpcv1.PayableRequest{OrderId: orderID, OwnerIds: auth.From(ctx).Owners()})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return false, orderNotFound()
	case err != nil:
		s.log.InfoContext(ctx, "order not called, falling back to event", "order_id", orderID, "err", err)
		return false, nil
	}
	status := orderClosed
	if o.GetOpen() {
		status = orderOpen
	}
	err = s.change(ctx, func(w *writer) error {
		_, _, err := w.upsertOrder(ctx, Order{
			ID: o.GetOrderId(), CheckoutID: o.GetCheckoutId(), OwnerID: o.GetOwnerId(), Number: o.GetOrderNumber(),
			Amount: money.Money{Minor: o.GetAmountMinor(), Currency: o.GetCurrency()}, GiftCards: giftCardParts(o.GetGiftCards()),
		}, status)
		return err
	})
	return err == nil, err
}
