// Package inbox gives every event its effect once, however often it is
// delivered.
package inbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/limits"
)

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

// Prune deletes the marks of events that can no longer be delivered again. The
// database's clock decides, which set them: a process whose clock is ahead would
// delete marks that are still needed.
func Prune(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, "DELETE FROM handled_events WHERE handled_at < now() - $1::interval", limits.InboxRetention)
	return err
}
