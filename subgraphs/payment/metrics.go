package payment

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var (
	reached = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "cartograph_payments_total",
		Help: "Payments that reached a status.",
	}, []string{"status"})
	unknown = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "cartograph_payment_unknown_outcomes_total",
		Help: "Requests to the gateway that left open what became of them.",
	}, []string{"operation"})
	oldestWant = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "cartograph_payment_oldest_want_seconds",
		Help: "How long the oldest request has waited for the gateway.",
	})
	differences = promauto.NewGauge(prometheus.GaugeOpts{
		Name: "cartograph_payment_ledger_differences",
		Help: "Payments whose amounts are not what the ledger says.",
	})
)
