package payment

import (
	"context"
	"time"

	"cartograph/subgraphs/payment/db"
)

const (
	reconcileEvery = time.Minute
	staleAfter     = time.Minute
)

// RunReconciliation looks every minute for what was left behind, until ctx
// ends.
func (s *Service) RunReconciliation(ctx context.Context) error {
	ticker := time.NewTicker(reconcileEvery)
	defer ticker.Stop()
	for {
		if err := s.Reconcile(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "reconcile payments", "err", err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Reconcile looks once: customers who never came back from the bank's page,
// authorisations that nobody will capture, wants that stay unanswered, and
// books that do not agree with the payments.
func (s *Service) Reconcile(ctx context.Context) error {
	q := db.New(s.pool)
	overdue, err := q.ConfirmOverdue(ctx)
	if err != nil {
		return err
	}
	left, err := q.VoidLeftovers(ctx)
	if err != nil {
		return err
	}
	if overdue+left > 0 {
		s.log.InfoContext(ctx, "payments picked up", "overdue", overdue, "left_over", left)
		s.payments.kick()
	}
	waited, err := q.OldestWant(ctx)
	if err != nil {
		return err
	}
	oldestWant.Set(waited)
	if waited > staleAfter.Seconds() {
		s.log.WarnContext(ctx, "a payment waits for the gateway", "seconds", int(waited))
	}
	different, err := q.LedgerDifferences(ctx, s.now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	differences.Set(float64(len(different)))
	if len(different) > 0 {
		s.log.ErrorContext(ctx, "the books differ from the payments", "payment_ids", different)
	}
	return q.PruneWebhooks(ctx)
}
