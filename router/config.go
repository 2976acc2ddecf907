package router

import (
	"context"
	"net/http"
	"time"

	otel "go.opentelemetry.io/otel/trace"

	"cartograph/internal/auth"
	"cartograph/router/persisted"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/redis"
	"cartograph/router/transport"
	"cartograph/router/upstream"
)

// Config is what a router serves and how. Only SDL is needed.
type Config struct {
	SDL  string            // of the supergraph
	URLs map[string]string // subgraph's name, in any case, to the URL that replaces the SDL's

	// Identify names the caller of a request. Nil makes everybody anonymous
	// and every field open to them.
	Identify Identify
	// Internal signs what subgraphs are shown. Nil sends them no token.
	Internal *auth.Internal

	// Client carries fetches, and Subgraphs says what differs for one of them,
	// by its name as the SDL has it. Zeros follow Limits, then the defaults.
	Client    upstream.Client
	Subgraphs map[string]upstream.Options

	// Executor says what runs plans: OwnExecutor, or the engine's resolver,
	// which is slower and a check of ours.
	Executor Executor

	// Policies names those of the @policy names that the caller meets; it is
	// asked once an operation, and only if fields of it are so guarded. Nil
	// grants none: a guarded field is then closed to everybody. Without
	// Identify nothing is guarded.
	Policies func(ctx context.Context, caller auth.Caller, names []string) ([]string, error)

	// CacheHints are added to the schema's own, by coordinate as "Query.product".
	CacheHints map[string]plan.CacheHint

	Introspection         bool     // whether clients may ask for the schema
	IntrospectionSignedIn bool     // of these, only users and API clients
	Explain               bool     // whether clients may ask for plans and the requests to subgraphs
	Origins               []string // that browsers may ask from; none means any
	Proxies               int      // of ours in front, each of which adds to X-Forwarded-For
	Alone                 []string // mutations that no batch may hold
	Limits                Limits   // a zero is replaced by its default

	// Documents are those that clients may name instead of sending.
	Documents persisted.Options
	// Cost bounds one client request, and Rate all that an actor asks; nothing
	// is bounded where they are zero.
	Cost CostLimits
	Rate *ratelimit.Policy
	// Redis is what several routers share. Nil: each remembers by itself.
	Redis *redis.Client

	Metrics     *Metrics              // nil: nobody reads them
	Tracer      otel.Tracer           // nil: no spans are made
	OnFetch     func(subgraph string) // nil, or called for each request to a subgraph
	ShowFetches bool                  // tell clients in X-Subgraph-Requests how many there were
}

// Identify names the caller of a request. A gqlerr.Error with code
// UNAUTHENTICATED refuses them; any other error means that nobody can tell now.
type Identify func(ctx context.Context, r *http.Request) (auth.Caller, error)

// Executor names what runs plans.
type Executor string

// The executors. Ours leaves to the engine's what it does not know.
const (
	OwnExecutor    Executor = "" // or "own"
	EngineExecutor Executor = "engine"
)

// Limits bound what clients and subgraphs may do.
type Limits struct {
	Operation plan.Limits
	Body      int64         // bytes of a request
	Request   time.Duration // for a query or mutation
	Fetch     time.Duration // for one request to a subgraph
	Response  int           // bytes of a subgraph's answer, and of one event
	InFlight  int           // requests that run at once
	Queue     int           // requests beyond them that may wait; more are turned away
	Batch     int           // operations in one request; negative: no batches
	Streams   transport.StreamOptions
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
		Queue:     512,
		Batch:     10,
		Streams: transport.StreamOptions{
			Heartbeat: 15 * time.Second, Reserved: 30 * time.Second, Subscriptions: 100, Sockets: 100,
		},
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
	fill(&l.Operation.Directives, d.Operation.Directives)
	fill(&l.Operation.OperationName, d.Operation.OperationName)
	fill(&l.Operation.ListSize, d.Operation.ListSize)
	fill(&l.Body, d.Body)
	fill(&l.Request, d.Request)
	fill(&l.Fetch, d.Fetch)
	fill(&l.Response, d.Response)
	fill(&l.InFlight, d.InFlight)
	fill(&l.Queue, d.Queue)
	fill(&l.Batch, d.Batch)
	fill(&l.Streams.Heartbeat, d.Streams.Heartbeat)
	fill(&l.Streams.Reserved, d.Streams.Reserved)
	fill(&l.Streams.Subscriptions, d.Streams.Subscriptions)
	fill(&l.Streams.Sockets, d.Streams.Sockets)
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
