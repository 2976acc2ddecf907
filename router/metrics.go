package router

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/supergraph"
	"cartograph/router/transport"
)

// Bounds of label values. Clients choose the names of operations and of
// themselves, and each value is a time series that is kept forever. A client
// counts once for each of its versions.
const (
	maxOperationLabels = 200
	maxClientLabels    = 100
)

// Metrics of a process's routers. They outlive a router that is replaced by a
// reload, so that counters do not restart.
type Metrics struct {
	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	priorities *prometheus.HistogramVec
	clients    *prometheus.CounterVec
	executions *prometheus.CounterVec
	deprecated *prometheus.CounterVec
	fetches    *prometheus.HistogramVec
	streams    prometheus.Gauge
	collector  collector

	operationNames, clientNames labels
}

// NewMetrics registers a router's metrics. A nil registry registers none.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	buckets := prometheus.ExponentialBuckets(0.001, 2, 13)
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_requests_total",
			Help: "Operations by name, kind and the code of their first error (OK: none).",
		}, []string{"operation", "kind", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cartograph_router_request_seconds",
			Help: "Duration of queries and mutations, from plan to answer.", Buckets: buckets,
		}, []string{"operation", "kind"}),
		priorities: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cartograph_router_priority_seconds",
			Help: "Duration of queries and mutations by the priority of their root fields, and whether the system failed.", Buckets: buckets,
		}, []string{"priority", "result"}),
		clients: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_client_requests_total",
			Help: "Operations by the name and version that the client sends.",
		}, []string{"client", "version", "code"}),
		executions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_executions_total",
			Help: "Queries and mutations by executor: own or engine.",
		}, []string{"executor"}),
		deprecated: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cartograph_router_deprecated_fields_total",
			Help: "Operations that selected a deprecated field, by client.",
		}, []string{"field", "client", "version"}),
		fetches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cartograph_router_fetch_seconds",
			Help: "Duration of requests to subgraphs, by error code (OK: none).", Buckets: buckets,
		}, []string{"subgraph", "code"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "cartograph_router_subscriptions", Help: "Open subscriptions.",
		}),
		operationNames: labels{max: maxOperationLabels}, clientNames: labels{max: maxClientLabels},
	}
	if registry != nil {
		registry.MustRegister(m.requests, m.durations, m.priorities, m.clients, m.executions, m.deprecated, m.fetches, m.streams, &m.collector)
	}
	return m
}

// answered counts an operation that ran.
func (m *Metrics) answered(op *plan.Operation, client execute.Client, o outcome) {
	name, kind, code := m.operationNames.of(op.Name, "anonymous"), string(op.Kind), labelOf(o.code)
	m.requests.WithLabelValues(name, kind, code).Inc()
	if op.Kind != plan.Subscription {
		m.durations.WithLabelValues(name, kind).Observe(o.duration.Seconds())
		m.priorities.WithLabelValues(o.priority.String(), resultOf(o.code)).Observe(o.duration.Seconds())
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

// refused counts a request that was not run.
func (m *Metrics) refused(code gqlerr.Code) {
	m.requests.WithLabelValues("", "", labelOf(code)).Inc()
}

func (m *Metrics) fetched(f execute.Fetch) {
	m.fetches.WithLabelValues(f.Subgraph, labelOf(f.Failure)).Observe(f.Duration.Seconds())
}

func (m *Metrics) subscriptionsChanged(change float64) { m.streams.Add(change) }

// resultOf tells a fault of the system from everything else, of which the client was
// the cause.
func resultOf(code gqlerr.Code) string {
	switch code {
	case gqlerr.Internal, gqlerr.Timeout, gqlerr.SubgraphUnavailable:
		return "fault"
	default:
		return "ok"
	}
}

// outcome of an operation that ran.
type outcome struct {
	code     gqlerr.Code // of the first error, or ""
	priority transport.Priority
	engine   bool // run by the engine's resolver
	duration time.Duration
}

// other is the label of all names beyond the bound.
const other = "other"

// labels are the values of a label so far, the first max of them. It is safe for
// concurrent use.
type labels struct {
	max int

	mu    sync.RWMutex
	known map[string]bool
}

// of returns the label for a name, or empty for no name.
func (l *labels) of(name, empty string) string {
	if name == "" {
		return empty
	}
	l.mu.RLock()
	known, full := l.known[name], len(l.known) >= l.max
	l.mu.RUnlock()
	if known {
		return name
	}
	const maxBytes = 100
	if full || len(name) > maxBytes {
		return other
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	// Checked again: another goroutine may have added names in between.
	if l.known == nil {
		l.known = map[string]bool{}
	}
	if !l.known[name] && len(l.known) >= l.max {
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
