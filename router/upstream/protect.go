package upstream

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"cartograph/router/gqlerr"
)

var (
	errOverloaded = errors.New("too many fetches are waiting for it")
	errNoTurn     = errors.New("no turn came before the deadline")
	errOpen       = errors.New("it failed too often; it is asked again later")
)

// waitersPerTurn is how many fetches may wait for each that is in flight.
const waitersPerTurn = 4

// turns bounds the fetches that are in flight, and those that wait for it.
type turns struct {
	free    chan struct{}
	waiting atomic.Int64
}

func newTurns(n int) *turns { return &turns{free: make(chan struct{}, n)} }

// take waits for a turn until the deadline. Where too many wait already, it
// refuses at once: most would wait in vain.
func (t *turns) take(ctx context.Context, deadline time.Time) *Failure {
	select {
	case t.free <- struct{}{}:
		return nil
	default:
	}
	if t.waiting.Add(1) > int64(waitersPerTurn*cap(t.free)) {
		t.waiting.Add(-1)
		return overloaded(errOverloaded)
	}
	defer t.waiting.Add(-1)
	late := time.NewTimer(time.Until(deadline))
	defer late.Stop()
	select {
	case t.free <- struct{}{}:
		return nil
	case <-late.C:
		return overloaded(errNoTurn)
	case <-ctx.Done():
		return overloaded(ctx.Err())
	}
}

func (t *turns) give() { <-t.free }

func overloaded(err error) *Failure {
	return &Failure{Code: gqlerr.SubgraphUnavailable, RetryAfter: time.Second, Err: err, shed: true}
}

// mayRetry reports an attempt that can be repeated: the subgraph provably knows
// nothing of it, or it is a read of which no answer was heard.
func mayRetry(err error, r Request) bool {
	attempt, ok := errors.AsType[*attemptError](err)
	return ok && (attempt.unsent || attempt.unheard && !r.Mutates) && !errors.Is(err, context.Canceled)
}

// pause waits a little before the second attempt, unless a kept connection had
// merely gone stale. It reports whether there is time left.
func pause(ctx context.Context, deadline time.Time, err error) bool {
	if attempt, ok := errors.AsType[*attemptError](err); ok && attempt.reused {
		return ctx.Err() == nil && time.Now().Before(deadline)
	}
	const least, spread = 20 * time.Millisecond, 60 * time.Millisecond
	wait := least + rand.N(spread) //nolint:gosec // spreads load, guards nothing
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

// Breaker says when a subgraph is left alone: after Consecutive failures, or
// when half of at least Requests in Window failed. After Rest one fetch is
// tried. A zero takes its default.
type Breaker struct {
	Consecutive int
	Requests    int
	Window      time.Duration
	Rest        time.Duration
}

func (b Breaker) orDefault() Breaker {
	set(&b.Consecutive, 10)
	set(&b.Requests, 40)
	set(&b.Window, 10*time.Second)
	set(&b.Rest, 3*time.Second)
	return b
}

type breaker struct {
	*gobreaker.CircuitBreaker[[]byte]
	rest   time.Duration
	opened atomic.Int64 // unix nanoseconds
}

func newBreaker(name string, o Breaker, log *slog.Logger) *breaker {
	o = o.orDefault()
	b := &breaker{rest: o.Rest}
	const buckets = 10
	b.CircuitBreaker = gobreaker.NewCircuitBreaker[[]byte](gobreaker.Settings{
		Name: name, MaxRequests: 1, Interval: o.Window, BucketPeriod: o.Window / buckets, Timeout: o.Rest,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			ended := c.TotalSuccesses + c.TotalFailures
			return int(c.ConsecutiveFailures) >= o.Consecutive || int(ended) >= o.Requests && 2*c.TotalFailures >= ended
		},
		OnStateChange: func(name string, from, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				b.opened.Store(time.Now().UnixNano())
			}
			log.Warn("subgraph circuit", "subgraph", name, "from", from.String(), "to", to.String())
		},
		// Whoever gave up waiting, or was not sent, proves nothing either way.
		IsExcluded: func(err error) bool { return err != nil && !failureOf(err).judges() },
		IsSuccessful: func(err error) bool {
			return err == nil || !failureOf(err).blame
		},
	})
	return b
}

// judges reports whether the failure says anything about the subgraph: its own
// fault, or an answer that we refuse.
func (f *Failure) judges() bool {
	return f.blame || !f.shed && f.Code == gqlerr.Internal
}

// run runs a fetch unless the circuit is open.
func (b *breaker) run(fetch func() ([]byte, error)) ([]byte, error) {
	body, err := b.Execute(fetch)
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		rest := b.rest - time.Duration(time.Now().UnixNano()-b.opened.Load())
		return nil, &Failure{Code: gqlerr.SubgraphUnavailable, RetryAfter: max(rest, time.Second), Err: errOpen, shed: true}
	}
	return body, err
}

// State is what an operator may want to know of a subgraph now.
type State struct {
	Circuit  string // "closed", "half-open" or "open"
	InFlight int
	Waiting  int
	Idle     int // connections that are kept; of Lean only
}

// State is how the subgraph is doing.
func (s *Subgraph) State() State {
	state := State{Circuit: s.breaker.State().String(), InFlight: len(s.turns.free), Waiting: int(s.turns.waiting.Load())}
	if lean, ok := s.client.(*lean); ok {
		state.Idle = lean.pool.idle()
	}
	return state
}
