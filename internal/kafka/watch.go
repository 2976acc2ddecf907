package kafka

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
)

// Watch calls handle for every event that is published from now on, until ctx
// ends. It belongs to no group and commits nothing: each replica receives every
// event, and none while it is down. It feeds subscriptions, which read the
// present state and need no event twice.
func Watch(ctx context.Context, brokers []string, topics []event.Topic, log *slog.Logger, handle func(event.Envelope)) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = string(t)
	}
	client, err := NewClient(brokers,
		kgo.ConsumeTopics(names...), kgo.ConsumeResetOffset(kgo.NewOffset().AtEnd()), kgo.FetchMinBytes(1))
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
