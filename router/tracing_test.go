package router_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"cartograph/internal/polltest"
	"cartograph/router"
)

const (
	clientTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	clientSpan  = "00f067aa0ba902b7"
	traceparent = "00-" + clientTrace + "-" + clientSpan + "-01"
)

// tracedShop is a shop whose spans are kept.
func tracedShop(t *testing.T) (*shop, *tracetest.SpanRecorder) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdk.NewTracerProvider(sdk.WithSpanProcessor(spans))
	return newShop(t, func(c *router.Config) { c.Tracer = provider.Tracer("router") }), spans
}

func attributes(span sdk.ReadOnlySpan) map[string]string {
	all := map[string]string{}
	for _, a := range span.Attributes() {
		all[string(a.Key)] = a.Value.String()
	}
	return all
}

func TestEachOperationAndFetchHasASpanUnderTheClients(t *testing.T) {
	t.Parallel()
	s, recorder := tracedShop(t)
	s.post(t, "query Home { me { id reviews { body } } }",
		"Traceparent", traceparent, "Apollographql-Client-Name", "web", "Apollographql-Client-Version", "1.2",
	).wantData(t, `{"me":{"id":"1","reviews":[{"body":"Good."}]}}`)
	polltest.Eventually(t, "four spans have ended", func() bool { return len(recorder.Ended()) == 4 })

	parents, names := map[string]string{}, map[string]string{clientSpan: "client"}
	spans := map[string]sdk.ReadOnlySpan{}
	for _, span := range recorder.Ended() {
		if got := span.SpanContext().TraceID().String(); got != clientTrace {
			t.Errorf("span %q is of trace %s, want the client's", span.Name(), got)
		}
		names[span.SpanContext().SpanID().String()] = span.Name()
		spans[span.Name()] = span
	}
	for name, span := range spans {
		parents[name] = names[span.Parent().SpanID().String()]
	}
	want := map[string]string{"POST /": "client", "query Home": "POST /", "fetch accounts": "query Home", "fetch reviews": "query Home"}
	if diff := cmp.Diff(want, parents); diff != "" {
		t.Errorf("parents of the spans (-want +got):\n%s", diff)
	}
	operation := attributes(spans["query Home"])
	for name, want := range map[string]string{
		"graphql.operation.name": "Home", "graphql.operation.type": "query", "graphql.client.name": "web",
		"graphql.client.version": "1.2", "graphql.subgraph.requests": "2",
	} {
		if operation[name] != want {
			t.Errorf("%s = %q, want %q", name, operation[name], want)
		}
	}
	if hash := operation["graphql.document.hash"]; len(hash) != 64 {
		t.Errorf("graphql.document.hash = %q, want a SHA-256", hash)
	}
	for _, subgraph := range []struct {
		span string
		got  http.Header
	}{{"fetch accounts", s.accounts.Requests()[0].Header}, {"fetch reviews", s.reviews.Requests()[0].Header}} {
		want := "00-" + clientTrace + "-" + spans[subgraph.span].SpanContext().SpanID().String() + "-01"
		if got := subgraph.got.Get("Traceparent"); got != want {
			t.Errorf("%s sent traceparent %s, want %s", subgraph.span, got, want)
		}
	}
}

func TestASpanHasTheError(t *testing.T) {
	t.Parallel()
	s, recorder := tracedShop(t)
	s.reviews.Before = func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	s.post(t, "{ me { reviews { body } } }")
	polltest.Eventually(t, "four spans have ended", func() bool { return len(recorder.Ended()) == 4 })
	for _, span := range recorder.Ended() {
		failed := attributes(span)["graphql.error.code"] == "SUBGRAPH_UNAVAILABLE"
		if want := span.Name() == "query" || span.Name() == "fetch reviews"; failed != want {
			t.Errorf("span %q has failed: %v, want %v", span.Name(), failed, want)
		}
	}
}

func TestWithoutATracerTheClientsContextPassesUnchanged(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.post(t, "{ me { id } }", "Traceparent", traceparent)
	if got := s.accounts.Requests()[0].Header.Get("Traceparent"); got != traceparent {
		t.Errorf("the subgraph got traceparent %q, want the client's", got)
	}
}

func TestAFailedOperationIsLoggedInOneLineWithoutAnythingPersonal(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.reviews.Before = func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusBadGateway)
		return true
	}
	s.post(t, `query Mine($x: Int) { me { reviews { body } } echo(x: $x) }`, "X-Request-Id", "req-1", "Graphql-Client-Name", "web")
	var lines []string
	for line := range strings.Lines(s.logs.String()) {
		if strings.Contains(line, `msg="operation failed"`) {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 {
		t.Fatalf("logged %q, want one line", lines)
	}
	for _, want := range []string{"request_id=req-1", "operation=Mine", "kind=query", "code=SUBGRAPH_UNAVAILABLE", "client=web"} {
		if !strings.Contains(lines[0], want) {
			t.Errorf("%s is not in %s", want, lines[0])
		}
	}
}
