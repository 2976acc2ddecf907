package payment

import (
	"context"
	"errors"
	"fmt"

	"cartograph/internal/crashpoint"
	"cartograph/internal/event"
	"cartograph/internal/money"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

// leasePayments leases payments whose pending operation is due.
func (s *Service) leasePayments(ctx context.Context, limit int) ([]task, error) {
	rows, err := db.New(s.pool).LeasePayments(ctx, db.LeasePaymentsParams{Lease: s.cfg.Lease, MaxRows: int32(limit)}) //nolint:gosec // bounded by Workers
	if err != nil {
		return nil, err
	}
	tasks := make([]task, len(rows))
	for i, row := range rows {
		tasks[i] = func(ctx context.Context) error {
			p, err := s.execute(ctx, row)
			if p != nil {
				s.reportLater(ctx, *p)
			}
			return err
		}
	}
	return tasks, nil
}

// execute sends a payment's pending operation to the gateway and applies the
// outcome. It returns the payment after it; nil if nothing changed.
//
// No transaction is open during the call. An outcome is one of three: a result, a
// refusal, or unknown. After an unknown outcome the operation stays pending and is
// sent again with the same key: a new key could charge twice. The lease may have
// ended meanwhile and another worker may have sent the same operation; the key
// makes that harmless, and transitions ignores the second outcome.
func (s *Service) execute(ctx context.Context, row db.Payment) (*Payment, error) {
	observed, err := s.callGateway(ctx, row)
	crashpoint.Reach("gateway answered", row.PendingOperation)
	if refusal, ok := errors.AsType[*gateway.RefusedError](err); ok {
		after, applied, applyErr := s.applyRefusal(ctx, row, refusal)
		if applied || applyErr != nil {
			return after, applyErr
		}
		observed, err = s.findAtGateway(ctx, row.ID, row.GatewayID)
	}
	if err != nil {
		return nil, s.postpone(ctx, row, err)
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	transitions, err := s.apply(ctx, row.ID, observed, SourceAPI)
	switch {
	case err != nil:
		return nil, err
	case len(transitions) > 0:
		return &transitions[len(transitions)-1].After, nil
	case Operation(row.PendingOperation) == OpConfirm:
		return nil, s.clearPending(ctx, row)
	case s.alreadyApplied(ctx, row):
		return nil, nil // by a webhook that was faster than the answer
	default:
		return nil, s.postpone(ctx, row, fmt.Errorf("%w: it is %s", gateway.ErrUnknown, observed.Status))
	}
}

// alreadyApplied reports whether the payment changed since it was leased.
func (s *Service) alreadyApplied(ctx context.Context, row db.Payment) bool {
	found, err := db.New(s.pool).PaymentsByID(ctx, db.PaymentsByIDParams{IDs: []string{row.ID}, AllOwners: true})
	return err == nil && len(found) == 1 &&
		(found[0].Payment.PendingOperation != row.PendingOperation || found[0].Payment.Status != row.Status)
}

// callGateway sends the pending operation. Amounts come from the row, never from a
// client. A payment has at most one of each operation, so that its number is 1.
func (s *Service) callGateway(ctx context.Context, row db.Payment) (gateway.Payment, error) {
	amount := money.Money{Minor: row.AmountMinor - row.GiftMinor, Currency: row.Currency}
	if amount.Minor == 0 {
		return coveredPayment(row), nil
	}
	switch Operation(row.PendingOperation) {
	case OpAuthorize:
		return s.gateway.Authorize(ctx, gateway.AuthorizeRequest{
			Key: key(row.ID, OpAuthorize, 1), Reference: row.ID, OrderID: row.OrderID,
			Amount: amount, Token: row.Token, ReturnURL: row.ReturnURL,
		})
	case OpConfirm:
		return s.gateway.Confirm(ctx, row.GatewayID, key(row.ID, OpConfirm, 1))
	case OpCapture:
		amount.Minor = row.AuthorizedMinor - row.GiftMinor
		return s.gateway.Capture(ctx, row.GatewayID, amount, key(row.ID, OpCapture, 1))
	case OpVoid:
		return s.gateway.Void(ctx, row.GatewayID, key(row.ID, OpVoid, 1))
	default:
		return gateway.Payment{}, fmt.Errorf("payment %s has no operation to send: %q", row.ID, row.PendingOperation)
	}
}

// coveredPayment is what a gateway would answer for a payment that gift cards cover:
// their part was taken when the payment was stored, so that nothing can be refused.
func coveredPayment(row db.Payment) gateway.Payment {
	zero := money.Zero(row.Currency)
	p := gateway.Payment{Reference: row.ID, OrderID: row.OrderID, Amount: zero, Authorized: zero, Captured: zero, Refunded: zero}
	switch Operation(row.PendingOperation) {
	case OpCapture:
		p.Status = gateway.Captured
	case OpVoid:
		p.Status = gateway.Voided
	default:
		p.Status = gateway.Authorized
	}
	return p
}

// applyRefusal stores a refusal that decides the payment: of an authorisation,
// which then does not exist at the gateway, and of a capture by the bank.
//
// Every other refusal means that the payment is in another state than this service
// assumed, or that the key was used before. Then applied is false, and the caller
// reads the payment's true state by Find. after is nil if a webhook was faster.
func (s *Service) applyRefusal(ctx context.Context, row db.Payment, refusal *gateway.RefusedError) (after *Payment, applied bool, err error) {
	op := Operation(row.PendingOperation)
	authorize := op == OpAuthorize && refusal.Code != gateway.RefusedKey
	capture := op == OpCapture && refusal.Code == gateway.RefusedCapture
	if !authorize && !capture {
		return nil, false, nil
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	err = s.change(ctx, func(w *writer) error {
		after = nil // the transaction may be retried
		p, _, err := w.lock(ctx, row.ID)
		if err != nil || p.PendingOperation != op || p.Status != Status(row.Status) {
			return err // changed by a webhook meanwhile
		}
		t := p.captureRefused(refusal.Code)
		if authorize {
			t = p.declined(refusal.Code)
		}
		after = &t.After
		return w.storeTransition(ctx, t, SourceAPI)
	})
	if err != nil {
		return nil, true, err
	}
	return after, true, nil
}

// findAtGateway reads a payment's state at the gateway, by the gateway's id or, before
// its first answer, by ours. A payment that is not found has an unknown outcome: the
// request may still be on its way.
func (s *Service) findAtGateway(ctx context.Context, paymentID, gatewayID string) (gateway.Payment, error) {
	observed, found, err := s.gateway.Find(ctx, paymentID, gatewayID)
	if err == nil && !found {
		err = fmt.Errorf("%w: not found at the gateway", gateway.ErrUnknown)
	}
	return observed, err
}

// apply stores the transitions that lead to the state observed at the gateway.
// Answers and webhooks, in any order and repeated, are all applied here.
func (s *Service) apply(ctx context.Context, paymentID string, observed gateway.Payment, source Source) (transitions []Transition, err error) {
	err = s.change(ctx, func(w *writer) error {
		p, orderStatus, err := w.lock(ctx, paymentID)
		if err != nil {
			return err
		}
		if transitions, err = p.transitions(observed, orderStatus == orderClosed); err != nil {
			return err
		}
		for _, t := range transitions {
			if err := w.apply(ctx, t, orderStatus, source); err != nil {
				return err
			}
			p = t.After
		}
		disputed, err := w.applyDisputes(ctx, p, observed.Disputes, orderStatus, source)
		transitions = append(transitions, disputed...)
		return err
	})
	if err == nil {
		s.applied.store(paymentID, observed.Version)
	}
	return transitions, err
}

// apply stores a transition and what a capture means for its order: the order is
// paid or, if it was closed while the capture was under way, refunded.
func (w *writer) apply(ctx context.Context, t Transition, orderStatus string, source Source) error {
	if err := w.storeTransition(ctx, t, source); err != nil {
		return err
	}
	switch {
	case t.Operation != OpCapture:
		return nil
	case orderStatus == orderClosed:
		return w.refundRemainder(ctx, t.After)
	default:
		w.expect(t.After.CheckoutID, event.Type[event.OrderConfirmed]())
		w.queue(func(q *db.Queries) error { return q.MarkOrderPaid(ctx, t.After.OrderID) })
		return nil
	}
}

// clearPending ends a confirmation without an outcome: the customer is still at
// the bank's page.
func (s *Service) clearPending(ctx context.Context, row db.Payment) error {
	err := db.New(s.pool).ClearPendingOperation(ctx, db.ClearPendingOperationParams{
		ID: row.ID, PendingOperation: row.PendingOperation, Status: row.Status,
	})
	s.changes.Notify(row.ID)
	return err
}

// postpone makes the operation due again after a delay.
func (s *Service) postpone(ctx context.Context, row db.Payment, cause error) error {
	delay := backoff(row.Tries)
	if ctx.Err() != nil {
		delay = 0 // shutting down: another replica may send it at once
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	unknownOutcomes.WithLabelValues(row.PendingOperation).Inc()
	s.log.WarnContext(ctx, "gateway outcome unknown, retrying", "payment_id", row.ID,
		"operation", row.PendingOperation, "tries", row.Tries, "retry_after", delay, "err", cause)
	err := db.New(s.pool).PostponePayment(ctx, db.PostponePaymentParams{
		ID: row.ID, PendingOperation: row.PendingOperation, Status: row.Status, Delay: delay, LastError: cause.Error(),
	})
	if err != nil {
		return fmt.Errorf("postpone payment %s: %w", row.ID, err)
	}
	return nil
}
