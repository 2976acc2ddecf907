// Package transport carries GraphQL between clients and the graph, in every
// dialect that clients speak: GET, POST and batches over HTTP, server-sent
// events (graphql-sse), multipart subscriptions and @defer, and WebSocket
// (graphql-transport-ws).
//
// It knows nothing of plans and subgraphs. Every refusal it makes is a GraphQL
// error with a code, whatever the client sent. What a client may hold open or
// make it hold in memory is bounded, and a client that does not take its
// answers is cut off.
package transport

import (
	"context"
	"net/http"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// Graph is what is served.
type Graph interface {
	// Identify names the caller. A gqlerr.Error with code UNAUTHENTICATED
	// refuses the request; any other error means that nobody can tell now.
	Identify(ctx context.Context, r *http.Request) (auth.Caller, error)
	// Prepare finds the text of a persisted document, checks it and plans it. A
	// client's mistake is a gqlerr error.
	Prepare(ctx context.Context, req plan.Request) (*plan.Operation, error)
	// Admit charges the caller for one client request, before any of it runs: an
	// operation, or all those of a batch. An error with code RATE_LIMITED says
	// when to come back, in seconds, as extensions.retryAfter.
	Admit(ctx context.Context, caller auth.Caller, ops ...*plan.Operation) (Allowance, error)
	// Begin opens the session of one client request. Of the client's headers
	// it reads what may be passed on.
	Begin(caller auth.Caller, client http.Header) *execute.Session
	// Run answers a query or mutation.
	Run(ctx context.Context, op *plan.Operation, session *execute.Session) (execute.Response, error)
	// Stream answers an operation that defers some of its fields. Each part is a
	// whole JSON object and more says whether another follows; a failure of send
	// ends the stream.
	Stream(ctx context.Context, op *plan.Operation, session *execute.Session, send func(part []byte, more bool) error) error
	// Watch answers a subscription until it ends, see execute.Executor.Watch.
	Watch(ctx context.Context, op *plan.Operation, session *execute.Session, send func([]byte) error) error
	// Refused counts a request that was not run.
	Refused(code gqlerr.Code)
}

// Allowance is what a caller may still ask. The zero value means that nothing
// is counted.
type Allowance struct {
	Limit     int // of one period
	Remaining int
	Reset     time.Duration // until all of Limit is there again
}

// Options bound what a client may do.
type Options struct {
	Body        int64         // bytes of a request, after it was inflated
	Request     time.Duration // for a query or mutation, and for a request's body to arrive
	Origins     []string      // that browsers may ask from; "*" is any
	Proxies     int           // of ours in front, each of which adds to X-Forwarded-For
	ShowFetches bool          // tell in a header how many requests subgraphs got
	Batch       int           // operations in one request; less than 1: no batches
	Alone       []string      // mutations that no batch may hold
	InFlight    int           // requests that run at once
	Queue       int           // requests beyond them that may wait; more are turned away
	Streams     StreamOptions
	Socket      SocketOptions
}

// StreamOptions bound what lasts longer than an answer, by whatever transport.
type StreamOptions struct {
	Heartbeat     time.Duration // between signs of life to a silent client
	Reserved      time.Duration // for a single connection's stream to be fetched
	Subscriptions int           // of one client at once
	Sockets       int           // of one address at once
}
