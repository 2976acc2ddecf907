package kafka

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/pg"
)

const (
	firstPause = 20 * time.Millisecond
	maxPause   = time.Second
	giveUp     = 10 * time.Second // then an event that fails is set aside
	inParallel = 8                // partitions handled at once
	maxRecords = 500
)

// Handle does the work an event asks for. It must be idempotent: after a
// crash the same event comes again.
type Handle func(context.Context, event.Envelope) error

// Consumer is one member of a consumer group.
type Consumer struct {
	Brokers  []string
	Group    string // the role's name
	Instance string // this member's ordinal within the group: "0", "1" …
	Topics   []event.Topic
	Handle   Handle
	Pool     *pgxpool.Pool // where dead letters are stored
	Log      *slog.Logger
}

// Run feeds events to Handle until ctx ends.
//
// Offsets are committed after the records they cover were handled, so a crash
// repeats events and never loses one. An event that is Invalid, or still fails
// after ten seconds, is stored whole as a dead letter and the partition moves
// on. While the database cannot be reached or a service that is needed is
// Unavailable, the partition waits instead: nothing is wrong with the event.
func (c *Consumer) Run(ctx context.Context) error {
	client, err := c.client(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		fetches := client.PollRecords(ctx, maxRecords)
		if ctx.Err() != nil {
			return nil
		}
		for _, e := range fetches.Errors() {
			c.Log.WarnContext(ctx, "fetch", "topic", e.Topic, "partition", e.Partition, "err", e.Err)
		}
		err := c.handleAll(ctx, client, fetches)
		// What was handled is handled, also when we are being stopped.
		commit, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		commitErr := client.CommitMarkedOffsets(commit)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case commitErr != nil:
			c.Log.WarnContext(ctx, "commit offsets; events may come again", "err", commitErr)
		}
		observeLag(c.Group, fetches)
	}
}

// client joins the group as a static member: a member that restarts within
// the session timeout takes its partitions back without a rebalance, which
// would stop everyone.
func (c *Consumer) client(ctx context.Context) (*kgo.Client, error) {
	topics := make([]string, len(c.Topics))
	for i, t := range c.Topics {
		topics[i] = string(t)
	}
	client, err := NewClient(c.Brokers,
		kgo.ConsumerGroup(c.Group),
		kgo.InstanceID(c.Group+"-"+c.Instance),
		kgo.ConsumeTopics(topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.SessionTimeout(10*time.Second),
		kgo.RebalanceTimeout(7*time.Second),
		kgo.HeartbeatInterval(time.Second),
		kgo.FetchMinBytes(1),
		kgo.FetchMaxWait(500*time.Millisecond),
		kgo.AutoCommitMarks(),
	)
	if err != nil {
		return nil, err
	}
	admin := kadm.NewClient(client)
	for _, t := range c.Topics {
		letters := map[string]*string{"retention.ms": kadm.StringPtr(deadLetterRetention)}
		if err := create(ctx, admin, string(t.DeadLetters(c.Group)), 1, -1, letters); err != nil {
			client.Close()
			return nil, err
		}
	}
	return client, nil
}

// handleAll works on partitions side by side and on each in order.
func (c *Consumer) handleAll(ctx context.Context, client *kgo.Client, fetches kgo.Fetches) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(inParallel)
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		g.Go(func() error {
			for _, r := range p.Records {
				if err := c.handle(ctx, r); err != nil {
					return err
				}
				client.MarkCommitRecords(r)
			}
			return nil
		})
	})
	return g.Wait()
}

// handle returns an error only if ctx ended: everything else is either done or
// set aside.
func (c *Consumer) handle(ctx context.Context, r *kgo.Record) error {
	began, pause := time.Now(), firstPause
	for attempt := 1; ; attempt++ {
		err := c.try(ctx, r)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if c.hopeless(err, began) {
			if err = c.setAside(ctx, r, err, attempt, began); err == nil {
				return nil
			}
		}
		c.Log.WarnContext(ctx, "event not handled yet", "topic", r.Topic, "offset", r.Offset, "attempt", attempt, "err", err)
		select {
		case <-time.After(pause):
			pause = min(2*pause, maxPause)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (c *Consumer) try(ctx context.Context, r *kgo.Record) error {
	e, err := event.Parse(r.Value)
	if err != nil {
		return err
	}
	return c.Handle(ctx, e)
}

func (c *Consumer) hopeless(err error, since time.Time) bool {
	switch {
	case fault.KindOf(err) == fault.Invalid:
		return true
	case fault.KindOf(err) == fault.Unavailable, pg.Unreachable(err):
		return false
	default:
		return time.Since(since) > giveUp
	}
}

// setAside stores a record whole, once. The outbox relay of the same database
// copies it to the dead letter topic.
func (c *Consumer) setAside(ctx context.Context, r *kgo.Record, cause error, attempts int, since time.Time) error {
	headers := make(map[string]string, len(r.Headers))
	for _, h := range r.Headers {
		headers[h.Key] = string(h.Value)
	}
	encoded, err := json.Marshal(headers)
	if err != nil {
		return err
	}
	_, err = c.Pool.Exec(ctx, `
		INSERT INTO dead_letters (consumer, topic, partition, kafka_offset, key, value, headers, error, attempts, first_failed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT ON CONSTRAINT dead_letters_once DO NOTHING`,
		c.Group, r.Topic, r.Partition, r.Offset, r.Key, r.Value, string(encoded), cause.Error(), attempts, since)
	if err != nil {
		return fmt.Errorf("store dead letter: %w", err)
	}
	c.Log.ErrorContext(ctx, "event set aside", "topic", r.Topic, "partition", r.Partition, "offset", r.Offset, "err", cause)
	return nil
}
