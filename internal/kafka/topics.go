package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"cartograph/internal/event"
	"cartograph/internal/limits"
	"cartograph/internal/wakeup"
)

// CreateTopics creates the topics that are missing, in one request: on a fresh
// broker each request waits for its controller. Several processes may do so at
// the same time. A topic with other partitions or settings than declared is
// logged and left alone: changing it is an operator's decision.
func CreateTopics(ctx context.Context, client *kgo.Client, replication int16, log *slog.Logger, topics ...event.TopicConfig) error {
	admin := kadm.NewClient(client)
	existing, err := admin.ListTopics(ctx)
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	var found []event.TopicConfig
	var missing []kmsg.CreateTopicsRequestTopic
	for _, t := range topics {
		if detail, ok := existing[string(t.Topic)]; ok && detail.Err == nil {
			found = append(found, t)
			if n := len(detail.Partitions); n != int(t.Partitions) {
				log.WarnContext(ctx, "topic differs from its declaration", "topic", t.Topic, "partitions", n, "declared", t.Partitions)
			}
			continue
		}
		missing = append(missing, newTopic(t.Topic, t.Partitions, replication, settings(t)))
	}
	if err := create(ctx, client, missing); err != nil {
		return err
	}
	if err := awaitLeaders(ctx, admin, log, missing); err != nil {
		return err
	}
	return compare(ctx, admin, found, log)
}

// awaitLeaders waits until the metadata of new topics has reached the brokers
// and each partition has a leader: a producer or consumer that comes earlier
// fails.
func awaitLeaders(ctx context.Context, admin *kadm.Client, log *slog.Logger, topics []kmsg.CreateTopicsRequestTopic) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Topic
	}
	for waits := 0; len(names) > 0; waits++ {
		listed, err := admin.ListTopics(ctx, names...)
		if err != nil {
			return fmt.Errorf("list new topics: %w", err)
		}
		names = slices.DeleteFunc(names, func(name string) bool { return hasLeaders(listed[name]) })
		if len(names) == 0 {
			break
		}
		if waits == 0 {
			log.InfoContext(ctx, "waiting for topic metadata", "topics", names)
		}
		if !wakeup.Sleep(ctx, metadataInterval) {
			return fmt.Errorf("waiting for topic metadata of %s: %w", strings.Join(names, ", "), ctx.Err())
		}
	}
	return nil
}

func hasLeaders(t kadm.TopicDetail) bool {
	for _, p := range t.Partitions {
		if p.Err != nil || p.Leader < 0 {
			return false
		}
	}
	return t.Err == nil && len(t.Partitions) > 0
}

const metadataInterval = 100 * time.Millisecond

// settings of the topic at its broker. A compacted topic keeps the last record
// of each key for ever.
func settings(t event.TopicConfig) map[string]string {
	if t.Compacted {
		return map[string]string{"cleanup.policy": "compact"}
	}
	retention := limits.EventRetention
	if t.Short {
		retention = limits.LogRetention
	}
	return map[string]string{"cleanup.policy": "delete", "retention.ms": milliseconds(retention)}
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

func newTopic(topic event.Topic, partitions int32, replication int16, settings map[string]string) kmsg.CreateTopicsRequestTopic {
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = string(topic), partitions, replication
	for key, value := range settings {
		config := kmsg.NewCreateTopicsRequestTopicConfig()
		config.Name, config.Value = key, &value
		t.Configs = append(t.Configs, config)
	}
	return t
}

// create creates topics in one request. One that another process has created
// meanwhile is as good.
func create(ctx context.Context, client *kgo.Client, topics []kmsg.CreateTopicsRequestTopic) error {
	if len(topics) == 0 {
		return nil
	}
	request := kmsg.NewCreateTopicsRequest()
	request.Topics, request.TimeoutMillis = topics, int32(createTimeout/time.Millisecond)
	response, err := request.RequestWith(ctx, client)
	if err != nil {
		return fmt.Errorf("create %d topics: %w", len(topics), err)
	}
	var errs []error
	for _, t := range response.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			reason := ""
			if t.ErrorMessage != nil {
				reason = ": " + *t.ErrorMessage
			}
			errs = append(errs, fmt.Errorf("create topic %s: %w%s", t.Topic, err, reason))
		}
	}
	return errors.Join(errs...)
}

const createTimeout = 15 * time.Second
