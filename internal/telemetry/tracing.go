// Package telemetry exports traces by OpenTelemetry's protocol over HTTP.
//
// Without an endpoint no span is created and nothing is sent.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Options configure the export.
type Options struct {
	Endpoint string  // base URL of a collector; empty: OTEL_EXPORTER_OTLP_ENDPOINT
	Service  string  // service.name, unless OTEL_SERVICE_NAME is set
	Version  string  // may be empty
	Sample   float64 // share of root spans; others follow the caller's decision
}

// Traces creates spans and exports them in the background.
type Traces struct{ provider *sdk.TracerProvider }

// Propagator reads and writes W3C trace context.
func Propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }

// Start prepares the export. It returns nil without an endpoint, which disables
// tracing. While the collector is unreachable spans are dropped; requests are
// not delayed.
func Start(ctx context.Context, o Options, log *slog.Logger) (*Traces, error) {
	if o.Endpoint == "" && !inEnvironment() {
		return nil, nil //nolint:nilnil // tracing is off: the usual case
	}
	var options []otlptracehttp.Option
	if o.Endpoint != "" {
		options = append(options, otlptracehttp.WithEndpointURL(strings.TrimSuffix(o.Endpoint, "/")+"/v1/traces"))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("export traces: %w", err)
	}
	attributes, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", o.Service), attribute.String("service.version", o.Version),
	), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("read resource attributes: %w", err)
	}
	return &Traces{sdk.NewTracerProvider(
		sdk.WithBatcher(&lossLogger{exporter, log, time.Time{}}),
		sdk.WithResource(attributes),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Sample))),
	)}, nil
}

func inEnvironment() bool {
	return os.Getenv("OTEL_SDK_DISABLED") != "true" &&
		(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "")
}

// Provider is what creates spans; nil while tracing is off.
func (t *Traces) Provider() trace.TracerProvider {
	if t == nil {
		return nil
	}
	return t.provider
}

// Tracer creates the spans of one part of the program; nil while tracing is off.
func (t *Traces) Tracer(name string) trace.Tracer {
	if t == nil {
		return nil
	}
	return t.provider.Tracer(name)
}

// Stop exports the remaining spans within the timeout, even if ctx has ended.
func (t *Traces) Stop(ctx context.Context, timeout time.Duration) error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	return t.provider.Shutdown(ctx)
}

// lossLogger logs that spans were dropped, at most once a minute.
type lossLogger struct {
	sdk.SpanExporter
	log  *slog.Logger
	last time.Time
}

// ExportSpans is called by one goroutine at a time.
func (l *lossLogger) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := l.SpanExporter.ExportSpans(ctx, spans)
	if err != nil && !errors.Is(err, context.Canceled) && time.Since(l.last) > time.Minute {
		l.last = time.Now()
		l.log.WarnContext(ctx, "spans dropped", "count", len(spans), "err", err)
	}
	return nil // the SDK would log every error again
}
