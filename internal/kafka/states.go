package kafka

import (
	"cmp"
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/event"
)

// ReadStates calls handle for every event of compacted topics, from their beginning
// to where they end now, and then returns. Events of a partition are handled in their
// order, those of several at the same time. read reports the records that are read, of
// how many.
func ReadStates(ctx context.Context, brokers []string, topics []event.Topic, handle Handle, read func(done, of int64)) error {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = string(t)
	}
	client, err := NewClient(brokers, kgo.ConsumeTopics(names...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return err
	}
	defer client.Close()
	left, err := remaining(ctx, kadm.NewClient(client), names)
	if err != nil {
		return err
	}
	var done, all int64
	for _, span := range left {
		all += span.end - span.from
	}
	for read(done, all); len(left) > 0; read(min(done, all), all) {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return fmt.Errorf("read states: %w", err)
		}
		if err := handlePartitions(ctx, fetches, handle); err != nil {
			return err
		}
		fetches.EachRecord(func(r *kgo.Record) {
			p := partition{r.Topic, r.Partition}
			if span, unread := left[p]; unread {
				done += r.Offset + 1 - span.from // compaction leaves gaps
				if span.from = r.Offset + 1; span.from >= span.end {
					delete(left, p)
				} else {
					left[p] = span
				}
			}
		})
	}
	return nil
}

type partition struct {
	topic  string
	number int32
}

type offsets struct{ from, end int64 }

// remaining are the partitions that have records.
func remaining(ctx context.Context, admin *kadm.Client, topics []string) (map[partition]offsets, error) {
	starts, err := admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("read the beginning of the topics: %w", err)
	}
	ends, err := admin.ListEndOffsets(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("read the end of the topics: %w", err)
	}
	if err := cmp.Or(starts.Error(), ends.Error()); err != nil { // of a topic or a partition
		return nil, fmt.Errorf("read the offsets of the topics: %w", err)
	}
	left := map[partition]offsets{}
	ends.Each(func(o kadm.ListedOffset) {
		if start, ok := starts.Lookup(o.Topic, o.Partition); ok && start.Offset < o.Offset {
			left[partition{o.Topic, o.Partition}] = offsets{start.Offset, o.Offset}
		}
	})
	return left, nil
}

func handlePartitions(ctx context.Context, fetches kgo.Fetches, handle Handle) error {
	g, ctx := errgroup.WithContext(ctx)
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		g.Go(func() error {
			for _, r := range p.Records {
				e, err := event.Parse(r.Value)
				if err != nil {
					return fmt.Errorf("record %d of %s/%d: %w", r.Offset, p.Topic, p.Partition, err)
				}
				if err := handle(ctx, e); err != nil {
					return fmt.Errorf("record %d of %s/%d: %w", r.Offset, p.Topic, p.Partition, err)
				}
			}
			return nil
		})
	})
	return g.Wait()
}
