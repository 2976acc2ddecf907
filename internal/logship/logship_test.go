package logship_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/trace"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
	"cartograph/internal/logship"
)

// shipped starts a broker, lets write write log records, and returns those that arrive,
// by service.
func shipped(t *testing.T, shipper *logship.Shipper, write func(*slog.Logger)) map[string][]event.LogRecord {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, string(event.Logs)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kafka.NewClient(cluster.ListenAddrs(), kgo.ConsumeTopics(string(event.Logs)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	write(slog.New(shipper.Handler(slog.NewTextHandler(&bytes.Buffer{}, nil))))
	ctx, stop := context.WithCancel(t.Context())
	stop() // what waits is sent nevertheless
	if err := shipper.Run(ctx, client); err != nil {
		t.Fatal(err)
	}
	read, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	found := map[string][]event.LogRecord{}
	for read.Err() == nil {
		for _, r := range client.PollFetches(read).Records() {
			e, err := event.Parse(r.Value)
			if err != nil {
				t.Fatal(err)
			}
			p, err := event.Decode[event.LogsWritten](e)
			if err != nil || string(r.Key) != p.Service {
				t.Fatalf("%s with the key %s: %v", r.Value, r.Key, err)
			}
			found[p.Service] = append(found[p.Service], p.Records...)
		}
	}
	return found
}

func TestRecordsAreSentWithTheirAttributesAndWithoutSecrets(t *testing.T) {
	t.Parallel()
	traced := trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: trace.TraceID{0x4b, 0xf9}, SpanID: trace.SpanID{1},
	}))
	found := shipped(t, logship.New("order-2", "logging"), func(log *slog.Logger) {
		log.Info("starting")
		order := log.With("role", "order").With("shop", "demo")
		order.WarnContext(traced, "outbox relay failed, retrying", "err", errors.New("broker is away"), "after", 2*time.Second, "n", 3)
		order.WithGroup("http").With("status", 500).Error("call failed", slog.Group("caller", "token", "abc", "role", "x"))
		order.Info("paid with 4242 4242 4242 4242", "note", "card 4242424242424242", "password", "hunter2", "tokens", 7)
		order.Debug("not enabled")
		log.With("role", "logging").Error("store failed")
	})
	want := map[string][]event.LogRecord{
		"cartograph": {{Message: "starting"}},
		"order": {
			{
				Level: 4, Message: "outbox relay failed, retrying", TraceID: "4bf90000000000000000000000000000",
				Attributes: map[string]string{"shop": "demo", "err": "broker is away", "after": "2s", "n": "3"},
			},
			{Level: 8, Message: "call failed", Attributes: map[string]string{
				"shop": "demo", "http.status": "500", "http.caller.token": "***", "http.caller.role": "x",
			}},
			{Message: "***", Attributes: map[string]string{"shop": "demo", "note": "***", "password": "***", "tokens": "7"}},
		},
	}
	if diff := cmp.Diff(want, found, cmpopts.IgnoreFields(event.LogRecord{}, "ID", "At")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestALogThatNobodyReadsLosesRecordsAndNeverWaits(t *testing.T) {
	t.Parallel()
	shipper := logship.New("0")
	log := slog.New(shipper.Handler(slog.NewTextHandler(&bytes.Buffer{}, nil)))
	for range 10_000 { // more than the buffer has
		log.Info("still here", "text", strings.Repeat("x", 10_000))
	}
	found := shipped(t, shipper, func(*slog.Logger) {})["cartograph"]
	if len(found) == 0 || len(found) > 4096 {
		t.Errorf("%d records were kept, want as many as the buffer has", len(found))
	}
	if n := len(found[0].Attributes["text"]); n > 5_000 {
		t.Errorf("a text of %d bytes was sent, want it cut", n)
	}
}
