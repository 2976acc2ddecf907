package router

import (
	"context"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	otel "go.opentelemetry.io/otel/trace"

	"cartograph/internal/telemetry"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// tracing records OpenTelemetry spans: one for each HTTP request, each operation
// and each fetch, whose context is sent to the subgraph. A nil *tracing records
// none at no cost.
type tracing struct {
	tracer otel.Tracer
	w3c    propagation.TraceContext
}

func newTracing(tracer otel.Tracer) *tracing {
	if tracer == nil {
		return nil
	}
	return &tracing{tracer: tracer}
}

// serve answers a request within a span. A WebSocket may stay open for days: its
// operations have spans, the connection has none.
func (t *tracing) serve(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if t == nil {
		next.ServeHTTP(w, r)
		return
	}
	ctx := t.w3c.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		next.ServeHTTP(w, r.WithContext(ctx))
		return
	}
	ctx, span := t.tracer.Start(ctx, r.Method+" "+r.URL.Path, otel.WithSpanKind(otel.SpanKindServer), otel.WithAttributes(
		attribute.String("http.request.method", r.Method), attribute.String("url.path", r.URL.Path),
	))
	defer span.End()
	status := &telemetry.StatusWriter{ResponseWriter: w, Status: http.StatusOK}
	next.ServeHTTP(status, r.WithContext(ctx))
	span.SetAttributes(
		attribute.Int("http.response.status_code", status.Status),
		attribute.String("request.id", status.Header().Get("X-Request-Id")),
	)
	if status.Status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status.Status))
	}
}

// operation starts an operation's span and returns the function that ends it.
func (t *tracing) operation(ctx context.Context, op *plan.Operation, session *execute.Session) (context.Context, func(code gqlerr.Code, fetches int)) {
	if t == nil {
		return ctx, func(gqlerr.Code, int) {}
	}
	name := string(op.Kind)
	if op.Name != "" {
		name += " " + op.Name
	}
	ctx, span := t.tracer.Start(ctx, name, otel.WithAttributes(
		attribute.String("graphql.operation.name", op.Name), attribute.String("graphql.operation.type", string(op.Kind)),
		attribute.String("graphql.document.hash", op.Hash), attribute.Int("graphql.operation.cost", op.Cost),
		attribute.String("graphql.client.name", session.Client.Name), attribute.String("graphql.client.version", session.Client.Version),
		attribute.String("request.id", session.Caller().RequestID),
	))
	return ctx, func(code gqlerr.Code, fetches int) {
		span.SetAttributes(attribute.Int("graphql.subgraph.requests", fetches))
		if code != "" {
			span.SetAttributes(attribute.String("graphql.error.code", string(code)))
			span.SetStatus(codes.Error, string(code))
		}
		span.End()
	}
}

// begin returns the function that starts the span of a fetch, which fetched ends;
// it returns the traceparent for the subgraph.
func (t *tracing) begin() func(context.Context, string) (context.Context, string) {
	if t == nil {
		return nil
	}
	return t.fetch
}

func (t *tracing) fetch(ctx context.Context, subgraph string) (_ context.Context, traceparent string) {
	ctx, span := t.tracer.Start(ctx, "fetch "+subgraph, otel.WithSpanKind(otel.SpanKindClient), otel.WithAttributes(
		attribute.String("graphql.subgraph.name", subgraph),
	))
	carrier := propagation.MapCarrier{}
	t.w3c.Inject(otel.ContextWithSpan(ctx, span), carrier)
	return ctx, carrier.Get("traceparent")
}

// propagate sends the operation's span to a subscription's subgraph as parent.
func (t *tracing) propagate(ctx context.Context, session *execute.Session) {
	if t == nil {
		return
	}
	carrier := propagation.MapCarrier{}
	t.w3c.Inject(ctx, carrier)
	session.SetTraceparent(carrier.Get("traceparent"))
}

// fetched ends the span of a fetch.
func (t *tracing) fetched(ctx context.Context, f execute.Fetch) {
	if t == nil {
		return
	}
	span := otel.SpanFromContext(ctx)
	span.SetAttributes(
		attribute.Int("http.request.body.size", f.RequestBytes), attribute.Int("http.response.body.size", f.ResponseBytes),
	)
	if f.Failure != "" {
		span.SetAttributes(attribute.String("graphql.error.code", string(f.Failure)))
		span.SetStatus(codes.Error, string(f.Failure))
	}
	span.End()
}
