// Package kafka consumes events: in order per partition, with offsets committed
// after the events are handled, and with dead letters for events that cannot be
// handled. It also creates topics, and clients that produce.
package kafka

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// fetchBytes is how much a fetch has at most, before it is decompressed to about ten times
// as much; a single batch that is larger comes whole. A consumer that is behind has two
// fetches in memory, and when a machine is overloaded, all are behind: with the defaults
// of the library they took 100 MB.
const fetchBytes = 256 << 10

// NewClient returns a client whose producer waits for all in-sync replicas, is
// idempotent, and does not wait to fill a batch.
//
// The end of its context, or RecordDeliveryTimeout, fails a record also while
// its request is in flight. The broker may have the record then, and a second
// attempt doubles it, which consumers tolerate. Otherwise a broker that stopped
// answering would keep a process from ending, and the reason from the log.
func NewClient(brokers []string, opts ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(brokers...),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		kgo.MetadataMinAge(250 * time.Millisecond), // finds a moved leader soon
		kgo.RecordDeliveryTimeout(20 * time.Second),
		kgo.AllowIdempotentProduceCancellation(),
		kgo.FetchMaxBytes(fetchBytes), kgo.FetchMaxPartitionBytes(fetchBytes / 4),
		kgo.DisableClientMetrics(), // metrics are scraped; packing these took 9 MB
	}, opts...)...)
}
