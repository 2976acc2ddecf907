// Package inbox gives every event its effect once, however often it comes.
package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/event"
	"cartograph/internal/outbox"
)

// Keep is how long handled events are remembered: longer than any topic keeps
// them, so that none can come back as new.
const Keep = 30 * 24 * time.Hour

// Handle does, in tx, what an event asks for.
type Handle func(ctx context.Context, tx pgx.Tx, e event.Envelope) error

// Once returns a handler that runs fn in a transaction which also marks the
// event as handled by the consumer: both happen, once, or neither.
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

// Mark notes in tx that the consumer handled an event; false if it had.
func Mark(ctx context.Context, tx pgx.Tx, consumer, eventID string) (fresh bool, err error) {
	tag, err := tx.Exec(ctx,
		"INSERT INTO handled_events (consumer, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING", consumer, eventID)
	if err != nil {
		return false, fmt.Errorf("mark event %s handled: %w", eventID, err)
	}
	return tag.RowsAffected() == 1, nil
}

// Prune forgets events that can no longer come again.
func Prune(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, "DELETE FROM handled_events WHERE handled_at < $1", time.Now().Add(-Keep))
	return err
}
