package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/limits"
)

// A DeadLetter is an event that a consumer could not handle. The row in the
// consumer's database is the truth; the dead letter topic has a copy for tools.
type DeadLetter struct {
	ID            int64      `db:"id"`
	Consumer      string     `db:"consumer"`
	Topic         string     `db:"topic"`
	Partition     int32      `db:"partition"`
	Offset        int64      `db:"kafka_offset"`
	Key           []byte     `db:"key"`
	Value         []byte     `db:"value"`
	Error         string     `db:"error"`
	Attempts      int        `db:"attempts"`
	FirstFailedAt time.Time  `db:"first_failed_at"`
	ReplayAt      *time.Time `db:"replay_at"`
	Resolution    *string    `db:"resolution"`
}

// ErrNoDeadLetter is returned for one that does not exist or is resolved.
var ErrNoDeadLetter = errors.New("no such dead letter, or it is resolved")

// A DeadLetterFilter selects dead letters of a database; an empty field selects
// all.
type DeadLetterFilter struct {
	Consumer, Topic string
	ID              int64
}

const (
	deadLetterColumns = "id, consumer, topic, partition, kafka_offset, key, value, error, attempts, first_failed_at, replay_at, resolution"
	openDeadLetters   = `resolved_at IS NULL AND ($1 = '' OR consumer = $1) AND ($2 = '' OR topic = $2) AND ($3 = 0 OR id = $3)`
)

func (f DeadLetterFilter) arguments() []any { return []any{f.Consumer, f.Topic, f.ID} }

// OpenDeadLetters returns the oldest unresolved dead letters, limit of them at
// most, and how many there are.
func OpenDeadLetters(ctx context.Context, pool *pgxpool.Pool, f DeadLetterFilter, limit int) (letters []DeadLetter, total int, err error) {
	if total, err = CountDeadLetters(ctx, pool, f); err != nil || total == 0 {
		return nil, 0, err
	}
	rows, err := pool.Query(ctx, "SELECT "+deadLetterColumns+" FROM dead_letters WHERE "+openDeadLetters+" ORDER BY id LIMIT $4",
		append(f.arguments(), limit)...)
	if err == nil {
		letters, err = pgx.CollectRows(rows, pgx.RowToStructByName[DeadLetter])
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read dead letters: %w", err)
	}
	return letters, total, nil
}

// CountDeadLetters is how many are unresolved.
func CountDeadLetters(ctx context.Context, pool *pgxpool.Pool, f DeadLetterFilter) (n int, err error) {
	if err := pool.QueryRow(ctx, "SELECT count(*) FROM dead_letters WHERE "+openDeadLetters, f.arguments()...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count dead letters: %w", err)
	}
	return n, nil
}

// ReplayDeadLetters makes their consumer handle unresolved dead letters once
// more, at once or when it starts, and returns how many.
func ReplayDeadLetters(ctx context.Context, pool *pgxpool.Pool, f DeadLetterFilter) (int64, error) {
	return changeDeadLetters(ctx, pool, f, "replay_at = now()")
}

// DiscardDeadLetters resolves dead letters whose events shall have no effect,
// and returns how many.
func DiscardDeadLetters(ctx context.Context, pool *pgxpool.Pool, f DeadLetterFilter) (int64, error) {
	return changeDeadLetters(ctx, pool, f, "resolved_at = now(), resolution = 'DISCARDED', replay_at = NULL")
}

func changeDeadLetters(ctx context.Context, pool *pgxpool.Pool, f DeadLetterFilter, set string) (int64, error) {
	tag, err := pool.Exec(ctx, "UPDATE dead_letters SET "+set+" WHERE "+openDeadLetters, f.arguments()...)
	if err != nil {
		return 0, fmt.Errorf("change dead letters: %w", err)
	}
	if tag.RowsAffected() == 0 && f.ID != 0 {
		return 0, fmt.Errorf("%d: %w", f.ID, ErrNoDeadLetter)
	}
	return tag.RowsAffected(), nil
}

// PruneDeadLetters deletes those that were resolved long ago. Unresolved ones
// stay until an operator decides.
func PruneDeadLetters(ctx context.Context, pool *pgxpool.Pool) error {
	_, err := pool.Exec(ctx, "DELETE FROM dead_letters WHERE resolved_at < now() - make_interval(secs => $1)", limits.DeadLetterRetention.Seconds())
	return err
}
