package transport

import (
	"context"
	"errors"
	"sync"
	"time"

	"cartograph/internal/limiter"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// admission bounds the requests in the router twice. A request enters before its
// body is read, which bounds the memory that requests hold; it runs after it is
// parsed and planned, which bounds the work for subgraphs. Beyond the first bound
// requests are refused at once: a longer queue would only let them time out.
//
// Order: enter, run, done, leave. Whoever runs has entered, so the wait for run
// needs no bound of its own but a timeout.
type admission struct {
	entered *limiter.Limiter
	running *limiter.Limiter
}

const (
	queueTimeout      = 2 * time.Second // between enter and run
	retryAfterSeconds = 1               // for clients that were refused
)

func newAdmission(running, waiting int) *admission {
	return &admission{
		entered: limiter.New(limiter.Config{Concurrent: running + waiting}),
		running: limiter.New(limiter.Config{Concurrent: running, Queue: limiter.Unbounded, Timeout: queueTimeout}),
	}
}

// enter admits a request without waiting. leave may be called several times,
// since a subscription leaves before its request ends.
func (a *admission) enter() (leave func(), ok bool) {
	if !a.entered.TryAcquire() {
		return nil, false
	}
	return sync.OnceFunc(a.entered.Release), true
}

// run waits until a request that has entered may run. Without an error, done
// must follow.
func (a *admission) run(ctx context.Context) error { return a.running.Acquire(ctx) }

func (a *admission) done() { a.running.Release() }

// admit runs an operation that did not arrive as a request of its own: on a
// WebSocket or a single connection. Subscriptions last as long as their client
// likes and would occupy the limiter; they have a limit of their own.
func (h *Handler) admit(ctx context.Context, op *plan.Operation, work func() error) error {
	if op.Kind == plan.Subscription {
		return work()
	}
	leave, ok := h.admission.enter()
	if !ok {
		return overloaded()
	}
	defer leave()
	err := h.admission.run(ctx)
	if errors.Is(err, limiter.ErrOverloaded) {
		return overloaded()
	}
	if err != nil {
		return err
	}
	defer h.admission.done()
	return work()
}

// overloaded refuses a request that the limiter does not admit.
func overloaded() *gqlerr.Error {
	return gqlerr.New(gqlerr.SubgraphUnavailable, "The router is overloaded. Try again soon.").With("retryAfter", retryAfterSeconds)
}

// stopping refuses a stream that would be opened during shutdown.
func stopping() *gqlerr.Error {
	return gqlerr.New(gqlerr.SubgraphUnavailable, "The router is stopping.").With("retryAfter", retryAfterSeconds)
}
