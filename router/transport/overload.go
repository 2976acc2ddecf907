package transport

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// places are those for requests that are being answered and the few beyond them
// that may wait. Who finds none is turned away at once: a queue that grows
// without bound answers nobody in time.
type places struct {
	most    int64
	present atomic.Int64
	running chan struct{}
}

func newPlaces(running, waiting int) *places {
	return &places{most: int64(running + waiting), running: make(chan struct{}, running)}
}

// longestWait is for a request to run once it has come, and retryAfter is when
// one that could not may try again, in seconds.
const (
	longestWait = 2 * time.Second
	retryAfter  = 1
)

var errOverloaded = errors.New("there is no place left")

// come takes a place until leave is called; a second call of leave does nothing.
func (p *places) come() (leave func(), err error) {
	if p.present.Add(1) > p.most {
		p.present.Add(-1)
		return nil, errOverloaded
	}
	return sync.OnceFunc(func() { p.present.Add(-1) }), nil
}

// run waits until a request that has come may run, and done says that it has.
func (p *places) run(ctx context.Context) (done func(), err error) {
	free := func() { <-p.running }
	select {
	case p.running <- struct{}{}:
		return free, nil
	default:
	}
	wait := time.NewTimer(longestWait)
	defer wait.Stop()
	select {
	case p.running <- struct{}{}:
		return free, nil
	case <-wait.C:
		return nil, errOverloaded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// inPlace runs an operation that did not come as a request of its own. What
// lasts as long as its client likes needs no place: it is counted elsewhere.
func (h *Handler) inPlace(ctx context.Context, op *plan.Operation, work func() error) error {
	if op.Kind == plan.Subscription {
		return work()
	}
	leave, err := h.places.come()
	if err != nil {
		return overloaded()
	}
	defer leave()
	done, err := h.places.run(ctx)
	if errors.Is(err, errOverloaded) {
		return overloaded()
	}
	if err != nil {
		return err
	}
	defer done()
	return work()
}

// overloaded is what a client is told that finds no place.
func overloaded() *gqlerr.Error {
	return gqlerr.New(gqlerr.SubgraphUnavailable, "Too much is asked at the moment. Try again soon.").With("retryAfter", retryAfter)
}

// stopping is what a client is told that would open a stream now.
func stopping() *gqlerr.Error {
	return gqlerr.New(gqlerr.SubgraphUnavailable, "The router is stopping.").With("retryAfter", retryAfter)
}
