// Package transport carries GraphQL between clients and the graph: over HTTP by
// GET and POST, and over WebSocket by the graphql-transport-ws protocol.
//
// It knows nothing of plans and subgraphs. Every refusal it makes is a GraphQL
// error with a code, whatever the client sent.
package transport

import (
	"bytes"
	"context"
	"encoding/json"
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
	// Begin opens the session of one client request. Of the client's headers
	// it reads what may be passed on.
	Begin(caller auth.Caller, client http.Header) *execute.Session
	// Run answers a query or mutation.
	Run(ctx context.Context, op *plan.Operation, session *execute.Session) (execute.Answer, error)
	// Watch answers a subscription until it ends, see execute.Executor.Watch.
	Watch(ctx context.Context, op *plan.Operation, session *execute.Session, send func([]byte) error) error
	// Refused counts a request that was not run.
	Refused(code gqlerr.Code)
}

// Options bound what a client may do.
type Options struct {
	Body        int64         // bytes of a request
	Request     time.Duration // for a query or mutation
	Origins     []string      // that browsers may ask from; "*" is any
	ShowFetches bool          // tell in a header how many requests subgraphs got
	Socket      SocketOptions
}

// parameters are the members of a request that are read.
type parameters struct {
	Query         *string         `json:"query"`
	OperationName *string         `json:"operationName"`
	Variables     json.RawMessage `json:"variables"`
	Extensions    json.RawMessage `json:"extensions"`
}

// decode reads a request's JSON.
func decode(body []byte) (plan.Request, *gqlerr.Error) {
	body = bytes.TrimSpace(body)
	switch {
	case len(body) == 0:
		return plan.Request{}, gqlerr.New(gqlerr.BadUserInput, "The request has no body.")
	case !json.Valid(body):
		return plan.Request{}, gqlerr.New(gqlerr.BadUserInput, "The request is not valid JSON.")
	case body[0] == '[':
		return plan.Request{}, gqlerr.New(gqlerr.BadUserInput, "Send one operation a request.")
	}
	var p parameters
	if err := json.Unmarshal(body, &p); err != nil {
		return plan.Request{}, gqlerr.New(gqlerr.BadUserInput, "The request must be an object whose query and operationName are strings.")
	}
	return p.request()
}

func (p parameters) request() (plan.Request, *gqlerr.Error) {
	if !objectOrNothing(p.Variables) {
		return plan.Request{}, gqlerr.New(gqlerr.BadUserInput, "variables must be an object.")
	}
	if !objectOrNothing(p.Extensions) {
		return plan.Request{}, gqlerr.New(gqlerr.BadUserInput, "extensions must be an object.")
	}
	if p.Query == nil || *p.Query == "" {
		return plan.Request{}, p.missingQuery()
	}
	req := plan.Request{Query: *p.Query, Variables: p.Variables}
	if p.OperationName != nil {
		req.OperationName = *p.OperationName
	}
	return req, nil
}

// missingQuery answers clients that hope we know the text by its hash: they
// send it again in full.
func (p parameters) missingQuery() *gqlerr.Error {
	var extensions struct{ PersistedQuery json.RawMessage }
	if err := json.Unmarshal(p.Extensions, &extensions); err == nil && extensions.PersistedQuery != nil {
		return gqlerr.New(gqlerr.PersistedQueryNotFound, "PersistedQueryNotFound")
	}
	return gqlerr.New(gqlerr.BadUserInput, "query is missing.")
}

func objectOrNothing(raw json.RawMessage) bool {
	return len(raw) == 0 || raw[0] == '{' || string(raw) == "null"
}
