package telemetry_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"cartograph/internal/telemetry"
)

var quiet = slog.New(slog.DiscardHandler)

func TestTracingIsOffWithoutAnEndpoint(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "")
	traces, err := telemetry.Start(t.Context(), telemetry.Options{Service: "test", Sample: 1}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if tracer := traces.Tracer("test"); tracer != nil {
		t.Errorf("Tracer = %v, want none", tracer)
	}
	if err := traces.Stop(t.Context(), time.Second); err != nil {
		t.Errorf("Stop = %v, want nil", err)
	}
}

// receive collects what an exporter sends.
func receive(t *testing.T) (url string, got <-chan *collector.ExportTraceServiceRequest) {
	t.Helper()
	requests := make(chan *collector.ExportTraceServiceRequest, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" {
			http.Error(w, "not for here", http.StatusNotFound)
			return
		}
		var request collector.ExportTraceServiceRequest
		if err := proto.Unmarshal(body, &request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		requests <- &request
	}))
	t.Cleanup(server.Close)
	return server.URL, requests
}

func TestSpansReachACollector(t *testing.T) {
	inOptions, fromOptions := receive(t)
	inEnvironment, fromEnvironment := receive(t)
	for name, tt := range map[string]struct {
		endpoint string
		variable string
		got      <-chan *collector.ExportTraceServiceRequest
	}{
		"named in the options":     {inOptions, "", fromOptions},
		"named in the environment": {"", inEnvironment, fromEnvironment},
	} {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", tt.variable)
		traces, err := telemetry.Start(t.Context(), telemetry.Options{Endpoint: tt.endpoint, Service: "shop", Sample: 1}, quiet)
		if err != nil {
			t.Fatal(err)
		}
		_, span := traces.Tracer("test").Start(t.Context(), "work")
		span.End()
		if err := traces.Stop(t.Context(), 10*time.Second); err != nil {
			t.Fatal(err)
		}
		select {
		case request := <-tt.got:
			sent := request.GetResourceSpans()[0]
			if got := sent.GetScopeSpans()[0].GetSpans()[0].GetName(); got != "work" {
				t.Errorf("%s: span %q, want work", name, got)
			}
			service := ""
			for _, a := range sent.GetResource().GetAttributes() {
				if a.GetKey() == "service.name" {
					service = a.GetValue().GetStringValue()
				}
			}
			if service != "shop" {
				t.Errorf("%s: service.name = %q, want shop", name, service)
			}
		default:
			t.Errorf("%s: the collector got nothing", name)
		}
	}
}

func TestAnUnreachableCollectorDropsSpansOnly(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	traces, err := telemetry.Start(t.Context(), telemetry.Options{Endpoint: closed.URL, Service: "shop", Sample: 1}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	_, span := traces.Tracer("test").Start(t.Context(), "work")
	span.End()
	began := time.Now()
	_ = traces.Stop(t.Context(), 100*time.Millisecond) // the span is lost, and that is all
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Stop took %s with a timeout of 100 ms", took)
	}
}
