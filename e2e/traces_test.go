package e2e

import (
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

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

// all returns what has come so far.
func (s *spans) all() map[string]span {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.byID)
}

// names are "service: span" of all spans.
func (s *spans) names() map[string]bool {
	names := map[string]bool{}
	for _, one := range s.all() {
		names[one.service+": "+one.GetName()] = true
	}
	return names
}

// TestAPurchaseIsOneTraceThroughAllServices: from the request that places the order
// to the last service that handles its events. The client decides that it is recorded;
// nothing else is.
func TestAPurchaseIsOneTraceThroughAllServices(t *testing.T) {
	t.Parallel()
	url, received := collect(t)
	s := start(t, func(c *app.Config) { c.Router.Telemetry.Endpoint, c.Router.Telemetry.Sample = url, 0 })
	c := s.guest(t)
	checkout := c.checkout(t, c.add(t, s.buyable(t, 10), 1))
	const trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	c.header = http.Header{"Traceparent": {"00-" + trace + "-" + parent + "-01"}}
	placed := c.place(t, checkout, "tok_ok")
	c.header = nil
	polltest.Eventually(t, "order confirmed", func() bool {
		return c.do(t, orderByID, vars{"id": placed.str("order.id")}).str("order.status") == "CONFIRMED"
	})

	want := []string{
		"router: POST /graphql", "router: fetch order", "order: POST /graphql", "order: PlaceOrder",
		"order: publish com.cartograph.order.placed.v1",
		"order: cartograph.rpc.v1.Payments/Authorize", "payment: POST /cartograph.rpc.v1.Payments/Authorize",
		"inventory: POST /cartograph.rpc.v1.Inventory/Commit",
		"payment: publish com.cartograph.payment.captured.v1", "order: publish com.cartograph.order.confirmed.v1",
		"cart: handle com.cartograph.order.confirmed.v1", "notification: handle com.cartograph.order.confirmed.v1",
		"product: handle com.cartograph.order.confirmed.v1", "notification: send ORDER_CONFIRMED mail",
	}
	polltest.Eventually(t, "the spans of a purchase", func() bool {
		names := received.names()
		return !slices.ContainsFunc(want, func(name string) bool { return !names[name] })
	})
	found := received.all()
	for id, one := range found {
		if got := hex.EncodeToString(one.GetTraceId()); got != trace {
			t.Errorf("%s: %s belongs to trace %s", one.service, one.GetName(), got)
		}
		if got := hex.EncodeToString(one.GetParentSpanId()); got != parent && one.GetKind() == otlp.Span_SPAN_KIND_SERVER && found[got].Span == nil {
			t.Errorf("%s: %s (%s) has the unknown parent %s", one.service, one.GetName(), id, got)
		}
		if one.GetKind() == otlp.Span_SPAN_KIND_CONSUMER && len(one.GetLinks()) != 1 {
			t.Errorf("%s: %s has %d links, want one to where the event was written", one.service, one.GetName(), len(one.GetLinks()))
		}
	}
}
