package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

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
