// Package kafka is how every worker here consumes: in order per partition,
// committed only when done, set aside when it cannot be done.
package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// NewClient returns a client that produces as we always do: acknowledged by
// all in-sync replicas, idempotent, without waiting to fill a batch.
func NewClient(brokers []string, opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(brokers...),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		kgo.MetadataMinAge(250 * time.Millisecond), // a moved leader is found soon
		kgo.RecordDeliveryTimeout(20 * time.Second),
		kgo.DisableClientMetrics(), // ours are scraped; packing these held 9 MB
	}, opts...)...)
}
