package payment_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/kafka"
	"cartograph/internal/outbox"
	"cartograph/subgraphs/payment"
)

// TestPaymentChangedSendsEveryState follows a payment from the database
// over Kafka to a subscriber.
func TestPaymentChangedSendsEveryState(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	client, err := kafka.NewClient(cluster.ListenAddrs())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := kafka.CreateTopics(t.Context(), client, 1, slog.New(slog.DiscardHandler), event.Topics()...); err != nil {
		t.Fatal(err)
	}
	defer background(t, outbox.NewRelay(outbox.New(s.pool), client, "payment", slog.New(slog.DiscardHandler)).Run)()
	defer background(t, func(ctx context.Context) error { return s.payments.RunWatch(ctx, cluster.ListenAddrs()) })()

	o := s.placed(5000)
	const watch = `subscription($order: ID!) { paymentChanged(orderId: $order) { status } }`
	order := map[string]any{"order": o.OrderID}
	if got := s.graph.Subscribe(t, bob, watch, order).Next(t); !strings.Contains(got, "There is no such order.") {
		t.Errorf("another customer subscribes and receives %s", got)
	}
	p := s.authorise(o, "tok_ok")
	ctx, cancel := context.WithCancel(t.Context())
	var capturing sync.WaitGroup
	defer capturing.Wait()
	defer cancel()
	changes := s.graph.Subscribe(t, ada, watch, order)
	for _, status := range []string{"AUTHORIZED", "CAPTURED"} {
		for want := `{"data":{"paymentChanged":{"status":"` + status + `"}}}`; ; {
			got := changes.Next(t)
			if got == want {
				break
			}
			if !strings.Contains(got, "AUTHORIZED") { // sent again, by an event that was under way
				t.Fatalf("received %q, want %s", got, want)
			}
		}
		if status == "AUTHORIZED" {
			capturing.Go(func() { s.captureWhenWatched(ctx, o, p) })
		}
	}
}

// captureWhenWatched captures, and repeats the request until ctx ends: a watch
// sees only what is published after it has begun.
func (s *shop) captureWhenWatched(ctx context.Context, o event.OrderFacts, p payment.Payment) {
	for ctx.Err() == nil {
		due := eventtest.Envelope(event.CaptureDue{OrderID: o.OrderID, CheckoutID: o.CheckoutID, PaymentID: p.ID})
		if err := s.payments.Handle(ctx, due); err != nil && ctx.Err() == nil {
			s.Errorf("capture: %v", err)
		}
		_, err := s.pool.Exec(ctx, `UPDATE payments SET updated_at = updated_at - interval '1 minute' WHERE status = 'CAPTURED'`)
		if err != nil && ctx.Err() == nil {
			s.Errorf("let time pass: %v", err)
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}
