package transport

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// tokenHeader names the stream of a single connection; a browser's EventSource
// cannot set it and puts the token into the URL. It is written as net/http
// keeps it: another spelling would be converted for every request.
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

// connection is one client's single connection: one stream that carries the
// events of many operations, each begun by a request of its own.
type connection struct {
	h      *Handler
	token  string
	client string
	ctx    context.Context // from the reservation until the stream ends
	end    context.CancelFunc
	opened chan struct{} // closed once the client has fetched the stream
	unused *time.Timer   // ends a reservation for which nobody comes
	work   sync.WaitGroup

	mu         sync.Mutex
	stream     *stream
	operations map[string]context.CancelFunc
}

// reservations are the single connections by their tokens.
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

// serveSingleConnection is graphql-sse's mode of a single connection: PUT
// reserves it, GET fetches its stream, POST or GET begins an operation, DELETE
// ends one.
func (h *Handler) serveSingleConnection(a reply, token string) {
	caller, leave, ok := h.receive(a)
	if !ok {
		return
	}
	defer leave()
	if a.r.Method == http.MethodPut {
		h.reserve(a, caller)
		return
	}
	c := h.reservations.find(token)
	switch {
	case c == nil:
		a.refuse(jsonType, http.StatusNotFound, gqlerr.New(gqlerr.BadUserInput, "No stream is reserved under this token."))
	case a.r.Method == http.MethodDelete:
		c.forget(a)
	case a.r.Method == http.MethodGet && accepts(a.r.Header.Get("Accept")).events > 0 && a.r.URL.Query().Get("query") == "":
		leave()
		c.serve(a)
	case a.r.Method == http.MethodGet, a.r.Method == http.MethodPost:
		c.begin(a, caller)
	default:
		a.w.Header().Set("Allow", allowed)
		a.refuse(jsonType, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Use GET, POST, PUT or DELETE."))
	}
}

func (h *Handler) reserve(a reply, caller auth.Caller) {
	client := h.clientOf(caller, a.r)
	if !h.subscriptions.enter(client) {
		a.refuse(jsonType, http.StatusTooManyRequests, h.tooManySubscriptions())
		return
	}
	if !h.enter() {
		h.subscriptions.leave(client)
		a.refuse(jsonType, http.StatusServiceUnavailable, stopping())
		return
	}
	c := &connection{
		h: h, token: rand.Text(), client: client, opened: make(chan struct{}), operations: map[string]context.CancelFunc{},
	}
	c.ctx, c.end = h.lifetime(context.WithoutCancel(a.r.Context()), auth.Caller{})
	h.reservations.add(c)
	c.unused = time.AfterFunc(h.options.Streams.Reserved, c.end)
	context.AfterFunc(c.ctx, c.remove)
	a.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	a.w.WriteHeader(http.StatusCreated)
	_, _ = a.w.Write([]byte(c.token))
}

// remove gives back what the connection holds, once its operations are gone.
func (c *connection) remove() {
	c.unused.Stop()
	c.h.reservations.remove(c)
	c.work.Wait()
	c.h.subscriptions.leave(c.client)
	c.h.streams.Done()
}

// serve is the stream itself; there is one.
func (c *connection) serve(a reply) {
	c.mu.Lock()
	if c.stream != nil {
		c.mu.Unlock()
		a.refuse(jsonType, http.StatusConflict, gqlerr.New(gqlerr.BadUserInput, "The stream is fetched already."))
		return
	}
	s := a.openStream(eventsType+"; charset=utf-8", heartbeat, heartbeat, c.end)
	c.stream = s
	c.unused.Stop()
	close(c.opened)
	c.mu.Unlock()
	defer s.close()
	defer c.end()
	select {
	case <-a.r.Context().Done():
	case <-c.ctx.Done():
	}
}

// begin accepts an operation, whose events the stream will carry.
func (c *connection) begin(a reply, caller auth.Caller) {
	h := c.h
	in, status, problem := h.read(a)
	if problem == nil && (in.batch != nil || in.operationID == "") {
		status = http.StatusBadRequest
		problem = gqlerr.New(gqlerr.BadUserInput, "A single connection takes one operation a request, named by extensions.operationId.")
	}
	if problem != nil {
		a.refuse(jsonType, status, problem)
		return
	}
	in.request.Incremental = true
	op, err := h.graph.Prepare(a.r.Context(), in.request)
	if err == nil && op.Kind == plan.Mutation && a.r.Method != http.MethodPost {
		a.w.Header().Set("Allow", "POST")
		a.refuse(jsonType, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Mutations need POST."))
		return
	}
	if err == nil {
		var allowance Allowance
		allowance, err = h.graph.Admit(a.r.Context(), caller, op)
		a.tell(allowance)
	}
	if err != nil {
		list := gqlerr.FromError(err)
		a.refuse(jsonType, h.statusOf(a, list, err), list...)
		return
	}
	if status, problem = c.start(a, in.operationID, op, caller); problem != nil {
		a.refuse(jsonType, status, problem)
		return
	}
	a.w.WriteHeader(http.StatusAccepted)
}

// start runs an operation beside the others.
func (c *connection) start(a reply, id string, op *plan.Operation, caller auth.Caller) (int, *gqlerr.Error) {
	h := c.h
	c.mu.Lock()
	defer c.mu.Unlock()
	most := h.options.Socket.Operations
	switch {
	case c.ctx.Err() != nil:
		return http.StatusNotFound, gqlerr.New(gqlerr.BadUserInput, "The stream has ended.")
	case c.operations[id] != nil:
		return http.StatusConflict, gqlerr.New(gqlerr.BadUserInput, "An operation of this id runs already.")
	case len(c.operations) >= most:
		return http.StatusTooManyRequests, gqlerr.New(gqlerr.RateLimited, "This stream carries %d operations already.", most).With("limit", most)
	case op.Kind == plan.Subscription && !h.subscriptions.enter(c.client):
		return http.StatusTooManyRequests, h.tooManySubscriptions()
	}
	ctx, end := h.lifetime(c.ctx, caller)
	c.operations[id] = end
	client := a.r.Header.Clone()
	c.work.Go(func() {
		defer c.finish(id, op, end)
		c.run(ctx, id, op, caller, client, a.requestID)
	})
	return 0, nil
}

func (c *connection) run(ctx context.Context, id string, op *plan.Operation, caller auth.Caller, client http.Header, requestID string) {
	select {
	case <-c.opened:
	case <-ctx.Done():
		return
	}
	events := newSharedEvents(id, requestID, func(event []byte) error {
		if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errExpired) {
			return ctx.Err() // nothing comes after DELETE
		}
		return c.stream.send(event)
	})
	err := c.h.inPlace(ctx, op, func() error { return c.h.perform(ctx, op, caller, client, events.next) })
	c.h.conclude(ctx, events, op, requestID, err)
}

func (c *connection) finish(id string, op *plan.Operation, end context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end()
	delete(c.operations, id)
	if op.Kind == plan.Subscription {
		c.h.subscriptions.leave(c.client)
	}
}

// forget ends an operation at its client's wish; one that has ended is fine.
func (c *connection) forget(a reply) {
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
