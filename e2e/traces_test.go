package e2e

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"cartograph/app"
	"cartograph/internal/polltest"
)

// spans are those that a collector has received, by their ids.
type spans struct {
	mu   sync.Mutex
	byID map[string]span
}

type span struct {
	*otlp.Span
	service string
}

// collect runs a collector.
func collect(t *testing.T) (url string, received *spans) {
	t.Helper()
	received = &spans{byID: map[string]span{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var export collector.ExportTraceServiceRequest
		if err != nil || proto.Unmarshal(body, &export) != nil {
			http.Error(w, "malformed", http.StatusBadRequest)
			return
		}
		received.add(&export)
	}))
	t.Cleanup(server.Close)
	return server.URL, received
}

func (s *spans) add(export *collector.ExportTraceServiceRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, resource := range export.GetResourceSpans() {
		service := ""
		for _, a := range resource.GetResource().GetAttributes() {
			if a.GetKey() == "service.name" {
				service = strings.TrimPrefix(a.GetValue().GetStringValue(), "cartograph-")
			}
		}
		for _, scope := range resource.GetScopeSpans() {
			for _, one := range scope.GetSpans() {
				s.byID[hex.EncodeToString(one.GetSpanId())] = span{one, service}
			}
		}
	}
}

// of returns the spans of a trace that have come so far, of every trace for "".
func (s *spans) of(trace string) map[string]span {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := maps.Clone(s.byID)
	maps.DeleteFunc(found, func(_ string, one span) bool { return trace != "" && hex.EncodeToString(one.GetTraceId()) != trace })
	return found
}

// awaitNames waits some seconds for spans of a trace, as "service: span", and returns
// those that have not come.
func (s *spans) awaitNames(trace string, want []string) (missing []string) {
	for deadline := time.Now().Add(15 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		names := map[string]bool{}
		for _, one := range s.of(trace) {
			names[one.service+": "+one.GetName()] = true
		}
		missing = slices.DeleteFunc(slices.Clone(want), func(name string) bool { return names[name] })
		if len(missing) == 0 || time.Now().After(deadline) {
			return missing
		}
	}
}

// TestAPurchaseIsOneTraceThroughAllServices: from the request that places the order
// to the last service that handles its events. The client decides that it is recorded;
// nothing else is.
//
// On a machine that is too busy for a call between services, a queue or an event does its
// work later. What a queue does belongs to no trace, so a purchase may be tried again.
// The test is not parallel to others for the same reason.
func TestAPurchaseIsOneTraceThroughAllServices(t *testing.T) { //nolint:paralleltest // see above
	url, received := collect(t)
	s := start(t, func(c *app.Config) { c.Router.Telemetry.Endpoint, c.Router.Telemetry.Sample = url, 0 })
	want := []string{
		"router: POST /graphql", "router: fetch order", "order: POST /graphql", "order: PlaceOrder",
		"order: publish com.cartograph.order.placed.v1",
		"order: cartograph.rpc.v1.Payments/Authorize", "payment: POST /cartograph.rpc.v1.Payments/Authorize",
		"inventory: POST /cartograph.rpc.v1.Inventory/Commit",
		"payment: publish com.cartograph.payment.captured.v1", "order: publish com.cartograph.order.confirmed.v1",
		"cart: handle com.cartograph.order.confirmed.v1", "notification: handle com.cartograph.order.confirmed.v1",
		"product: handle com.cartograph.order.confirmed.v1", "notification: send ORDER_CONFIRMED mail",
	}
	const attempts = 4
	var trace string
	for attempt := 1; ; attempt++ {
		trace = fmt.Sprintf("4bf92f3577b34da6a3ce929d0e0e473%d", attempt)
		s.buyTraced(t, trace)
		missing := received.awaitNames(trace, want)
		if len(missing) == 0 {
			break
		}
		if attempt == attempts {
			t.Fatalf("no trace of %d purchases has %q", attempts, missing)
		}
	}
	found, served := received.of(trace), map[string]bool{}
	for id, one := range found {
		if got := hex.EncodeToString(one.GetParentSpanId()); got != clientSpan && one.GetKind() == otlp.Span_SPAN_KIND_SERVER && found[got].Span == nil {
			t.Errorf("%s: %s (%s) has the unknown parent %s", one.service, one.GetName(), id, got)
		}
		if call := hex.EncodeToString(one.GetParentSpanId()); one.GetKind() == otlp.Span_SPAN_KIND_SERVER {
			if served[call] {
				t.Errorf("%s: %s is recorded twice", one.service, one.GetName())
			}
			served[call] = true
		}
		if one.GetKind() == otlp.Span_SPAN_KIND_CONSUMER && len(one.GetLinks()) != 1 {
			t.Errorf("%s: %s has %d links, want one to where the event was written", one.service, one.GetName(), len(one.GetLinks()))
		}
	}
	for _, one := range received.of("") {
		if !strings.HasPrefix(hex.EncodeToString(one.GetTraceId()), trace[:31]) {
			t.Errorf("%s: %s belongs to no purchase", one.service, one.GetName())
		}
	}
}

// clientSpan is the span of the client that places an order.
const clientSpan = "00f067aa0ba902b7"

// buyTraced places an order within a trace and waits until it is confirmed.
func (s *system) buyTraced(t *testing.T, trace string) {
	t.Helper()
	c := s.guest(t)
	checkout := c.checkout(t, c.add(t, s.buyable(t, 10), 1))
	c.header = http.Header{"Traceparent": {"00-" + trace + "-" + clientSpan + "-01"}}
	placed := c.place(t, checkout, "tok_ok")
	c.header = nil
	polltest.Eventually(t, "order confirmed", func() bool {
		return c.do(t, orderByID, vars{"id": placed.str("order.id")}).str("order.status") == "CONFIRMED"
	})
}
