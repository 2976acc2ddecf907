package kafka_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
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
	brokers := emptyCluster(t)
	createTopics(t, brokers, event.Topics()...)
	return brokers
}

func produce(t *testing.T, brokers []string, key string, values ...[]byte) {
	t.Helper()
	client := connect(t, brokers)
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
	c.Group, c.Instance = "order", "0"
	if c.Log == nil {
		c.Log = quiet
	}
	if c.Topics == nil {
		c.Topics = []event.Topic{event.Orders}
	}
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
	if n > 0 {
		t.Fatalf("the consumer ended and %d events were not handled", n)
	}
}

func TestAnInvalidEventIsMovedToDeadLettersAndTheNextHandled(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", []byte("{broken"), expired(t, "chk_bad"), expired(t, "chk_good"))

	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool}, 1, func(_ context.Context, e event.Envelope) error {
		if e.Subject == "chk_bad" {
			return fault.New(fault.Invalid, "no such checkout")
		}
		return nil
	})

	letters := deadLetters(t, pool)
	if len(letters) != 2 || string(letters[1].Key) != "chk_1" || letters[1].Error != "no such checkout" {
		t.Errorf("dead letters = %+v, want the broken record and chk_bad", letters)
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

func TestAConsumerContinuesAfterItsFirstFetch(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", expired(t, "chk_1"))
	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool}, 3, func(_ context.Context, e event.Envelope) error {
		switch e.Subject { // the next event exists only once this one is handled
		case "chk_1":
			produce(t, brokers, "chk_1", expired(t, "chk_2")) //nolint:contextcheck // its client lives as long as the test
		case "chk_2":
			produce(t, brokers, "chk_1", expired(t, "chk_3")) //nolint:contextcheck // its client lives as long as the test
		}
		return nil
	})
}

// An outage may last longer than an event is retried. The time between a failure
// before the outage and one after it does not move the event to the dead
// letters.
func TestAnOutageDoesNotCountAgainstAnEvent(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", expired(t, "chk_1"))
	const retryTimeout = 500 * time.Millisecond
	var outage time.Time // its begin
	failures := 0
	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool, RetryTimeout: retryTimeout}, 1, func(context.Context, event.Envelope) error {
		switch {
		case failures == 0:
			failures, outage = 1, time.Now()
			return errors.New("boom")
		case time.Since(outage) < 2*retryTimeout:
			return fmt.Errorf("hold stock: %w", &net.OpError{Op: "dial", Err: errors.New("connection refused")})
		case failures == 1:
			failures = 2
			return errors.New("boom")
		default:
			return nil
		}
	})
	if letters := deadLetters(t, pool); len(letters) > 0 {
		t.Errorf("dead letters = %+v, want none", letters)
	}
}

func TestAMemberThatRestartsContinuesWhereItStopped(t *testing.T) {
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

// Two members of one name are a mistake of the deployment. The first ends, with its
// replays, so that its process fails instead of running without events.
func TestAConsumerWhoseNameIsTakenEnds(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", expired(t, "chk_1"))
	handled, ended := make(chan struct{}, 10), make(chan error, 1)
	first := kafka.Consumer{
		Brokers: brokers, Group: "order", Instance: "0", Topics: []event.Topic{event.Orders}, Pool: pool, Log: quiet,
		Handle: func(context.Context, event.Envelope) error { handled <- struct{}{}; return nil },
	}
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	go func() { ended <- first.Run(ctx) }()
	select {
	case <-handled: // it is a member
	case <-ctx.Done():
		t.Fatal("the first consumer handles nothing")
	}
	background(t, brokers, pool, func(context.Context, event.Envelope) error { return nil })
	if err := <-ended; err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "another member of the consumer group order has the name 0") {
		t.Errorf("the first consumer ended with %v, %v, want the name that is taken", err, ctx.Err())
	}
}

func TestAnEventThatKeepsFailingIsMovedToDeadLetters(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", expired(t, "chk_bad"), expired(t, "chk_panic"), expired(t, "chk_good"))

	var attempts int
	began := time.Now()
	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool, RetryTimeout: 200 * time.Millisecond}, 1, func(_ context.Context, e event.Envelope) error {
		switch e.Subject {
		case "chk_bad":
			attempts++
			return errors.New("division by \x00 or \xff")
		case "chk_panic":
			panic("index out of range")
		}
		return nil
	})
	if took := time.Since(began); attempts < 3 || took < 400*time.Millisecond {
		t.Errorf("tried %d times, all in %s, want some tries in 200ms for each", attempts, took)
	}
	letters := deadLetters(t, pool)
	if len(letters) != 2 {
		t.Fatalf("dead letters = %+v, want two", letters)
	}
	if l := letters[0]; l.Error != "division by \uFFFD or \uFFFD" || l.Attempts != attempts || l.FirstFailedAt.Before(began.Add(-time.Second)) {
		t.Errorf("the first = %+v, want its error and %d attempts", l, attempts)
	}
	if !strings.HasPrefix(letters[1].Error, "panic: index out of range\n") {
		t.Errorf("the second = %+v, want the panic", letters[1])
	}
}

func TestADeadLetterIsTheRecordWhole(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	records := []*kgo.Record{
		{Key: []byte("chk_1"), Value: []byte("{broken"), Headers: []kgo.RecordHeader{
			{Key: "content-type", Value: []byte(event.ContentType)}, {Key: "traceparent", Value: []byte("00-1-2-01")},
		}},
		{Key: []byte("chk_1"), Value: nil}, // a tombstone
		{Key: nil, Value: []byte("\x00"), Headers: []kgo.RecordHeader{{Key: "odd", Value: []byte("a\x00b\xff")}}},
		{Key: []byte("chk_1"), Value: expired(t, "chk_good")},
	}
	for _, r := range records {
		r.Topic, r.Partition = string(event.Orders), 0
	}
	if err := connect(t, brokers, kgo.RecordPartitioner(kgo.ManualPartitioner())).ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool}, 1, func(context.Context, event.Envelope) error { return nil })

	want := []deadLetter{
		{Key: []byte("chk_1"), Value: []byte("{broken"), Headers: map[string]string{"content-type": event.ContentType, "traceparent": "00-1-2-01"}},
		{Key: []byte("chk_1"), Value: []byte{}, Headers: map[string]string{}},
		{Key: nil, Value: []byte("\x00"), Headers: map[string]string{"odd": "a\uFFFDb\uFFFD"}},
	}
	got := deadLetters(t, pool)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(deadLetter{}, "Error", "Attempts", "FirstFailedAt")); diff != "" {
		t.Errorf("dead letters (-want +got):\n%s", diff)
	}
}

type deadLetter struct {
	Key, Value    []byte
	Headers       map[string]string
	Error         string
	Attempts      int
	FirstFailedAt time.Time
}

func deadLetters(t *testing.T, pool *pgxpool.Pool) []deadLetter {
	t.Helper()
	rows, err := pool.Query(t.Context(),
		"SELECT key, value, headers, error, attempts, first_failed_at FROM dead_letters ORDER BY kafka_offset")
	if err != nil {
		t.Fatal(err)
	}
	letters, err := pgx.CollectRows(rows, pgx.RowToStructByName[deadLetter])
	if err != nil {
		t.Fatal(err)
	}
	return letters
}
