// Package serve operates a router: it reads what is configured, serves it on
// its own, replaces it while it works, and tells how it is.
//
// Promises: nothing but a supergraph is needed. What is wrong with a
// configuration is said at once and all of it, each with its place. A change
// that does not hold is refused and the router before goes on; a request is
// never dropped for one that does.
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

// Run serves a router on its own until ctx ends.
func Run(ctx context.Context, source Source, out io.Writer, log *slog.Logger) error {
	began := time.Now()
	s, err := source.Load()
	if err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	parts, err := Open(ctx, &s, registry, log)
	if err != nil {
		return err
	}
	defer parts.Close(ctx)
	keeper, err := Keep(ctx, Sources{Load: source.Load, Build: parts.build}, registry, log)
	if err != nil {
		return err
	}
	defer keeper.Live.Close()
	listeners, err := listen(&s)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, keeper.Live.EndStreams)()
	for i, h := range handlers(&s, keeper, prometheus.Gatherers{prometheus.DefaultGatherer, registry}) {
		g.Go(func() error { return server.Run(ctx, listeners[i], h, log) })
	}
	g.Go(func() error { return keeper.RunUntil(ctx) })
	_, err = fmt.Fprintf(out, "Serving %s at http://%s%s, %s after the start.\n",
		s.Supergraph, listeners[0].Addr(), s.Path, time.Since(began).Round(time.Millisecond))
	return errors.Join(err, g.Wait())
}

// listen takes the addresses: the clients', and the operators' where it is apart.
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

// handlers are what is served at the clients' address and at the operators'.
// Where there is no second address the first has it all, but not the reasons.
func handlers(s *Settings, k *Keeper, metrics prometheus.Gatherer) []http.Handler {
	public := Handler(s, k.Live)
	ready := func(context.Context) error { return nil }
	if s.Operations == "" {
		return []http.Handler{server.Handle(public, ready, metrics)}
	}
	operators := http.NewServeMux()
	operators.HandleFunc("GET /readyz", k.tell)
	operators.Handle("/", server.Handle(http.NotFoundHandler(), ready, metrics))
	return []http.Handler{public, operators}
}

// tell says that the router is ready, and why it is not what its files say.
func (k *Keeper) tell(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, "ok\n")
	if why := k.Refused(); why != "" {
		_, _ = io.WriteString(w, "The last change was refused at "+why+"\n")
	}
}

// Handler is what clients see of a live router over a graph that is not ours.
func Handler(s *Settings, live *Live) http.Handler {
	mux := http.NewServeMux()
	Mount(mux, s, live, playground.Options{Strange: true}, reference.Options{})
	return mux
}

// Mount adds to mux the graph, the playground if there is to be one, and the
// schema where anybody may know it.
func Mount(mux *http.ServeMux, s *Settings, live *Live, play playground.Options, docs reference.Options) {
	mux.Handle(s.Path, live)
	if s.Playground {
		play.Endpoint, docs.Playground = s.Path, "/"
		mux.Handle("/", playground.Handler(play))
	}
	if s.Introspection == introspectionOpen {
		reference.Mount(mux, live, docs)
	}
}
