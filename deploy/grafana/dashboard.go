// Package grafana builds the dashboard of the shop from a table of panels, so that a
// test can compare what it shows with the metrics that exist.
package grafana

import (
	"encoding/json"
)

//go:generate go run ./generate

// panel is a graph: a title, its unit in Grafana's words, and its lines.
type panel struct {
	title, unit string
	lines       []line
}

// line is an expression of PromQL and how its series are named.
type line struct{ expr, legend string }

// row is a heading with the panels below it.
type row struct {
	title  string
	panels []panel
}

func rows() []row {
	return []row{
		{"Customers", []panel{
			{"Operations per second", "reqps", []line{{`sum by (priority) (rate(cartograph_router_priority_seconds_count[$__rate_interval]))`, "{{priority}}"}}},
			{"Share that failed", "percentunit", []line{{`sum by (priority) (rate(cartograph_router_priority_seconds_count{result="fault"}[$__rate_interval])) / sum by (priority) (rate(cartograph_router_priority_seconds_count[$__rate_interval]))`, "{{priority}}"}}},
			{"99 % answered within", "s", []line{{`histogram_quantile(0.99, sum by (le, priority) (rate(cartograph_router_priority_seconds_bucket[$__rate_interval])))`, "{{priority}}"}}},
			{"First errors by code", "reqps", []line{{`sum by (code) (rate(cartograph_router_requests_total{code!="OK"}[$__rate_interval]))`, "{{code}}"}}},
			{"Refused under overload", "reqps", []line{{`sum by (priority) (rate(cartograph_router_concurrency_refused_total[$__rate_interval]))`, "{{priority}}"}}},
			{"Running and waiting", "short", []line{
				{`sum(cartograph_router_concurrency_limit)`, "limit"},
				{`sum(cartograph_router_concurrency_running)`, "running"},
				{`sum(cartograph_router_concurrency_waiting)`, "waiting"},
			}},
		}},
		{"Shop", []panel{
			{"Checkouts", "ops", []line{{`sum by (outcome) (rate(cartograph_checkouts_total[$__rate_interval]))`, "{{outcome}}"}}},
			{"Orders", "ops", []line{{`sum by (outcome) (rate(cartograph_orders_total[$__rate_interval]))`, "{{outcome}}"}}},
			{"Payments by the status they reach", "ops", []line{{`sum by (status) (rate(cartograph_payments_total[$__rate_interval]))`, "{{status}}"}}},
			{"Refused because stock was short", "ops", []line{{`sum by (step) (rate(cartograph_stock_refused_total[$__rate_interval]))`, "{{step}}"}}},
			{"Requests to the gateway without an answer", "ops", []line{{`sum by (operation) (rate(cartograph_payment_unknown_outcomes_total[$__rate_interval]))`, "{{operation}}"}}},
			{"Payments that differ from the ledger", "short", []line{{`max(cartograph_payment_ledger_differences)`, "payments"}}},
		}},
		{"Events", []panel{
			{"Not yet published", "short", []line{{`sum by (role) (cartograph_outbox_pending_events)`, "{{role}}"}}},
			{"Age of the oldest of them", "s", []line{{`max by (role) (cartograph_outbox_oldest_event_age_seconds)`, "{{role}}"}}},
			{"Not yet handled", "short", []line{{`sum by (group, topic) (cartograph_consumer_lag_records)`, "{{group}} {{topic}}"}}},
			{"Dead letters", "short", []line{{`max by (group) (cartograph_dead_letters)`, "{{group}}"}}},
			{"Mails", "ops", []line{{`sum by (result) (rate(cartograph_mails_total[$__rate_interval]))`, "{{result}}"}}},
			{"Deliveries to partners", "ops", []line{{`sum by (result) (rate(cartograph_webhook_attempts_total[$__rate_interval]))`, "{{result}}"}}},
		}},
		{"Subgraphs and databases", []panel{
			{"95 % of requests to subgraphs answered within", "s", []line{{`histogram_quantile(0.95, sum by (le, subgraph) (rate(cartograph_router_fetch_seconds_bucket[$__rate_interval])))`, "{{subgraph}}"}}},
			{"Requests to subgraphs that failed", "reqps", []line{{`sum by (subgraph, code) (rate(cartograph_router_fetch_seconds_count{code!="OK"}[$__rate_interval]))`, "{{subgraph}} {{code}}"}}},
			{"Circuits that are not closed", "short", []line{{`max by (subgraph, state) (cartograph_router_subgraph_circuit{state!="closed"})`, "{{subgraph}} {{state}}"}}},
			{"Database connections in use", "percentunit", []line{{`sum by (role) (cartograph_database_connections{state="in_use"}) / sum by (role) (cartograph_database_connections_max)`, "{{role}}"}}},
			{"Wait for a database connection", "s", []line{{`sum by (role) (rate(cartograph_database_acquire_seconds_total[$__rate_interval])) / sum by (role) (rate(cartograph_database_acquires_total[$__rate_interval]))`, "{{role}}"}}},
			{"Hits of the router's caches", "percentunit", []line{{`sum by (cache) (rate(cartograph_router_cache_total{result="hit"}[$__rate_interval])) / sum by (cache) (rate(cartograph_router_cache_total[$__rate_interval]))`, "{{cache}}"}}},
		}},
		{"Processes", []panel{
			{"CPU", "short", []line{{`sum by (instance) (rate(process_cpu_seconds_total{job="cartograph"}[$__rate_interval]))`, "{{instance}}"}}},
			{"Resident memory", "bytes", []line{{`process_resident_memory_bytes{job="cartograph"}`, "{{instance}}"}}},
			{"Goroutines", "short", []line{{`go_goroutines{job="cartograph"}`, "{{instance}}"}}},
		}},
	}
}

// Sizes in Grafana's grid of 24 columns.
const (
	panelWidth  = 8
	panelHeight = 8
	columns     = 24 / panelWidth
)

type object map[string]any

// Dashboard returns the dashboard as Grafana imports it, for any data source of
// Prometheus.
func Dashboard() ([]byte, error) {
	source := object{"type": "prometheus", "uid": "${source}"}
	var panels []object
	y := 0
	for _, r := range rows() {
		panels = append(panels, object{
			"id": len(panels) + 1, "type": "row", "title": r.title, "gridPos": object{"x": 0, "y": y, "w": 24, "h": 1},
		})
		y++
		for i, p := range r.panels {
			var targets []object
			for j, l := range p.lines {
				targets = append(targets, object{"refId": string(rune('A' + j)), "expr": l.expr, "legendFormat": l.legend, "datasource": source})
			}
			panels = append(panels, object{
				"id": len(panels) + 1, "type": "timeseries", "title": p.title, "datasource": source, "targets": targets,
				"gridPos":     object{"x": i % columns * panelWidth, "y": y + i/columns*panelHeight, "w": panelWidth, "h": panelHeight},
				"fieldConfig": object{"defaults": object{"unit": p.unit, "min": 0}, "overrides": []object{}},
				"options":     object{"legend": object{"displayMode": "list", "placement": "bottom"}, "tooltip": object{"mode": "multi", "sort": "desc"}},
			})
		}
		y += (len(r.panels) + columns - 1) / columns * panelHeight
	}
	out, err := json.MarshalIndent(object{
		"uid": "cartograph", "title": "Cartograph", "schemaVersion": 39, "timezone": "browser", "refresh": "30s",
		"time": object{"from": "now-3h", "to": "now"}, "panels": panels,
		"templating": object{"list": []object{{"name": "source", "label": "Prometheus", "type": "datasource", "query": "prometheus"}}},
	}, "", "  ")
	return append(out, '\n'), err
}
