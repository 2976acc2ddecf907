package transport

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// serveSingle answers with one JSON object.
func (h *Handler) serveSingle(a reply, media string, op *plan.Operation, caller auth.Caller, running *work) {
	ctx, cancel := context.WithTimeout(a.r.Context(), h.options.Request)
	defer cancel()
	answer, err := h.run(ctx, op, h.graph.Begin(caller, a.r.Header))
	running.ran(len(answer.Body), isMeasure(ctx, answer))
	if h.options.ShowFetches {
		a.w.Header().Set("X-Subgraph-Requests", strconv.Itoa(answer.Fetches))
	}
	if a.r.Context().Err() != nil {
		return // the client disconnected
	}
	if err != nil {
		list := h.failed(a.r.Context(), op, a.requestID, err)
		a.refuse(media, http.StatusInternalServerError, list...)
		return
	}
	a.setRetryAfter(answer.RetryAfter)
	if answer.Code == "" && a.cache(op, caller, answer.Body) {
		a.w.WriteHeader(http.StatusNotModified)
		return
	}
	if a.write(media, http.StatusOK, answer.Body) == nil {
		answer.Release()
	}
}

// run executes a query or mutation. A panic fails that operation only, not the
// process.
func (h *Handler) run(ctx context.Context, op *plan.Operation, session *execute.Session) (answer execute.Response, err error) {
	defer recovered(&err)
	return h.graph.Run(ctx, op, session)
}

func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	}
}

// failed returns the errors to send for a failed operation, and logs those whose
// details clients must not see.
func (h *Handler) failed(ctx context.Context, op *plan.Operation, requestID string, err error) gqlerr.List {
	list := gqlerr.FromError(err)
	if list.Code() == gqlerr.Internal && ctx.Err() == nil {
		h.log.ErrorContext(ctx, "run operation", "request_id", requestID, "operation", op.Name, "err", err)
	}
	return list
}

// perform runs an operation of any kind and calls next with each answer.
func (h *Handler) perform(ctx context.Context, op *plan.Operation, caller auth.Caller, client http.Header, next func([]byte) error) (err error) {
	defer recovered(&err)
	session := h.graph.Begin(caller, client)
	if op.Kind == plan.Subscription {
		return h.graph.Watch(ctx, op, session, next)
	}
	ctx, cancel := context.WithTimeout(ctx, h.options.Request)
	defer cancel()
	if op.Deferred {
		return h.graph.Stream(ctx, op, session, func(part []byte, _ bool) error { return next(part) })
	}
	answer, err := h.graph.Run(ctx, op, session)
	if err != nil {
		return err
	}
	return next(answer.Body)
}
