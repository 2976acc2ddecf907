package router

import (
	"context"
	"errors"
	"time"

	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/transport"
)

// observe starts the span and the clock of an operation. Its fetches must run with
// the returned context; the function records the outcome.
func (o *operations) observe(ctx context.Context, op *plan.Operation, session *execute.Session) (context.Context, func(execute.Response, error)) {
	started := time.Now()
	ctx, end := o.tracing.operation(ctx, op, session)
	return ctx, func(answer execute.Response, err error) {
		result := outcome{code: answer.Code, priority: transport.PriorityOf(o.config.Priorities, op), engine: answer.Engine, duration: time.Since(started)}
		if err != nil {
			result.code = codeOf(ctx, err)
		}
		if err == nil { // otherwise the transport refuses the request and counts that
			o.metrics.answered(op, session.Client, result)
		}
		if o.config.Answered != nil {
			o.config.Answered(session.Caller(), Usage{Operation: op.Name, Cost: op.Cost, Failed: result.code != ""})
		}
		end(result.code, answer.Fetches)
		o.logFailure(ctx, op, session, result)
	}
}

// logFailure logs an operation that failed, in part or as a whole, without its
// variables: they hold personal data.
func (o *operations) logFailure(ctx context.Context, op *plan.Operation, session *execute.Session, result outcome) {
	if result.code == "" || errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	o.log.InfoContext(ctx, "operation failed",
		"request_id", session.Caller().RequestID, "operation", op.Name, "kind", op.Kind, "code", result.code,
		"client", session.Client.Name, "client_version", session.Client.Version, "duration", result.duration)
}

func codeOf(ctx context.Context, err error) gqlerr.Code {
	if errors.Is(ctx.Err(), context.Canceled) || errors.Is(err, execute.ErrStopped) {
		return ""
	}
	return gqlerr.FromError(err).Code()
}
