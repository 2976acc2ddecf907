package outbox_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kfake"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

// An outage of Kafka may last for days.
func TestAnEventThatWaitedLongIsPublished(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, string(event.Orders)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kafka.NewClient(cluster.ListenAddrs())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)

	pool := pgtest.New(t, fstest.MapFS{})
	o := outbox.New(pool)
	err = o.InTx(t.Context(), func(tx pgx.Tx) error {
		if err := outbox.Write(t.Context(), tx, event.CheckoutExpired{CheckoutID: "chk_1"}); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "UPDATE outbox SET created_at = now() - interval '3 days'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	t.Cleanup(func() { cancel(); wg.Wait() })
	wg.Go(func() {
		if err := outbox.NewRelay(o, client, "/order", slog.New(slog.DiscardHandler)).Run(ctx); err != nil {
			t.Error(err)
		}
	})
	polltest.Eventually(t, "the event is published", func() bool {
		waiting, _, err := o.Backlog(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return waiting == 0
	})
}
