package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/internal/wakeup"
)

var (
	outboxPending = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Name: "cartograph_outbox_pending_events",
		Help: "Events that are committed and not yet published.",
	}, []string{"role"})
	outboxAge = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Name: "cartograph_outbox_oldest_event_age_seconds",
		Help: "Age of the oldest unpublished event.",
	}, []string{"role"})
)

var (
	checkouts = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "cartograph_checkouts_total",
		Help: "Checkouts by outcome: opened, then expired or cancelled unless an order was placed.",
	}, []string{"outcome"})
	orders = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "cartograph_orders_total",
		Help: "Orders by outcome: placed, then confirmed, cancelled or expired.",
	}, []string{"outcome"})
	stockRefused = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "cartograph_stock_refused_total",
		Help: "Checkouts that were refused because stock was short, by step: hold or commit.",
	}, []string{"step"})
)

// countEvent counts a published event of a purchase. A purchase that publishes
// an outcome again, because its receiver may have lost it, counts again.
func countEvent(eventType string) {
	switch eventType {
	case event.Type[event.CheckoutOpened]():
		checkouts.WithLabelValues("opened").Inc()
	case event.Type[event.CheckoutExpired]():
		checkouts.WithLabelValues("expired").Inc()
	case event.Type[event.CheckoutCancelled]():
		checkouts.WithLabelValues("cancelled").Inc()
	case event.Type[event.OrderPlaced]():
		orders.WithLabelValues("placed").Inc()
	case event.Type[event.OrderConfirmed]():
		orders.WithLabelValues("confirmed").Inc()
	case event.Type[event.OrderCancelled]():
		orders.WithLabelValues("cancelled").Inc()
	case event.Type[event.OrderExpired]():
		orders.WithLabelValues("expired").Inc()
	case event.Type[event.HoldRejected]():
		stockRefused.WithLabelValues("hold").Inc()
	case event.Type[event.HoldCommitFailed]():
		stockRefused.WithLabelValues("commit").Inc()
	}
}

// poolMetrics are those of a role's connections to its database, read when they
// are scraped.
type poolMetrics struct {
	stat                         func() *pgxpool.Stat
	connections, limit           *prometheus.Desc
	acquired, waited, waitedTime *prometheus.Desc
}

func newPoolMetrics(role string, stat func() *pgxpool.Stat) *poolMetrics {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, prometheus.Labels{"role": role})
	}
	return &poolMetrics{
		stat:        stat,
		connections: describe("cartograph_database_connections", "Connections by state: in_use or idle.", "state"),
		limit:       describe("cartograph_database_connections_max", "The largest number of connections."),
		acquired:    describe("cartograph_database_acquires_total", "Connections that were taken from the pool."),
		waited:      describe("cartograph_database_acquire_waits_total", "Connections that had to be waited for."),
		waitedTime:  describe("cartograph_database_acquire_seconds_total", "Time in which connections were waited for or opened."),
	}
}

// Describe implements prometheus.Collector.
func (m *poolMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.connections, m.limit, m.acquired, m.waited, m.waitedTime} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m *poolMetrics) Collect(out chan<- prometheus.Metric) {
	s := m.stat()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	counter := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, value)
	}
	gauge(m.connections, float64(s.AcquiredConns()), "in_use")
	gauge(m.connections, float64(s.IdleConns()), "idle")
	gauge(m.limit, float64(s.MaxConns()))
	counter(m.acquired, float64(s.AcquireCount()))
	counter(m.waited, float64(s.EmptyAcquireCount()))
	counter(m.waitedTime, s.AcquireDuration().Seconds())
}

const measureEvery = 5 * time.Second

func measureOutbox(ctx context.Context, role string, o *outbox.Outbox, log *slog.Logger) error {
	for wakeup.Sleep(ctx, measureEvery) {
		pending, oldest, err := o.Backlog(ctx)
		if err != nil {
			log.DebugContext(ctx, "measure outbox", "err", err)
			continue
		}
		outboxPending.WithLabelValues(role).Set(float64(pending))
		outboxAge.WithLabelValues(role).Set(oldest.Seconds())
	}
	return nil
}
