package payment

import (
	"context"
	"time"

	"cartograph/internal/fault"
)

// look is how often one who waits looks for himself, for what another replica
// changed.
const look = 200 * time.Millisecond

// await reads a payment until it is as wished, at most for the given time.
// Then it is returned as it is.
func (s *Service) await(ctx context.Context, paymentID string, limit time.Duration, done func(Payment) bool) (p Payment, err error) {
	err = s.until(ctx, paymentID, limit, func(ctx context.Context) (bool, error) {
		found, err := s.PaymentsByID(ctx, Everyone, []string{paymentID})
		if err != nil {
			return false, err
		}
		if found[0] == nil {
			return false, fault.New(fault.NotFound, "There is no such payment.")
		}
		p = *found[0]
		return done(p), nil
	})
	return p, err
}

// until calls reached whenever id changed, until it says so, it fails, or the
// time is over.
func (s *Service) until(ctx context.Context, id string, limit time.Duration, reached func(context.Context) (bool, error)) error {
	changed, end := s.changes.Watch(id)
	defer end()
	over := time.NewTimer(limit)
	defer over.Stop()
	for {
		if done, err := reached(ctx); done || err != nil {
			return err
		}
		again := time.NewTimer(look)
		select {
		case <-changed:
		case <-again.C:
		case <-over.C:
			again.Stop()
			return nil
		case <-ctx.Done():
			again.Stop()
			return ctx.Err()
		}
		again.Stop()
	}
}
