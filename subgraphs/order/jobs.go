package order

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/outbox"
	"cartograph/subgraphs/order/db"
)

const (
	sweepBatch        = 200
	rescueBatch       = 100
	rescueConcurrency = 4               // purchases whose peers are called at once
	rescueCallsLimit  = 5 * time.Second // for the calls of a batch
	maxRescues        = 30              // some four hours; a person has to act then
	stuckAfterRescues = 5               // from here on, each rescue is logged as a warning
	pruneEvery        = time.Hour
	pruneBatch        = 1000
)

// runEvery runs a job at once and then at every interval until ctx ends. A job
// that had a full batch runs again at once; one that failed, at the next
// interval.
func (s *Service) runEvery(ctx context.Context, job string, interval time.Duration, fn func(context.Context) (more bool, err error)) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		more, err := fn(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			s.log.WarnContext(ctx, "job failed", "job", job, "err", err)
		case more:
			continue
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// RunSweeper expires checkouts and unpaid orders whose time is over, until ctx
// ends. Any number of replicas may run it: each skips rows that are locked.
func (s *Service) RunSweeper(ctx context.Context) error {
	return s.runEvery(ctx, "sweep", s.cfg.SweepEvery, s.sweep)
}

// sweep expires a batch. A purchase may have advanced between the query and its
// lock; Apply decides by the locked state, so a payment that was authorised in
// the last moment wins.
func (s *Service) sweep(ctx context.Context) (more bool, err error) {
	var swept []string
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		swept = nil // the transaction may be retried
		rows, err := db.New(tx).DueCheckouts(ctx, sweepBatch)
		if err != nil {
			return fmt.Errorf("find due checkouts: %w", err)
		}
		all := make([]db.CheckoutsRow, len(rows))
		for i, row := range rows {
			all[i] = db.CheckoutsRow(row)
		}
		purchases, err := lockedPurchases(ctx, tx, all)
		if err != nil {
			return err
		}
		for _, l := range purchases {
			if err := s.applyLocked(ctx, l, Fact{Kind: FactExpired}); err != nil {
				return err
			}
			if l.Checkout.Version == l.before.Checkout.Version { // due for nothing: clear due_at, or every sweep finds it
				if err := s.savePurchase(ctx, l, nil); err != nil {
					return err
				}
			}
			swept = append(swept, l.Checkout.ID)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	s.changed.Notify(swept...)
	return len(swept) == sweepBatch, nil
}

// RunRescue publishes outstanding events again and makes the same requests by RPC,
// until ctx ends: an event, its effect or its response may have been lost, and no
// event arrives while the log is away. Any number of replicas may run it.
func (s *Service) RunRescue(ctx context.Context) error {
	return s.runEvery(ctx, "rescue", s.cfg.RetryStuckEvery, s.rescue)
}

// rescue publishes the outstanding events of a batch again, under new event
// ids: the inbox of the receiver drops an id it has handled. The receiver
// decides by its own state, so a request that it has fulfilled only makes it
// repeat the response.
func (s *Service) rescue(ctx context.Context) (more bool, err error) {
	var stuck []*locked
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		stuck = nil // the transaction may be retried
		q := db.New(tx)
		rows, err := q.CheckoutsToRescue(ctx, rescueBatch)
		if err != nil {
			return fmt.Errorf("find stuck purchases: %w", err)
		}
		more = len(rows) == rescueBatch
		all, ids := make([]db.CheckoutsRow, len(rows)), make([]string, len(rows))
		for i, row := range rows {
			all[i], ids[i] = db.CheckoutsRow(row), row.Checkout.ID
			if row.Checkout.Rescues >= stuckAfterRescues {
				s.log.WarnContext(ctx, "purchase is stuck", "checkout_id", row.Checkout.ID, "rescues", row.Checkout.Rescues)
			}
		}
		purchases, err := lockedPurchases(ctx, tx, all)
		if err != nil || len(purchases) == 0 {
			return err
		}
		if err := s.republish(ctx, tx, purchases, ids); err != nil {
			return err
		}
		stuck = purchases
		return q.CountRescue(ctx, db.CountRescueParams{IDs: ids, MaxRescues: maxRescues, PauseSeconds: s.cfg.RetryStuckAfter.Seconds()})
	})
	if err != nil {
		return false, err
	}
	// After the commit: no lock is held over a call. Peers that do not respond must not
	// keep the next batch from being published; the events have the rest.
	ctx, cancel := context.WithTimeout(ctx, rescueCallsLimit)
	defer cancel()
	var calls errgroup.Group
	calls.SetLimit(rescueConcurrency)
	for _, l := range stuck {
		calls.Go(func() error {
			s.requestOutstanding(ctx, &l.Purchase)
			return nil
		})
	}
	return more, calls.Wait()
}

func (s *Service) republish(ctx context.Context, tx pgx.Tx, purchases []*locked, ids []string) error {
	lines, err := linesOf(ctx, db.New(tx), ids)
	if err != nil {
		return err
	}
	for _, l := range purchases {
		l.lines = lines[l.Checkout.ID]
		// As the event of the owner's request: inventory limits what its actor holds.
		if err := outbox.Write(forOwner(ctx, &l.Checkout), tx, l.payloads(l.Outstanding(), l.Checkout.ReadAt)...); err != nil {
			return err
		}
	}
	return nil
}

// RunPrune deletes checkouts that ended long ago without an order, until ctx ends.
func (s *Service) RunPrune(ctx context.Context) error {
	return s.runEvery(ctx, "prune", pruneEvery, s.prune)
}

func (s *Service) prune(ctx context.Context) (more bool, err error) {
	n, err := db.New(s.pool).PruneCheckouts(ctx, db.PruneCheckoutsParams{KeepSeconds: s.cfg.KeepCheckouts.Seconds(), Batch: pruneBatch})
	if err != nil {
		return false, fmt.Errorf("prune checkouts: %w", err)
	}
	return n == pruneBatch, nil
}
