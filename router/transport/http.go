package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// Handler serves a graph. It is the whole of /graphql.
type Handler struct {
	graph         Graph
	options       Options
	log           *slog.Logger
	compression   *compression
	admission     *admission
	subscriptions *counter // by client
	sockets       *counter // by address
	reservations  *reservations

	stop    context.Context // done when streams must end; its cause is the reason
	stopNow context.CancelCauseFunc
	// mu orders stopNow against enter: streams.Add must not run concurrently with
	// the Wait of Close, and no stream may open after it.
	mu      sync.Mutex
	streams sync.WaitGroup
}

// New returns a handler that serves until Close. The end of ctx does not stop it:
// during shutdown requests in flight are still answered.
func New(ctx context.Context, graph Graph, o Options, log *slog.Logger) *Handler {
	h := &Handler{
		graph: graph, options: o, log: log,
		compression: newCompression(o.Body), admission: newAdmission(o.InFlight, o.Queue),
		subscriptions: newCounter(o.Streams.Subscriptions), sockets: newCounter(o.Streams.Sockets),
		reservations: newReservations(),
	}
	h.stop, h.stopNow = context.WithCancelCause(context.WithoutCancel(ctx))
	return h
}

// Reasons to end streams. A client reconnects after either.
var (
	ErrStopping   = errors.New("The router is stopping") //nolint:staticcheck // sent to clients
	ErrRestarting = errors.New("Service Restart")        //nolint:staticcheck // RFC 6455's name of code 1012
)

// EndStreams ends every stream; other requests continue. Calls after the first
// have no effect.
func (h *Handler) EndStreams(reason error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopNow(reason)
}

// Close ends every stream and waits for them. Other requests are drained by
// their HTTP server.
func (h *Handler) Close() {
	h.EndStreams(ErrStopping)
	h.streams.Wait()
}

// enter registers a stream, unless streams have been ended. With true,
// streams.Done must follow.
func (h *Handler) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stop.Err() != nil {
		return false
	}
	h.streams.Add(1)
	return true
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := RequestID(r)
	r.Header.Set("X-Request-Id", requestID)
	w.Header().Set("X-Request-Id", requestID)
	h.cors(w, r)
	a := reply{h, w, r, requestID}
	switch {
	case r.Method == http.MethodOptions:
		h.serveOptions(w)
	case isUpgrade(r):
		h.serveSocket(a) //nolint:contextcheck // see socket.write
	default:
		w.Header().Add("Vary", "Accept, Accept-Encoding")
		w.Header().Set("Cache-Control", "private, no-store")
		h.serveRequest(a) //nolint:contextcheck // it is the request's
	}
}

// RequestID is the client's X-Request-Id if it is well-formed, else a new one. It
// is logged and forwarded, so its length and characters are restricted.
func RequestID(r *http.Request) string {
	const maxBytes = 64
	chosen := r.Header.Get("X-Request-Id")
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:"
	if chosen != "" && len(chosen) <= maxBytes && strings.Trim(chosen, allowed) == "" {
		return chosen
	}
	return id.New("req")
}

func (h *Handler) serveRequest(a reply) {
	switch token := tokenOfStream(a.r); {
	case a.r.Method == http.MethodPut, a.r.Method == http.MethodDelete, token != "":
		h.serveSingleConnection(a, token)
		return
	case a.r.Method != http.MethodGet && a.r.Method != http.MethodHead && a.r.Method != http.MethodPost:
		a.w.Header().Set("Allow", allowed)
		a.refuse(jsonType, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Use GET or POST."))
		return
	}
	accept := accepts(a.r.Header.Get("Accept"))
	if accept.nothing() {
		a.refuse(jsonType, http.StatusNotAcceptable, gqlerr.New(gqlerr.BadUserInput,
			"Responses are %s or %s; Accept allows neither.", graphqlType, jsonType))
		return
	}
	caller, leave, ok := h.receive(a)
	if !ok {
		return
	}
	defer leave()
	in, status, problem := h.read(a)
	if problem != nil {
		a.refuse(jsonType, status, problem)
		return
	}
	if in.batch != nil {
		h.serveBatch(a, accept, in.batch, caller)
		return
	}
	in.request.Incremental = a.r.Method != http.MethodHead && max(accept.deferred, accept.events) > 0
	op, err := h.graph.Prepare(a.r.Context(), in.request)
	if err != nil {
		h.refuseOperation(a, accept, err)
		return
	}
	h.answer(a, accept, op, caller, leave)
}

// receive admits a request and authenticates it, or refuses it. With ok, leave must
// be called.
func (h *Handler) receive(a reply) (caller auth.Caller, leave func(), ok bool) {
	leave, ok = h.admission.enter()
	if !ok {
		a.refuse(jsonType, http.StatusServiceUnavailable, overloaded())
		return caller, nil, false
	}
	var err error
	if caller, err = h.graph.Identify(a.r.Context(), a.r); err != nil {
		leave()
		h.refuseCaller(a, err)
		return caller, nil, false
	}
	return caller, leave, true
}

// answer runs an operation and answers in the form that its client accepts.
func (h *Handler) answer(a reply, accept accepted, op *plan.Operation, caller auth.Caller, leave func()) {
	form := accept.formOf(op)
	switch {
	case op.Kind == plan.Mutation && a.r.Method != http.MethodPost:
		a.w.Header().Set("Allow", "POST")
		a.refuse(jsonType, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Mutations require POST."))
		return
	case form == noForm:
		a.refuse(jsonType, http.StatusNotAcceptable, notAcceptable(op))
		return
	case form != single && a.r.Method == http.MethodHead:
		a.w.Header().Set("Allow", "GET, POST")
		a.refuse(jsonType, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Streams require GET or POST."))
		return
	}
	allowance, err := h.graph.Admit(a.r.Context(), caller, op)
	a.setRateLimit(allowance)
	if err != nil {
		h.refuseOperation(a, accept, err)
		return
	}
	if op.Kind == plan.Subscription {
		leave() // it would occupy the limiter for as long as the client likes; subscriptions have a limit of their own
		h.serveSubscription(a, form, op, caller)
		return
	}
	if err := h.admission.run(a.r.Context()); err != nil {
		a.refuse(jsonType, http.StatusServiceUnavailable, overloaded())
		return
	}
	defer h.admission.done()
	if form == single {
		media, _ := accept.media()
		h.serveSingle(a, media, op, caller)
		return
	}
	h.serveParts(a, form, op, caller)
}

func notAcceptable(op *plan.Operation) *gqlerr.Error {
	if op.Kind == plan.Subscription {
		return gqlerr.New(gqlerr.BadUserInput,
			"Subscriptions are served as %s, as %s;subscriptionSpec=%s, or over WebSocket by the graphql-transport-ws protocol; Accept allows none of them.",
			eventsType, mixedType, subscriptionSpec)
	}
	return gqlerr.New(gqlerr.BadUserInput, "This operation is served as %s, %s or %s; Accept allows none of them.", graphqlType, jsonType, eventsType)
}
