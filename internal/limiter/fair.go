package limiter

import (
	"context"
	"slices"
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
	waiting int
	queues  map[string][]chan struct{} // those that wait; no empty queue is kept
	turns   []string                   // the keys of queues, the next one first
}

// NewFair returns an idle limiter.
func NewFair(c FairConfig) *Fair {
	c.Concurrent = max(1, c.Concurrent)
	return &Fair{config: c, queues: map[string][]chan struct{}{}}
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
	queue := f.queues[key]
	if len(queue) >= f.config.QueuePerKey || f.waiting >= f.config.Queue {
		return nil, ErrQueueFull
	}
	admitted := make(chan struct{})
	if len(queue) == 0 {
		f.turns = append(f.turns, key)
	}
	f.queues[key] = append(queue, admitted)
	f.waiting++
	return admitted, nil
}

// leave removes a caller from its queue. One that was admitted meanwhile passes its
// slot on: it must not be lost.
func (f *Fair) leave(key string, admitted chan struct{}, reason error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := slices.Index(f.queues[key], admitted); at >= 0 {
		f.waiting--
		f.setQueue(key, slices.Delete(f.queues[key], at, at+1))
		return reason
	}
	f.pass()
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

// pass gives a slot to the first caller of the key whose turn it is. The key gets
// in line behind the others.
func (f *Fair) pass() {
	if len(f.turns) == 0 {
		f.running--
		return
	}
	key := f.turns[0]
	queue := f.queues[key]
	close(queue[0])
	f.waiting--
	f.turns = append(f.turns[1:], key)
	f.setQueue(key, queue[1:])
}

func (f *Fair) setQueue(key string, queue []chan struct{}) {
	if len(queue) > 0 {
		f.queues[key] = queue
		return
	}
	delete(f.queues, key)
	f.turns = slices.DeleteFunc(f.turns, func(k string) bool { return k == key })
}

// Waiting is how many callers with a key wait now.
func (f *Fair) Waiting(key string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.queues[key])
}
