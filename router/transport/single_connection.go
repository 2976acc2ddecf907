package transport

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"sync"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// tokenHeader holds the token of a single connection. A browser's EventSource cannot
// set headers and puts the token into the URL. The name is in net/http's
// canonical form, which saves a conversion on every request.
const tokenHeader = "X-Graphql-Event-Stream-Token"

func tokenOfStream(r *http.Request) string {
	if token := r.Header.Get(tokenHeader); token != "" {
		return token
	}
	if !strings.Contains(r.URL.RawQuery, "token=") {
		return ""
	}
	return r.URL.Query().Get("token")
}

// connection is one client's single connection: one stream that carries the events
// of many operations, each started by a request of its own.
//
// Lifecycle: reserve creates it and ctx; attach opens its stream, once; ctx ends
// when the stream's request ends, when no client attaches within Streams.Reserved,
// when a write fails, or with the handler's streams. Then release waits for the
// operations and returns what the connection occupies. Operations may start
// before the stream is opened and wait for it, since clients send both requests
// concurrently.
type connection struct {
	h      *Handler
	token  string
	by     subscriber
	ctx    context.Context // from the reservation until the stream ends
	end    context.CancelFunc
	opened chan struct{}  // closed when stream is set, which makes it safe to read
	expiry *time.Timer    // ends a reservation that is not used
	work   sync.WaitGroup // Add under mu while ctx lives, so that never after Wait

	mu         sync.Mutex
	stream     *stream                       // nil until it is opened
	operations map[string]context.CancelFunc // running ones, by the client's id
}

// reservations are the single connections by token. The token is a secret: whoever
// has it can read the stream and start operations on it.
type reservations struct {
	mu      sync.Mutex
	byToken map[string]*connection
}

func newReservations() *reservations { return &reservations{byToken: map[string]*connection{}} }

func (r *reservations) add(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byToken[c.token] = c
}

func (r *reservations) remove(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byToken, c.token)
}

func (r *reservations) find(token string) *connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byToken[token]
}

// serveSingleConnection implements graphql-sse's single connection mode: PUT reserves
// a connection, GET opens its stream, POST or GET starts an operation, DELETE
// ends one.
func (h *Handler) serveSingleConnection(a reply, token string) {
	got, ok := h.receive(a)
	if !ok {
		return
	}
	defer got.leave()
	get := a.r.Method == http.MethodGet
	opens := get && accepts(a.r.Header.Get("Accept")).events > 0 && a.r.URL.Query().Get("query") == ""
	c := h.reservations.find(token)
	if c != nil && !opens && (get || a.r.Method == http.MethodPost) {
		c.start(a, got)
		return
	}
	if err := h.chargeRefused(a.r.Context(), got.caller, got.price, nil); err != nil { // it starts no operation
		a.refuseError(err)
		return
	}
	switch {
	case a.r.Method == http.MethodPut:
		h.reserve(a, got.caller)
	case c == nil:
		a.refuse(jsonType, http.StatusNotFound, gqlerr.New(gqlerr.BadUserInput, "No stream is reserved with this token."))
	case a.r.Method == http.MethodDelete:
		c.complete(a)
	case opens:
		got.leave()
		c.attach(a)
	default:
		a.w.Header().Set("Allow", allowed)
		a.refuse(jsonType, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Use GET, POST, PUT or DELETE."))
	}
}

// reserve creates a connection. It counts as one subscription and as one stream
// until release.
func (h *Handler) reserve(a reply, caller auth.Caller) {
	by := subscriberOf(caller, a.network)
	if problem := h.subscriptions.enter(by); problem != nil {
		a.refuse(jsonType, http.StatusTooManyRequests, problem)
		return
	}
	if !h.enter() {
		h.subscriptions.leave(by)
		a.refuse(jsonType, http.StatusServiceUnavailable, stopping())
		return
	}
	c := &connection{
		h: h, token: rand.Text(), by: by, opened: make(chan struct{}), operations: map[string]context.CancelFunc{},
	}
	// The stream outlives the PUT, and its operations have callers of their own,
	// whose credentials end them one by one.
	ctx, end := h.lifetime(context.WithoutCancel(a.r.Context()))
	c.ctx, c.end = ctx, func() { end(nil) }
	h.reservations.add(c)
	c.expiry = time.AfterFunc(h.options.Streams.Reserved, c.end)
	context.AfterFunc(c.ctx, c.release)
	a.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	a.w.WriteHeader(http.StatusCreated)
	_, _ = a.w.Write([]byte(c.token))
}

// release waits for the operations, whose contexts ended with the connection's, and
// returns what the connection occupies. It runs once, in a goroutine of its own.
func (c *connection) release() {
	c.expiry.Stop()
	c.h.reservations.remove(c)
	c.work.Wait()
	c.h.subscriptions.leave(c.by)
	c.h.streams.Done()
}

// attach opens the stream in the response to a and holds that request until the
// connection ends. A second one is refused: events would go to either.
func (c *connection) attach(a reply) {
	c.mu.Lock()
	if c.stream != nil {
		c.mu.Unlock()
		a.refuse(jsonType, http.StatusConflict, gqlerr.New(gqlerr.BadUserInput, "The stream is already open."))
		return
	}
	s := a.openStream(eventsType+"; charset=utf-8", heartbeat, heartbeat, c.end)
	c.stream = s
	c.expiry.Stop()
	close(c.opened)
	c.mu.Unlock()
	defer s.close()
	defer c.end()
	select {
	case <-a.r.Context().Done():
	case <-c.ctx.Done():
	}
}

// start accepts an operation, whose answers are sent on the stream. Its own request
// is answered with 202 or with why it is refused.
func (c *connection) start(a reply, got received) {
	h := c.h
	in, status, problem := parse(a.r, got.body.bytes)
	if problem == nil && (in.batch != nil || in.operationID == "") {
		status = http.StatusBadRequest
		problem = gqlerr.New(gqlerr.BadUserInput, "A single connection requires one operation per request, with an id in extensions.operationId.")
	}
	if problem != nil {
		h.refuseInput(a, got, status, problem)
		return
	}
	in.request.Incremental = true
	op, err := h.graph.Prepare(a.r.Context(), got.caller, in.request)
	if err == nil && op.Kind == plan.Mutation && a.r.Method != http.MethodPost {
		a.w.Header().Set("Allow", "POST")
		h.refuseInput(a, got, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Mutations require POST."))
		return
	}
	if err == nil {
		var allowance Allowance
		allowance, err = h.graph.Admit(a.r.Context(), got.caller, got.price, op)
		a.setRateLimit(allowance)
	} else {
		err = h.chargeRefused(a.r.Context(), got.caller, got.price, err)
	}
	if err != nil {
		a.refuseError(err)
		return
	}
	if status, problem = c.register(a, in.operationID, op, got.caller); problem != nil {
		a.refuse(jsonType, status, problem)
		return
	}
	a.w.WriteHeader(http.StatusAccepted)
}

// register starts an operation unless its id is in use or a limit is reached. The
// check of ctx and work.Go are under one lock: release waits for work only after
// ctx has ended, so no operation can be added behind its back.
func (c *connection) register(a reply, id string, op *plan.Operation, caller auth.Caller) (int, *gqlerr.Error) {
	h := c.h
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := h.options.Socket.Operations
	switch {
	case c.ctx.Err() != nil:
		return http.StatusNotFound, gqlerr.New(gqlerr.BadUserInput, "The stream has ended.")
	case c.operations[id] != nil:
		return http.StatusConflict, gqlerr.New(gqlerr.BadUserInput, "An operation with this id is already running.")
	case len(c.operations) >= limit:
		return http.StatusTooManyRequests, gqlerr.New(gqlerr.RateLimited, "This stream already runs %d operations.", limit).With("limit", limit)
	}
	if op.Kind == plan.Subscription {
		if problem := h.subscriptions.enter(c.by); problem != nil {
			return http.StatusTooManyRequests, problem
		}
	}
	ctx, end := h.callersLifetime(c.ctx, a.r, caller)
	c.operations[id] = end
	client := a.r.Header.Clone()
	c.work.Go(func() {
		defer c.finish(id, op, end)
		c.run(ctx, id, op, caller, client, a.requestID)
	})
	return 0, nil
}

// run executes an operation once the stream is open.
func (c *connection) run(ctx context.Context, id string, op *plan.Operation, caller auth.Caller, client http.Header, requestID string) {
	select {
	case <-c.opened:
	case <-ctx.Done():
		return
	}
	events := newSharedEvents(id, requestID, func(event []byte) error {
		if ctx.Err() != nil && credentialsEnded(context.Cause(ctx)) == nil {
			return ctx.Err() // after DELETE the client expects no more events of this id
		}
		return c.stream.send(event)
	})
	err := c.h.admit(ctx, c.by.network, op, func() error { return c.h.perform(ctx, op, caller, client, events.next) })
	c.h.conclude(ctx, events, op, requestID, err)
}

// finish frees the id. It runs before work.Done, so that release finds nothing left.
func (c *connection) finish(id string, op *plan.Operation, end context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end()
	delete(c.operations, id)
	if op.Kind == plan.Subscription {
		c.h.subscriptions.leave(c.by)
	}
}

// complete ends an operation by request of its client. One that has already ended is
// no error: the two may cross.
func (c *connection) complete(a reply) {
	id := a.r.URL.Query().Get("operationId")
	if id == "" {
		a.refuse(jsonType, http.StatusBadRequest, gqlerr.New(gqlerr.BadUserInput, "operationId is missing."))
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if end := c.operations[id]; end != nil {
		end()
	}
	a.w.WriteHeader(http.StatusOK)
}
