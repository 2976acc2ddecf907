package payment

import (
	"context"
	"time"

	"cartograph/internal/fault"
)

// awaitInterval is how often a waiting call reads the database. Notifications
// cover changes made by this process; polling covers those of other replicas.
const awaitInterval = 200 * time.Millisecond

// await reads a payment until done accepts it, for limit at most. When the limit
// passes, the payment is returned as it is: that is no error.
func (s *Service) await(ctx context.Context, paymentID string, limit time.Duration, done func(Payment) bool) (p Payment, err error) {
	err = s.pollUntil(ctx, paymentID, limit, func(ctx context.Context) (bool, error) {
		found, err := s.PaymentsByID(ctx, Everyone, []string{paymentID})
		if err != nil {
			return false, err
		}
		if found[0] == nil {
			return false, paymentNotFound()
		}
		p = *found[0]
		return done(p), nil
	})
	return p, err
}

// pollUntil calls done at once, whenever id was changed by this process, and
// every awaitInterval, until it returns true or an error, or the limit passes.
//
// It watches before the first read: a change between the two would be missed
// otherwise.
func (s *Service) pollUntil(ctx context.Context, id string, limit time.Duration, done func(context.Context) (bool, error)) error {
	changed, stop := s.changes.Watch(id)
	defer stop()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	for {
		if ok, err := done(ctx); ok || err != nil {
			return err
		}
		interval := time.NewTimer(awaitInterval)
		select {
		case <-changed:
		case <-interval.C:
		case <-deadline.C:
			interval.Stop()
			return nil
		case <-ctx.Done():
			interval.Stop()
			return ctx.Err()
		}
		interval.Stop()
	}
}

func paymentNotFound() *fault.Error {
	return fault.Localized(fault.NotFound, "payment.not_found").At("paymentId")
}
