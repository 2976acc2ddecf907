package product

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

const (
	collectionBatch = 1000 // changes of products that are taken in one transaction, many of one product
	collectionPoll  = 500 * time.Millisecond
	agingEvery      = 5 * time.Minute
	agingBatch      = 500
)

// RunCollections evaluates the rules of collections for products that changed, and for
// those that grew too old, until ctx ends. What a transaction changes is
// queued by it and evaluated after it: a product is in the right collections a moment
// later, however many replicas run this.
func (s *Service) RunCollections(ctx context.Context) error {
	var aged time.Time
	for ctx.Err() == nil {
		n, err := s.EvaluateQueued(ctx)
		if err == nil && time.Since(aged) > agingEvery {
			aged = time.Now()
			err = s.EvaluateAging(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "rules of collections not evaluated, retrying", "err", err)
		}
		if err != nil || n < collectionBatch {
			wakeup.Sleep(ctx, collectionPoll)
		}
	}
	return nil
}

// EvaluateQueued evaluates all rules for a batch of changed products and returns its size.
func (s *Service) EvaluateQueued(ctx context.Context) (n int, err error) {
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		if err := q.LockCollections(ctx); err != nil {
			return err
		}
		changed, err := q.TakeQueuedForCollections(ctx, collectionBatch)
		if n = len(changed); err != nil || n == 0 {
			return err
		}
		collections, err := q.CountCollections(ctx)
		if err != nil || collections.WithRules == 0 {
			return err
		}
		return q.EvaluateProducts(ctx, slices.Compact(slices.Sorted(slices.Values(changed))))
	})
	if n > 0 && err == nil {
		s.queued.Notify()
	}
	return n, wrap("evaluate rules", err)
}

// agingOverlap is how long before the last evaluation the next one begins: a transaction
// that began before may have evaluated a rule for the time of its beginning, and committed
// after it.
const agingOverlap = time.Hour

// EvaluateAging evaluates the rules for the products that have grown too old for one since
// it was last called: no change reports them.
func (s *Service) EvaluateAging(ctx context.Context) error {
	q := db.New(s.pool)
	aging, err := q.Aging(ctx)
	if err != nil {
		return wrap("read the time of the last evaluation", err)
	}
	for after := ""; ; {
		old, err := q.TooOld(ctx, db.TooOldParams{Since: aging.Until, At: aging.At, After: after, Limit: agingBatch})
		if err != nil {
			return wrap("read products that are too old", err)
		}
		if len(old) == 0 {
			break
		}
		err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
			q := db.New(tx)
			if err := q.LockCollections(ctx); err != nil {
				return err
			}
			return q.EvaluateProducts(ctx, old)
		})
		if err != nil {
			return wrap("evaluate rules", err)
		}
		s.queued.Notify()
		after = old[len(old)-1]
	}
	return wrap("store the time of the evaluation", q.SetAging(ctx, aging.At.Add(-agingOverlap)))
}
