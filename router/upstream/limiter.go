package upstream

import (
	"time"

	"cartograph/internal/limiter"
	"cartograph/router/gqlerr"
)

// waitersPerSlot is how many fetches may wait for each that is in flight. At
// equal durations the last of them waits four times as long as a fetch takes;
// beyond that most would time out, and the client would be refused later.
const waitersPerSlot = 4

func newLimiter(o Options) *limiter.Limiter {
	return limiter.New(limiter.Config{Concurrent: o.MaxConcurrent, Queue: waitersPerSlot * o.MaxConcurrent, Timeout: o.Timeout})
}

func overloaded(err error) *Failure {
	return &Failure{Code: gqlerr.SubgraphUnavailable, RetryAfter: time.Second, Err: err, notSent: true}
}
