package order

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	rpcv1 "cartograph/internal/rpc/v1"
)

// levelTimeout is of one call for levels, which many checkouts share.
const levelTimeout = time.Second

// levelReader reads how much of variants is available, for many callers at once:
// those that come during a call share the next one. So a call never began before its
// callers' requests, and has what they released before. It is safe for concurrent
// use.
type levelReader struct {
	call func(context.Context, *rpcv1.LevelsRequest) (*rpcv1.LevelsResponse, error)

	mu      sync.Mutex
	running bool       // a goroutine makes the calls until next is nil
	next    *levelRead // is not called yet
}

type levelRead struct {
	variants  map[string]bool
	done      chan struct{} // closed when the rest is set
	available map[string]int
	err       error
}

// read returns what is available of each line's variant. One without stock is not in
// the map.
func (r *levelReader) read(ctx context.Context, lines []event.Line) (map[string]int, error) {
	read := r.join(ctx, lines)
	select {
	case <-read.done:
		return read.available, read.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (r *levelReader) join(ctx context.Context, lines []event.Line) *levelRead {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == nil {
		r.next = &levelRead{variants: map[string]bool{}, done: make(chan struct{})}
	}
	for _, l := range lines {
		r.next.variants[l.VariantID] = true
	}
	if !r.running {
		r.running = true
		// Others depend on the call: it does not end with the first caller's request,
		// and is not made on its behalf.
		go r.run(auth.With(context.WithoutCancel(ctx), auth.Caller{}))
	}
	return r.next
}

func (r *levelReader) run(ctx context.Context) {
	for {
		r.mu.Lock()
		read := r.next
		r.next, r.running = nil, read != nil
		r.mu.Unlock()
		if read == nil {
			return
		}
		r.do(ctx, read)
	}
}

func (r *levelReader) do(ctx context.Context, read *levelRead) {
	defer close(read.done)
	ctx, cancel := context.WithTimeout(ctx, levelTimeout)
	defer cancel()
	res, err := r.call(ctx, &rpcv1.LevelsRequest{VariantIds: slices.Sorted(maps.Keys(read.variants))})
	read.available, read.err = make(map[string]int, len(read.variants)), err
	for _, l := range res.GetLevels() {
		read.available[l.GetVariantId()] = int(l.GetAvailable())
	}
}
