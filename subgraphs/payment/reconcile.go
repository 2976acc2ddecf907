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

// RunReconciliation calls Reconcile every minute until ctx ends. Every replica runs
// it: all it does is idempotent.
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

// Reconcile repairs and reports what no request or event comes back to:
//
//   - 3-D Secure challenges that ran out: their outcome is read;
//   - authorisations of ended orders, and those older than six days: voided;
//   - operations without an outcome for more than staleAfter: reported;
//   - payments of the last day whose amounts differ from the ledger: reported,
//     since no program can decide which of the two is right;
//   - handled webhooks older than their retention: deleted.
func (s *Service) Reconcile(ctx context.Context) error {
	q := db.New(s.pool)
	overdue, err := q.ConfirmOverdueChallenges(ctx)
	if err != nil {
		return err
	}
	unclaimed, err := q.VoidUnclaimedAuthorizations(ctx)
	if err != nil {
		return err
	}
	if overdue+unclaimed > 0 {
		s.log.InfoContext(ctx, "reconciled payments", "overdue_challenges", overdue, "unclaimed_authorizations", unclaimed)
		s.payments.ready.Notify()
	}
	age, err := q.OldestPendingOperation(ctx)
	if err != nil {
		return err
	}
	oldestPending.Set(age)
	if age > staleAfter.Seconds() {
		s.log.WarnContext(ctx, "pending operation is stale", "age_seconds", int(age))
	}
	different, err := q.LedgerDifferences(ctx, s.now().Add(-24*time.Hour))
	if err != nil {
		return err
	}
	ledgerDifferences.Set(float64(len(different)))
	if len(different) > 0 {
		s.log.ErrorContext(ctx, "ledger differs from payments", "payment_ids", different)
	}
	return q.PruneWebhooks(ctx)
}
