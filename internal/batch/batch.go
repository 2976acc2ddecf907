// Package batch combines the calls of concurrent callers: those that come during a call
// share the next one. Nobody waits for company, and a crowd pays the fixed cost of a
// call, such as a statement and its round trip, once for many.
package batch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
)

// Calls combines calls of one function. There is one call at a time, and it never began
// before its callers' requests: it sees what they wrote before. It is safe for
// concurrent use.
type Calls[In, Out any] struct {
	// Do makes a call and returns a result for each request, in their sequence. Callers
	// depend on it that have not come with it: it is made on nobody's behalf, and does
	// not end with anybody's request.
	Do      func(context.Context, []In) ([]Out, error)
	Max     int           // requests of a call
	Timeout time.Duration // of a call

	mu      sync.Mutex
	running bool                // a goroutine makes the calls until waiting is empty
	waiting []*request[In, Out] // have no call yet; as many as there are callers
}

type request[In, Out any] struct {
	ctx  context.Context //nolint:containedctx // the caller's: whoever has left needs no call
	in   In
	done chan struct{} // closed when the rest is set
	out  Out
	err  error
}

// Call returns the result of a call that has the request in it.
func (c *Calls[In, Out]) Call(ctx context.Context, in In) (Out, error) {
	r := &request[In, Out]{ctx: ctx, in: in, done: make(chan struct{})}
	c.mu.Lock()
	c.waiting = append(c.waiting, r)
	if !c.running {
		c.running = true
		go c.run(auth.With(context.WithoutCancel(ctx), auth.Caller{}))
	}
	c.mu.Unlock()
	select {
	case <-r.done:
		return r.out, r.err
	case <-ctx.Done():
		var none Out
		return none, context.Cause(ctx)
	}
}

func (c *Calls[In, Out]) run(ctx context.Context) {
	for {
		c.mu.Lock()
		c.waiting = slices.DeleteFunc(c.waiting, func(r *request[In, Out]) bool { return r.ctx.Err() != nil })
		n := min(len(c.waiting), c.Max)
		requests := slices.Clone(c.waiting[:n])
		c.waiting = slices.Delete(c.waiting, 0, n)
		c.running = n > 0
		c.mu.Unlock()
		if n == 0 {
			return
		}
		c.together(ctx, requests)
	}
}

// together makes one call for the requests. If it fails, each of them has a call of its
// own, so that one bad request fails alone; unless there is no time left, or nobody to
// call.
func (c *Calls[In, Out]) together(ctx context.Context, requests []*request[In, Out]) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	err := c.do(ctx, requests)
	alone := err != nil && len(requests) > 1 && ctx.Err() == nil && fault.KindOf(err) != fault.Unavailable
	for i, r := range requests {
		if r.err = err; alone {
			r.err = c.do(ctx, requests[i:i+1])
		}
		close(r.done)
	}
}

// do makes a call and sets the results of its requests.
func (c *Calls[In, Out]) do(ctx context.Context, requests []*request[In, Out]) error {
	in := make([]In, len(requests))
	for i, r := range requests {
		in[i] = r.in
	}
	out, err := c.Do(ctx, in)
	if err != nil && ctx.Err() != nil { // the client's error need not match the context's
		err = errors.Join(ctx.Err(), err)
	}
	if err == nil && len(out) != len(in) {
		err = fmt.Errorf("%d results for %d requests", len(out), len(in))
	}
	if err != nil {
		return err
	}
	for i, r := range requests {
		r.out = out[i]
	}
	return nil
}
