// Package transport serves GraphQL over every protocol that clients use: GET, POST and batches over HTTP, server-sent
// events (graphql-sse), multipart subscriptions and @defer, and WebSocket
// (graphql-transport-ws).
//
// What is divided among clients is divided by network: an IPv4 address or an IPv6
// /64, see auth.Caller.
//
// It is independent of plans and subgraphs. Every refusal is a GraphQL error with
// a code, whatever the client sent. Connections, streams and memory of a client
// are bounded, and a client that does not read its answers is disconnected.
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
	// Identify authenticates the caller. A gqlerr.Error with code UNAUTHENTICATED
	// refuses the request; any other error means that it cannot be done now.
	Identify(ctx context.Context, r *http.Request) (auth.Caller, error)
	// OnRevoked calls end in a goroutine of its own when the caller's session is
	// revoked, or now if it was revoked after Identify, until stop.
	OnRevoked(caller auth.Caller, end func()) (stop func())
	// Prepare finds the text of a persisted document, checks it and plans it. A
	// client's mistake is a gqlerr error.
	Prepare(ctx context.Context, caller auth.Caller, req plan.Request) (*plan.Operation, error)
	// Charge charges a caller the price of a request, before any of it is parsed:
	// of so many operations, and of so many bytes, decompressed. The price is part
	// of the Admit that must follow. An error with code RATE_LIMITED has the seconds
	// until a retry as extensions.retryAfter; then nothing is charged.
	Charge(ctx context.Context, caller auth.Caller, operations, bytes int) (price int, err error)
	// Admit charges the caller for one client request, before any of it runs: its
	// price and an operation, or all those of a batch. Without operations it
	// settles the price of a request that is refused. Its errors are as Charge's.
	Admit(ctx context.Context, caller auth.Caller, price int, ops ...*plan.Operation) (Allowance, error)
	// Begin opens the session of one client request, with the client's headers.
	Begin(caller auth.Caller, client http.Header) *execute.Session
	// Run answers a query or mutation.
	Run(ctx context.Context, op *plan.Operation, session *execute.Session) (execute.Response, error)
	// Stream answers an operation with @defer. Each part is a whole JSON object,
	// and more reports whether another follows; an error of send ends the stream.
	Stream(ctx context.Context, op *plan.Operation, session *execute.Session, send func(part []byte, more bool) error) error
	// Watch answers a subscription until it ends, see execute.Executor.Watch.
	Watch(ctx context.Context, op *plan.Operation, session *execute.Session, send func([]byte) error) error
	// Refused counts a request that was not run.
	Refused(code gqlerr.Code)
}

// Allowance is the state of a caller's rate limit. The zero value means that
// there is none.
type Allowance struct {
	Limit     int // burst
	Remaining int
	Reset     time.Duration // until Limit is available again
}

// Options bound what clients may do.
type Options struct {
	Body         int64         // bytes of a request, decompressed
	Request      time.Duration // for a query or mutation, and for a request's body to arrive
	Origins      []string      // allowed by CORS; "*" is any
	Proxies      int           // trusted ones in front, each of which appends to X-Forwarded-For
	ShowFetches  bool          // report the number of fetches in a header
	Batch        int           // operations in one request; less than 1: no batches
	BatchExclude []string      // root fields that are refused in a batch
	Memory       int64         // bytes of bodies and answers together; a quarter of them for one network
	Readers      int           // bodies that arrive at once from one network
	PerAddress   int           // requests in the router at once from one network
	InFlight     int           // requests in the router at once, running or waiting; more are refused
	// ConcurrencyMin and ConcurrencyMax bound how many operations run at once. In between
	// the number follows the measured latency.
	ConcurrencyMin, ConcurrencyMax int
	Priorities                     map[string]Priority // by root field; of others: Normal
	Streams                        StreamOptions
	Socket                         SocketOptions
}

// StreamOptions bound streams of every transport.
type StreamOptions struct {
	Heartbeat     time.Duration // of silence before a heartbeat is sent
	Reserved      time.Duration // until a reserved single connection must be opened
	Subscriptions int           // concurrent, per client
	PerAddress    int           // concurrent subscriptions of all clients of one network
	Sockets       int           // concurrent, per network
}
