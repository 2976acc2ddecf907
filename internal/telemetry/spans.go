package telemetry

import (
	"context"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// scope is the name under which services create spans.
const scope = "cartograph"

// Serve records a span for each request that belongs to a trace, as a child of the
// caller's. Others, such as probes, get none: traces begin in the router. A nil t
// returns next.
func (t *Traces) Serve(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	tracer := t.Tracer(scope)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := Propagator().Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		if !trace.SpanContextFromContext(ctx).IsSampled() {
			next.ServeHTTP(w, r.WithContext(ctx)) // what it publishes still names the trace
			return
		}
		ctx, span := tracer.Start(ctx, r.Method+" "+r.URL.Path, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
			attribute.String("http.request.method", r.Method), attribute.String("url.path", r.URL.Path)))
		defer span.End()
		status := &StatusWriter{ResponseWriter: w, Status: http.StatusOK}
		next.ServeHTTP(status, r.WithContext(ctx))
		span.SetAttributes(attribute.Int("http.response.status_code", status.Status))
		if status.Status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, http.StatusText(status.Status))
		}
	})
}

// Call starts the span of a call to another service and writes the trace of ctx to
// the header of its request. Without a span in ctx it records none. end records how
// the call ended.
func Call(ctx context.Context, name string, header http.Header) (_ context.Context, end func(error)) {
	// The provider of the parent: a span of another would be exported as another service's.
	tracer := trace.SpanFromContext(ctx).TracerProvider().Tracer(scope)
	ctx, span := tracer.Start(ctx, strings.TrimPrefix(name, "/"), trace.WithSpanKind(trace.SpanKindClient))
	Propagator().Inject(ctx, propagation.HeaderCarrier(header))
	return ctx, func(err error) { finish(span, err) }
}

// Transport records a span for each request that is sent within another span. The
// server, a stranger, is not told of the trace.
type Transport struct{ Next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, end := Call(r.Context(), r.Method+" "+r.URL.Host, http.Header{})
	res, err := t.Next.RoundTrip(r.WithContext(ctx))
	end(err)
	return res, err
}

// CloseIdleConnections lets http.Client close those of Next.
func (t Transport) CloseIdleConnections() {
	if c, ok := t.Next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func finish(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	span.End()
}

// Continue returns ctx with the span of another context: for work that outlives the
// request that caused it.
func Continue(ctx, cause context.Context) context.Context {
	return trace.ContextWithSpan(ctx, trace.SpanFromContext(cause))
}

type tracesKey struct{}

// With returns a context whose events are handled and published in spans of t. A nil t
// returns ctx.
func (t *Traces) With(ctx context.Context) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, tracesKey{}, t)
}

// Handle starts the span of an event's handler within the event's trace, which ctx
// has, with a link to where it was written. Outside of With it does nothing.
func Handle(ctx context.Context, consumer, eventType, subject string) (_ context.Context, end func(error)) {
	t, _ := ctx.Value(tracesKey{}).(*Traces)
	written := trace.SpanContextFromContext(ctx)
	if t == nil || !written.IsSampled() {
		return ctx, func(error) {}
	}
	ctx, span := t.Tracer(scope).Start(ctx, "handle "+eventType, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithLinks(trace.Link{SpanContext: written}), trace.WithAttributes(eventAttributes(eventType, subject)...),
		trace.WithAttributes(attribute.String("messaging.consumer.group.name", consumer)))
	return ctx, func(err error) { finish(span, err) }
}

// Publish starts the span of an event's publication, from when it was written.
func Publish(ctx context.Context, traceparent, eventType, subject string, written time.Time) (end func(error)) {
	_, end = Resume(ctx, traceparent, "publish "+eventType, trace.WithTimestamp(written),
		trace.WithSpanKind(trace.SpanKindProducer), trace.WithAttributes(eventAttributes(eventType, subject)...))
	return end
}

// Resume starts the span of work that was stored with its trace. Outside of With, and
// for work without a trace that is recorded, it starts none.
func Resume(ctx context.Context, traceparent, name string, options ...trace.SpanStartOption) (_ context.Context, end func(error)) {
	t, _ := ctx.Value(tracesKey{}).(*Traces)
	if t == nil || traceparent == "" {
		return ctx, func(error) {}
	}
	ctx = Propagator().Extract(ctx, propagation.MapCarrier{"traceparent": traceparent})
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ctx, func(error) {}
	}
	ctx, span := t.Tracer(scope).Start(ctx, name, options...)
	return ctx, func(err error) { finish(span, err) }
}

func eventAttributes(eventType, subject string) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("messaging.system", "kafka"), attribute.String("messaging.message.type", eventType),
		attribute.String("messaging.kafka.message.key", subject),
	}
}
