package router

import (
	"context"
	"log/slog"
	"net/http"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/persisted"
	"cartograph/router/plan"
	"cartograph/router/ratelimit"
	"cartograph/router/transport"
)

// operations implements transport.Graph: authentication, documents, admission,
// execution, and their metrics.
type operations struct {
	config   Config
	planner  *plan.Planner
	executor *execute.Executor
	metrics  *Metrics
	tracing  *tracing // nil: no spans
	log      *slog.Logger

	documents *persisted.Store
	limiter   *ratelimit.Limiter
}

func (o *operations) Identify(ctx context.Context, r *http.Request) (auth.Caller, error) {
	caller := auth.From(ctx)
	address := transport.ClientAddress(r, o.config.Proxies)
	ctx = auth.With(ctx, auth.Caller{Address: address})
	if o.config.Identify != nil {
		var err error
		if caller, err = o.config.Identify(ctx, r); err != nil {
			return auth.Caller{}, err
		}
	}
	if caller.RequestID == "" {
		caller.RequestID = transport.RequestID(r)
	}
	caller.Address = address
	return caller, nil
}

func (o *operations) OnRevoked(caller auth.Caller, end func()) (stop func()) {
	if o.config.OnRevoked == nil {
		return func() {}
	}
	return o.config.OnRevoked(caller, end)
}

// Prepare stores a document under its hash only after it was planned: invalid
// documents would evict valid ones.
func (o *operations) Prepare(ctx context.Context, caller auth.Caller, req plan.Request) (*plan.Operation, error) {
	document, err := o.documents.Find(ctx, req)
	if err != nil {
		return nil, err
	}
	req.Query = document.Text
	op, err := o.planner.Prepare(req)
	if err == nil {
		o.documents.Keep(ctx, caller, document)
	}
	return op, err
}

func (o *operations) Begin(caller auth.Caller, client http.Header) *execute.Session {
	session := o.executor.NewSession(caller, client)
	session.Extras, session.Client = extrasOf(client, o.config.Explain), clientOf(client)
	return session
}

func (o *operations) Run(ctx context.Context, op *plan.Operation, session *execute.Session) (execute.Response, error) {
	if err := o.grant(ctx, op, session); err != nil {
		return execute.Response{}, err
	}
	ctx, done := o.observe(ctx, op, session)
	ctx, explainer := o.explain(ctx, op, session)
	answer, err := o.executor.Run(ctx, op, session)
	done(answer, err)
	if err != nil {
		return answer, err
	}
	answer.Body, err = explainer.extend(answer.Body)
	return answer, err
}

func (o *operations) Stream(ctx context.Context, op *plan.Operation, session *execute.Session, send func(part []byte, more bool) error) error {
	if err := o.grant(ctx, op, session); err != nil {
		return err
	}
	ctx, done := o.observe(ctx, op, session)
	ctx, explainer := o.explain(ctx, op, session)
	err := o.executor.RunIncremental(ctx, op, session, explainer.parts(send))
	done(execute.Response{Engine: true}, err)
	return err
}

func (o *operations) Watch(ctx context.Context, op *plan.Operation, session *execute.Session, send func([]byte) error) error {
	o.metrics.subscriptionsChanged(1)
	defer o.metrics.subscriptionsChanged(-1)
	if err := o.grant(ctx, op, session); err != nil {
		return err
	}
	ctx, done := o.observe(ctx, op, session)
	o.tracing.propagate(ctx, session)
	err := o.executor.Subscribe(ctx, op, session, send)
	done(execute.Response{Engine: true}, err)
	return err
}

func (o *operations) Refused(code gqlerr.Code) { o.metrics.refused(code) }
