package payment

import (
	"context"
	"time"

	"cartograph/internal/telemetry"
	"cartograph/subgraphs/payment/db"
)

// changeAndExecute is change for a caller that waits for the gateway. If a worker
// slot is free, the operation that fn stores is stored with its lease and executed
// right after the commit, which saves the queue's search for it.
//
// result receives the payment once the operation has changed it, and is closed
// without a value if it has not. It is nil if no slot was free: the queue finds
// the operation then.
func (s *Service) changeAndExecute(ctx context.Context, fn func(*writer) error) (result <-chan Payment, err error) {
	slot := s.payments.reserve()
	var leased *db.Payment
	err = s.change(ctx, func(w *writer) error {
		if slot != nil {
			w.lease = s.cfg.Lease
		}
		err := fn(w)
		leased = w.leased
		return err
	})
	if slot == nil {
		return nil, err
	}
	if err != nil || leased == nil {
		slot.release()
		return nil, err
	}
	answer := make(chan Payment, 1) // buffered: the caller may have stopped waiting
	slot.start(func(running context.Context) error {
		defer close(answer)
		p, err := s.execute(telemetry.Continue(running, ctx), *leased)
		if p != nil {
			answer <- *p
		}
		return err
	})
	return answer, nil
}

// awaitResult is await for a caller of changeAndExecute. It reads the database
// only if the operation was left to the queue or has no final outcome yet.
func (s *Service) awaitResult(ctx context.Context, result <-chan Payment, paymentID string, limit time.Duration, done func(Payment) bool) (Payment, error) {
	started := time.Now()
	if result != nil {
		deadline := time.NewTimer(limit)
		defer deadline.Stop()
		select {
		case p, ok := <-result:
			if ok && done(p) {
				return p, nil
			}
		case <-deadline.C:
		case <-ctx.Done():
			return Payment{}, ctx.Err()
		}
	}
	return s.await(ctx, paymentID, limit-time.Since(started), done)
}
