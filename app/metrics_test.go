package app

import (
	"context"
	"errors"
	"log/slog"
	"regexp"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"cartograph/internal/event"
	"cartograph/internal/pgtest"
	"cartograph/router/serve"
)

// registered are the names of all metrics of this program.
func registered(t *testing.T) []string {
	t.Helper()
	own := prometheus.NewRegistry()
	if err := own.Register(newPoolMetrics("order", func() *pgxpool.Stat { return nil })); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	resources, err := serve.OpenResources(t.Context(), &serve.Settings{}, own, log)
	if err != nil {
		t.Fatal(err)
	}
	defer resources.Close(t.Context())
	refused := errors.New("no settings")
	_, err = serve.NewReloader(t.Context(), serve.Sources{Load: func() (serve.Settings, error) { return serve.Settings{}, refused }}, own, log)
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	described := make(chan *prometheus.Desc)
	go func() {
		defer close(described)
		own.Describe(described)
		prometheus.DefaultRegisterer.(*prometheus.Registry).Describe(described)
	}()
	var names []string
	for d := range described {
		if match := regexp.MustCompile(`fqName: "(cartograph_[^"]+)"`).FindStringSubmatch(d.String()); match != nil && !slices.Contains(names, match[1]) {
			names = append(names, match[1])
		}
	}
	return names
}

func TestTheOperationsPageListsEveryMetricAndNoOther(t *testing.T) {
	t.Parallel()
	page := read(t, "../docs/operate.md")
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(cartograph_[a-z_]+)` \\|").FindAllStringSubmatch(page, -1) {
		listed = append(listed, row[1])
	}
	names := registered(t)
	for _, name := range names {
		if !slices.Contains(listed, name) {
			t.Errorf("docs/operate.md does not list %s", name)
		}
	}
	for _, name := range listed {
		if !slices.Contains(names, name) {
			t.Errorf("docs/operate.md lists %s, which does not exist", name)
		}
	}
	for _, name := range regexp.MustCompile(`cartograph_[a-z_]+`).FindAllString(page, -1) {
		base := regexp.MustCompile(`_(bucket|sum|count)$`).ReplaceAllString(name, "")
		if !slices.Contains(names, base) && !slices.Contains(databaseNames(), name) {
			t.Errorf("docs/operate.md names %s, which does not exist", name)
		}
	}
}

func databaseNames() []string {
	var names []string
	for name := range databases(&Config{}) {
		names = append(names, name)
	}
	return names
}

func TestPublishedEventsOfAPurchaseAreCounted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		event   event.Payload
		counter prometheus.Counter
	}{
		{event.CheckoutOpened{}, checkouts.WithLabelValues("opened")},
		{event.CheckoutExpired{}, checkouts.WithLabelValues("expired")},
		{event.CheckoutCancelled{}, checkouts.WithLabelValues("cancelled")},
		{event.OrderPlaced{}, orders.WithLabelValues("placed")},
		{event.OrderConfirmed{}, orders.WithLabelValues("confirmed")},
		{event.OrderCancelled{}, orders.WithLabelValues("cancelled")},
		{event.OrderExpired{}, orders.WithLabelValues("expired")},
		{event.HoldRejected{}, stockRefused.WithLabelValues("hold")},
		{event.HoldCommitFailed{}, stockRefused.WithLabelValues("commit")},
	} {
		before := valueOf(t, tt.counter)
		countEvent(tt.event.Type())
		if got := valueOf(t, tt.counter) - before; got != 1 {
			t.Errorf("%s is counted %v times, want once", tt.event.Type(), got)
		}
	}
}

func valueOf(t *testing.T, counter prometheus.Counter) float64 {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(counter)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families[0].GetMetric()[0].GetCounter().GetValue()
}

func TestThePoolOfADatabaseIsMeasured(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	conn, err := pool.Acquire(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(newPoolMetrics("order", pool.Stat)); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "cartograph_database_connections" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["role"] != "order" {
				t.Errorf("labels are %v, want the role", labels)
			}
			if labels["state"] == "in_use" && m.GetGauge().GetValue() != 1 {
				t.Errorf("%v connections are in use, want 1", m.GetGauge().GetValue())
			}
		}
	}
	if len(families) != 5 {
		t.Errorf("a pool has %d metrics, want 5", len(families))
	}
}
