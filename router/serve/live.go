package serve

import (
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"cartograph/router"
	"cartograph/router/supergraph"
)

// Live serves a router that can be replaced while it works. A request is
// answered to its end by the router that it met; streams are told to come back.
type Live struct {
	log     *slog.Logger
	current atomic.Pointer[generation]
	retired sync.WaitGroup
}

// NewLive serves r, which it owns from now on.
func NewLive(r *router.Router, log *slog.Logger) *Live {
	l := &Live{log: log}
	l.current.Store(newGeneration(r))
	return l
}

// ServeHTTP answers one request.
func (l *Live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := l.enter()
	if g == nil {
		http.Error(w, "the router has stopped", http.StatusServiceUnavailable)
		return
	}
	defer g.leave()
	g.router.ServeHTTP(w, r)
}

// Schema is the SDL that clients see now.
func (l *Live) Schema() string { return l.current.Load().router.Schema() }

// Access tells what callers must show now; a field that is not in it is open.
func (l *Live) Access() map[supergraph.Coordinate]supergraph.Access {
	return l.current.Load().router.Access()
}

// Replace makes r answer what comes from now on. The one before is closed when
// it has answered what it began; nobody waits for that but Close.
func (l *Live) Replace(r *router.Router) {
	old := l.current.Swap(newGeneration(r))
	l.retired.Go(func() { l.retire(old) })
}

// EndStreams says goodbye to subscriptions of a program that stops; queries go on.
func (l *Live) EndStreams() { l.current.Load().router.EndStreams(router.ErrStopping) }

// Close waits until every request was answered, and closes the router.
func (l *Live) Close() {
	g := l.current.Load()
	g.leave()
	<-g.idle
	g.router.Close()
	l.retired.Wait()
}

// enter finds the router for a request; nil after Close.
func (l *Live) enter() *generation {
	for {
		g := l.current.Load()
		if g.enter() {
			return g
		}
		if l.current.Load() == g { // it did not give way to another
			return nil
		}
	}
}

func (l *Live) retire(g *generation) {
	g.leave()
	g.router.EndStreams(router.ErrRestarting)
	<-g.idle
	g.router.Close()
	l.log.Debug("the router before has answered all that it began")
}

// generation is one router and the number of requests that it answers, plus one
// while it is the current one.
type generation struct {
	router *router.Router
	users  atomic.Int64
	idle   chan struct{} // closed when nobody needs it any more
}

func newGeneration(r *router.Router) *generation {
	g := &generation{router: r, idle: make(chan struct{})}
	g.users.Store(1)
	return g
}

// enter counts a request in; false if the router has retired already.
func (g *generation) enter() bool {
	for {
		n := g.users.Load()
		if n == 0 {
			return false
		}
		if g.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

func (g *generation) leave() {
	if g.users.Add(-1) == 0 {
		close(g.idle)
	}
}
