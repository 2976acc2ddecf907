package product

import (
	"context"
	"time"

	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

const (
	historyEvery = 10 * time.Minute
	historyBatch = 1_000 // rows deleted in one transaction
	historyPause = 100 * time.Millisecond
)

// RunPriceHistory deletes prices that ended more than 30 days ago, until ctx ends: the
// lowest price before a reduction does not depend on them. Any number of replicas may run
// it.
func (s *Service) RunPriceHistory(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := s.PrunePriceHistory(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "old prices not deleted, retrying", "err", err)
		}
		pause := historyEvery
		if err == nil && n == historyBatch {
			pause = historyPause // there may be more
		}
		wakeup.Sleep(ctx, pause)
	}
	return nil
}

// PrunePriceHistory deletes a batch and returns its size.
func (s *Service) PrunePriceHistory(ctx context.Context) (int64, error) {
	n, err := db.New(s.pool).PruneHistory(ctx, historyBatch)
	return n, wrap("delete old prices", err)
}
