package pg

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	turnKey   = 0x6361_7274 // "cart", the same in every database of ours
	turnRetry = 10 * time.Millisecond
)

// takeTurn waits until nobody else migrates the database, and returns what
// lets the next one in.
//
// It asks again and again instead of waiting inside Postgres: that would hold
// a snapshot, which an index being built concurrently waits for. And it is
// held around goose, whose own lock comes after its first look and makes who
// starts at the same time wait for a whole second.
func takeTurn(ctx context.Context, pool *pgxpool.Pool) (done func(), err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("wait to migrate: %w", err)
	}
	for {
		var ours bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", turnKey).Scan(&ours); err != nil {
			conn.Release()
			return nil, fmt.Errorf("wait to migrate: %w", err)
		}
		if ours {
			break
		}
		select {
		case <-time.After(turnRetry):
		case <-ctx.Done():
			conn.Release()
			return nil, fmt.Errorf("wait to migrate: %w", context.Cause(ctx))
		}
	}
	return func() {
		defer conn.Release()
		ctx := context.WithoutCancel(ctx)
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", turnKey); err != nil {
			_ = conn.Conn().Close(ctx) // the lock goes with its session
		}
	}, nil
}
