package router

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"cartograph/internal/limiter"
	"cartograph/router/plan"
	"cartograph/router/transport"
	"cartograph/router/upstream"
)

// collector reads gauges from the current router when metrics are scraped.
type collector struct{ router atomic.Pointer[Router] }

var (
	concurrencyLimit = prometheus.NewDesc("cartograph_router_concurrency_limit",
		"Operations that may run at once; it follows the measured latency.", nil, nil)
	concurrencyRunning = prometheus.NewDesc("cartograph_router_concurrency_running",
		"Queries and mutations that run.", nil, nil)
	concurrencyWaiting = prometheus.NewDesc("cartograph_router_concurrency_waiting",
		"Queries and mutations that wait to run.", []string{"priority"}, nil)
	concurrencyRefused = prometheus.NewDesc("cartograph_router_concurrency_refused_total",
		"Queries and mutations that were refused under overload.", []string{"priority"}, nil)
	cacheUse = prometheus.NewDesc("cartograph_router_cache_total",
		"Lookups in the caches of documents and of plans: hit or miss.", []string{"cache", "result"}, nil)
	planned = prometheus.NewDesc("cartograph_router_plans_made_total",
		"Plans that were made, by planner: own, or engine for what ours leaves to it.", []string{"planner"}, nil)
	circuit = prometheus.NewDesc("cartograph_router_subgraph_circuit",
		"1 for the state of a subgraph's circuit breaker.", []string{"subgraph", "state"}, nil)
	inFlight = prometheus.NewDesc("cartograph_router_subgraph_in_flight",
		"Requests in flight to a subgraph.", []string{"subgraph"}, nil)
	waiting = prometheus.NewDesc("cartograph_router_subgraph_waiting",
		"Requests that wait for the subgraph's limiter.", []string{"subgraph"}, nil)
	idle = prometheus.NewDesc("cartograph_router_subgraph_idle_connections",
		"Idle connections to a subgraph.", []string{"subgraph"}, nil)
)

// Describe names the metrics.
func (n *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{concurrencyLimit, concurrencyRunning, concurrencyWaiting, concurrencyRefused, cacheUse, planned, circuit, inFlight, waiting, idle} {
		out <- d
	}
}

// Collect reads the current router's statistics.
func (n *collector) Collect(out chan<- prometheus.Metric) {
	r := n.router.Load()
	if r == nil {
		return
	}
	collectAdmission(out, r.handler.Admission())
	stats := r.planner.Stats()
	for name, cache := range map[string]plan.CacheStats{"documents": stats.Documents, "plans": stats.Plans} {
		out <- prometheus.MustNewConstMetric(cacheUse, prometheus.CounterValue, float64(cache.Hits), name, "hit")
		out <- prometheus.MustNewConstMetric(cacheUse, prometheus.CounterValue, float64(cache.Misses), name, "miss")
	}
	own, byEngine := r.planner.Planned()
	out <- prometheus.MustNewConstMetric(planned, prometheus.CounterValue, float64(own), "own")
	out <- prometheus.MustNewConstMetric(planned, prometheus.CounterValue, float64(byEngine), "engine")
	for name, state := range r.executor.States() {
		out <- prometheus.MustNewConstMetric(inFlight, prometheus.GaugeValue, float64(state.InFlight), name)
		out <- prometheus.MustNewConstMetric(waiting, prometheus.GaugeValue, float64(state.Waiting), name)
		out <- prometheus.MustNewConstMetric(idle, prometheus.GaugeValue, float64(state.IdleConns), name)
		collectCircuit(out, name, state)
	}
}

func collectAdmission(out chan<- prometheus.Metric, state limiter.PriorityState) {
	out <- prometheus.MustNewConstMetric(concurrencyLimit, prometheus.GaugeValue, float64(state.Limit))
	out <- prometheus.MustNewConstMetric(concurrencyRunning, prometheus.GaugeValue, float64(state.Running))
	for i := range state.Waiting {
		priority := transport.Priority(i).String()
		out <- prometheus.MustNewConstMetric(concurrencyWaiting, prometheus.GaugeValue, float64(state.Waiting[i]), priority)
		out <- prometheus.MustNewConstMetric(concurrencyRefused, prometheus.CounterValue, float64(state.Refused[i]), priority)
	}
}

func collectCircuit(out chan<- prometheus.Metric, subgraph string, state upstream.State) {
	for _, one := range []string{"closed", "half-open", "open"} {
		in := 0.0
		if one == state.Circuit {
			in = 1
		}
		out <- prometheus.MustNewConstMetric(circuit, prometheus.GaugeValue, in, subgraph, one)
	}
}
