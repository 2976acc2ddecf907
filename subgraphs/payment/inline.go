package payment

import (
	"context"
	"time"

	"cartograph/subgraphs/payment/db"
)

// changeAndAsk is change for what its caller waits for. If a worker is free,
// it takes what fn wants of the gateway at once, without looking for it: asked
// receives what the payment became by that, or is closed. Otherwise asked is
// nil, and the want is found as any.
func (s *Service) changeAndAsk(ctx context.Context, fn func(*writer) error) (asked <-chan Payment, err error) {
	place := s.payments.reserve()
	var leased *db.Payment
	err = s.change(ctx, func(w *writer) error {
		if place != nil {
			w.lease = s.cfg.Lease
		}
		err := fn(w)
		leased = w.leased
		return err
	})
	if place == nil {
		return nil, err
	}
	if err != nil || leased == nil {
		place.leave()
		return nil, err
	}
	answer := make(chan Payment, 1)
	place.begin(func(ctx context.Context) error {
		defer close(answer)
		p, err := s.ask(ctx, *leased)
		if p != nil {
			answer <- *p
		}
		return err
	})
	return answer, nil
}

// awaitAnswer is await for one who may have the answer brought.
func (s *Service) awaitAnswer(ctx context.Context, asked <-chan Payment, paymentID string, limit time.Duration, done func(Payment) bool) (Payment, error) {
	began := time.Now()
	if asked != nil {
		over := time.NewTimer(limit)
		defer over.Stop()
		select {
		case p, told := <-asked:
			if told && done(p) {
				return p, nil
			}
		case <-over.C:
		case <-ctx.Done():
			return Payment{}, ctx.Err()
		}
	}
	return s.await(ctx, paymentID, limit-time.Since(began), done)
}
