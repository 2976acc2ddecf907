package kafka_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/internal/kafka"
	"cartograph/internal/pgtest"
)

var quiet = slog.New(slog.DiscardHandler)

func newCluster(t *testing.T) []string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kafka.NewClient(cluster.ListenAddrs())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := kafka.CreateTopics(t.Context(), client, 1, quiet, event.Topics()...); err != nil {
		t.Fatal(err)
	}
	return cluster.ListenAddrs()
}

func produce(t *testing.T, brokers []string, key string, values ...[]byte) {
	t.Helper()
	client, err := kafka.NewClient(brokers)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, value := range values {
		record := &kgo.Record{Topic: string(event.Orders), Key: []byte(key), Value: value}
		if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

func expired(t *testing.T, checkout string) []byte {
	t.Helper()
	p := event.CheckoutExpired{CheckoutID: checkout}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(event.Envelope{ID: id.New(id.Event), Type: p.Type(), Subject: checkout, Data: data})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// consume runs a consumer until handle has seen n events successfully.
func consume(t *testing.T, c kafka.Consumer, n int, handle kafka.Handle) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var mu sync.Mutex
	c.Group, c.Instance, c.Topics, c.Log = "order", "0", []event.Topic{event.Orders}, quiet
	c.Handle = func(ctx context.Context, e event.Envelope) error {
		if err := handle(ctx, e); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if n--; n == 0 {
			stop()
		}
		return nil
	}
	if err := c.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.Fatalf("%d events did not come", n)
	}
}

func TestPoisonIsSetAsideAndTheNextEventHandled(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", []byte("{broken"), expired(t, "chk_bad"), expired(t, "chk_good"))

	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool}, 1, func(_ context.Context, e event.Envelope) error {
		if e.Subject == "chk_bad" {
			return fault.New(fault.Invalid, "no such checkout")
		}
		return nil
	})

	rows, err := pool.Query(t.Context(), "SELECT convert_from(key, 'UTF8') || ': ' || error FROM dead_letters ORDER BY kafka_offset")
	if err != nil {
		t.Fatal(err)
	}
	var letters []string
	for rows.Next() {
		var letter string
		if err := rows.Scan(&letter); err != nil {
			t.Fatal(err)
		}
		letters = append(letters, letter)
	}
	if len(letters) != 2 || letters[1] != "chk_1: no such checkout" {
		t.Errorf("dead letters = %q, want the broken record and chk_bad", letters)
	}
}

func TestAnUnavailablePeerDelaysAnEventAndLosesNone(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", expired(t, "chk_1"), expired(t, "chk_2"))

	var mu sync.Mutex
	var seen []string
	failures := 3
	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool}, 2, func(_ context.Context, e event.Envelope) error {
		mu.Lock()
		defer mu.Unlock()
		if failures--; failures >= 0 {
			return fault.New(fault.Unavailable, "not now")
		}
		seen = append(seen, e.Subject)
		return nil
	})
	if want := []string{"chk_1", "chk_2"}; !slices.Equal(seen, want) {
		t.Errorf("handled %v, want %v", seen, want)
	}
}

func TestAMemberThatComesBackGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	for i := range 20 {
		produce(t, brokers, fmt.Sprint(i), expired(t, fmt.Sprint("chk_", i)))
	}
	seen := map[string]int{}
	var mu sync.Mutex
	count := func(_ context.Context, e event.Envelope) error {
		mu.Lock()
		defer mu.Unlock()
		seen[e.Subject]++
		return nil
	}
	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool}, 20, count)
	produce(t, brokers, "last", expired(t, "chk_last"))
	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool}, 1, count)

	if len(seen) != 21 || seen["chk_last"] != 1 {
		t.Errorf("handled %d events, chk_last %d times, want 21 and once", len(seen), seen["chk_last"])
	}
}
