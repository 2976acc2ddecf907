// Package router makes one graph out of many: it reads a composed schema,
// serves its client side over HTTP and WebSocket, and answers each operation
// from the subgraphs that own its fields.
//
// Promises: a client's token goes no further than here; one caller never gets
// what was fetched for another; _entities and _service are not reachable; an
// operation is measured before work is put into it.
package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"cartograph/router/execute"
	"cartograph/router/plan"
	"cartograph/router/supergraph"
	"cartograph/router/transport"
)

// Router serves /graphql.
type Router struct {
	schema   string
	handler  *transport.Handler
	executor *execute.Executor
	release  context.CancelFunc // of what the planner started
}

// New builds a router. It runs until Close, or until ctx ends.
func New(ctx context.Context, c Config, log *slog.Logger) (*Router, error) {
	sg, err := supergraph.Parse(c.SDL)
	if err != nil {
		return nil, err
	}
	if err := overrideURLs(sg, c.URLs); err != nil {
		return nil, err
	}
	limits := c.Limits.orDefault()
	metrics := newMetrics(c.Metrics)
	executor := execute.New(ctx, execute.Options{
		Rules: rulesOf(sg, c), Internal: c.Internal,
		FetchTimeout: limits.Fetch, EventTimeout: limits.Request, LargestResponse: limits.Response, Concurrency: limits.InFlight,
		Observe: func(f execute.Fetch) {
			metrics.fetched(f)
			if c.OnFetch != nil {
				c.OnFetch(f.Subgraph)
			}
		},
		Log: log,
	})
	upstreams := map[string]plan.Upstream{}
	for _, s := range sg.Subgraphs {
		upstreams[s.Name] = executor.Upstream(s)
	}
	life, release := context.WithCancel(context.WithoutCancel(ctx))
	planner, err := plan.NewPlanner(life, sg, upstreams, limits.Operation, c.Introspection)
	if err != nil {
		release()
		executor.Close()
		return nil, err
	}
	r := &Router{schema: sg.ClientSchema(), executor: executor, release: release}
	r.handler = transport.New(ctx, &operations{config: c, planner: planner, executor: executor, metrics: metrics}, transport.Options{
		Body: limits.Body, Request: limits.Request, Origins: originsOf(c), ShowFetches: c.ShowFetches, Socket: limits.Socket,
	}, log)
	context.AfterFunc(ctx, r.Close)
	return r, nil
}

// ServeHTTP answers one request.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.handler.ServeHTTP(w, req) }

// Schema is the SDL that clients see.
func (r *Router) Schema() string { return r.schema }

// Close ends the WebSockets with 1001, so that clients come back, and the
// streams from subgraphs. The HTTP server must be drained before. A second
// call waits for the first.
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

// overrideURLs gives every subgraph its address, and refuses names that no
// subgraph has: a typing mistake would send requests to a stale address.
func overrideURLs(sg *supergraph.Supergraph, urls map[string]string) error {
	var errs []error
	for name, url := range urls {
		found := false
		for i := range sg.Subgraphs {
			if strings.EqualFold(sg.Subgraphs[i].Name, name) {
				sg.Subgraphs[i].URL, found = url, true
			}
		}
		if !found {
			errs = append(errs, fmt.Errorf("a URL is given for %q, which is no subgraph", name))
		}
	}
	for _, s := range sg.Subgraphs {
		if s.URL == "" {
			errs = append(errs, fmt.Errorf("subgraph %s has no URL", s.Name))
		}
	}
	return errors.Join(errs...)
}
