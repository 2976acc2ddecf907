package router_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"cartograph/internal/auth"
	"cartograph/router"
	"cartograph/router/internal/benchgraph"
	"cartograph/router/internal/fakesubgraph"
	"cartograph/router/upstream"
)

// newBenchRouter is a router over the graph that gateways are measured with,
// with the features on that a production router has: identity, tokens for
// subgraphs, request ids, limits, metrics.
func newBenchRouter(b *testing.B, executor router.Executor, client upstream.Client) *router.Router {
	b.Helper()
	internal, err := auth.NewInternal(strings.Repeat("k", 32))
	if err != nil {
		b.Fatal(err)
	}
	urls := map[string]string{}
	for name, graph := range benchgraph.Graphs() {
		urls[name] = fakesubgraph.StartCached(b, graph)
	}
	r, err := router.New(context.Background(), router.Config{
		SDL: benchgraph.SDL, URLs: urls, Identify: as, Internal: internal, Executor: executor, Client: client,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(r.Close)
	return r
}

// BenchmarkExecutor compares the executors, with either client, on the whole
// way of a request, over loopback and back. make bench-router measures them as
// processes.
func BenchmarkExecutor(b *testing.B) {
	for _, o := range benchgraph.Operations() {
		body, err := json.Marshal(map[string]string{"query": o.Query})
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range []struct {
			name     string
			executor router.Executor
			client   upstream.Client
		}{
			{"own", router.OwnExecutor, upstream.HTTP1},
			{"own-net-http", router.OwnExecutor, upstream.NetHTTP},
			{"engine", router.EngineExecutor, upstream.HTTP1},
			{"engine-net-http", router.EngineExecutor, upstream.NetHTTP},
		} {
			b.Run(o.Name+"/"+e.name, func(b *testing.B) { benchmark(b, newBenchRouter(b, e.executor, e.client), string(body)) })
		}
	}
}
