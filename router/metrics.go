package router

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// namedOperations is how many operations have a label of their own. Names are
// the clients' choice, so their number must be bounded.
const namedOperations = 200

type metrics struct {
	requests *prometheus.CounterVec
	fetches  *prometheus.HistogramVec
	streams  prometheus.Gauge

	mu    sync.Mutex
	names map[string]bool
}

func newMetrics(registry prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_requests_total",
			Help: "Operations by name, kind and the code of their first error (OK: none).",
		}, []string{"operation", "kind", "code"}),
		fetches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cartograph_router_fetch_seconds",
			Help: "Requests to subgraphs, by why they failed (OK: answered).", Buckets: prometheus.ExponentialBuckets(0.001, 2, 13),
		}, []string{"subgraph", "code"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cartograph_router_subscriptions", Help: "Subscriptions that are open.",
		}),
		names: map[string]bool{},
	}
	if registry != nil {
		registry.MustRegister(m.requests, m.fetches, m.streams)
	}
	return m
}

func (m *metrics) answered(op *plan.Operation, code gqlerr.Code) {
	m.requests.WithLabelValues(m.label(op.Name), string(op.Kind), labelOf(code)).Inc()
}

func (m *metrics) refused(code gqlerr.Code) {
	m.requests.WithLabelValues("", "", labelOf(code)).Inc()
}

func (m *metrics) fetched(f execute.Fetch) {
	m.fetches.WithLabelValues(f.Subgraph, labelOf(f.Failure)).Observe(f.Duration.Seconds())
}

func (m *metrics) watching(change float64) { m.streams.Add(change) }

func (m *metrics) label(name string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case name == "":
		return "anonymous"
	case m.names[name]:
		return name
	case len(m.names) < namedOperations && len(name) <= 100:
		m.names[name] = true
		return name
	default:
		return "other"
	}
}

func labelOf(code gqlerr.Code) string {
	if code == "" {
		return "OK"
	}
	return string(code)
}
