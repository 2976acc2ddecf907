package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/wakeup"
)

const (
	migrateLockKey   = 0x6361_7274 // "cart", the same in every database of ours
	migrateLockRetry = 10 * time.Millisecond
)

// lockMigrations waits until no other process migrates the database, and returns
// the function that unlocks it.
//
// It polls instead of waiting inside Postgres: a statement that waits holds a
// snapshot, and an index that is built concurrently waits for that snapshot to
// end, a deadlock. And it is held around goose, whose own lock is taken after
// its first look at the versions and is polled once a second.
func lockMigrations(ctx context.Context, pool *pgxpool.Pool) (unlock func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock migrations: %w", err)
	}
	for {
		var locked bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", migrateLockKey).Scan(&locked); err != nil {
			conn.Release()
			return nil, fmt.Errorf("lock migrations: %w", err)
		}
		if locked {
			break
		}
		if !wakeup.Sleep(ctx, migrateLockRetry) {
			conn.Release()
			return nil, fmt.Errorf("lock migrations: %w", context.Cause(ctx))
		}
	}
	return func() {
		defer conn.Release()
		ctx := context.WithoutCancel(ctx)
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", migrateLockKey); err != nil {
			_ = conn.Conn().Close(ctx) // the lock ends with its session
		}
	}, nil
}
