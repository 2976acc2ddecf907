package router

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/supergraph"
)

// How many operations and clients have a label of their own. Their names are
// the clients' choice, so their number must be bounded; a client counts once
// for each of its versions.
const (
	namedOperations = 200
	namedClients    = 100
)

// Metrics count what routers do. One set outlives the routers that are replaced
// while a program runs.
type Metrics struct {
	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	clients    *prometheus.CounterVec
	executions *prometheus.CounterVec
	deprecated *prometheus.CounterVec
	fetches    *prometheus.HistogramVec
	streams    prometheus.Gauge
	now        nowMetrics

	operationNames, clientNames labels
}

// NewMetrics registers a router's metrics. A nil registry: nobody reads them.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	buckets := prometheus.ExponentialBuckets(0.001, 2, 13)
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_requests_total",
			Help: "Operations by name, kind and the code of their first error (OK: none).",
		}, []string{"operation", "kind", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cartograph_router_request_seconds",
			Help: "Queries and mutations that ran, from their plan to their answer.", Buckets: buckets,
		}, []string{"operation", "kind"}),
		clients: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_client_requests_total",
			Help: "Operations that ran, by the client that says it is asking.",
		}, []string{"client", "version", "code"}),
		executions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_executions_total",
			Help: "Queries and mutations that ran, by what ran them: own or engine.",
		}, []string{"executor"}),
		deprecated: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_deprecated_fields_total",
			Help: "Operations that ran and selected a deprecated field, by the client that asked.",
		}, []string{"field", "client", "version"}),
		fetches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cartograph_router_fetch_seconds",
			Help: "Requests to subgraphs, by why they failed (OK: answered).", Buckets: buckets,
		}, []string{"subgraph", "code"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cartograph_router_subscriptions", Help: "Subscriptions that are open.",
		}),
		operationNames: labels{most: namedOperations}, clientNames: labels{most: namedClients},
	}
	if registry != nil {
		registry.MustRegister(m.requests, m.durations, m.clients, m.executions, m.deprecated, m.fetches, m.streams, &m.now)
	}
	return m
}

// answered counts an operation that ran.
func (m *Metrics) answered(op *plan.Operation, client execute.Client, o outcome) {
	name, kind, code := m.operationNames.of(op.Name, "anonymous"), string(op.Kind), labelOf(o.code)
	m.requests.WithLabelValues(name, kind, code).Inc()
	if op.Kind != plan.Subscription {
		m.durations.WithLabelValues(name, kind).Observe(o.took.Seconds())
		m.executions.WithLabelValues(executorName(o.engine)).Inc()
	}
	who, version := m.client(client)
	m.clients.WithLabelValues(who, version, code).Inc()
	for _, field := range op.Deprecated {
		m.deprecated.WithLabelValues(coordinate(field), who, version).Inc()
	}
}

func (m *Metrics) client(c execute.Client) (name, version string) {
	const between = "\x00"
	if m.clientNames.of(c.Name+between+c.Version, "") == other {
		return other, ""
	}
	if c.Name == "" {
		return "unnamed", ""
	}
	return c.Name, c.Version
}

// refused counts a request of which nothing ran.
func (m *Metrics) refused(code gqlerr.Code) {
	m.requests.WithLabelValues("", "", labelOf(code)).Inc()
}

func (m *Metrics) fetched(f execute.Fetch) {
	m.fetches.WithLabelValues(f.Subgraph, labelOf(f.Failure)).Observe(f.Duration.Seconds())
}

func (m *Metrics) watching(change float64) { m.streams.Add(change) }

// outcome is what became of an operation that ran.
type outcome struct {
	code   gqlerr.Code // of the first error, or ""
	engine bool        // the engine's resolver answered it
	took   time.Duration
}

// other stands for the names beyond those that have a label of their own.
const other = "other"

// labels are the values that a label has had so far.
type labels struct {
	most int

	mu    sync.RWMutex
	known map[string]bool
}

// of is the label for a name; empty is what stands for none.
func (l *labels) of(name, empty string) string {
	if name == "" {
		return empty
	}
	l.mu.RLock()
	known, full := l.known[name], len(l.known) >= l.most
	l.mu.RUnlock()
	if known {
		return name
	}
	const longest = 100 // bytes
	if full || len(name) > longest {
		return other
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[string]bool{}
	}
	if !l.known[name] && len(l.known) >= l.most {
		return other
	}
	l.known[name] = true
	return name
}

func labelOf(code gqlerr.Code) string {
	if code == "" {
		return "OK"
	}
	return string(code)
}

func executorName(engine bool) string {
	if engine {
		return "engine"
	}
	return "own"
}

func coordinate(c supergraph.Coordinate) string { return c.Type + "." + c.Field }
