package product

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

const (
	snapshotBatch = 200                    // products republished in one transaction
	snapshotPoll  = 250 * time.Millisecond // finds what another replica queued
	snapshotRetry = time.Second            // after a failure
)

// RunSnapshots publishes the products that are queued because something else in their
// snapshots changed, until ctx ends. A batch leaves the queue in the transaction that
// publishes it, so a process that dies loses none.
func (s *Service) RunSnapshots(ctx context.Context) error {
	for ctx.Err() == nil {
		n, err := s.PublishQueued(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.WarnContext(ctx, "publish queued products failed, retrying", "err", err)
			wakeup.Sleep(ctx, snapshotRetry)
		case n < snapshotBatch:
			s.queued.Wait(ctx, snapshotPoll)
		}
	}
	return nil
}

// PublishQueued publishes a batch of queued products and returns its size.
func (s *Service) PublishQueued(ctx context.Context) (n int, err error) {
	err = s.outbox.InTx(ctx, func(tx pgx.Tx) error {
		ids, err := db.New(tx).TakeQueuedSnapshots(ctx, snapshotBatch)
		n = len(ids)
		if err != nil || n == 0 {
			return err
		}
		return Republish(ctx, tx, ids...)
	})
	return n, wrap("publish queued products", err)
}
