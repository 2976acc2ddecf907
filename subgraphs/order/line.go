package order

import (
	"context"
	"errors"
	"fmt"
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
//
// A cart that has a purchase is not refused: what that holds is released for a new
// checkout, and one that is being paid continues. A checkout that awaits contact data
// holds nothing, and takes nobody past the line.
type lineJoiner struct {
	call     func(context.Context, *rpcv1.JoinRequest) (*rpcv1.JoinResponse, error)
	occupied func(ctx context.Context, cartIDs []string) ([]string, error) // those that have a purchase with a claim to stock

	mu      sync.Mutex
	running bool          // a goroutine makes the calls until waiting is empty
	waiting []*lineWaiter // are not called yet
}

type lineWaiter struct {
	entry *rpcv1.LineEntry
	carts []string      // the customer's cart and those merged into it
	done  chan struct{} // closed when the rest is set
	short []Shortage
	err   error
}

// join returns why it is not the customer's turn to buy; nil if it is.
func (j *lineJoiner) join(ctx context.Context, entry *rpcv1.LineEntry, carts []string) ([]Shortage, error) {
	w := &lineWaiter{entry: entry, carts: carts, done: make(chan struct{})}
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
	if err != nil && ctx.Err() != nil { // the client's error need not match the context's
		err = errors.Join(ctx.Err(), err)
	}
	if err == nil && len(res.GetResults()) != len(batch) {
		err = errors.New("inventory has not answered for every customer")
	}
	if err == nil {
		for i, w := range batch {
			w.short = shortagesOf(res.GetResults()[i].GetShortages())
		}
		err = j.admitOccupied(ctx, batch)
	}
	for _, w := range batch {
		w.err = err
		close(w.done)
	}
}

// admitOccupied takes the shortages from those whose carts have a purchase.
func (j *lineJoiner) admitOccupied(ctx context.Context, batch []*lineWaiter) error {
	var carts []string
	for _, w := range batch {
		if w.short != nil {
			carts = append(carts, w.carts...)
		}
	}
	if carts == nil {
		return nil
	}
	occupied, err := j.occupied(ctx, carts)
	if err != nil {
		return fmt.Errorf("read purchases of carts: %w", err)
	}
	for _, w := range batch {
		if slices.ContainsFunc(w.carts, func(id string) bool { return slices.Contains(occupied, id) }) {
			w.short = nil
		}
	}
	return nil
}

// shortagesOf are the shortages in a response of inventory; nil if there are none.
func shortagesOf(in []*rpcv1.Shortage) []Shortage {
	var out []Shortage
	for _, sh := range in {
		out = append(out, shortageOf(sh))
	}
	return out
}
