package payment

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	poll = 500 * time.Millisecond // finds what another process stored, and what is due again
	tidy = 3 * time.Second        // for writing down an outcome while stopping
)

// work asks the gateway once, and stores what it says.
type work func(context.Context) error

// queue does stored work, several at once. What a dead process had begun is
// due again when its lease has ended.
type queue struct {
	name  string
	wake  chan struct{}
	slots chan struct{}
	lease func(ctx context.Context, most int) ([]work, error)
	log   *slog.Logger

	mu      sync.Mutex
	ctx     context.Context //nolint:containedctx // of run; nil while that does not run
	working sync.WaitGroup
}

func newQueue(name string, slots int, lease func(context.Context, int) ([]work, error), log *slog.Logger) *queue {
	return &queue{name: name, wake: make(chan struct{}, 1), slots: make(chan struct{}, max(1, slots)), lease: lease, log: log}
}

// kick tells the queue that there may be work.
func (q *queue) kick() {
	select {
	case q.wake <- struct{}{}:
	default: // awake already
	}
}

// run works until ctx ends and what was begun is written down.
func (q *queue) run(ctx context.Context) error {
	q.open(ctx)
	defer q.close()
	for ctx.Err() == nil {
		free := cap(q.slots) - len(q.slots)
		if free > 0 {
			q.start(ctx, free)
		}
		timer := time.NewTimer(poll)
		select {
		case <-q.wake:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
	return nil
}

func (q *queue) open(ctx context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ctx = ctx
}

// close lets nobody begin anything any more, and waits for what was begun.
func (q *queue) close() {
	q.mu.Lock()
	q.ctx = nil
	q.mu.Unlock()
	q.working.Wait()
}

func (q *queue) start(ctx context.Context, most int) {
	works, err := q.lease(ctx, most)
	if err != nil && ctx.Err() == nil {
		q.log.ErrorContext(ctx, "lease "+q.name, "err", err)
	}
	for _, do := range works {
		q.slots <- struct{}{}
		q.working.Go(func() { q.work(ctx, do) })
	}
}

// work does what its slot is taken for, and frees it.
func (q *queue) work(ctx context.Context, do work) {
	defer q.free()
	if err := do(ctx); err != nil && ctx.Err() == nil {
		q.log.ErrorContext(ctx, "work on "+q.name, "err", err) // the lease ends, and it is done again
	}
}

func (q *queue) free() {
	full := len(q.slots) == cap(q.slots)
	<-q.slots
	if full {
		q.kick() // there may be more than could be taken
	}
}

// reserve takes a slot for work that its caller is about to store, so that it
// is begun without having to be found; nil if there is none. The slot is
// given up by begin, or with no work by leave.
func (q *queue) reserve() *slot {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ctx == nil || q.ctx.Err() != nil {
		return nil
	}
	select {
	case q.slots <- struct{}{}:
		q.working.Add(1)
		return &slot{queue: q, ctx: q.ctx}
	default:
		return nil
	}
}

// slot is a reserved place among the works of a queue.
type slot struct {
	*queue
	ctx context.Context //nolint:containedctx // of the queue's run, which owns what is begun
}

func (s *slot) begin(do work) {
	go func() {
		defer s.working.Done()
		s.work(s.ctx, do)
	}()
}

func (s *slot) leave() {
	defer s.working.Done()
	s.free()
}

// RunWorker asks the gateway for what is wanted, until ctx ends.
func (s *Service) RunWorker(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, q := range []*queue{s.payments, s.refunds, s.webhooks} {
		group.Go(func() error { return q.run(ctx) })
	}
	return group.Wait()
}

// detached outlives ctx for a moment, so that the outcome of what was asked is
// written down even while we stop.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), tidy)
}

const (
	firstRetry = 200 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// backoff doubles with every try.
func backoff(tries int32) time.Duration {
	return min(firstRetry<<min(max(tries, 1)-1, 20), lastRetry)
}
