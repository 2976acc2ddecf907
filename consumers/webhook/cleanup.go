package webhook

import (
	"context"
	"errors"
	"time"

	"cartograph/consumers/webhook/db"
	"cartograph/internal/wakeup"
)

const (
	cleanupInterval = 30 * time.Second
	logRetention    = 7 * 24 * time.Hour // of deliveries that ended
	logSize         = 20_000             // deliveries of one endpoint
	cleanupBatch    = 5000

	expired = "no attempt succeeded within 24 hours"
)

// RunCleanup ends deliveries that were retried for long enough, and deletes old ones,
// until ctx ends.
func (w *Worker) RunCleanup(ctx context.Context) error {
	for {
		if err := w.CleanUp(ctx); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "clean up webhook deliveries", "err", err)
		}
		if !wakeup.Sleep(ctx, cleanupInterval) {
			return nil
		}
	}
}

// CleanUp is one run of RunCleanup.
func (w *Worker) CleanUp(ctx context.Context) error {
	q := db.New(w.pool)
	_, expiry := q.Expire(ctx, db.ExpireParams{Reason: expired, Most: cleanupBatch})
	_, old := q.DeleteOldDeliveries(ctx, db.DeleteOldDeliveriesParams{Seconds: int32(logRetention / time.Second), Most: cleanupBatch})
	_, excess := q.DeleteExcessDeliveries(ctx, logSize)
	_, events := q.DeleteOldEvents(ctx, cleanupBatch)
	return errors.Join(expiry, old, excess, events)
}
