// Package serve operates a router: settings, listeners, reloads, health.
//
// Guarantees: nothing but a supergraph is required. All errors of a configuration
// are reported together, each with its position. An invalid change is rejected
// and the previous router continues; a valid one drops no request.
package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/server"
	"cartograph/router/playground"
	"cartograph/router/reference"
)

const defaultListen = "127.0.0.1:4000"

// Run serves a router as a process of its own until ctx ends.
func Run(ctx context.Context, source Source, out io.Writer, log *slog.Logger) error {
	started := time.Now()
	s, err := source.Load()
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	resources, err := OpenResources(ctx, &s, registry, log)
	if err != nil {
		return err
	}
	defer resources.Close(ctx)
	reloader, err := NewReloader(ctx, Sources{Load: source.Load, Build: resources.build}, registry, log)
	if err != nil {
		return err
	}
	defer reloader.Router.Close()
	listeners, err := listen(&s)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, reloader.Router.EndStreams)()
	bounds := []server.Bounds{s.Bounds(), {Exchange: exchangeTimeout}} // of clients, of operators
	for i, h := range handlers(&s, reloader, prometheus.Gatherers{prometheus.DefaultGatherer, registry}) {
		g.Go(func() error { return server.RunBounded(ctx, listeners[i], h, log, bounds[min(i, 1)]) })
	}
	g.Go(func() error { return reloader.Run(ctx) })
	_, err = fmt.Fprintf(out, "Serving %s at http://%s%s, started in %s.\n",
		s.Supergraph, listeners[0].Addr(), s.Path, time.Since(started).Round(time.Millisecond))
	if len(listeners) > 1 && err == nil {
		_, err = fmt.Fprintf(out, "Operations at http://%s.\n", listeners[1].Addr())
	}
	return errors.Join(err, g.Wait())
}

// listen opens the listeners: for clients, and for operators if it is separate.
func listen(s *Settings) ([]net.Listener, error) {
	var all []net.Listener
	for _, address := range []string{cmp.Or(s.Listen, defaultListen), s.Operations} {
		if address == "" {
			continue
		}
		l, err := net.Listen("tcp", address)
		if err != nil {
			for _, l := range all {
				_ = l.Close()
			}
			return nil, fmt.Errorf("listen: %w", err)
		}
		all = append(all, l)
	}
	return all, nil
}

// exchangeTimeout is for pages, pictures and metrics, which take a fraction of it.
// The graph sets closer deadlines of its own.
const exchangeTimeout = time.Minute

// Bounds are those of the clients' listener.
func (s *Settings) Bounds() server.Bounds {
	b := server.Bounds{PerAddress: s.Limits.ConnectionsPerAddress, Total: s.Limits.Connections, Exchange: exchangeTimeout}
	if s.TrustedProxies > 0 { // all connections come from the proxy
		b.PerAddress = 0
	}
	return b
}

// handlers returns one handler for each listener. Metrics, and why a reload was
// rejected, are only for operators: they reveal what clients request, and quote the
// configuration.
func handlers(s *Settings, r *Reloader, metrics prometheus.Gatherer) []http.Handler {
	public := server.Handle(Handler(s, r.Router), func(context.Context) error { return nil })
	if s.Operations == "" {
		return []http.Handler{public}
	}
	return []http.Handler{public, server.Operations(r.status, metrics)}
}

// status is that of the router, with the subgraphs that are not ready, and why the
// last reload was rejected. A router is ready with a rejected reload, since it
// serves its previous configuration, and while one of its subgraphs is: to take
// it out of service would turn the failure of a part into that of the whole.
func (r *Reloader) status(ctx context.Context) []server.Status {
	var s server.Status
	s.Notes, s.Err = r.Router.NotReady(ctx)
	if reason := r.Rejected(); reason != "" {
		s.Notes = append(s.Notes, "last reload rejected at "+reason)
	}
	return []server.Status{s}
}

// Handler serves clients of any graph: no demo accounts, no examples.
func Handler(s *Settings, graph *HotSwap) http.Handler {
	mux := http.NewServeMux()
	Mount(mux, s, graph, playground.Options{WithoutExamples: true}, reference.Options{})
	return mux
}

// Mount adds the graph to mux, the playground if enabled, and the schema's
// reference if introspection is open to everyone.
func Mount(mux *http.ServeMux, s *Settings, graph *HotSwap, play playground.Options, docs reference.Options) {
	mux.Handle(s.Path, graph)
	if s.Playground {
		play.Endpoint, docs.Playground = s.Path, "/"
		mux.Handle("/", playground.Handler(play))
	}
	if s.Introspection == introspectionOpen {
		reference.Mount(mux, graph, docs)
	}
}
