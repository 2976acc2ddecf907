package transport

import (
	"context"
	"errors"
	"math"
	"time"

	"cartograph/internal/limiter"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// admission bounds the requests in the router twice. A request enters when its
// body has arrived, which bounds the memory that requests hold; beyond that bound
// requests are refused at once. One network has a share of it, so that none keeps all
// others out. An operation runs after it is parsed and planned, so that its priority
// is known: as many run as the machine bears, and when more arrive, those of the
// lowest priority are refused first.
//
// Order: enter, run, done, leave.
type admission struct {
	entered *limiter.Quota
	running *limiter.Priority
}

const retryAfterSeconds = 1 // for clients that were refused

// waits is how long operations of each priority wait for their turn at most. Whoever
// would wait longer is refused at once, so that its client can retry early.
func waits() []time.Duration {
	return []time.Duration{
		Highest: 2 * time.Second,
		High:    2 * time.Second,
		Normal:  250 * time.Millisecond,
		Low:     250 * time.Millisecond,
		Lowest:  time.Second, // they come in crowds, and nothing that was begun waits for them
	}
}

// busyWaits are the same while more operations of a priority arrive than can run: then
// whoever is refused is refused soon. What was begun, carts and new checkouts have none,
// since refusing them wastes the work that was done for them.
func busyWaits() []time.Duration {
	return []time.Duration{Normal: soon, Low: soon, Lowest: soon}
}

const soon = 10 * time.Millisecond

func newAdmission(o Options) *admission {
	return &admission{
		entered: limiter.NewQuota(o.PerAddress, o.InFlight),
		running: limiter.NewPriority(limiter.PriorityConfig{
			Min: o.ConcurrencyMin, Max: o.ConcurrencyMax, Waits: waits(), BusyWaits: busyWaits(),
		}),
	}
}

// enter admits a request without waiting. With true, leave must follow.
func (a *admission) enter(network string) bool { return a.entered.Take(network, 1) }

func (a *admission) leave(network string) { a.entered.Give(network, 1) }

// admit runs an operation that did not arrive as a request of its own: on a
// WebSocket or a single connection. Subscriptions last as long as their client
// likes and would occupy the limiter; they have a limit of their own.
func (h *Handler) admit(ctx context.Context, network string, op *plan.Operation, run func() error) error {
	if op.Kind == plan.Subscription {
		return run()
	}
	if !h.admission.enter(network) {
		return overloaded()
	}
	defer h.admission.leave(network)
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
	kind    string
	began   time.Time
	placed  bool
}

// begin waits until operations may run. Without an error, end must be called. They
// take at most half of their network's share of the memory: with more, the most
// expensive ones would be refused even while nothing else runs, since the body of
// their request may hold the other half.
func (h *Handler) begin(ctx context.Context, network string, ops ...*plan.Operation) (*work, error) {
	w := &work{h: h, network: network, memory: min(estimate(ops), h.memory.Share()/2), kind: kindOf(ops)}
	if !h.memory.Take(network, w.memory) {
		return nil, overloaded()
	}
	if err := h.admission.running.Acquire(ctx, int(h.options.priorityOf(ops)), network); err != nil {
		h.memory.Give(network, w.memory)
		if errors.Is(err, limiter.ErrOverloaded) {
			return nil, overloaded()
		}
		return nil, err
	}
	w.began, w.placed = time.Now(), true
	return w, nil
}

// kindOf is the kind of work that operations are, by the first field of the first of
// them: those of the schema are a bounded number.
func kindOf(ops []*plan.Operation) string {
	if len(ops) == 0 || len(ops[0].RootFields) == 0 {
		return ""
	}
	return ops[0].RootFields[0]
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
func (w *work) ran(bytes int, measured bool) {
	w.h.memory.Add(w.network, bytes-w.memory)
	w.memory = bytes
	took := time.Duration(0)
	if measured {
		took = time.Since(w.began)
	}
	w.release(took)
}

// isMeasure reports whether the time of one operation is that of its work: not if it
// had none for subgraphs, if its client has left, or if a subgraph failed, perhaps
// without an attempt. A batch is none either: its operations have no time of their own.
func isMeasure(ctx context.Context, answer execute.Response) bool {
	return answer.Fetches > 0 && answer.Code != gqlerr.SubgraphUnavailable && !errors.Is(ctx.Err(), context.Canceled)
}

func (w *work) release(took time.Duration) {
	if w.placed {
		w.placed = false
		w.h.admission.running.Release(w.kind, took)
	}
}

// end returns what is still held. What has not called ran is not measured: its time is
// also that of its client, which reads the answer in parts.
func (w *work) end() {
	w.release(0)
	w.h.memory.Give(w.network, w.memory)
}

// Admission returns how many operations run and wait, and were refused, by Priority.
func (h *Handler) Admission() limiter.PriorityState { return h.admission.running.State() }

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
