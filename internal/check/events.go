package check

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

// events are the invariants of the outboxes and of the event log.
func events() []invariant {
	const group = "events"
	return []invariant{
		outboxes(group, "every event is published", `SELECT count(*) FROM outbox`, `
			SELECT event_id, format('%s of %s, committed %s', type, subject, created_at) FROM outbox WHERE created_at < now() - interval '10 seconds'`),
		outboxes(group, "every event is handled", `SELECT count(*) FROM dead_letters`, `
			SELECT format('%s/%s', consumer, id), left(error, 200) FROM dead_letters WHERE resolved_at IS NULL`),
		{group: group, name: "the log has every event of a subject, in order", log: true, find: sequences},
	}
}

// outboxes is an invariant of every database with an outbox.
func outboxes(group, name, count, find string) invariant {
	return invariant{group: group, name: name, find: func(ctx context.Context, s *System) (checked int, violations map[string]string, err error) {
		violations = map[string]string{}
		for _, role := range s.Outboxes {
			if s.Databases[role] == nil {
				continue
			}
			n, found, err := within(role, group, name, count, find).find(ctx, s)
			if err != nil {
				return 0, nil, fmt.Errorf("%s: %w", role, err)
			}
			checked += n
			maps.Copy(violations, found)
		}
		return checked, violations, nil
	}}
}

const (
	logTimeout = 5 * time.Minute
	fetchPause = 10 * time.Second // no record for so long: the log is cut
)

// sequences reads the event log from its beginning. Events of a subject are
// numbered without gaps; one that is published again repeats its number. The
// oldest are deleted after a while, so the first number may be any.
func sequences(ctx context.Context, s *System) (checked int, violations map[string]string, err error) {
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	var topics []string
	for _, t := range event.Topics() {
		if !t.Compacted {
			topics = append(topics, string(t.Topic))
		}
	}
	client, err := kafka.NewClient(s.Brokers, kgo.ConsumeTopics(topics...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return 0, nil, err
	}
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topics...)
	if err != nil {
		return 0, nil, fmt.Errorf("read the end of the log: %w", err)
	}
	left := int64(0) // partitions that are not read to their end
	starts, err := kadm.NewClient(client).ListStartOffsets(ctx, topics...)
	if err != nil {
		return 0, nil, fmt.Errorf("read the beginning of the log: %w", err)
	}
	ends.Each(func(o kadm.ListedOffset) {
		if start, ok := starts.Lookup(o.Topic, o.Partition); ok && start.Offset < o.Offset {
			left++
		}
	})
	last := map[string]int64{} // by topic and subject
	violations = map[string]string{}
	for left > 0 {
		polled, stop := context.WithTimeout(ctx, fetchPause)
		fetches := client.PollFetches(polled)
		stop()
		if err := fetches.Err(); err != nil {
			return 0, nil, fmt.Errorf("read the log: %w", err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if end, ok := ends.Lookup(r.Topic, r.Partition); !ok || r.Offset >= end.Offset {
				return
			} else if r.Offset == end.Offset-1 {
				left--
			}
			checked++
			e, err := event.Parse(r.Value)
			if err != nil {
				violations[fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset)] = err.Error()
				return
			}
			subject := r.Topic + " " + e.Subject
			before, known := last[subject]
			if known && e.Sequence > before+1 {
				violations[e.ID] = fmt.Sprintf("number %d of %s follows number %d", e.Sequence, subject, before)
			}
			last[subject] = max(before, e.Sequence)
		})
	}
	return checked, violations, nil
}
