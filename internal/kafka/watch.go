package kafka

import (
	"context"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
)

// Watch calls handle for every event that is published from now on, until ctx
// ends. It belongs to no group and commits nothing: each replica receives every
// event, and none while it is down. It feeds subscriptions, which read the
// present state and need no event twice.
func Watch(ctx context.Context, brokers []string, topics []event.Topic, log *slog.Logger, handle func(event.Envelope)) error {
	return watch(ctx, brokers, topics, kgo.NewOffset().AtEnd(), log, handle)
}

// WatchSince is Watch that begins with the events that were published since a
// moment, for state that is lost when a replica restarts.
func WatchSince(ctx context.Context, brokers []string, topics []event.Topic, since time.Time, log *slog.Logger, handle func(event.Envelope)) error {
	return watch(ctx, brokers, topics, kgo.NewOffset().AfterMilli(since.UnixMilli()), log, handle)
}

func watch(ctx context.Context, brokers []string, topics []event.Topic, start kgo.Offset, log *slog.Logger, handle func(event.Envelope)) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = string(t)
	}
	client, err := NewClient(brokers, kgo.WithContext(ctx),
		kgo.ConsumeTopics(names...), kgo.ConsumeResetOffset(start), kgo.FetchMinBytes(1))
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		for _, e := range fetches.Errors() {
			log.WarnContext(ctx, "fetch watched topics", "topic", e.Topic, "err", e.Err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if e, err := event.Parse(r.Value); err == nil {
				handle(e)
			}
		})
	}
}
