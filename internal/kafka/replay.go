package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/wakeup"
)

const (
	replayInterval = time.Second
	// replayLease is how long a replica has a dead letter for itself. After a
	// crash it is replayed again, which has no second effect.
	replayLease = 30 * time.Second
)

// replayAll handles the dead letters that operators marked for replay, and counts
// those that are open, until ctx ends. It needs no Kafka.
func (c *Consumer) replayAll(ctx context.Context) {
	for {
		replayed, err := c.replayNext(ctx)
		if err != nil && ctx.Err() == nil {
			c.Log.WarnContext(ctx, "replay dead letters failed, retrying", "err", err)
		}
		if replayed && err == nil {
			continue // there may be more
		}
		if n, err := CountDeadLetters(ctx, c.Pool, DeadLetterFilter{Consumer: c.Group}); err == nil {
			openLetters.WithLabelValues(c.Group).Set(float64(n))
		}
		if !wakeup.Sleep(ctx, replayInterval) {
			return
		}
	}
}

// replayNext handles one dead letter; false if none is due. Others of its
// subject were handled since, so an event is replayed out of order. Handlers
// tolerate that, as they do events of different topics.
func (c *Consumer) replayNext(ctx context.Context) (bool, error) {
	rows, err := c.Pool.Query(ctx, `
		UPDATE dead_letters SET replay_at = now() + make_interval(secs => $2)
		WHERE id = (
			SELECT id FROM dead_letters WHERE consumer = $1 AND resolved_at IS NULL AND replay_at <= now()
			ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
		) RETURNING `+deadLetterColumns, c.Group, replayLease.Seconds())
	if err != nil {
		return false, err
	}
	letter, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[DeadLetter])
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	cause := c.attempt(ctx, &kgo.Record{Topic: letter.Topic, Key: letter.Key, Value: letter.Value})
	switch {
	case cause == nil:
		_, err = c.Pool.Exec(ctx, `
			UPDATE dead_letters SET resolved_at = now(), resolution = 'REPLAYED', replay_at = NULL, attempts = attempts + 1
			WHERE id = $1 AND resolved_at IS NULL`, letter.ID)
		if err == nil { // else it is replayed again after the lease
			c.Log.InfoContext(ctx, "dead letter replayed", "dead_letter", fmt.Sprint(c.Group, "/", letter.ID), "topic", letter.Topic)
		}
	case !isEventsFault(cause):
		return false, cause // after the lease
	default:
		_, err = c.Pool.Exec(ctx, "UPDATE dead_letters SET replay_at = NULL, attempts = attempts + 1, error = $2 WHERE id = $1", letter.ID, storedError(cause))
		c.Log.ErrorContext(ctx, "replay of dead letter failed", "dead_letter", fmt.Sprint(c.Group, "/", letter.ID), "topic", letter.Topic, "err", cause)
	}
	if err != nil {
		return false, fmt.Errorf("record replay: %w", err)
	}
	return true, nil
}
