package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
	"cartograph/internal/wakeup"
)

// eventTail are the flags of `cartograph events tail`. Those that it shares with other
// commands are set when it runs.
type eventTail struct {
	subject, topic string
	since          time.Duration
	lines          int
	follow         bool
}

func (e *eventTail) flags(flags *flag.FlagSet) {
	flags.StringVar(&e.subject, "subject", "", "")
}

// run prints the last events of the log, and with --follow those that are published
// from then on.
func (e *eventTail) run(ctx context.Context, cfg Config, words []string, out io.Writer) error {
	if len(words) != 1 || words[0] != "tail" {
		return errors.New("name what to do: cartograph events tail")
	}
	if e.lines < 1 || e.lines > maxListed {
		return fmt.Errorf("--lines %d: expected 1 to %d", e.lines, maxListed)
	}
	if e.since <= 0 {
		return fmt.Errorf("--since %s: expected a duration, such as 2h", e.since)
	}
	topics, err := e.topics()
	if err != nil {
		return err
	}
	brokers := brokersOf(ctx, cfg)
	if len(brokers) == 0 {
		return errors.New("no event log: set KAFKA_BROKERS, or name the data folder of a running system with --data")
	}
	since, most := time.Now().Add(-e.since), e.lines
	printed := map[string]time.Time{}
	for {
		found, err := e.read(ctx, brokers, topics, since, most)
		if e.follow && ctx.Err() != nil {
			return nil //nolint:nilerr // the operator has seen enough
		}
		if err != nil {
			return err
		}
		for _, f := range found {
			if _, before := printed[f.ID]; before {
				continue
			}
			printed[f.ID] = f.published
			if _, err := fmt.Fprintln(out, f.line()); err != nil {
				return err
			}
		}
		if !e.follow || !wakeup.Sleep(ctx, followEvery) {
			return nil
		}
		if recently := time.Now().Add(-lookBack); recently.After(since) {
			since, most = recently, maxListed
		}
		for id, at := range printed {
			if at.Before(since) {
				delete(printed, id)
			}
		}
	}
}

// topics are the chosen ones. Compacted topics, which have states, are read only by name.
func (e *eventTail) topics() ([]event.Topic, error) {
	var all, known []event.Topic
	for _, t := range event.Topics() {
		known = append(known, t.Topic)
		if !t.Compacted {
			all = append(all, t.Topic)
		}
	}
	switch {
	case e.topic == "":
		return all, nil
	case slices.Contains(known, event.Topic(e.topic)):
		return []event.Topic{event.Topic(e.topic)}, nil
	default:
		return nil, fmt.Errorf("--topic %s: expected one of %v", e.topic, known)
	}
}

// publishedEvent is an event where it is in the log.
type publishedEvent struct {
	event.Envelope

	published time.Time
	place     string // topic, partition and offset
}

// read returns the last events since a moment, in the order in which they were published.
func (e *eventTail) read(ctx context.Context, brokers []string, topics []event.Topic, since time.Time, most int) ([]publishedEvent, error) {
	var found []publishedEvent
	byTime := func(a, b publishedEvent) int { return a.published.Compare(b.published) }
	err := kafka.Read(ctx, brokers, topics, since, func(r *kgo.Record) error {
		env, err := event.Parse(r.Value)
		if err != nil || e.subject != "" && env.Subject != e.subject {
			return nil //nolint:nilerr // no event; whoever consumed it has it as a dead letter
		}
		found = append(found, publishedEvent{env, r.Timestamp, fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset)})
		if len(found) >= 2*most { // partitions are read one after the other
			slices.SortStableFunc(found, byTime)
			found = slices.Clone(found[len(found)-most:])
		}
		return nil
	})
	slices.SortStableFunc(found, byTime)
	return found[max(0, len(found)-most):], err
}

// line has no data of the event, which may name customers.
func (p publishedEvent) line() string {
	return fmt.Sprintf("%s  %-12s  %s  %s  sequence=%d  place=%s  id=%s", p.published.Local().Format(clockTime), cell(strings.TrimPrefix(p.Source, "/")),
		cell(strings.TrimPrefix(p.Type, "com.cartograph.")), cell(p.Subject), p.Sequence, p.place, cell(p.ID))
}
