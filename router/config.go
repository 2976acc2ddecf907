package router

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cartograph/internal/auth"
	"cartograph/router/plan"
	"cartograph/router/transport"
)

// Config is what a router serves and how. Only SDL is needed.
type Config struct {
	SDL  string            // of the supergraph
	URLs map[string]string // subgraph's name, in any case, to the URL that replaces the SDL's

	// Identify names the caller of a request. Nil makes everybody anonymous
	// and every field open to them.
	Identify func(ctx context.Context, r *http.Request) (auth.Caller, error)
	// Internal signs what subgraphs are shown. Nil sends them no token.
	Internal *auth.Internal

	Introspection bool     // whether clients may ask for the schema
	Origins       []string // that browsers may ask from; none means any
	Limits        Limits   // a zero is replaced by its default

	Metrics     prometheus.Registerer // nil: none are kept
	OnFetch     func(subgraph string) // nil, or called for each request to a subgraph
	ShowFetches bool                  // tell clients in X-Subgraph-Requests how many there were
}

// Limits bound what clients and subgraphs may do.
type Limits struct {
	Operation plan.Limits
	Body      int64         // bytes of a request
	Request   time.Duration // for a query or mutation
	Fetch     time.Duration // for one request to a subgraph
	Response  int           // bytes of a subgraph's answer, and of one event
	InFlight  int           // operations at once; more wait
	Socket    transport.SocketOptions
}

// DefaultLimits are the limits of a public router.
func DefaultLimits() Limits {
	return Limits{
		Operation: plan.DefaultLimits(),
		Body:      1 << 20,
		Request:   15 * time.Second,
		Fetch:     5 * time.Second,
		Response:  16 << 20,
		InFlight:  1024,
		Socket: transport.SocketOptions{
			Init: 5 * time.Second, Ping: 15 * time.Second, Write: 10 * time.Second, Recheck: time.Minute,
			Message: 64 << 10, Operations: 50,
		},
	}
}

// orDefault replaces every zero.
func (l Limits) orDefault() Limits {
	d := DefaultLimits()
	fill(&l.Operation.Tokens, d.Operation.Tokens)
	fill(&l.Operation.Depth, d.Operation.Depth)
	fill(&l.Operation.Aliases, d.Operation.Aliases)
	fill(&l.Operation.RootFields, d.Operation.RootFields)
	fill(&l.Operation.Fields, d.Operation.Fields)
	fill(&l.Operation.FieldsPerName, d.Operation.FieldsPerName)
	fill(&l.Body, d.Body)
	fill(&l.Request, d.Request)
	fill(&l.Fetch, d.Fetch)
	fill(&l.Response, d.Response)
	fill(&l.InFlight, d.InFlight)
	fill(&l.Socket.Init, d.Socket.Init)
	fill(&l.Socket.Ping, d.Socket.Ping)
	fill(&l.Socket.Write, d.Socket.Write)
	fill(&l.Socket.Recheck, d.Socket.Recheck)
	fill(&l.Socket.Message, d.Socket.Message)
	fill(&l.Socket.Operations, d.Socket.Operations)
	return l
}

func fill[T comparable](value *T, or T) {
	var zero T
	if *value == zero {
		*value = or
	}
}
