package kafka

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
)

// Watch hands every event that is published from now on to see, until ctx
// ends. It belongs to no group: each replica that watches sees everything.
// Subscriptions are fed by it.
func Watch(ctx context.Context, brokers []string, topics []event.Topic, log *slog.Logger, see func(event.Envelope)) error {
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
			log.WarnContext(ctx, "watch", "topic", e.Topic, "err", e.Err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if e, err := event.Parse(r.Value); err == nil {
				see(e)
			}
		})
	}
}
