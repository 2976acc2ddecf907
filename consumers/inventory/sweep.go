package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/consumers/inventory/db"
	"cartograph/internal/event"
	"cartograph/internal/outbox"
)

// sweepBatch is how many holds expire in one transaction.
const sweepBatch = 500

// RunSweeper expires holds whose end has passed, until ctx ends. Any number of
// sweepers may run: each skips holds that another transaction has locked. One that
// is skipped because it is being committed is found again if the commit fails.
func (w *Worker) RunSweeper(ctx context.Context) error {
	ticker := time.NewTicker(w.sweep)
	defer ticker.Stop()
	for {
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
		events, err := expireHold.apply(ctx, tx, due)
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
