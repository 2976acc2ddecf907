package order

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"cartograph/internal/auth"
	rpcv1 "cartograph/internal/rpc/v1"
)

const (
	joinTimeout = time.Second // of one call, which many checkouts share
	maxJoin     = 256         // entries of one call
)

// lineJoiner joins inventory's waiting lines for many callers at once: those that come
// during a call share the next one. So a call never began before its callers' requests,
// and has what they released before. It is safe for concurrent use.
type lineJoiner struct {
	call func(context.Context, *rpcv1.JoinRequest) (*rpcv1.JoinResponse, error)

	mu      sync.Mutex
	running bool          // a goroutine makes the calls until waiting is empty
	waiting []*lineWaiter // are not called yet
}

type lineWaiter struct {
	entry *rpcv1.LineEntry
	done  chan struct{} // closed when the rest is set
	short []Shortage
	err   error
}

// join returns why it is not the customer's turn to buy; nil if it is.
func (j *lineJoiner) join(ctx context.Context, entry *rpcv1.LineEntry) ([]Shortage, error) {
	w := &lineWaiter{entry: entry, done: make(chan struct{})}
	j.mu.Lock()
	j.waiting = append(j.waiting, w)
	if !j.running {
		j.running = true
		// Others depend on the calls: they do not end with the first caller's request,
		// and are not made on its behalf.
		go j.run(auth.With(context.WithoutCancel(ctx), auth.Caller{}))
	}
	j.mu.Unlock()
	select {
	case <-w.done:
		return w.short, w.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (j *lineJoiner) run(ctx context.Context) {
	for {
		j.mu.Lock()
		n := min(len(j.waiting), maxJoin)
		batch := slices.Clone(j.waiting[:n])
		j.waiting = slices.Delete(j.waiting, 0, n)
		j.running = n > 0
		j.mu.Unlock()
		if n == 0 {
			return
		}
		j.do(ctx, batch)
	}
}

func (j *lineJoiner) do(ctx context.Context, batch []*lineWaiter) {
	ctx, cancel := context.WithTimeout(ctx, joinTimeout)
	defer cancel()
	req := &rpcv1.JoinRequest{Entries: make([]*rpcv1.LineEntry, len(batch))}
	for i, w := range batch {
		req.Entries[i] = w.entry
	}
	res, err := j.call(ctx, req)
	if err == nil && len(res.GetResults()) != len(batch) {
		err = errors.New("inventory has not answered for every customer")
	}
	for i, w := range batch {
		if w.err = err; err == nil {
			w.short = shortagesOf(res.GetResults()[i].GetShortages())
		}
		close(w.done)
	}
}

// shortagesOf are the shortages in a response of inventory; nil if there are none.
func shortagesOf(in []*rpcv1.Shortage) []Shortage {
	var out []Shortage
	for _, sh := range in {
		out = append(out, shortageOf(sh))
	}
	return out
}
