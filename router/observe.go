package router

import (
	"context"
	"errors"
	"time"

	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// observe begins to watch an operation that is about to run. Its fetches must
// run under the context that it returns; the function ends the watch.
func (o *operations) observe(ctx context.Context, op *plan.Operation, session *execute.Session) (context.Context, func(execute.Response, error)) {
	began := time.Now()
	ctx, end := o.tracing.operation(ctx, op, session)
	return ctx, func(answer execute.Response, err error) {
		seen := outcome{code: answer.Code, engine: answer.Engine, took: time.Since(began)}
		if err != nil {
			seen.code = codeOf(ctx, err)
		}
		if err == nil { // else the transport refuses, and that is counted
			o.metrics.answered(op, session.Client, seen)
		}
		end(seen.code, answer.Fetches)
		o.tell(ctx, op, session, seen)
	}
}

// tell logs an operation that failed, in part or as a whole; a client's own
// mistakes are worth less than what is ours.
func (o *operations) tell(ctx context.Context, op *plan.Operation, session *execute.Session, seen outcome) {
	if seen.code == "" || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	o.log.InfoContext(ctx, "operation failed",
		"request_id", session.Caller().RequestID, "operation", op.Name, "kind", op.Kind, "code", seen.code,
		"client", session.Client.Name, "client_version", session.Client.Version, "took", seen.took)
}

func codeOf(ctx context.Context, err error) gqlerr.Code {
	if errors.Is(ctx.Err(), context.Canceled) || errors.Is(err, execute.ErrStopped) {
		return ""
	}
	return gqlerr.FromError(err).Code()
}
