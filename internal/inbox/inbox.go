// Package inbox gives every event its effect once, however often it is
// delivered.
package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/event"
	"cartograph/internal/limits"
	"cartograph/internal/outbox"
)

// Handle handles an event in tx.
type Handle func(ctx context.Context, tx pgx.Tx, e event.Envelope) error

// Once returns a handler that runs fn in a transaction which also marks the
// event as handled by the consumer. Deprecated: use a Mux.
func Once(o *outbox.Outbox, consumer string, fn Handle) func(context.Context, event.Envelope) error {
	return func(ctx context.Context, e event.Envelope) error {
		ctx = event.WithCause(ctx, e)
		return o.InTx(ctx, func(tx pgx.Tx) error {
			fresh, err := Mark(ctx, tx, consumer, e.ID)
			if err != nil || !fresh {
				return err
			}
			return fn(ctx, tx, e)
		})
	}
}

// Mark marks in tx that the consumer handled an event; false if it was marked
// already. A concurrent transaction that marks the same event is waited for:
// after its commit the result is false, after its rollback true.
func Mark(ctx context.Context, tx pgx.Tx, consumer, eventID string) (fresh bool, err error) {
	tag, err := tx.Exec(ctx,
		"INSERT INTO handled_events (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", consumer, eventID)
	if err != nil {
		return false, fmt.Errorf("mark event %s handled: %w", eventID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Prune deletes the marks of events that can no longer be delivered again.
func Prune(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, "DELETE FROM handled_events WHERE handled_at < $1", time.Now().Add(-limits.InboxRetention))
	return err
}
