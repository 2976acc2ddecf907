// Package router is a GraphQL federation router: it reads a composed supergraph,
// serves its client schema over HTTP and WebSocket, and answers each operation
// from the subgraphs that own its fields.
//
// Guarantees: a client's token is not forwarded; no caller is answered with what
// was fetched for another; _entities and _service are not reachable; an operation
// is checked against its limits before it is normalised or planned.
package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"

	"cartograph/router/execute"
	"cartograph/router/persisted"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/supergraph"
	"cartograph/router/transport"
	"cartograph/router/upstream"
)

// Router serves /graphql.
type Router struct {
	schema   string
	access   map[supergraph.Coordinate]supergraph.Access
	handler  *transport.Handler
	tracing  *tracing
	planner  *plan.Planner
	executor *execute.Executor
	release  context.CancelFunc // ends the planner's goroutines
}

// New builds a router. It runs until Close, or until ctx ends.
func New(ctx context.Context, c Config, log *slog.Logger) (*Router, error) {
	sg, err := supergraph.Parse(c.SDL)
	if err != nil {
		return nil, err
	}
	subgraphs, policies, err := configureSubgraphs(sg, c)
	if err != nil {
		return nil, err
	}
	limits := c.Limits.orDefault()
	limits.Operation.CostDetails = c.Cost.lowest()
	metrics := c.Metrics
	if metrics == nil {
		metrics = NewMetrics(nil)
	}
	tracing := newTracing(c.Tracer)
	executor := execute.New(ctx, execute.Options{
		Rules: rulesOf(sg, c), Internal: c.Internal,
		FetchTimeout: limits.Fetch, EventTimeout: limits.Request, MaxResponseBytes: limits.Response, MaxConcurrent: limits.InFlight, EngineOnly: c.Executor == EngineExecutor, Errors: policies,
		Client: c.Client, Subgraphs: subgraphs, Begin: tracing.begin(),
		Observe: func(ctx context.Context, f execute.Fetch) {
			timelineOf(ctx).add(f)
			metrics.fetched(f)
			tracing.fetched(ctx, f)
			if c.OnFetch != nil {
				c.OnFetch(f.Subgraph)
			}
		},
		Log: log,
	})
	upstreams := map[string]plan.Upstream{}
	for _, s := range sg.Subgraphs {
		if upstreams[s.Name], err = executor.Upstream(s); err != nil {
			executor.Close()
			return nil, err
		}
	}
	life, release := context.WithCancel(context.WithoutCancel(ctx))
	ops := &operations{config: c, executor: executor, metrics: metrics, tracing: tracing, log: log, limiter: ratelimit.New(c.Redis, log)}
	if ops.planner, err = plan.NewPlanner(life, sg, upstreams, limits.Operation, plan.Introspection{Enabled: c.Introspection, Suggestions: c.Suggestions}); err == nil {
		err = ops.planner.SetCacheHints(c.CacheHints)
	}
	if err == nil {
		ops.documents, err = persisted.New(c.Documents, c.Redis, ops.planner.Check, log)
	}
	if err != nil {
		release()
		executor.Close()
		return nil, err
	}
	r := &Router{schema: sg.ClientSchema(), access: rulesOf(sg, c), tracing: tracing, planner: ops.planner, executor: executor, release: release}
	r.handler = transport.New(ctx, ops, transport.Options{
		Body: limits.Body, Request: limits.Request, Memory: limits.Memory,
		Readers: limits.Readers, PerAddress: limits.Address, InFlight: limits.InFlight,
		ConcurrencyMin: limits.ConcurrencyMin, ConcurrencyMax: limits.ConcurrencyMax, Priorities: c.Priorities,
		Origins: originsOf(c), Proxies: c.Proxies, ShowFetches: c.ShowFetches,
		Batch: limits.Batch, BatchExclude: c.BatchExclude, Streams: limits.Streams, Socket: limits.Socket,
	}, log)
	metrics.collector.router.Store(r)
	context.AfterFunc(ctx, r.Close)
	return r, nil
}

// ServeHTTP answers one request.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.tracing.serve(r.handler, w, req)
}

// Schema is the SDL that clients see.
func (r *Router) Schema() string { return r.schema }

// NotReady lists the subgraphs that do not take requests, with the reasons. The
// router serves what the others resolve; an error means that there are none.
func (r *Router) NotReady(ctx context.Context) (reasons []string, err error) {
	ready := r.executor.Ready(ctx)
	for _, name := range slices.Sorted(maps.Keys(ready)) {
		if ready[name] != nil {
			reasons = append(reasons, fmt.Sprintf("subgraph %s is not ready: %v", name, ready[name]))
		}
	}
	if len(reasons) > 0 && len(reasons) == len(ready) {
		err = errors.New("no subgraph is ready")
	}
	return reasons, err
}

// Access returns the requirements of protected fields; a field that is not in it
// is open to every caller.
func (r *Router) Access() map[supergraph.Coordinate]supergraph.Access { return r.access }

// Plan prepares an operation as for a client, without running it.
func (r *Router) Plan(req plan.Request) (*plan.Operation, error) { return r.planner.Prepare(req) }

// Reasons for EndStreams. Clients reconnect after either.
var (
	ErrStopping   = transport.ErrStopping
	ErrRestarting = transport.ErrRestarting
)

// EndStreams ends subscriptions and WebSockets; other requests continue.
func (r *Router) EndStreams(reason error) { r.handler.EndStreams(reason) }

// Close closes WebSockets with 1001, so that clients reconnect, and then the
// connections to subgraphs. The HTTP server must be drained before: a request
// that still runs would lose its fetches. A second call waits for the first.
func (r *Router) Close() {
	r.handler.Close()
	r.executor.Close()
	r.release()
}

func rulesOf(sg *supergraph.Supergraph, c Config) map[supergraph.Coordinate]supergraph.Access {
	if c.Identify == nil {
		return nil
	}
	return sg.AccessRules()
}

func originsOf(c Config) []string {
	if len(c.Origins) == 0 {
		return []string{"*"}
	}
	return c.Origins
}

// configureSubgraphs sets every subgraph's URL and options, and refuses names that
// no subgraph has: a typo would otherwise leave the SDL's URL in use.
func configureSubgraphs(sg *supergraph.Supergraph, c Config) (map[string]upstream.Options, map[string]execute.ErrorPolicy, error) {
	var errs []error
	find := func(name, what string) *supergraph.Subgraph {
		for i := range sg.Subgraphs {
			if strings.EqualFold(sg.Subgraphs[i].Name, name) {
				return &sg.Subgraphs[i]
			}
		}
		errs = append(errs, fmt.Errorf("%s given for %q, which is not a subgraph", what, name))
		return nil
	}
	for name, url := range c.URLs {
		if s := find(name, "a URL is"); s != nil {
			s.URL = url
		}
	}
	options := map[string]upstream.Options{}
	for name, o := range c.Subgraphs {
		if s := find(name, "options are"); s != nil {
			options[s.Name] = o
		}
	}
	policies := map[string]execute.ErrorPolicy{}
	for name, policy := range c.Errors {
		if s := find(name, "an error policy is"); s != nil {
			policies[s.Name] = policy
		}
	}
	for _, s := range sg.Subgraphs {
		if s.URL == "" {
			errs = append(errs, fmt.Errorf("subgraph %s has no URL", s.Name))
		}
	}
	return options, policies, errors.Join(errs...)
}
