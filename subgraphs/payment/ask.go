package payment

import (
	"context"
	"errors"
	"fmt"

	"cartograph/internal/event"
	"cartograph/internal/money"
	"cartograph/subgraphs/payment/db"
	"cartograph/subgraphs/payment/gateway"
)

// leasePayments takes payments that want something of the gateway.
func (s *Service) leasePayments(ctx context.Context, most int) ([]work, error) {
	rows, err := db.New(s.pool).LeasePayments(ctx, db.LeasePaymentsParams{Lease: s.cfg.Lease, Most: int32(most)}) //nolint:gosec // as many as there are workers
	if err != nil {
		return nil, err
	}
	works := make([]work, len(rows))
	for i, row := range rows {
		works[i] = func(ctx context.Context) error {
			_, err := s.ask(ctx, row)
			return err
		}
	}
	return works, nil
}

// ask asks the gateway for what a payment wants, with a key that is the same
// each time, and stores the answer. It returns what the payment became by it;
// nil if the answer changed nothing.
func (s *Service) ask(ctx context.Context, row db.Payment) (*Payment, error) {
	seen, err := s.request(ctx, row)
	if refusal, ok := errors.AsType[*gateway.RefusedError](err); ok {
		settled, lookErr := s.refused(ctx, row, refusal)
		if settled || lookErr != nil {
			return nil, lookErr
		}
		seen, err = s.look(ctx, row.ID)
	}
	if err != nil {
		return nil, s.postpone(ctx, row, err)
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	steps, err := s.apply(ctx, row.ID, seen, SourceAPI)
	switch {
	case err != nil:
		return nil, err
	case len(steps) > 0:
		return &steps[len(steps)-1].After, nil
	case Want(row.Want) == WantConfirm:
		return nil, s.stillWaiting(ctx, row)
	case s.movedOn(ctx, row):
		return nil, nil // a webhook was faster than the answer and said the same
	default:
		return nil, s.postpone(ctx, row, fmt.Errorf("%w: it is %s", gateway.ErrUnknown, seen.Status))
	}
}

// movedOn reports whether the payment no longer wants what it did.
func (s *Service) movedOn(ctx context.Context, row db.Payment) bool {
	now, err := db.New(s.pool).PaymentsByID(ctx, db.PaymentsByIDParams{IDs: []string{row.ID}, AllOwners: true})
	return err == nil && len(now) == 1 && (now[0].Payment.Want != row.Want || now[0].Payment.Status != row.Status)
}

func (s *Service) request(ctx context.Context, row db.Payment) (gateway.Payment, error) {
	amount := money.Money{Minor: row.AmountMinor, Currency: row.Currency}
	switch Want(row.Want) {
	case WantAuthorize:
		return s.gateway.Authorize(ctx, gateway.AuthorizeRequest{
			Key: key(row.ID, OpAuthorize, 1), Reference: row.ID, OrderID: row.OrderID,
			Amount: amount, Token: row.Token, ReturnURL: row.ReturnURL,
		})
	case WantConfirm:
		return s.gateway.Confirm(ctx, row.GatewayID, key(row.ID, OpConfirm, 1))
	case WantCapture:
		amount.Minor = row.AuthorizedMinor
		return s.gateway.Capture(ctx, row.GatewayID, amount, key(row.ID, OpCapture, 1))
	case WantVoid:
		return s.gateway.Void(ctx, row.GatewayID, key(row.ID, OpVoid, 1))
	default:
		return gateway.Payment{}, fmt.Errorf("payment %s wants %q", row.ID, row.Want)
	}
}

// refused stores a final no that says by itself what became of the payment.
// Not settled: look what is true at the gateway.
func (s *Service) refused(ctx context.Context, row db.Payment, refusal *gateway.RefusedError) (settled bool, err error) {
	want := Want(row.Want)
	authorize := want == WantAuthorize && refusal.Code != gateway.RefusedKey
	capture := want == WantCapture && refusal.Code == gateway.RefusedCapture
	if !authorize && !capture {
		return false, nil
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	return true, s.change(ctx, func(w *writer) error {
		p, _, err := w.lock(ctx, row.ID)
		if err != nil || p.Want != want || p.Status != Status(row.Status) {
			return err // decided meanwhile
		}
		if authorize {
			return w.take(ctx, p.declined(refusal.Code), SourceAPI)
		}
		return w.take(ctx, p.notCaptured(refusal.Code), SourceAPI)
	})
}

// look reads what is true at the gateway.
func (s *Service) look(ctx context.Context, paymentID string) (gateway.Payment, error) {
	seen, found, err := s.gateway.Find(ctx, paymentID)
	if err == nil && !found {
		err = fmt.Errorf("%w: the gateway does not show it", gateway.ErrUnknown)
	}
	return seen, err
}

// apply stores what follows from the payment as the gateway shows it. Answers
// and webhooks, late ones and repeated ones, all come here.
func (s *Service) apply(ctx context.Context, paymentID string, seen gateway.Payment, source Source) (steps []Step, err error) {
	err = s.change(ctx, func(w *writer) error {
		p, orderStatus, err := w.lock(ctx, paymentID)
		if err != nil {
			return err
		}
		if steps, err = p.learn(seen, orderStatus == orderClosed); err != nil {
			return err
		}
		for _, step := range steps {
			if err := w.follow(ctx, step, orderStatus, source); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.seen.note(paymentID, seen.Version)
	}
	return steps, err
}

// follow takes a step and does what a capture means for the order: it is paid,
// or, if it has ended, the money goes back.
func (w *writer) follow(ctx context.Context, step Step, orderStatus string, source Source) error {
	if err := w.take(ctx, step, source); err != nil {
		return err
	}
	switch {
	case step.Operation != OpCapture:
		return nil
	case orderStatus == orderClosed:
		return w.giveBackRest(ctx, step.After)
	default:
		w.foresee(step.After.CheckoutID, event.Type[event.OrderConfirmed]())
		return w.later.MarkOrderPaid(ctx, step.After.OrderID)
	}
}

// stillWaiting ends a question that the gateway had no answer to yet: the
// customer is at the bank's page.
func (s *Service) stillWaiting(ctx context.Context, row db.Payment) error {
	err := db.New(s.pool).DropWant(ctx, db.DropWantParams{ID: row.ID, Want: row.Want, Status: row.Status})
	s.changes.Notify(row.ID)
	return err
}

// postpone has the same asked again later, with the same key.
func (s *Service) postpone(ctx context.Context, row db.Payment, cause error) error {
	after := backoff(row.Tries)
	if ctx.Err() != nil {
		after = 0 // it is us who stop
	}
	ctx, cancel := detached(ctx)
	defer cancel()
	unknown.WithLabelValues(row.Want).Inc()
	s.log.WarnContext(ctx, "payment: outcome unknown", "payment_id", row.ID, "want", row.Want, "tries", row.Tries, "err", cause)
	err := db.New(s.pool).PostponePayment(ctx, db.PostponePaymentParams{
		ID: row.ID, Want: row.Want, Status: row.Status, After: after, LastError: cause.Error(),
	})
	if err != nil {
		return fmt.Errorf("postpone payment %s: %w", row.ID, err)
	}
	return nil
}
