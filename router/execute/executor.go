// Package execute runs planned operations: it fetches from the subgraphs,
// merges what they answer, and says what a client may know of what failed.
//
// Promises: a field whose rule the caller does not meet is null with an error
// at its path, and a fetch of nothing but such fields is not made. One
// subgraph's failure leaves the rest of the answer standing. The texts of
// internal faults never leave; their codes do.
package execute

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/wundergraph/astjson"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/internal/auth"
	"cartograph/internal/limiter"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/supergraph"
	"cartograph/router/upstream"
)

// Options are the executor's parts and bounds. All are needed but Internal and
// Rules.
type Options struct {
	Rules           map[supergraph.Coordinate]supergraph.Access // nil: everything is allowed
	Internal        *auth.Internal                              // nil: subgraphs get no token
	FetchTimeout    time.Duration
	EventTimeout    time.Duration // for the fetches of one event
	LargestResponse int           // bytes
	Client          upstream.Client
	Subgraphs       map[string]upstream.Options                                          // what differs for one of them, by its name
	Concurrency     int                                                                  // operations at once
	Engine          bool                                                                 // leave every plan to the engine's resolver
	Begin           func(ctx context.Context, subgraph string) (context.Context, string) // see upstream.Options
	Observe         func(context.Context, Fetch)
	Log             *slog.Logger
}

// Executor runs operations. It is safe for concurrent use.
type Executor struct {
	Options
	resolver  *resolve.Resolver
	limiter   *limiter.Limiter // of operations that run by their program
	seed      maphash.Seed
	phrases   phrases
	stop      context.CancelFunc
	subgraphs map[string]*upstream.Subgraph // by name
}

// New starts an executor that lives until Close, however ctx ends.
func New(ctx context.Context, o Options) *Executor {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	e := &Executor{Options: o, seed: maphash.MakeSeed(), phrases: enginePhrases(), stop: stop}
	e.subgraphs = map[string]*upstream.Subgraph{}
	// The transport bounds the requests that wait.
	e.limiter = limiter.New(limiter.Config{Concurrent: o.Concurrency, Queue: limiter.Unbounded})
	e.resolver = resolve.New(ctx, resolve.ResolverOptions{
		MaxConcurrency:                         o.Concurrency,
		MaxSubscriptionFetchTimeout:            o.EventTimeout,
		AsyncErrorWriter:                       e,
		PropagateSubgraphErrors:                true,
		SubgraphErrorPropagationMode:           resolve.SubgraphErrorPropagationModePassThrough,
		RewriteSubgraphErrorPaths:              true,
		OmitSubgraphErrorLocations:             true,
		AttachServiceNameToErrorExtensions:     true,
		AllowedErrorExtensionFields:            []string{"code", "retryAfter"},
		SetDeduplicationShardCountToGOMAXPROCS: true,
	})
	return e
}

// Upstream is how plans reach a subgraph through this executor. It must not be
// called while operations run.
func (e *Executor) Upstream(s supergraph.Subgraph) (plan.Upstream, error) {
	o := e.Subgraphs[s.Name]
	o.Timeout, o.MaxResponseBytes, o.Client = cmp.Or(o.Timeout, e.FetchTimeout), cmp.Or(o.MaxResponseBytes, e.LargestResponse), cmp.Or(o.Client, e.Client)
	o.Begin, o.Observe, o.Log = e.Begin, e.observe, e.Log
	subgraph, err := upstream.New(s.Name, s.URL, o)
	if err != nil {
		return plan.Upstream{}, err
	}
	e.subgraphs[s.Name] = subgraph
	return plan.Upstream{URL: s.URL, Client: &http.Client{Transport: subgraph.RoundTripper()}, Events: subgraph.Subscriptions()}, nil
}

// observe notes a fetch that has ended for the operation that made it, and for
// all.
func (e *Executor) observe(ctx context.Context, f upstream.Fetch) {
	recordOf(ctx).fetched(f)
	e.Observe(ctx, f)
}

// States are how the subgraphs are doing, by name.
func (e *Executor) States() map[string]upstream.State {
	states := make(map[string]upstream.State, len(e.subgraphs))
	for name, subgraph := range e.subgraphs {
		states[name] = subgraph.State()
	}
	return states
}

// Close ends all subscriptions and waits for their readers.
func (e *Executor) Close() {
	e.stop()
	for _, subgraph := range e.subgraphs {
		subgraph.Close()
	}
}

// Answer is the response to an operation that was run.
type Answer struct {
	Body    []byte
	Code    gqlerr.Code // of the first error, or ""
	Fetches int         // requests that subgraphs got
	Engine  bool        // the engine's resolver answered it

	room *room // that Body was written in; nil: it is nobody else's
}

// Run answers a query or mutation.
func (e *Executor) Run(ctx context.Context, op *plan.Operation, session *Session) (Answer, error) {
	single, ok := op.Plan.(*engine.SynchronousResponsePlan)
	if !ok {
		return Answer{}, fmt.Errorf("run operation %q: its plan is %T", op.Name, op.Plan)
	}
	if p := e.programOf(op, single.Response); p != nil {
		return e.runOwn(ctx, op, session, p, single.Response)
	}
	ctx, rec := withRecord(ctx)
	rc, err := e.context(ctx, op, session)
	if err != nil {
		return Answer{}, err
	}
	var out bytes.Buffer
	if _, err := e.resolver.ArenaResolveGraphQLResponse(rc, single.Response, &out); err != nil {
		return Answer{Fetches: rec.count()}, e.runError(ctx, op, err)
	}
	body, code := e.mask(out.Bytes(), masker{executor: e, response: single.Response, rec: rec, requestID: session.caller.RequestID})
	return Answer{Body: body, Code: code, Fetches: rec.count(), Engine: true}, nil
}

func (e *Executor) runError(ctx context.Context, op *plan.Operation, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return gqlerr.New(gqlerr.Timeout, "The operation took too long.")
	}
	return fmt.Errorf("run operation %q: %w", op.Name, err)
}

// context is the engine's view of a request. ID and the variables' hash make
// the key under which equal requests in flight are shared: without them
// different ones would be.
func (e *Executor) context(ctx context.Context, op *plan.Operation, session *Session) (*resolve.Context, error) {
	variables, err := astjson.ParseBytes(op.Variables)
	if err != nil {
		return nil, fmt.Errorf("variables of operation %q: %w", op.Name, err)
	}
	rc := resolve.NewContext(ctx)
	rc.Request = resolve.Request{ID: op.ID}
	rc.Variables, rc.VariablesHash, rc.RemapVariables = variables, op.VariablesHash, op.Remap
	rc.SubgraphHeadersBuilder = session
	if e.Rules != nil {
		rc.SetPreFetchFieldAuthorizer(guard{e.Rules, session.caller.Actor, session.policies()})
	}
	return rc, nil
}

// Watch answers a subscription: send gets a response for each event, and a
// failure of send ends the stream. It returns nil when the stream is complete,
// a gqlerr.List when it failed, and ErrStopped when the router stops.
func (e *Executor) Watch(ctx context.Context, op *plan.Operation, session *Session, send func(body []byte) error) error {
	stream, ok := op.Plan.(*engine.SubscriptionResponsePlan)
	if !ok {
		return fmt.Errorf("watch operation %q: its plan is %T", op.Name, op.Plan)
	}
	ctx, rec := withRecord(ctx)
	rc, err := e.context(ctx, op, session)
	if err != nil {
		return err
	}
	w := &eventWriter{send: send, masker: masker{
		executor: e, response: stream.Response.Response, rec: rec, requestID: session.caller.RequestID, source: stream.Response.Trigger.SourceName,
	}}
	if err := e.resolver.ResolveGraphQLSubscription(rc, stream.Response, w); err != nil {
		if errors.Is(err, context.Canceled) && ctx.Err() == nil {
			return ErrStopped
		}
		return fmt.Errorf("watch operation %q: %w", op.Name, err)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return w.failure()
}

// ErrStopped ends the streams of an executor that is being closed.
var ErrStopped = errors.New("the router is stopping")

// WriteError is what the engine calls when a subscription fails inside it.
func (e *Executor) WriteError(ctx *resolve.Context, err error, _ *resolve.GraphQLResponse, w io.Writer) {
	if ctx.Context().Err() == nil {
		e.Log.Error("subscription", "err", err)
	}
	if stream, ok := w.(resolve.SubscriptionResponseWriter); ok {
		stream.Error(gqlerr.Of(err).Body(""))
	}
}
