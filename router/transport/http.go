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
	packers       *packers
	places        *places
	subscriptions *tally // by client
	sockets       *tally // by address
	reservations  *reservations

	stop    context.Context // its cause is why streams have to end
	stopNow context.CancelCauseFunc
	mu      sync.Mutex // of stopNow against a stream that just enters
	streams sync.WaitGroup
}

// New returns a handler that serves until Close, however ctx ends.
func New(ctx context.Context, graph Graph, o Options, log *slog.Logger) *Handler {
	h := &Handler{
		graph: graph, options: o, log: log,
		packers: newPackers(o.Body), places: newPlaces(o.InFlight, o.Queue),
		subscriptions: newTally(o.Streams.Subscriptions), sockets: newTally(o.Streams.Sockets),
		reservations: newReservations(),
	}
	h.stop, h.stopNow = context.WithCancelCause(context.WithoutCancel(ctx))
	return h
}

// Why streams are ended before their time. A client comes back after either.
var (
	ErrStopping   = errors.New("The router is stopping") //nolint:staticcheck // clients are shown it
	ErrRestarting = errors.New("Service Restart")        //nolint:staticcheck // the WebSocket protocol's words
)

// EndStreams says goodbye to every stream and lets plain requests go on. Only
// the first call counts.
func (h *Handler) EndStreams(why error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stopNow(why)
}

// Close says goodbye to every stream and waits until all are gone. Plain
// requests are their server's to drain.
func (h *Handler) Close() {
	h.EndStreams(ErrStopping)
	h.streams.Wait()
}

// enter counts a stream in, unless the handler is closed.
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

// RequestID is the id the client chose, if it is a sane one, or a new one.
func RequestID(r *http.Request) string {
	const longest = 64
	chosen := r.Header.Get("X-Request-Id")
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:"
	if chosen != "" && len(chosen) <= longest && strings.Trim(chosen, allowed) == "" {
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
	wants := accepts(a.r.Header.Get("Accept"))
	if wants.nothing() {
		a.refuse(jsonType, http.StatusNotAcceptable, gqlerr.New(gqlerr.BadUserInput,
			"This address answers as %s or %s; Accept allows neither.", graphqlType, jsonType))
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
		h.serveBatch(a, wants, in.batch, caller)
		return
	}
	in.request.Incremental = a.r.Method != http.MethodHead && max(wants.deferred, wants.events) > 0
	op, err := h.graph.Prepare(a.r.Context(), in.request)
	if err != nil {
		h.refuseOperation(a, wants, err)
		return
	}
	h.answer(a, wants, op, caller, leave)
}

// receive finds a place for a request and its caller's name, or refuses it.
func (h *Handler) receive(a reply) (caller auth.Caller, leave func(), ok bool) {
	leave, err := h.places.come()
	if err != nil {
		a.refuse(jsonType, http.StatusServiceUnavailable, overloaded())
		return caller, nil, false
	}
	if caller, err = h.graph.Identify(a.r.Context(), a.r); err != nil {
		leave()
		h.refuseCaller(a, err)
		return caller, nil, false
	}
	return caller, leave, true
}

// answer carries an operation's answer by the form that its client takes.
func (h *Handler) answer(a reply, wants accepted, op *plan.Operation, caller auth.Caller, leave func()) {
	form := wants.formOf(op)
	switch {
	case op.Kind == plan.Mutation && a.r.Method != http.MethodPost:
		a.w.Header().Set("Allow", "POST")
		a.refuse(jsonType, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Mutations need POST."))
		return
	case form == noForm:
		a.refuse(jsonType, http.StatusNotAcceptable, notAcceptable(op))
		return
	case form != single && a.r.Method == http.MethodHead:
		a.w.Header().Set("Allow", "GET, POST")
		a.refuse(jsonType, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Streams need GET or POST."))
		return
	}
	allowance, err := h.graph.Admit(a.r.Context(), caller, op)
	a.tell(allowance)
	if err != nil {
		h.refuseOperation(a, wants, err)
		return
	}
	if op.Kind == plan.Subscription {
		leave() // it lasts as long as the client likes, and is counted elsewhere
		h.serveSubscription(a, form, op, caller)
		return
	}
	done, err := h.places.run(a.r.Context())
	if err != nil {
		a.refuse(jsonType, http.StatusServiceUnavailable, overloaded())
		return
	}
	defer done()
	if form == single {
		media, _ := wants.media()
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
