package payment

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	statusReached = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "cartograph_payments_total",
		Help: "Payments that reached a status.",
	}, []string{"status"})
	unknownOutcomes = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "cartograph_payment_unknown_outcomes_total",
		Help: "Requests to the gateway whose outcome is unknown; they are repeated.",
	}, []string{"operation"})
	oldestPending = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "cartograph_payment_oldest_pending_operation_seconds",
		Help: "Age of the oldest operation that has no outcome.",
	})
	ledgerDifferences = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "cartograph_payment_ledger_differences",
		Help: "Payments whose amounts differ from the ledger.",
	})
)
