// Package kafka is how every worker here consumes: in order per partition,
// committed only when done, set aside when it cannot be done.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
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
	}, opts...)...)
}

// retention of events and of what could not be handled.
const (
	eventRetention      = "1209600000" // 14 days in ms
	deadLetterRetention = "2592000000" // 30 days in ms
)

// CreateTopics creates the topics that are missing. A topic that is laid out
// otherwise than declared is reported and left alone: changing it is an
// operator's decision.
func CreateTopics(ctx context.Context, client *kgo.Client, replication int16, log *slog.Logger, topics ...event.TopicConfig) error {
	admin := kadm.NewClient(client)
	existing, err := admin.ListTopics(ctx)
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	for _, t := range topics {
		if found, ok := existing[string(t.Topic)]; ok && found.Err == nil {
			if n := len(found.Partitions); n != int(t.Partitions) {
				log.WarnContext(ctx, "topic differs from its declaration", "topic", t.Topic, "partitions", n, "declared", t.Partitions)
			}
			continue
		}
		if err := create(ctx, admin, string(t.Topic), t.Partitions, replication, settings(t)); err != nil {
			return err
		}
	}
	return nil
}

func settings(t event.TopicConfig) map[string]*string {
	if t.Compacted {
		return map[string]*string{"cleanup.policy": kadm.StringPtr("compact")}
	}
	return map[string]*string{"retention.ms": kadm.StringPtr(eventRetention)}
}

func create(ctx context.Context, admin *kadm.Client, topic string, partitions int32, replication int16, configs map[string]*string) error {
	response, err := admin.CreateTopic(ctx, partitions, replication, configs, topic)
	if err == nil {
		err = response.Err
	}
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("create topic %s: %w", topic, err)
	}
	return nil
}
