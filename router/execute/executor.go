// Package execute runs planned operations: it fetches from the subgraphs, merges
// their responses, and writes the data and the errors that a client gets.
//
// Guarantees: a field whose access rule the caller does not meet is null with an
// error at its path, and a fetch of nothing but such fields is not made. The
// failure of one subgraph leaves the rest of the response intact. Messages of
// internal errors never reach a client; their codes do.
//
// There are two executors. A plan is compiled to a program (package program)
// and run by run.go, without intermediate JSON trees; what the compiler does
// not support is left to the engine's resolver, as are subscriptions and
// deferred operations. The differential test holds that both respond alike.
//
// A run has three steps: fetch the program's stages (run.go, request.go),
// overlay their responses in an arena (merge.go, package arena), and write the
// response in one walk over program and data (writer.go).
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
	"sync"
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

// Options are the executor's parts and bounds. All are required but Internal and
// Rules.
type Options struct {
	Rules            map[supergraph.Coordinate]supergraph.Access // nil: no field is restricted
	Internal         *auth.Internal                              // nil: subgraphs get no token
	FetchTimeout     time.Duration
	EventTimeout     time.Duration // for the fetches of one event
	MaxResponseBytes int           // bytes
	Client           upstream.Client
	Subgraphs        map[string]upstream.Options                                          // overrides for single subgraphs, by name
	Errors           map[string]ErrorPolicy                                               // of single subgraphs, by name
	MaxConcurrent    int                                                                  // operations that run at once
	EngineOnly       bool                                                                 // run every plan by the engine's resolver
	Begin            func(ctx context.Context, subgraph string) (context.Context, string) // see upstream.Options
	Observe          func(context.Context, Fetch)
	Log              *slog.Logger
}

// Executor runs operations. It is safe for concurrent use.
type Executor struct {
	Options
	resolver     *resolve.Resolver
	limiter      *limiter.Limiter // of operations that run by their program
	schemas      *limiter.Limiter // of operations that read the schema
	seed         maphash.Seed
	engineErrors engineErrorPatterns
	stop         context.CancelFunc
	stopped      <-chan struct{}               // closed by stop
	subgraphs    map[string]*upstream.Subgraph // by name
}

// maxIntrospections bounds the operations that read the schema at once. Each holds
// the whole of it as a tree, some megabytes, until it is written.
const maxIntrospections = 2

// New starts an executor that runs until Close, even if ctx ends before: the
// context given to the engine's resolver is its lifetime, and a request's would
// end all others.
func New(ctx context.Context, o Options) *Executor {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	e := &Executor{Options: o, seed: maphash.MakeSeed(), engineErrors: newEngineErrorPatterns(), stop: stop, stopped: ctx.Done()}
	e.subgraphs = map[string]*upstream.Subgraph{}
	// The transport bounds the requests that wait.
	e.limiter = limiter.New(limiter.Config{Concurrent: o.MaxConcurrent, Queue: limiter.Unbounded})
	e.schemas = limiter.New(limiter.Config{Concurrent: maxIntrospections, Queue: limiter.Unbounded})
	e.resolver = resolve.New(ctx, resolve.ResolverOptions{
		MaxConcurrency:                         o.MaxConcurrent,
		MaxSubscriptionFetchTimeout:            o.EventTimeout,
		AsyncErrorWriter:                       e,
		PropagateSubgraphErrors:                true,
		SubgraphErrorPropagationMode:           resolve.SubgraphErrorPropagationModePassThrough,
		RewriteSubgraphErrorPaths:              true,
		OmitSubgraphErrorLocations:             true,
		AttachServiceNameToErrorExtensions:     true,
		AllowedErrorExtensionFields:            o.extensionNames(),
		SetDeduplicationShardCountToGOMAXPROCS: true,
	})
	return e
}

// Upstream connects the plans of a subgraph to this executor. It must not be
// called while operations run: the map of subgraphs is not locked.
func (e *Executor) Upstream(s supergraph.Subgraph) (plan.Upstream, error) {
	o := e.Subgraphs[s.Name]
	o.Timeout, o.MaxResponseBytes, o.Client = cmp.Or(o.Timeout, e.FetchTimeout), cmp.Or(o.MaxResponseBytes, e.MaxResponseBytes), cmp.Or(o.Client, e.Client)
	o.Begin, o.Observe, o.Log = e.Begin, e.observe, e.Log
	subgraph, err := upstream.New(s.Name, s.URL, o)
	if err != nil {
		return plan.Upstream{}, err
	}
	e.subgraphs[s.Name] = subgraph
	return plan.Upstream{URL: s.URL, Client: &http.Client{Transport: subgraph.RoundTripper()}, Events: subgraph.Subscriptions()}, nil
}

// observe records a fetch that has ended with its operation and in the metrics.
func (e *Executor) observe(ctx context.Context, f upstream.Fetch) {
	fetchRecordOf(ctx).fetched(f)
	e.Observe(ctx, f)
}

// States returns the state of the traffic to each subgraph, by name.
func (e *Executor) States() map[string]upstream.State {
	states := make(map[string]upstream.State, len(e.subgraphs))
	for name, subgraph := range e.subgraphs {
		states[name] = subgraph.State()
	}
	return states
}

// Ready returns why subgraphs do not take requests, by name; nil for one that
// does.
func (e *Executor) Ready(ctx context.Context) map[string]error {
	var mu sync.Mutex
	var checks sync.WaitGroup
	ready := make(map[string]error, len(e.subgraphs))
	for name, subgraph := range e.subgraphs {
		checks.Go(func() {
			err := subgraph.Ready(ctx)
			mu.Lock()
			defer mu.Unlock()
			ready[name] = err
		})
	}
	checks.Wait()
	return ready
}

// Close ends all subscriptions and waits for their readers.
func (e *Executor) Close() {
	e.stop()
	for _, subgraph := range e.subgraphs {
		subgraph.Close()
	}
}

// Response is the result of an operation. Release returns its buffer.
type Response struct {
	Body    []byte
	Code    gqlerr.Code // of the first error, or ""
	Fetches int         // requests to subgraphs
	Engine  bool        // it was run by the engine's resolver

	RetryAfter int // seconds until an operation that was refused may be sent again; 0: no error has one

	buffer *responseBuffer // that holds Body; nil: Body is not pooled
}

// Run executes a query or mutation.
func (e *Executor) Run(ctx context.Context, op *plan.Operation, session *Session) (Response, error) {
	single, ok := op.Plan.(*engine.SynchronousResponsePlan)
	if !ok {
		return Response{}, fmt.Errorf("run operation %q: its plan is %T", op.Name, op.Plan)
	}
	if p := e.programOf(op, single.Response); p != nil {
		return e.runProgram(ctx, op, session, p, single.Response)
	}
	leave, err := e.enterSchema(ctx, op)
	if err != nil {
		return Response{}, err
	}
	defer leave()
	ctx, rec := withFetchRecord(ctx)
	rc, err := e.engineContext(ctx, op, session)
	if err != nil {
		return Response{}, err
	}
	var out bytes.Buffer
	if _, err := e.resolver.ArenaResolveGraphQLResponse(rc, single.Response, &out); err != nil {
		return Response{Fetches: rec.count()}, e.runError(ctx, op, err)
	}
	body, list := e.maskResponse(out.Bytes(), errorMasker{executor: e, response: single.Response, rec: rec, requestID: session.caller.RequestID})
	return Response{Body: body, Code: list.Code(), RetryAfter: list.RetryAfter(), Fetches: rec.count(), Engine: true}, nil
}

// enterSchema waits until an operation may run if it reads the schema: of these only
// few run at once. Without an error, leave must be called.
func (e *Executor) enterSchema(ctx context.Context, op *plan.Operation) (leave func(), err error) {
	if !op.IsIntrospection() {
		return func() {}, nil
	}
	if err := e.schemas.Acquire(ctx); err != nil {
		return nil, e.runError(ctx, op, err)
	}
	return e.schemas.Release, nil
}

func (e *Executor) runError(ctx context.Context, op *plan.Operation, err error) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return gqlerr.New(gqlerr.Timeout, "The operation took too long.")
	}
	return fmt.Errorf("run operation %q: %w", op.Name, err)
}

// engineContext returns the engine's view of a request. The engine shares equal
// requests in flight, under a key made of ID, VariablesHash and the hash of the
// headers. Without ID and VariablesHash different operations would have one key,
// and one client would get the data of another.
func (e *Executor) engineContext(ctx context.Context, op *plan.Operation, session *Session) (*resolve.Context, error) {
	variables, err := astjson.ParseBytes(op.Variables)
	if err != nil {
		return nil, fmt.Errorf("variables of operation %q: %w", op.Name, err)
	}
	rc := resolve.NewContext(ctx)
	rc.Request = resolve.Request{ID: op.ID}
	rc.Variables, rc.VariablesHash, rc.RemapVariables = variables, op.VariablesHash, op.Remap
	rc.SubgraphHeadersBuilder = session
	if e.Rules != nil {
		rc.SetPreFetchFieldAuthorizer(authorizer{e.Rules, session.caller.Actor, session.grantedPolicies()})
	}
	return rc, nil
}

// Subscribe executes a subscription: send gets a response for each event, and an
// error of send ends the stream. It returns nil when the stream completes, a
// gqlerr.List when it fails, and ErrStopped when the executor is closed.
func (e *Executor) Subscribe(ctx context.Context, op *plan.Operation, session *Session, send func(body []byte) error) error {
	stream, ok := op.Plan.(*engine.SubscriptionResponsePlan)
	if !ok {
		return fmt.Errorf("subscribe to operation %q: its plan is %T", op.Name, op.Plan)
	}
	ctx, rec := withFetchRecord(ctx)
	rc, err := e.engineContext(ctx, op, session)
	if err != nil {
		return err
	}
	w := &eventWriter{send: send, masker: errorMasker{
		executor: e, response: stream.Response.Response, rec: rec, requestID: session.caller.RequestID, source: stream.Response.Trigger.SourceName,
	}}
	err = e.resolver.ResolveGraphQLSubscription(rc, stream.Response, w)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case e.isStopped():
		// The engine's loop and the connection to the subgraph end at the same time:
		// whichever is first, the engine reports a cancellation, a failure or nothing.
		return ErrStopped
	case err != nil:
		return fmt.Errorf("subscribe to operation %q: %w", op.Name, err)
	}
	return w.failure()
}

func (e *Executor) isStopped() bool {
	select {
	case <-e.stopped:
		return true
	default:
		return false
	}
}

// ErrStopped ends the subscriptions of an executor that is being closed.
var ErrStopped = errors.New("the router is shutting down")

// WriteError is called by the engine when a subscription fails inside it.
func (e *Executor) WriteError(ctx *resolve.Context, err error, _ *resolve.GraphQLResponse, w io.Writer) {
	if ctx.Context().Err() == nil {
		e.Log.Error("subscription failed", "err", err)
	}
	if stream, ok := w.(resolve.SubscriptionResponseWriter); ok {
		stream.Error(gqlerr.FromError(err).Body(""))
	}
}
