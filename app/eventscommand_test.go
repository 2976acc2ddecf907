package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
)

// eventLog is a broker with an event of each checkout, a minute apart, the last of them
// now.
func eventLog(t *testing.T, checkouts ...string) (Config, *kgo.Client) {
	t.Helper()
	var topics []string
	for _, topic := range event.Topics() {
		topics = append(topics, string(topic.Topic))
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(3, topics...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...)) // without a limit of the age of a record
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	for i, id := range checkouts {
		publish(t, client, id, time.Now().Add(-time.Duration(len(checkouts)-1-i)*time.Minute))
	}
	return Config{KafkaBrokers: cluster.ListenAddrs()}, client
}

func publish(t *testing.T, client *kgo.Client, checkoutID string, at time.Time) {
	t.Helper()
	envelope := eventtest.Envelope(event.CheckoutExpired{CheckoutID: checkoutID})
	envelope.Source = "/order"
	value, err := json.Marshal(envelope)
	if err != nil {
		t.Fatal(err)
	}
	record := &kgo.Record{Topic: string(event.Orders), Key: []byte(checkoutID), Value: value, Timestamp: at}
	if err := client.ProduceSync(t.Context(), record).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// subjects are those of printed events.
func subjects(printed string) string {
	var all []string
	for line := range strings.Lines(printed) {
		all = append(all, strings.Fields(line)[4])
	}
	return strings.Join(all, " ")
}

func TestTheLastEventsArePrinted(t *testing.T) {
	t.Parallel()
	cfg, _ := eventLog(t, "chk_1", "chk_2", "chk_3", "chk_4")
	for name, c := range map[string]struct {
		tail eventTail
		want string
	}{
		"all, the oldest first": {eventTail{since: time.Hour, lines: 10}, "chk_1 chk_2 chk_3 chk_4"},
		"the last two":          {eventTail{since: time.Hour, lines: 2}, "chk_3 chk_4"},
		"of a subject":          {eventTail{since: time.Hour, lines: 10, subject: "chk_2"}, "chk_2"},
		"of a while":            {eventTail{since: 90 * time.Second, lines: 10}, "chk_3 chk_4"},
		"of another topic":      {eventTail{since: time.Hour, lines: 10, topic: string(event.Payments)}, ""},
	} {
		var out bytes.Buffer
		if err := c.tail.run(t.Context(), cfg, []string{"tail"}, &out); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := subjects(out.String()); got != c.want {
			t.Errorf("%s: printed events of %q, want %q\n%s", name, got, c.want, out.String())
		}
	}
	for want, c := range map[string]struct {
		tail  eventTail
		words []string
	}{
		"--lines 0":       {eventTail{since: time.Hour}, []string{"tail"}},
		"--since 0s":      {eventTail{lines: 1}, []string{"tail"}},
		"--topic nowhere": {eventTail{since: time.Hour, lines: 1, topic: "nowhere"}, []string{"tail"}},
		"events tail":     {eventTail{since: time.Hour, lines: 1}, nil},
	} {
		if err := c.tail.run(t.Context(), cfg, c.words, &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

// lineWriter passes on each line.
type lineWriter chan string

func (w lineWriter) Write(p []byte) (int, error) {
	w <- string(p)
	return len(p), nil
}

func TestEventsAreFollowed(t *testing.T) {
	t.Parallel()
	cfg, client := eventLog(t, "chk_1")
	ctx, stop := context.WithCancel(t.Context())
	lines, ended := make(lineWriter, 10), make(chan error, 1)
	go func() {
		tail := eventTail{since: time.Hour, lines: 10, follow: true}
		ended <- tail.run(ctx, cfg, []string{"tail"}, lines)
	}()
	for i := 1; i <= 3; i++ {
		if i > 1 {
			publish(t, client, fmt.Sprintf("chk_%d", i), time.Now())
		}
		if got, want := subjects(<-lines), fmt.Sprintf("chk_%d", i); got != want {
			t.Errorf("printed %s, want %s", got, want)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("the end: %v", err)
	}
	if len(lines) > 0 {
		t.Errorf("printed again: %s", <-lines)
	}
}
