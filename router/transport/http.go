package transport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"cartograph/internal/auth"
	"cartograph/internal/id"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// Handler serves a graph. It is the whole of /graphql.
type Handler struct {
	graph   Graph
	options Options
	log     *slog.Logger

	stop    context.Context
	stopNow context.CancelFunc
	mu      sync.Mutex // of stopNow against a socket that just enters
	sockets sync.WaitGroup
}

// New returns a handler that serves until Close, however ctx ends.
func New(ctx context.Context, graph Graph, o Options, log *slog.Logger) *Handler {
	h := &Handler{graph: graph, options: o, log: log}
	h.stop, h.stopNow = context.WithCancel(context.WithoutCancel(ctx))
	return h
}

// Close says goodbye to every WebSocket and waits until all are gone. Plain
// requests are their server's to drain.
func (h *Handler) Close() {
	h.mu.Lock()
	h.stopNow()
	h.mu.Unlock()
	h.sockets.Wait()
}

// enter counts a socket in, unless the handler is closed.
func (h *Handler) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stop.Err() != nil {
		return false
	}
	h.sockets.Add(1)
	return true
}

// ServeHTTP answers one request.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	requestID := RequestID(r)
	r.Header.Set("X-Request-Id", requestID)
	w.Header().Set("X-Request-Id", requestID)
	h.cors(w, r)
	switch {
	case r.Method == http.MethodOptions:
		w.WriteHeader(http.StatusNoContent)
	case isUpgrade(r):
		h.serveSocket(w, r)
	default:
		h.serveRequest(reply{w, r, requestID}) //nolint:contextcheck // it is the request's
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
	w, r := a.w, a.r
	w.Header().Add("Vary", "Accept")
	w.Header().Set("Cache-Control", "private, no-store")
	if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, HEAD, POST")
		h.refuse(a, jsonType, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Use GET or POST."))
		return
	}
	media, ok := negotiate(r.Header.Get("Accept"))
	if !ok {
		h.refuse(a, jsonType, http.StatusNotAcceptable, gqlerr.New(gqlerr.BadUserInput,
			"This address answers as %s or %s; Accept allows neither.", graphqlType, jsonType))
		return
	}
	caller, err := h.graph.Identify(r.Context(), r)
	if err != nil {
		h.refuseCaller(a, err)
		return
	}
	req, status, problem := h.read(w, r)
	if problem != nil {
		h.refuse(a, jsonType, status, problem)
		return
	}
	op, err := h.graph.Prepare(r.Context(), req)
	if err != nil {
		h.refuseOperation(a, media, err)
		return
	}
	h.run(a, media, op, caller)
}

func (h *Handler) run(a reply, media string, op *plan.Operation, caller auth.Caller) {
	switch {
	case op.Kind == plan.Subscription:
		h.refuse(a, media, http.StatusBadRequest, gqlerr.New(gqlerr.BadUserInput,
			"Subscriptions are served over WebSocket, by the graphql-transport-ws protocol."))
		return
	case op.Kind == plan.Mutation && a.r.Method != http.MethodPost:
		a.w.Header().Set("Allow", "POST")
		h.refuse(a, media, http.StatusMethodNotAllowed, gqlerr.New(gqlerr.BadUserInput, "Mutations need POST."))
		return
	}
	ctx, cancel := context.WithTimeout(a.r.Context(), h.options.Request)
	defer cancel()
	answer, err := h.graph.Run(ctx, op, h.graph.Begin(caller, a.r.Header))
	if h.options.ShowFetches {
		a.w.Header().Set("X-Subgraph-Requests", strconv.Itoa(answer.Fetches))
	}
	if err != nil {
		if a.r.Context().Err() == nil {
			h.log.Error("run operation", "request_id", a.requestID, "operation", op.Name, "err", err)
		}
		h.refuse(a, media, http.StatusInternalServerError, gqlerr.Of(err)...)
		return
	}
	a.write(media, http.StatusOK, answer.Body)
}

// read takes the request from the URL or the body.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) (plan.Request, int, *gqlerr.Error) {
	if r.Method != http.MethodPost {
		req, problem := readURL(r)
		return req, http.StatusBadRequest, problem
	}
	// A page of another site can make a browser send any other type without asking us.
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != jsonType || params["charset"] != "" && !strings.EqualFold(params["charset"], "utf-8") {
		return plan.Request{}, http.StatusUnsupportedMediaType, gqlerr.New(gqlerr.BadUserInput, "Content-Type must be %s.", jsonType)
	}
	if encoding := r.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return plan.Request{}, http.StatusUnsupportedMediaType, gqlerr.New(gqlerr.BadUserInput, "Content-Encoding %q is not supported.", encoding)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.options.Body))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		problem := gqlerr.New(gqlerr.BadUserInput, "The request is larger than %d bytes.", tooLarge.Limit).With("limit", tooLarge.Limit)
		if r.ContentLength > 0 {
			problem = problem.With("actual", r.ContentLength)
		}
		return plan.Request{}, http.StatusRequestEntityTooLarge, problem
	}
	if err != nil {
		return plan.Request{}, http.StatusBadRequest, gqlerr.New(gqlerr.BadUserInput, "The request could not be read to its end.")
	}
	req, problem := decode(body)
	return req, statusOf(problem), problem
}

// statusOf is 200 where clients expect it: of a hash that we do not know.
func statusOf(problem *gqlerr.Error) int {
	if problem != nil && problem.Code() == gqlerr.PersistedQueryNotFound {
		return http.StatusOK
	}
	return http.StatusBadRequest
}

func readURL(r *http.Request) (plan.Request, *gqlerr.Error) {
	query := r.URL.Query()
	text, name := query.Get("query"), query.Get("operationName")
	p := parameters{
		Query: &text, OperationName: &name,
		Variables: json.RawMessage(query.Get("variables")), Extensions: json.RawMessage(query.Get("extensions")),
	}
	for name, raw := range map[string]json.RawMessage{"variables": p.Variables, "extensions": p.Extensions} {
		if len(raw) > 0 && !json.Valid(raw) {
			return plan.Request{}, gqlerr.New(gqlerr.BadUserInput, "%s must be a JSON object.", name)
		}
	}
	return p.request()
}

func (h *Handler) refuseCaller(a reply, err error) {
	if problem, ok := errors.AsType[*gqlerr.Error](err); ok {
		status := http.StatusBadRequest
		if problem.Code() == gqlerr.Unauthenticated {
			status = http.StatusUnauthorized
			a.w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		}
		h.refuse(a, jsonType, status, problem)
		return
	}
	h.log.Error("identify caller", "request_id", a.requestID, "err", err)
	h.refuse(a, jsonType, http.StatusServiceUnavailable, gqlerr.New(gqlerr.SubgraphUnavailable, "Nobody can be identified at the moment."))
}

// refuseOperation answers an operation that cannot run. Under application/json
// such an answer is a 200, which is what its clients understand.
func (h *Handler) refuseOperation(a reply, media string, err error) {
	list := gqlerr.Of(err)
	status := http.StatusBadRequest
	switch {
	case list.Code() == gqlerr.Internal:
		h.log.Error("prepare operation", "request_id", a.requestID, "err", err)
		status = http.StatusInternalServerError
	case media == jsonType:
		status = http.StatusOK
	}
	h.refuse(a, media, status, list...)
}

func (h *Handler) refuse(a reply, media string, status int, problems ...*gqlerr.Error) {
	list := gqlerr.List(problems)
	h.graph.Refused(list.Code())
	a.write(media, status, list.Body(a.requestID))
}

// reply is one request and where its answer goes.
type reply struct {
	w         http.ResponseWriter
	r         *http.Request
	requestID string
}

func (a reply) write(media string, status int, body []byte) {
	a.w.Header().Set("Content-Type", media+"; charset=utf-8")
	a.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	a.w.WriteHeader(status)
	if a.r.Method != http.MethodHead {
		_, _ = a.w.Write(body) // the client is gone: nobody to tell
	}
}
