package transport

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"cartograph/internal/limiter"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// admission bounds the requests in the router twice. A request enters when its
// body has arrived, which bounds the memory that requests hold; it runs after it is
// parsed and planned, which bounds the work for subgraphs. Beyond the first bound
// requests are refused at once: a longer queue would only let them time out. One
// network has a share of that bound, so that none keeps all others out.
//
// Order: enter, run, done, leave. Whoever runs has entered, so the wait for run
// needs no bound of its own but a timeout.
type admission struct {
	entered *limiter.Quota
	running *limiter.Limiter
}

const (
	queueTimeout      = 2 * time.Second // between enter and run
	retryAfterSeconds = 1               // for clients that were refused
)

func newAdmission(running, waiting, share int) *admission {
	return &admission{
		entered: limiter.NewQuota(share, running+waiting),
		running: limiter.New(limiter.Config{Concurrent: running, Queue: limiter.Unbounded, Timeout: queueTimeout}),
	}
}

// enter admits a request without waiting. leave may be called several times,
// since a subscription leaves before its request ends.
func (a *admission) enter(network string) (leave func(), ok bool) {
	if !a.entered.Take(network, 1) {
		return nil, false
	}
	return sync.OnceFunc(func() { a.entered.Give(network, 1) }), true
}

// run waits until a request that has entered may run. Without an error, done
// must follow.
func (a *admission) run(ctx context.Context) error { return a.running.Acquire(ctx) }

func (a *admission) done() { a.running.Release() }

// admit runs an operation that did not arrive as a request of its own: on a
// WebSocket or a single connection. Subscriptions last as long as their client
// likes and would occupy the limiter; they have a limit of their own.
func (h *Handler) admit(ctx context.Context, network string, op *plan.Operation, run func() error) error {
	if op.Kind == plan.Subscription {
		return run()
	}
	leave, ok := h.admission.enter(network)
	if !ok {
		return overloaded()
	}
	defer leave()
	running, err := h.begin(ctx, network, op)
	if err != nil {
		return err
	}
	defer running.end()
	return run()
}

// work is operations that run, of one request: its place in the limiter and its
// memory.
type work struct {
	h       *Handler
	network string
	memory  int
	placed  bool
}

// begin waits until operations may run. Without an error, end must be called. They
// take at most half of their network's share of the memory: with more, the most
// expensive ones would be refused even while nothing else runs, since the body of
// their request may hold the other half.
func (h *Handler) begin(ctx context.Context, network string, ops ...*plan.Operation) (*work, error) {
	w := &work{h: h, network: network, memory: min(estimate(ops), h.memory.Share()/2)}
	if !h.memory.Take(network, w.memory) {
		return nil, overloaded()
	}
	if err := h.admission.run(ctx); err != nil {
		h.memory.Give(network, w.memory)
		if errors.Is(err, limiter.ErrOverloaded) {
			return nil, overloaded()
		}
		return nil, err
	}
	w.placed = true
	return w, nil
}

// estimate is the memory of operations while they run, in bytes: the answers of
// subgraphs and what is made of them. A unit of cost is about one object.
func estimate(ops []*plan.Operation) int {
	const each, perCost = 16 << 10, 512
	bytes := 0
	for _, op := range ops {
		bytes += each + perCost*min(op.Cost, math.MaxInt32)
	}
	return bytes
}

// ran gives the place in the limiter to others, and keeps memory for an answer of
// so many bytes, which exists until its client has read it.
func (w *work) ran(bytes int) {
	w.h.memory.Add(w.network, bytes-w.memory)
	w.memory = bytes
	w.release()
}

func (w *work) release() {
	if w.placed {
		w.placed = false
		w.h.admission.done()
	}
}

// end returns what is still held.
func (w *work) end() {
	w.release()
	w.h.memory.Give(w.network, w.memory)
}

// overloaded refuses a request that the limiter does not admit.
func overloaded() *gqlerr.Error {
	return gqlerr.New(gqlerr.SubgraphUnavailable, "The router is overloaded. Try again soon.").With("retryAfter", retryAfterSeconds)
}

// tooManyRequests refuses one more request of a network that has so many already.
func tooManyRequests(limit int) *gqlerr.Error {
	return gqlerr.New(gqlerr.RateLimited, "At most %d requests of one address may arrive at once. Try again soon.", limit).
		With("limit", limit).With("retryAfter", retryAfterSeconds)
}

// stopping refuses a stream that would be opened during shutdown.
func stopping() *gqlerr.Error {
	return gqlerr.New(gqlerr.SubgraphUnavailable, "The router is stopping.").With("retryAfter", retryAfterSeconds)
}
