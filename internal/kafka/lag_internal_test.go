package kafka

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestLagIsWhatFollowsTheLastRecordOfEachPartition(t *testing.T) {
	t.Parallel()
	partition := func(number int32, highWatermark int64, offsets ...int64) kgo.FetchPartition {
		p := kgo.FetchPartition{Partition: number, HighWatermark: highWatermark}
		for _, offset := range offsets {
			p.Records = append(p.Records, &kgo.Record{Offset: offset})
		}
		return p
	}
	observeLag("lag-test", kgo.Fetches{{Topics: []kgo.FetchTopic{{Topic: "order.events.v1", Partitions: []kgo.FetchPartition{
		partition(0, 10, 3, 4), // 5 to 9 are left
		partition(1, 8, 7),     // nothing is
		partition(2, 20, 17),   // 18 and 19 are
		partition(3, 99),       // nothing was fetched: unknown
	}}}}})
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := -1.0
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == "cartograph_consumer_lag_records" && metric.GetLabel()[0].GetValue() == "lag-test" {
				got = metric.GetGauge().GetValue()
			}
		}
	}
	if got != 7 {
		t.Errorf("lag = %v records, want 5 + 0 + 2", got)
	}
}
