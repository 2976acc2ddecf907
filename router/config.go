package router

import (
	"context"
	"net/http"
	"time"

	otel "go.opentelemetry.io/otel/trace"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/persisted"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/redis"
	"cartograph/router/transport"
	"cartograph/router/upstream"
)

// Config of a router. Only SDL is required.
type Config struct {
	SDL  string            // of the supergraph
	URLs map[string]string // by subgraph name, in any case; replaces the SDL's URL

	// Identify authenticates requests. Nil: every caller is anonymous and every
	// field open to them.
	Identify Identify
	// OnRevoked calls end in a goroutine of its own when the session of a caller is
	// revoked, or now if it is already, until stop. It ends open streams at once.
	// Nil: they end at the next check of their credentials, every Limits.Socket.Recheck.
	OnRevoked func(caller auth.Caller, end func()) (stop func())
	// Answered is called after each operation that ran, however it ended. It must not
	// block.
	Answered func(caller auth.Caller, u Usage)
	// Internal signs the tokens that identify the caller to subgraphs. Nil: they
	// get none.
	Internal *auth.Internal

	// Client carries fetches; Subgraphs overrides options of one, by the name in
	// the SDL. Zero values follow Limits, then the defaults.
	Client    upstream.Client
	Subgraphs map[string]upstream.Options
	// Errors sets what clients see of the errors of single subgraphs, by the same
	// names. Of the others, messages without a code for clients are masked.
	Errors map[string]execute.ErrorPolicy

	// Executor runs plans: OwnExecutor, or the engine's resolver, which is slower
	// and serves to verify ours.
	Executor Executor

	// Policies returns those of the @policy names that the caller satisfies. It
	// is called once for an operation that selects such fields. Nil grants none:
	// the fields are then denied to every caller. Without Identify it is not used.
	Policies func(ctx context.Context, caller auth.Caller, names []string) ([]string, error)

	// CacheHints are added to the schema's own, by coordinate as "Query.product".
	CacheHints map[string]plan.CacheHint

	Introspection         bool     // whether clients may query the schema
	IntrospectionSignedIn bool     // of these, only users and API clients
	Suggestions           bool     // whether errors of operations suggest names of the schema: "Did you mean"
	Explain               bool     // whether clients may request query plans and traces of fetches
	Origins               []string // allowed by CORS; none means any
	Proxies               int      // trusted ones in front, each of which appends to X-Forwarded-For
	BatchExclude          []string // root fields that are refused in a batch
	Limits                Limits   // a zero is replaced by its default

	// Priorities are those of root fields, by name; of others: transport.Normal. They
	// decide what is refused first when more arrives than can run.
	Priorities map[string]transport.Priority

	// Documents that clients may reference instead of sending.
	Documents persisted.Options
	// Cost bounds one client request, Rate an actor's requests over time. The
	// zero values are no limit.
	Cost CostLimits
	Rate *ratelimit.Policy
	// Redis holds state that several routers share. Nil: each keeps its own.
	Redis *redis.Client

	Metrics     *Metrics              // nil: none
	Tracer      otel.Tracer           // nil: no spans
	OnFetch     func(subgraph string) // nil, or called for each request to a subgraph
	ShowFetches bool                  // report the number of fetches in X-Subgraph-Requests
}

// Identify authenticates a request. A gqlerr.Error with code UNAUTHENTICATED
// refuses it; any other error means that the caller cannot be identified now.
type Identify func(ctx context.Context, r *http.Request) (auth.Caller, error)

// Executor selects what runs plans.
type Executor string

// The executors. Ours falls back to the engine's for plans it does not support.
const (
	OwnExecutor    Executor = "" // or "own"
	EngineExecutor Executor = "engine"
)

// Limits bound clients and subgraphs.
type Limits struct {
	Operation plan.Limits
	Body      int64         // bytes of a request
	Request   time.Duration // for a query or mutation
	Fetch     time.Duration // for one request to a subgraph
	Response  int           // bytes of a subgraph's answer, and of one event
	Memory    int64         // bytes of requests and answers together; a quarter of them for one address
	Readers   int           // requests that arrive at once from one address
	Address   int           // requests of one address in the router at once
	InFlight  int           // requests in the router at once, running or waiting; more are refused
	// Concurrency bounds how many operations run at once. In between the number follows
	// the measured latency.
	ConcurrencyMin, ConcurrencyMax int
	Batch                          int // operations in one request; negative: no batches
	Streams                        transport.StreamOptions
	Socket                         transport.SocketOptions
}

// DefaultLimits are the limits of a public router.
func DefaultLimits() Limits {
	return Limits{
		Operation:      plan.DefaultLimits(),
		Body:           1 << 20,
		Request:        15 * time.Second,
		Fetch:          5 * time.Second,
		Response:       16 << 20,
		Memory:         512 << 20,
		Readers:        64,
		Address:        256,
		InFlight:       1024,
		ConcurrencyMin: 16,
		ConcurrencyMax: 256,
		Batch:          10,
		Streams: transport.StreamOptions{
			Heartbeat: 15 * time.Second, Reserved: 30 * time.Second, Subscriptions: 100, PerAddress: 250, Sockets: 100,
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
	fill(&l.Operation.InputList, d.Operation.InputList)
	fill(&l.Operation.InputValues, d.Operation.InputValues)
	fill(&l.Operation.ListSize, d.Operation.ListSize)
	fill(&l.Body, d.Body)
	fill(&l.Request, d.Request)
	fill(&l.Fetch, d.Fetch)
	fill(&l.Response, d.Response)
	fill(&l.Memory, d.Memory)
	fill(&l.Readers, d.Readers)
	fill(&l.Address, d.Address)
	fill(&l.InFlight, d.InFlight)
	fill(&l.ConcurrencyMin, d.ConcurrencyMin)
	fill(&l.ConcurrencyMax, d.ConcurrencyMax)
	fill(&l.Batch, d.Batch)
	fill(&l.Streams.Heartbeat, d.Streams.Heartbeat)
	fill(&l.Streams.Reserved, d.Streams.Reserved)
	fill(&l.Streams.Subscriptions, d.Streams.Subscriptions)
	fill(&l.Streams.PerAddress, d.Streams.PerAddress)
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
