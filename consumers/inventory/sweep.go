package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/limits"
	"cartograph/internal/outbox"
)

// sweepBatch is how many holds expire in one transaction.
const sweepBatch = 500

// healEvery is how often ends are checked that no hold can have.
const healEvery = time.Minute

// longestHold is the furthest ahead that a hold ends.
const longestHold = limits.MaxHold + limits.MaxHoldExtensions*limits.MaxHoldExtension

// Heal corrects the ends of holds that were placed while the clock of Postgres was
// ahead: set back, they would keep their stock for as long as it was. They end after
// the time for which they were placed, counted from now.
func (w *Worker) Heal(ctx context.Context) error {
	healed, err := db.New(w.pool).HealHolds(ctx, int32(longestHold/time.Second))
	if err != nil {
		return fmt.Errorf("heal ends of holds: %w", err)
	}
	if healed > 0 {
		w.log.WarnContext(ctx, "holds ended too far ahead, corrected", "holds", healed)
	}
	return nil
}

// RunSweeper expires holds whose end has passed, until ctx ends. Any number of
// sweepers may run: each skips holds that another transaction has locked. One that
// is skipped because it is being committed is found again if the commit fails.
func (w *Worker) RunSweeper(ctx context.Context) error {
	ticker := time.NewTicker(w.sweep)
	defer ticker.Stop()
	var healed time.Time
	for {
		if time.Since(healed) > healEvery {
			healed = time.Now()
			if err := w.Heal(ctx); err != nil && ctx.Err() == nil {
				w.log.WarnContext(ctx, "ends of holds not checked, retrying", "err", err)
			}
			if err := w.pruneLines(ctx); err != nil && ctx.Err() == nil {
				w.log.WarnContext(ctx, "places in lines not pruned, retrying", "err", err)
			}
		}
		n, err := w.Sweep(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			w.log.WarnContext(ctx, "sweep expired holds, retrying", "err", err)
		} else if n == sweepBatch {
			continue // the batch was full: there may be more
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Sweep expires one batch of holds and returns how many.
func (w *Worker) Sweep(ctx context.Context) (n int, err error) {
	err = w.outbox.InTx(ctx, func(tx pgx.Tx) error {
		due, err := db.New(tx).DueHolds(ctx, sweepBatch)
		if err != nil || len(due) == 0 {
			n = 0
			return err
		}
		events, err := expireHold.apply(ctx, tx, due, true)
		if err != nil {
			return err
		}
		for _, id := range due {
			events = append(events, event.HoldExpired{CheckoutID: id})
		}
		n = len(due)
		return outbox.Write(ctx, tx, events...)
	})
	if err != nil {
		return 0, fmt.Errorf("expire holds: %w", err)
	}
	return n, nil
}
