package kafka_test

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/prometheus/client_golang/prometheus"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/kafka"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

// gauge is the value of cartograph_dead_letters of a group; -1 if it has none.
func gauge(t *testing.T, group string) float64 {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "cartograph_dead_letters" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == group {
				return m.GetGauge().GetValue()
			}
		}
	}
	return -1
}

func TestTheGaugeOfDeadLettersCountsThoseThatAreOpen(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	const group = "gauged"
	background(t, brokers, pool, func(context.Context, event.Envelope) error {
		return fault.New(fault.Invalid, "no such checkout")
	}, func(c *kafka.Consumer) { c.Group = group })
	polltest.Eventually(t, "none is counted", func() bool { return gauge(t, group) == 0 })
	produce(t, brokers, "chk_1", expired(t, "chk_1"), expired(t, "chk_2"))
	polltest.Eventually(t, "both are counted", func() bool { return gauge(t, group) == 2 })
	if n, err := kafka.DiscardDeadLetters(t.Context(), pool, kafka.DeadLetterFilter{Consumer: group}); err != nil || n != 2 {
		t.Fatalf("discarded %d, %v, want 2", n, err)
	}
	polltest.Eventually(t, "discarded ones are not counted", func() bool { return gauge(t, group) == 0 })
}
