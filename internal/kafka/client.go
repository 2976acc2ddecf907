// Package kafka consumes events: in order per partition, with offsets committed
// after the events are handled, and with dead letters for events that cannot be
// handled. It also creates topics, and clients that produce.
package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// NewClient returns a client whose producer waits for all in-sync replicas, is
// idempotent, and does not wait to fill a batch.
func NewClient(brokers []string, opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(brokers...),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		kgo.MetadataMinAge(250 * time.Millisecond), // finds a moved leader soon
		kgo.RecordDeliveryTimeout(20 * time.Second),
		kgo.DisableClientMetrics(), // metrics are scraped; packing these took 9 MB
	}, opts...)...)
}
