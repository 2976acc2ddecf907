package webhook

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var attempted = promauto.NewCounterVec(prometheus.CounterOpts{
	Name: "cartograph_webhook_attempts_total",
	Help: "Attempts to deliver an event to a partner by result: succeeded, failed, refused (the owner may not see the event, or the endpoint is gone) or postponed (the user role did not answer).",
}, []string{"result"})
