package router

import (
	"context"
	"net/http"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/transport"
)

// operations is what the transports serve: it leads a request from the caller's
// name to the answer, and counts it.
type operations struct {
	config   Config
	planner  *plan.Planner
	executor *execute.Executor
	metrics  *metrics
}

func (o *operations) Identify(ctx context.Context, r *http.Request) (auth.Caller, error) {
	caller := auth.From(ctx)
	if o.config.Identify != nil {
		var err error
		if caller, err = o.config.Identify(ctx, r); err != nil {
			return auth.Caller{}, err
		}
	}
	if caller.RequestID == "" {
		caller.RequestID = transport.RequestID(r)
	}
	return caller, nil
}

func (o *operations) Prepare(_ context.Context, req plan.Request) (*plan.Operation, error) {
	return o.planner.Prepare(req)
}

func (o *operations) Begin(caller auth.Caller, client http.Header) *execute.Session {
	return o.executor.NewSession(caller, client)
}

func (o *operations) Run(ctx context.Context, op *plan.Operation, session *execute.Session) (execute.Answer, error) {
	answer, err := o.executor.Run(ctx, op, session)
	if err == nil { // else the transport refuses, and that is counted
		o.metrics.answered(op, answer.Code)
	}
	return answer, err
}

func (o *operations) Watch(ctx context.Context, op *plan.Operation, session *execute.Session, send func([]byte) error) error {
	o.metrics.watching(1)
	defer o.metrics.watching(-1)
	err := o.executor.Watch(ctx, op, session, send)
	if err == nil {
		o.metrics.answered(op, "")
	}
	return err
}

func (o *operations) Refused(code gqlerr.Code) { o.metrics.refused(code) }
