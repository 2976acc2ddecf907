package limiter

import (
	"context"
	"sync"
	"time"
)

// FairConfig bounds a fair limiter.
type FairConfig struct {
	Concurrent  int           // how many run at once; less than one counts as one
	QueuePerKey int           // how many of one key may wait
	Queue       int           // how many may wait in total
	Timeout     time.Duration // how long one waits at most; 0: until its context ends
}

// Fair bounds concurrency like Limiter and shares the slots between keys, for
// example the addresses of clients. Each key has a queue of its own and the keys
// take turns: whoever comes alone is next after at most one caller of every other
// key, however many of those wait. It is safe for concurrent use.
type Fair struct {
	config FairConfig

	mu      sync.Mutex
	running int
	line    line // those that wait
}

// NewFair returns an idle limiter.
func NewFair(c FairConfig) *Fair {
	c.Concurrent = max(1, c.Concurrent)
	return &Fair{config: c, line: newLine()}
}

// Acquire waits until a caller with the key may run. A caller that is admitted,
// which is one that gets no error, must call Release once. Other results are
// ErrQueueFull, ErrQueueTimeout, and the cause for which ctx ended.
func (f *Fair) Acquire(ctx context.Context, key string) error {
	admitted, err := f.enter(key)
	if admitted == nil {
		return err
	}
	var timeout <-chan time.Time // nil: never
	if f.config.Timeout > 0 {
		timer := time.NewTimer(f.config.Timeout)
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-admitted:
		return nil
	case <-timeout:
		return f.leave(key, admitted, ErrQueueTimeout)
	case <-ctx.Done():
		return f.leave(key, admitted, context.Cause(ctx))
	}
}

// enter admits the caller, or returns the channel that is closed when it is
// admitted. No caller waits while a slot is free, since Release passes it on.
func (f *Fair) enter(key string) (chan struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running < f.config.Concurrent {
		f.running++
		return nil, nil
	}
	if len(f.line.queues[key]) >= f.config.QueuePerKey || f.line.waiting >= f.config.Queue {
		return nil, ErrQueueFull
	}
	return f.line.join(key), nil
}

// leave removes a caller from its queue. One that was admitted meanwhile passes its
// slot on: it must not be lost.
func (f *Fair) leave(key string, admitted chan struct{}, reason error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.line.leave(key, admitted) {
		f.pass()
	}
	return reason
}

// Release ends what Acquire admitted.
func (f *Fair) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.running == 0 {
		panic("limiter: Release without Acquire") // the bound would be broken from here on
	}
	f.pass()
}

// pass gives a slot to the next that waits.
func (f *Fair) pass() {
	if !f.line.next() {
		f.running--
	}
}

// Waiting is how many callers with a key wait now.
func (f *Fair) Waiting(key string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.line.queues[key])
}
