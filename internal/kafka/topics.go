package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/limits"
)

// CreateTopics creates the topics that are missing. A topic with other
// partitions or settings than declared is logged and left alone: changing it is
// an operator's decision.
func CreateTopics(ctx context.Context, client *kgo.Client, replication int16, log *slog.Logger, topics ...event.TopicConfig) error {
	admin := kadm.NewClient(client)
	existing, err := admin.ListTopics(ctx)
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	var found []event.TopicConfig
	for _, t := range topics {
		if detail, ok := existing[string(t.Topic)]; ok && detail.Err == nil {
			found = append(found, t)
			if n := len(detail.Partitions); n != int(t.Partitions) {
				log.WarnContext(ctx, "topic differs from its declaration", "topic", t.Topic, "partitions", n, "declared", t.Partitions)
			}
			continue
		}
		if err := create(ctx, admin, string(t.Topic), t.Partitions, replication, settings(t)); err != nil {
			return err
		}
	}
	return compare(ctx, admin, found, log)
}

// settings of the topic at its broker. A compacted topic keeps the last record
// of each key for ever.
func settings(t event.TopicConfig) map[string]string {
	if t.Compacted {
		return map[string]string{"cleanup.policy": "compact"}
	}
	return map[string]string{"cleanup.policy": "delete", "retention.ms": milliseconds(limits.EventRetention)}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// compare logs settings of existing topics that are not as declared.
func compare(ctx context.Context, admin *kadm.Client, topics []event.TopicConfig, log *slog.Logger) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = string(t.Topic)
	}
	described, err := admin.DescribeTopicConfigs(ctx, names...)
	if err != nil {
		return fmt.Errorf("describe topics: %w", err)
	}
	for _, t := range topics {
		resource, err := described.On(string(t.Topic), nil)
		if err != nil || resource.Err != nil {
			continue // deleted meanwhile, or we may not read it
		}
		declared := settings(t)
		for _, c := range resource.Configs {
			if want, ok := declared[c.Key]; ok && c.MaybeValue() != want {
				log.WarnContext(ctx, "topic differs from its declaration", "topic", t.Topic, c.Key, c.MaybeValue(), "declared", want)
			}
		}
	}
	return nil
}

func create(ctx context.Context, admin *kadm.Client, topic string, partitions int32, replication int16, settings map[string]string) error {
	configs := make(map[string]*string, len(settings))
	for key, value := range settings {
		configs[key] = &value
	}
	_, err := admin.CreateTopic(ctx, partitions, replication, configs, topic)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("create topic %s: %w", topic, err)
	}
	return nil
}
