// Package limiter bounds how many pieces of work run at once and how many
// wait for their turn.
//
// Work beyond both bounds is refused at once. A queue without a bound answers
// nobody in time: under overload everyone in it waits longer than they stay.
// Limiter admits in order of arrival; Fair shares its places between keys; Priority
// lets classes go before others and adapts its bound to measured latency; Quota lets
// nobody wait.
package limiter

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"
)

// ErrOverloaded matches every refusal by a limiter; an ended context is none.
// Callers map it to an answer of their own: RATE_LIMITED, 503.
var ErrOverloaded = errors.New("overloaded")

// The two refusals. Both match ErrOverloaded.
var (
	ErrQueueFull    = fmt.Errorf("%w: the queue is full", ErrOverloaded)
	ErrQueueTimeout = fmt.Errorf("%w: the queue timeout has passed", ErrOverloaded)
)

// Unbounded as Config.Queue lets any number wait. It is for callers that are
// bounded elsewhere: by a limiter in front, or by a fixed number of goroutines. As
// the share of a Quota it leaves only the total as a bound.
const Unbounded = math.MaxInt

// Config bounds a limiter.
type Config struct {
	Concurrent int           // how many run at once; less than one counts as one
	Queue      int           // how many more may wait; 0: none
	Timeout    time.Duration // how long one waits at most; 0: until its context ends
}

// Limiter bounds concurrency. It is safe for concurrent use. Those who wait
// are admitted in the order in which they came.
type Limiter struct {
	config  Config
	running chan struct{} // an element for each that runs
	waiting atomic.Int64
}

// New returns an idle limiter.
func New(c Config) *Limiter {
	c.Concurrent = max(1, c.Concurrent)
	return &Limiter{config: c, running: make(chan struct{}, c.Concurrent)}
}

// TryAcquire admits the caller if it need not wait. A caller that is admitted
// must call Release once. It never overtakes: while one waits, a freed place
// is handed over to that one.
func (l *Limiter) TryAcquire() bool {
	select {
	case l.running <- struct{}{}:
		return true
	default:
		return false
	}
}

// Acquire waits until the caller may run. A caller that is admitted, which is
// one that gets no error, must call Release once. Other results are
// ErrQueueFull, ErrQueueTimeout, and the cause for which ctx ended.
func (l *Limiter) Acquire(ctx context.Context) error {
	if l.TryAcquire() {
		return nil
	}
	if l.waiting.Add(1) > int64(l.config.Queue) {
		l.waiting.Add(-1)
		return ErrQueueFull
	}
	defer l.waiting.Add(-1)
	var timeout <-chan time.Time // nil: never
	if l.config.Timeout > 0 {
		timer := time.NewTimer(l.config.Timeout)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case l.running <- struct{}{}:
		return nil
	case <-timeout:
		return ErrQueueTimeout
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Release ends what Acquire or TryAcquire admitted.
func (l *Limiter) Release() {
	select {
	case <-l.running:
	default:
		panic("limiter: Release without Acquire") // the bound would be broken from here on
	}
}

// Running is how many run now. Like Waiting and Free it may be outdated when
// the caller looks at it, and decides nothing.
func (l *Limiter) Running() int { return len(l.running) }

// Waiting is how many wait now.
func (l *Limiter) Waiting() int { return int(l.waiting.Load()) }

// Free is how many more could run now.
func (l *Limiter) Free() int { return cap(l.running) - len(l.running) }
