package kafka

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"github.com/twmb/franz-go/pkg/kgo"
)

// lag is how many records of its partitions a group has not handled yet, as of
// its last fetch.
var lag = promauto.NewGaugeVec(prometheus.GaugeOpts{
	Name: "cartograph_consumer_lag_records",
	Help: "Records of a topic that a consumer group has not handled yet.",
}, []string{"group", "topic"})

var deadLetters = promauto.NewCounterVec(prometheus.CounterOpts{
	Name: "cartograph_dead_letters_total",
	Help: "Events that a consumer group could not handle and moved to its dead letters.",
}, []string{"group", "topic"})

var openLetters = promauto.NewGaugeVec(prometheus.GaugeOpts{
	Name: "cartograph_dead_letters",
	Help: "Dead letters of a consumer group that are neither replayed nor discarded.",
}, []string{"group"})

func observeLag(group string, fetches kgo.Fetches) {
	behind := map[string]int64{}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if n := len(p.Records); n > 0 {
			behind[p.Topic] += p.HighWatermark - p.Records[n-1].Offset - 1
		}
	})
	for topic, n := range behind {
		lag.WithLabelValues(group, topic).Set(float64(n))
	}
}
