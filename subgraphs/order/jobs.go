package order

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/idempotency"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/order/db"
)

const (
	pruneEvery = time.Hour
	pruneBatch = 1000
	slowNudges = 5 // after so many, the log says so
)

// RunSweeper ends checkouts and unpaid orders whose time is over, until ctx
// ends. Any number of replicas may run it.
func (s *Service) RunSweeper(ctx context.Context) error {
	return s.tick(ctx, "sweep", s.cfg.SweepEvery, s.sweep)
}

// sweep ends a batch; more tells that there may be another.
func (s *Service) sweep(ctx context.Context) (more bool, err error) {
	var ended []string
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		ended = nil
		rows, err := db.New(tx).DueCheckouts(ctx, sweepBatch)
		if err != nil {
			return fmt.Errorf("find what is due: %w", err)
		}
		all := make([]db.CheckoutsRow, len(rows))
		for i, row := range rows {
			all[i] = db.CheckoutsRow(row)
		}
		purchases, err := s.lockedOf(ctx, tx, all)
		if err != nil {
			return err
		}
		for _, l := range purchases {
			if err := s.apply(ctx, l, Outcome{Kind: TimeIsUp}); err != nil {
				return err
			}
			if l.Checkout.Version == l.was.Checkout.Version { // due for nothing: not to be found for ever
				if err := s.savePurchase(ctx, l, nil); err != nil {
					return err
				}
			}
			ended = append(ended, l.Checkout.ID)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	s.changed.Notify(ended...)
	return len(ended) == sweepBatch, nil
}

// lockedOf are the purchases of checkouts that tx has locked.
func (s *Service) lockedOf(ctx context.Context, tx pgx.Tx, rows []db.CheckoutsRow) ([]*locked, error) {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.Checkout.ID
	}
	orders, err := ordersOf(ctx, db.New(tx), ids)
	if err != nil {
		return nil, err
	}
	out := make([]*locked, len(rows))
	for i, row := range rows {
		c, err := checkoutOf(row)
		if err != nil {
			return nil, err
		}
		out[i] = hold(tx, c, orders[c.ID])
	}
	return out, nil
}

// RunNudge asks again, by new events, where nobody answered, until ctx ends.
// Those who are asked answer by what they did already.
func (s *Service) RunNudge(ctx context.Context) error {
	return s.tick(ctx, "nudge", s.cfg.NudgeEvery, s.nudge)
}

// nudge asks again for a batch; more tells that there may be another.
func (s *Service) nudge(ctx context.Context) (more bool, err error) {
	err = s.out.InTx(ctx, func(tx pgx.Tx) error {
		q := db.New(tx)
		rows, err := q.CheckoutsToNudge(ctx, nudgeBatch)
		if err != nil {
			return fmt.Errorf("find who waits: %w", err)
		}
		more = len(rows) == nudgeBatch
		all, ids := make([]db.CheckoutsRow, len(rows)), make([]string, len(rows))
		for i, row := range rows {
			all[i], ids[i] = db.CheckoutsRow(row), row.Checkout.ID
			if row.Checkout.Nudges >= slowNudges {
				s.log.WarnContext(ctx, "purchase does not move", "checkout_id", row.Checkout.ID, "nudges", row.Checkout.Nudges)
			}
		}
		purchases, err := s.lockedOf(ctx, tx, all)
		if err != nil || len(purchases) == 0 {
			return err
		}
		if err := s.repeat(ctx, tx, purchases, ids); err != nil {
			return err
		}
		return q.CountNudge(ctx, db.CountNudgeParams{IDs: ids, Most: mostNudges, PauseSeconds: s.cfg.NudgeAfter.Seconds()})
	})
	return more, err
}

// repeat writes what is outstanding once more, as new events.
func (s *Service) repeat(ctx context.Context, tx pgx.Tx, purchases []*locked, ids []string) error {
	lines, err := linesOf(ctx, db.New(tx), ids)
	if err != nil {
		return err
	}
	var told []event.Payload
	for _, l := range purchases {
		l.lines = lines[l.Checkout.ID]
		told = append(told, l.events(l.Outstanding(), l.Checkout.ReadAt)...)
	}
	return outbox.Write(ctx, tx, told...)
}

// RunPrune forgets what can no longer matter, until ctx ends: checkouts that
// led to nothing, old idempotency keys, and old marks of handled events.
func (s *Service) RunPrune(ctx context.Context) error {
	return s.tick(ctx, "prune", pruneEvery, s.prune)
}

func (s *Service) prune(ctx context.Context) (more bool, err error) {
	n, err := db.New(s.pool).PruneCheckouts(ctx, db.PruneCheckoutsParams{Before: s.now().Add(-s.cfg.KeepCheckouts), Batch: pruneBatch})
	if err != nil {
		return false, fmt.Errorf("prune checkouts: %w", err)
	}
	if err := idempotency.Prune(ctx, s.pool); err != nil {
		return false, err
	}
	return n == pruneBatch, inbox.Prune(ctx, s.pool)
}
