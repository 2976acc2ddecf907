package serve

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"cartograph/router"
	"cartograph/router/supergraph"
)

// HotSwap serves a router that can be replaced while it serves. A request is
// answered to its end by the router that it entered; streams of a replaced
// router are closed so that their clients reconnect.
//
// Lifecycle of a router: it is current from NewHotSwap or Replace on; Replace or
// Close withdraws it; it is closed when its last request has left. Its reference
// count starts at one for being current, so the count reaches zero only after
// withdrawal, and only once.
type HotSwap struct {
	log     *slog.Logger
	current atomic.Pointer[generation]
	retired sync.WaitGroup // goroutines that close replaced routers
}

// NewHotSwap serves r, which it owns from now on.
func NewHotSwap(r *router.Router, log *slog.Logger) *HotSwap {
	h := &HotSwap{log: log}
	h.current.Store(newGeneration(r))
	return h
}

// ServeHTTP answers one request.
func (h *HotSwap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := h.acquire()
	if g == nil {
		http.Error(w, errStopped.Error(), http.StatusServiceUnavailable)
		return
	}
	defer g.release()
	g.router.ServeHTTP(w, r)
}

// Schema is the SDL that clients see now.
func (h *HotSwap) Schema() string { return h.current.Load().router.Schema() }

// NotReady lists the subgraphs that do not take requests; see router.Router.
func (h *HotSwap) NotReady(ctx context.Context) ([]string, error) {
	g := h.acquire()
	if g == nil {
		return nil, errStopped
	}
	defer g.release()
	return g.router.NotReady(ctx)
}

var errStopped = errors.New("the router is stopped")

// Access returns the requirements of protected fields now; a field that is not
// in it is open to every caller.
func (h *HotSwap) Access() map[supergraph.Coordinate]supergraph.Access {
	return h.current.Load().router.Access()
}

// Replace serves new requests by r. The previous router is closed in the
// background when its last request has ended; only Close waits for that.
func (h *HotSwap) Replace(r *router.Router) {
	old := h.current.Swap(newGeneration(r))
	h.retired.Go(func() { h.retire(old) })
}

// EndStreams closes subscriptions before the process stops; queries continue.
func (h *HotSwap) EndStreams() { h.current.Load().router.EndStreams(router.ErrStopping) }

// Close waits until every request is answered, and closes the router. It must
// be called once, and not concurrently with Replace.
func (h *HotSwap) Close() {
	g := h.current.Load()
	g.release()
	<-g.idle
	g.router.Close()
	h.retired.Wait()
}

// acquire returns the router for a request; nil after Close.
func (h *HotSwap) acquire() *generation {
	for {
		g := h.current.Load()
		if g.acquire() {
			return g
		}
		// The count was zero. Either Replace stored another generation between
		// the two lines above and g has ended since: try that one. Or g is still
		// current, and Close has withdrawn it.
		if h.current.Load() == g {
			return nil
		}
	}
}

// retire closes a router that is no longer current. Streams would hold it open
// for as long as their clients like, so they are ended first.
func (h *HotSwap) retire(g *generation) {
	g.release()
	g.router.EndStreams(router.ErrRestarting)
	<-g.idle
	g.router.Close()
	h.log.Debug("previous router closed")
}

// generation is one router with its reference count: one for each request in
// it, and one while it is current.
type generation struct {
	router *router.Router
	refs   atomic.Int64
	idle   chan struct{} // closed when refs reaches zero
}

func newGeneration(r *router.Router) *generation {
	g := &generation{router: r, idle: make(chan struct{})}
	g.refs.Store(1)
	return g
}

// acquire adds a reference, unless there are none left. Add alone would not do:
// it could raise a count that has already been zero, whose router is closing.
func (g *generation) acquire() bool {
	for {
		n := g.refs.Load()
		if n == 0 {
			return false
		}
		if g.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (g *generation) release() {
	if g.refs.Add(-1) == 0 {
		close(g.idle)
	}
}
