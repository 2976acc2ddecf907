package outbox_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/kafka"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

var quiet = slog.New(slog.DiscardHandler)

func connect(t *testing.T, brokers []string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kafka.NewClient(brokers, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func TestADeadLetterReachesItsTopicWhole(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	brokers, pool := cluster.ListenAddrs(), pgtest.New(t, fstest.MapFS{})
	client := connect(t, brokers)
	if err := kafka.CreateTopics(t.Context(), client, 1, quiet, event.Topics()...); err != nil {
		t.Fatal(err)
	}
	poison := &kgo.Record{
		Topic: string(event.Orders), Key: []byte("chk_1"), Value: []byte(`{"id":"evt_1","type":"t","subject":"chk_1"}`),
		Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte(event.ContentType)}, {Key: "traceparent", Value: []byte("00-1-2-01")}},
	}
	if err := client.ProduceSync(t.Context(), poison).FirstErr(); err != nil {
		t.Fatal(err)
	}
	storeDeadLetter(t, brokers, pool)
	began := time.Now()

	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := outbox.NewRelay(outbox.New(pool), client, "/payment", quiet).Run(ctx); err != nil {
			t.Error(err)
		}
	})
	reader := connect(t, brokers, kgo.ConsumeTopics("order.events.v1.payment.dlq"))
	letters := reader.PollFetches(ctx).Records()
	if len(letters) != 1 {
		t.Fatalf("the dead letter topic holds %d records, want 1", len(letters))
	}
	got := letters[0]
	if string(got.Key) != "chk_1" || string(got.Value) != string(poison.Value) {
		t.Errorf("the dead letter is %s: %s, want the record as it was", got.Key, got.Value)
	}
	headers := map[string]string{}
	for _, h := range got.Headers {
		headers[h.Key] = string(h.Value)
	}
	since, err := time.Parse(time.RFC3339Nano, headers["first-failed-at"])
	if err != nil || since.After(began) {
		t.Errorf("first-failed-at = %q, want a time before %s", headers["first-failed-at"], began)
	}
	delete(headers, "first-failed-at")
	if diff := cmp.Diff(map[string]string{
		"content-type": event.ContentType, "traceparent": "00-1-2-01", "error": "no such checkout", "attempts": "1",
	}, headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	await(t, pool, "every dead letter is marked as relayed", "SELECT count(*) = 0 FROM dead_letters WHERE relayed_at IS NULL")
	stop()
	wg.Wait()
	if end := endOf(t, reader, "order.events.v1.payment.dlq"); end != 1 {
		t.Errorf("the topic holds %d dead letters in the end, want 1", end)
	}
}

// storeDeadLetter runs a consumer until it has stored a dead letter.
func storeDeadLetter(t *testing.T, brokers []string, pool *pgxpool.Pool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() {
		err := (&kafka.Consumer{
			Brokers: brokers, Group: "payment", Instance: "0", Topics: []event.Topic{event.Orders}, Pool: pool, Log: quiet,
			Handle: func(context.Context, event.Envelope) error { return fault.New(fault.Invalid, "no such checkout") },
		}).Run(ctx)
		if err != nil {
			t.Error(err)
		}
	})
	await(t, pool, "a dead letter is stored", "SELECT count(*) = 1 FROM dead_letters")
	stop()
	wg.Wait()
}

func await(t *testing.T, pool *pgxpool.Pool, what, condition string) {
	t.Helper()
	polltest.Eventually(t, what, func() (met bool) {
		if err := pool.QueryRow(t.Context(), condition).Scan(&met); err != nil {
			t.Fatal(err)
		}
		return met
	})
}

func endOf(t *testing.T, client *kgo.Client, topic string) int64 {
	t.Helper()
	ends, err := kadm.NewClient(client).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup(topic, 0)
	return end.Offset
}

// refusing is a broker that accepts events and no dead letters.
type refusing struct{ *broker }

func (r refusing) ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults {
	if records[0].Topic != string(event.Orders) {
		return kgo.ProduceResults{{Err: errors.New("message too large")}}
	}
	return r.broker.ProduceSync(ctx, records...)
}

func TestADeadLetterThatKafkaRefusesBlocksNoEvent(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	if _, err := pool.Exec(t.Context(), `
		INSERT INTO dead_letters (consumer, topic, partition, kafka_offset, value, error, attempts, first_failed_at)
		VALUES ('payment', 'order.events.v1', 0, 0, '', 'no such checkout', 1, now())`); err != nil {
		t.Fatal(err)
	}
	o, b := outbox.New(pool), &broker{}
	startRelay(t, o, refusing{b})
	for i := range 3 {
		if err := o.InTx(t.Context(), func(tx pgx.Tx) error {
			return outbox.Write(t.Context(), tx, event.CheckoutExpired{CheckoutID: "chk_" + strconv.Itoa(i)})
		}); err != nil {
			t.Fatal(err)
		}
	}
	b.await(t, 3)
}
