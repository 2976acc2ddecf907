package upstream

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// mayRetry reports whether a failed attempt may be repeated:
//   - a request that was never sent can be repeated whatever it does;
//   - a read that got no response can be repeated, since it has no effect;
//   - a mutation that was sent cannot: the subgraph may have executed it before
//     the connection broke;
//   - once part of a response arrived, or time ran out, the subgraph is at
//     fault or slow, and a second request would add load.
func mayRetry(err error, r Request) bool {
	attempt, ok := errors.AsType[*attemptError](err)
	return ok && (attempt.notSent || attempt.noResponse && !r.Mutation) && !errors.Is(err, context.Canceled)
}

// backoff waits before the second attempt, for a random time so that clients of
// a restarting subgraph do not return together. After a stale pooled connection
// it does not wait: the subgraph was not involved. It reports whether there is
// time left for the attempt.
func backoff(ctx context.Context, deadline time.Time, err error) bool {
	if attempt, ok := errors.AsType[*attemptError](err); ok && attempt.reusedConn {
		return ctx.Err() == nil && time.Now().Before(deadline)
	}
	const least, spread = 20 * time.Millisecond, 60 * time.Millisecond
	wait := least + rand.N(spread) //nolint:gosec // jitter, not a secret
	if time.Until(deadline) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
