package notification

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

var deliveries = promauto.NewCounterVec(prometheus.CounterOpts{
	Name: "cartograph_mails_total",
	Help: "Deliveries of mails by result: sent, postponed (tried again later), quiet (waits for the end of the quiet hours), dropped (no longer needed) or failed (not tried again).",
}, []string{"result"})

var messages = promauto.NewCounterVec(prometheus.CounterOpts{
	Name: "cartograph_messages_total",
	Help: "Deliveries of push and text messages by channel and result: sent, postponed, dropped or failed.",
}, []string{"channel", "result"})
