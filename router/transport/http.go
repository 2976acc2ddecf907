package transport

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/internal/limiter"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// Handler serves a graph. It is the whole of /graphql.
type Handler struct {
	graph         Graph
	options       Options
	log           *slog.Logger
	compression   *compression
	readers       *limiter.Quota // bodies that arrive, by network
	memory        *limiter.Quota // bytes of bodies and answers, by network
	admission     *admission
	subscriptions *subscriptions
	sockets       *limiter.Quota // by network
	reservations  *reservations
	unforwarded   sync.Once // the warning about ignored X-Forwarded-For headers

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
		compression: newCompression(o.Body), readers: limiter.NewQuota(o.Readers, 0),
		memory:    limiter.NewQuota(int(o.Memory/memoryShare), int(o.Memory)),
		admission: newAdmission(o), subscriptions: newSubscriptions(o.Streams),
		sockets: limiter.NewQuota(o.Streams.Sockets, 0), reservations: newReservations(),
	}
	h.stop, h.stopNow = context.WithCancelCause(context.WithoutCancel(ctx))
	return h
}

// memoryShare is the part of the memory budget that one network may hold.
const memoryShare = 4

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
	header := w.Header()
	header.Set("X-Request-Id", requestID)
	h.cors(w, r)
	address := ClientAddress(r, h.options.Proxies)
	a := reply{
		h: h, w: w, r: r, control: http.NewResponseController(w),
		requestID: requestID, address: address, network: auth.Caller{Address: address}.Network(),
	}
	h.warnUnforwarded(r) //nolint:contextcheck // the request's
	if isUpgrade(r) {
		h.serveSocket(a) //nolint:contextcheck // see socket.write
		return
	}
	// Not the deadline of an earlier request on the connection. Whatever writes
	// later than this sets another.
	_ = a.control.SetWriteDeadline(time.Now().Add(h.options.Request + h.options.Socket.Write))
	if r.Method == http.MethodOptions {
		a.abandonBody()
		h.serveOptions(w)
		return
	}
	header.Add("Vary", "Accept, Accept-Encoding")
	header.Set("Cache-Control", "private, no-store")
	h.serveRequest(a) //nolint:contextcheck // it is the request's
}

// warnUnforwarded logs once that all clients behind a proxy share one address.
func (h *Handler) warnUnforwarded(r *http.Request) {
	if !ignoredForwarding(r, h.options.Proxies) {
		return
	}
	h.unforwarded.Do(func() {
		h.log.WarnContext(r.Context(), "X-Forwarded-For is ignored: no proxy is trusted, so all clients behind one share its limits; set trusted_proxies",
			"remote_address", r.RemoteAddr)
	})
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
		a.turnAway(http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Use GET or POST."))
		return
	}
	accept := accepts(a.r.Header.Get("Accept"))
	if accept.nothing() {
		a.turnAway(http.StatusNotAcceptable, gqlerr.New(gqlerr.BadUserInput,
			"Responses are %s or %s; Accept allows neither.", graphqlType, jsonType))
		return
	}
	got, ok := h.receive(a)
	if !ok {
		return
	}
	defer got.leave()
	in, status, problem := parse(a.r, got.body.bytes)
	if problem != nil {
		h.refuseInput(a, got, status, problem)
		return
	}
	if in.batch != nil {
		h.serveBatch(a, accept, in.batch, got)
		return
	}
	in.request.Incremental = a.r.Method != http.MethodHead && max(accept.deferred, accept.events) > 0
	op, err := h.graph.Prepare(a.r.Context(), got.caller, in.request)
	if err != nil {
		h.refuseOperation(a, accept, h.chargeRefused(a.r.Context(), got.caller, got.price, err))
		return
	}
	h.answer(a, accept, op, got)
}

// received is a request that has arrived and entered, and is charged its price.
// leave must be called; it may be called several times.
type received struct {
	body   body
	caller auth.Caller
	price  int
	leave  func()
}

// receive reads a request, admits and authenticates it, and charges its price; or
// refuses it.
func (h *Handler) receive(a reply) (received, bool) {
	var got received
	if a.r.Method == http.MethodPost {
		var status int
		var problem *gqlerr.Error
		if got.body, status, problem = h.readBody(a); problem != nil {
			a.turnAway(status, problem)
			return received{}, false
		}
		a.read = true
	}
	if !h.admission.enter(a.network) {
		h.release(a, got.body)
		a.turnAway(http.StatusServiceUnavailable, overloaded())
		return received{}, false
	}
	got.leave = sync.OnceFunc(func() { h.admission.leave(a.network); h.release(a, got.body) })
	var err error
	if got.caller, err = h.graph.Identify(a.r.Context(), a.r); err != nil {
		got.leave()
		h.refuseCaller(a, err)
		return received{}, false
	}
	if got.price, err = h.graph.Charge(a.r.Context(), got.caller, 1, len(got.body.bytes)+len(a.r.URL.RawQuery)); err != nil {
		got.leave()
		a.refuseError(err)
		return received{}, false
	}
	return got, true
}

// chargeRefused settles the price of a request that is refused for err. The result
// is err, or that the caller has exhausted its rate.
func (h *Handler) chargeRefused(ctx context.Context, caller auth.Caller, price int, err error) error {
	if _, exhausted := h.graph.Admit(ctx, caller, price); exhausted != nil {
		return exhausted
	}
	return err
}

// refuseInput answers a request that is not GraphQL over HTTP.
func (h *Handler) refuseInput(a reply, got received, status int, problem *gqlerr.Error) {
	a.refuseAs(status, h.chargeRefused(a.r.Context(), got.caller, got.price, problem))
}

// answer runs an operation and answers in the form that its client accepts.
func (h *Handler) answer(a reply, accept accepted, op *plan.Operation, got received) {
	form := accept.formOf(op)
	switch {
	case op.Kind == plan.Mutation && a.r.Method != http.MethodPost:
		a.w.Header().Set("Allow", "POST")
		h.refuseInput(a, got, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Mutations require POST."))
		return
	case form == noForm:
		h.refuseInput(a, got, http.StatusNotAcceptable, notAcceptable(op))
		return
	case form != single && a.r.Method == http.MethodHead:
		a.w.Header().Set("Allow", "GET, POST")
		h.refuseInput(a, got, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Streams require GET or POST."))
		return
	}
	allowance, err := h.graph.Admit(withHeader(a.r.Context(), a.r.Header), got.caller, got.price, op)
	a.setRateLimit(allowance)
	if err != nil {
		h.refuseOperation(a, accept, err)
		return
	}
	if op.Kind == plan.Subscription {
		got.leave() // it would occupy the limiter for as long as the client likes; subscriptions have a limit of their own
		h.serveSubscription(a, form, op, got.caller)
		return
	}
	running, err := h.begin(a.r.Context(), a.network, op)
	if err != nil {
		a.refuse(jsonType, http.StatusServiceUnavailable, overloaded())
		return
	}
	defer running.end()
	if form == single {
		media, _ := accept.media()
		h.serveSingle(a, media, op, got.caller, running)
		return
	}
	h.serveParts(a, form, op, got.caller)
}

func notAcceptable(op *plan.Operation) *gqlerr.Error {
	if op.Kind == plan.Subscription {
		return gqlerr.New(gqlerr.BadUserInput,
			"Subscriptions are served as %s, as %s;subscriptionSpec=%s, or over WebSocket by the graphql-transport-ws protocol; Accept allows none of them.",
			eventsType, mixedType, subscriptionSpec)
	}
	return gqlerr.New(gqlerr.BadUserInput, "This operation is served as %s, %s or %s; Accept allows none of them.", graphqlType, jsonType, eventsType)
}
