package upstream

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"cartograph/router/gqlerr"
)

var (
	errQueueFull    = errors.New("too many fetches are waiting")
	errQueueTimeout = errors.New("no free slot before the deadline")
)

// waitersPerSlot is how many fetches may wait for each that is in flight. At
// equal durations the last of them waits four times as long as a fetch takes.
const waitersPerSlot = 4

// limiter bounds the fetches in flight to one subgraph, and those waiting.
type limiter struct {
	slots   chan struct{}
	waiting atomic.Int64
}

func newLimiter(n int) *limiter { return &limiter{slots: make(chan struct{}, n)} }

// acquire waits for a slot until the deadline. When too many wait already it
// fails at once: most of them would time out, and the client would know later.
func (l *limiter) acquire(ctx context.Context, deadline time.Time) *Failure {
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	if l.waiting.Add(1) > int64(waitersPerSlot*cap(l.slots)) {
		l.waiting.Add(-1)
		return overloaded(errQueueFull)
	}
	defer l.waiting.Add(-1)
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return overloaded(errQueueTimeout)
	case <-ctx.Done():
		return overloaded(ctx.Err())
	}
}

func (l *limiter) release() { <-l.slots }

func overloaded(err error) *Failure {
	return &Failure{Code: gqlerr.SubgraphUnavailable, RetryAfter: time.Second, Err: err, notSent: true}
}
