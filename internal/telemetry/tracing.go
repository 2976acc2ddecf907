// Package telemetry sends what happened to where operators look: traces by
// OpenTelemetry's protocol over HTTP.
//
// Nothing is sent, and nothing is made, unless an endpoint is named.
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

// Options say where traces go.
type Options struct {
	Endpoint string  // base URL of a collector; empty: what OTEL_EXPORTER_OTLP_ENDPOINT says
	Service  string  // our name, unless OTEL_SERVICE_NAME is set
	Version  string  // may be empty
	Sample   float64 // the share of traces that we begin ourselves; others come with a decision
}

// Traces makes spans and sends them in the background.
type Traces struct{ provider *sdk.TracerProvider }

// Propagator reads and writes W3C trace context.
func Propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }

// Start prepares to send traces. It returns nil where no endpoint is named: then
// nobody traces. A collector that is away costs spans, never an answer.
func Start(ctx context.Context, o Options, log *slog.Logger) (*Traces, error) {
	if o.Endpoint == "" && !inEnvironment() {
		return nil, nil //nolint:nilnil // no traces and no error: the usual case
	}
	var options []otlptracehttp.Option
	if o.Endpoint != "" {
		options = append(options, otlptracehttp.WithEndpointURL(strings.TrimSuffix(o.Endpoint, "/")+"/v1/traces"))
	}
	exporter, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("export traces: %w", err)
	}
	described, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", o.Service), attribute.String("service.version", o.Version),
	), resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil {
		return nil, fmt.Errorf("describe this service: %w", err)
	}
	return &Traces{sdk.NewTracerProvider(
		sdk.WithBatcher(&patient{exporter, log, time.Time{}}),
		sdk.WithResource(described),
		sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(o.Sample))),
	)}, nil
}

func inEnvironment() bool {
	return os.Getenv("OTEL_SDK_DISABLED") != "true" &&
		(os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "")
}

// Tracer makes the spans of one part of the program; nil where nobody traces.
func (t *Traces) Tracer(name string) trace.Tracer {
	if t == nil {
		return nil
	}
	return t.provider.Tracer(name)
}

// Stop sends what is left, for as long as it may take, even if ctx has ended.
func (t *Traces) Stop(ctx context.Context, patience time.Duration) error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return t.provider.Shutdown(ctx)
}

// patient logs that spans are lost, at most once a minute.
type patient struct {
	sdk.SpanExporter
	log  *slog.Logger
	said time.Time
}

// ExportSpans is called by one goroutine at a time.
func (p *patient) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	err := p.SpanExporter.ExportSpans(ctx, spans)
	if err != nil && !errors.Is(err, context.Canceled) && time.Since(p.said) > time.Minute {
		p.said = time.Now()
		p.log.WarnContext(ctx, "traces are lost", "spans", len(spans), "err", err)
	}
	return nil // said enough
}
