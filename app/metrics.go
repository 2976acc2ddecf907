package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"cartograph/internal/outbox"
)

var (
	outboxWaiting = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Name: "cartograph_outbox_waiting_events",
		Help: "Events that are committed and not yet published.",
	}, []string{"role"})
	outboxAge = promauto.NewGaugeVec(prometheus.GaugeOpts{
		Name: "cartograph_outbox_oldest_seconds",
		Help: "How long the oldest unpublished event has waited.",
	}, []string{"role"})
)

const measureEvery = 5 * time.Second

func measureOutbox(ctx context.Context, role string, o *outbox.Outbox, log *slog.Logger) error {
	for {
		select {
		case <-time.After(measureEvery):
		case <-ctx.Done():
			return nil
		}
		waiting, oldest, err := o.Backlog(ctx)
		if err != nil {
			log.DebugContext(ctx, "measure outbox", "err", err)
			continue
		}
		outboxWaiting.WithLabelValues(role).Set(float64(waiting))
		outboxAge.WithLabelValues(role).Set(oldest.Seconds())
	}
}
