package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
)

// idleRead is how long Read waits for records. The end of a partition can be a mark
// that no reader gets, so its offset alone does not tell.
const idleRead = 2 * time.Second

// Read calls handle for every record that was published since a moment, up to the end
// of the topics as it is now, partition by partition. It belongs to no group and commits
// nothing.
func Read(ctx context.Context, brokers []string, topics []event.Topic, since time.Time, handle func(*kgo.Record) error) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = string(t)
	}
	client, err := NewClient(brokers, kgo.ConsumeTopics(names...), kgo.ConsumeResetOffset(kgo.NewOffset().AfterMilli(since.UnixMilli())))
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	starts, err := admin.ListOffsetsAfterMilli(ctx, since.UnixMilli(), names...)
	if err != nil {
		return fmt.Errorf("find the beginning in the event log: %w", err)
	}
	ends, err := admin.ListEndOffsets(ctx, names...)
	if err != nil {
		return fmt.Errorf("find the end of the event log: %w", err)
	}
	type partition struct {
		topic  string
		number int32
	}
	open := map[partition]int64{} // the offset after the last record to read
	ends.Each(func(o kadm.ListedOffset) {
		if start, ok := starts.Lookup(o.Topic, o.Partition); ok && o.Err == nil && start.Offset < o.Offset {
			open[partition{o.Topic, o.Partition}] = o.Offset
		}
	})
	for len(open) > 0 {
		polled, stop := context.WithTimeout(ctx, idleRead)
		fetches := client.PollFetches(polled)
		stop()
		if err := ctx.Err(); err != nil {
			return err
		}
		if fetches.NumRecords() == 0 {
			if polled.Err() != nil {
				return nil
			}
			return fmt.Errorf("read the event log: %w", fetches.Err())
		}
		for r := range fetches.RecordsAll() {
			p := partition{r.Topic, r.Partition}
			end, ok := open[p]
			if !ok || r.Offset >= end {
				continue
			}
			if r.Offset == end-1 {
				delete(open, p)
			}
			if err := handle(r); err != nil {
				return err
			}
		}
	}
	return nil
}
