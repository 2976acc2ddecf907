package kafka_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// A consumer that is far behind must not have all that it has missed in memory at once.
func TestAFetchIsBounded(t *testing.T) {
	t.Parallel()
	brokers := newCluster(t)
	producer := connect(t, brokers)
	const records, size = 400, 32 << 10
	for i := range records / 20 { // batches such as a relay's, of text that has few repetitions
		batch := make([]*kgo.Record, 20)
		for j := range batch {
			var value strings.Builder
			for k := 0; value.Len() < size; k++ {
				_, _ = fmt.Fprintf(&value, "%x,", (i*20+j)*7_919+k*104_729)
			}
			batch[j] = &kgo.Record{Topic: string(event.Orders), Key: fmt.Append(nil, i*20+j), Value: []byte(value.String())}
		}
		if err := producer.ProduceSync(t.Context(), batch...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	consumer, err := kafka.NewClient(brokers, kgo.ConsumeTopics(string(event.Orders)), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	most, read := 0, 0
	for read < records {
		fetches := consumer.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		bytes := 0
		fetches.EachRecord(func(r *kgo.Record) { bytes += len(r.Value) })
		most, read = max(most, bytes), read+fetches.NumRecords()
	}
	if limit := 3 << 20; most > limit {
		t.Errorf("a fetch of %d bytes of %d that were missed, want at most %d", most, records*size, limit)
	}
}
