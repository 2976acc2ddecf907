package telemetry

import (
	"net/http"
	"net/http/httptest"
	"testing"

	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

// TestOnlyRequestsOfARecordedTraceHaveSpans: probes, and callers that decided against
// it, cost nothing.
func TestOnlyRequestsOfARecordedTraceHaveSpans(t *testing.T) {
	t.Parallel()
	exported := tracetest.NewInMemoryExporter()
	traces := &Traces{sdk.NewTracerProvider(sdk.WithSyncer(exported))}
	h := traces.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	for traceparent, want := range map[string]int{
		"": 0,
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00": 0,
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": 1,
	} {
		exported.Reset()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", http.NoBody)
		r.Header.Set("Traceparent", traceparent)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := len(exported.GetSpans()); got != want || w.Code != http.StatusTeapot {
			t.Errorf("traceparent %q: %d spans and status %d, want %d", traceparent, got, w.Code, want)
		}
	}
}
