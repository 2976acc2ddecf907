package payment

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cartograph/internal/limiter"
	"cartograph/internal/wakeup"
)

const (
	// pollInterval is how often a queue looks for work that no Notify of this
	// process announced: operations of other replicas, and those due again.
	pollInterval = 500 * time.Millisecond
	// storeTimeout bounds the transaction that stores an outcome during shutdown.
	storeTimeout = 3 * time.Second
)

// task sends one request to the gateway and stores the outcome.
type task func(context.Context) error

// queue runs tasks that are stored as rows, several at once. Rows are leased: a
// task of a process that died is due again when its lease ends, so that each task
// runs at least once and has to be idempotent.
//
// A slot is taken by a leased task or by reserve. Both together never exceed the
// limit, so that the number of requests under way is bounded whoever starts them.
type queue struct {
	name  string
	ready *wakeup.Signal // there may be due rows and a free slot
	slots *limiter.Limiter
	lease func(ctx context.Context, limit int) ([]task, error)
	log   *slog.Logger

	mu      sync.Mutex      // guards ctx, and that no task starts after close
	ctx     context.Context //nolint:containedctx // of run; nil while it does not run
	running sync.WaitGroup
}

func newQueue(name string, slots int, lease func(context.Context, int) ([]task, error), log *slog.Logger) *queue {
	return &queue{name: name, ready: wakeup.New(), slots: newSlots(slots), lease: lease, log: log}
}

// newSlots has no queue timeout: only the goroutine of run waits, and until ctx
// ends.
func newSlots(n int) *limiter.Limiter {
	return limiter.New(limiter.Config{Concurrent: n, Queue: limiter.Unbounded})
}

// run starts due tasks until ctx ends, and returns when those that were started
// have stored their outcomes.
func (q *queue) run(ctx context.Context) error {
	q.open(ctx)
	defer q.close()
	for ok := true; ok; ok = q.ready.Wait(ctx, pollInterval) {
		if free := q.slots.Free(); free > 0 {
			q.startDue(ctx, free)
		}
	}
	return nil
}

func (q *queue) open(ctx context.Context) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ctx = ctx
}

// close makes reserve fail from here on, and waits for what was started.
func (q *queue) close() {
	q.mu.Lock()
	q.ctx = nil
	q.mu.Unlock()
	q.running.Wait()
}

// startDue leases and starts up to limit tasks. reserve may take a slot between the
// look at Free and here: Acquire then waits for one, while the lease runs.
func (q *queue) startDue(ctx context.Context, limit int) {
	tasks, err := q.lease(ctx, limit)
	if err != nil && ctx.Err() == nil {
		q.log.ErrorContext(ctx, "lease tasks", "queue", q.name, "err", err)
	}
	for _, do := range tasks {
		if err := q.slots.Acquire(ctx); err != nil {
			return // shutting down; the lease ends and another process runs it
		}
		q.running.Go(func() { q.do(ctx, do) })
	}
}

// do runs a task in a slot that its caller has acquired, and frees the slot.
func (q *queue) do(ctx context.Context, do task) {
	defer q.free()
	if err := do(ctx); err != nil && ctx.Err() == nil {
		q.log.ErrorContext(ctx, "run task", "queue", q.name, "err", err) // due again when its lease ends
	}
}

func (q *queue) free() {
	full := q.slots.Free() == 0
	q.slots.Release()
	if full {
		q.ready.Notify() // there may be more due rows than there were slots
	}
}

// reserve takes a slot for a task that the caller is about to store; nil if none
// is free or the queue does not run. The caller ends it by start or release.
func (q *queue) reserve() *slot {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ctx == nil || q.ctx.Err() != nil || !q.slots.TryAcquire() {
		return nil
	}
	q.running.Add(1)
	return &slot{queue: q, ctx: q.ctx}
}

// slot is a reserved slot of a queue.
type slot struct {
	*queue
	ctx context.Context //nolint:containedctx // of the queue's run, which waits for the task
}

// start runs do in the slot. It outlives the request that reserved the slot.
func (s *slot) start(do task) {
	go func() {
		defer s.running.Done()
		s.do(s.ctx, do)
	}()
}

// release gives the slot up without a task.
func (s *slot) release() {
	defer s.running.Done()
	s.free()
}

// RunWorker sends pending operations to the gateway until ctx ends.
func (s *Service) RunWorker(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, q := range []*queue{s.payments, s.refunds, s.disputes, s.webhooks} {
		group.Go(func() error { return q.run(ctx) })
	}
	return group.Wait()
}

// detached returns a context that outlives ctx by storeTimeout: an outcome that the
// gateway has given is stored even during shutdown.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
}

const (
	minRetryDelay = 200 * time.Millisecond
	maxRetryDelay = 30 * time.Second
)

// backoff is the delay after a number of tries: it doubles with each.
func backoff(tries int32) time.Duration {
	return min(minRetryDelay<<min(max(tries, 1)-1, 20), maxRetryDelay)
}
