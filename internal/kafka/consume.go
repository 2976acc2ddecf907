package kafka

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
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
	giveUp     = 10 * time.Second
	inParallel = 8 // partitions handled at once
	maxRecords = 500
	// commitEvery is how often offsets are committed: the broker syncs its disk
	// each time. What was handled since comes again after a crash.
	commitEvery = time.Second
	maxCause    = 4 << 10 // bytes of what went wrong that a dead letter keeps
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
	GiveUp   time.Duration // how long an event may fail before it is set aside; 0: ten seconds
}

// Run feeds events to Handle until ctx ends.
//
// Offsets are committed after the records they cover were handled, so a crash
// repeats events and never loses one. An event that is Invalid, or still fails
// after GiveUp, is stored whole as a dead letter and the partition moves
// on. While the database cannot be reached or a service that is needed is
// Unavailable, the partition waits instead: nothing is wrong with the event.
func (c *Consumer) Run(ctx context.Context) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	if !c.createDeadLetters(ctx, client) {
		return nil
	}
	defer c.commitLast(ctx, client)
	for {
		fetches := client.PollRecords(ctx, maxRecords)
		if ctx.Err() != nil {
			return nil
		}
		for _, e := range fetches.Errors() {
			c.Log.WarnContext(ctx, "fetch", "topic", e.Topic, "partition", e.Partition, "err", e.Err)
		}
		err := c.handleAll(ctx, client, fetches)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		observeLag(c.Group, fetches)
	}
}

// commitLast commits what the client has not by itself when we are being
// stopped: what was handled is handled.
func (c *Consumer) commitLast(ctx context.Context, client *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := client.CommitMarkedOffsets(ctx); err != nil {
		c.Log.WarnContext(ctx, "commit offsets; events may come again", "err", err)
	}
}

// client joins the group as a static member: a member that restarts within
// the session timeout takes its partitions back without a rebalance, which
// would stop everyone.
func (c *Consumer) client() (*kgo.Client, error) {
	topics := make([]string, len(c.Topics))
	for i, t := range c.Topics {
		topics[i] = string(t)
	}
	return NewClient(c.Brokers,
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
		kgo.AutoCommitInterval(commitEvery),
	)
}

// createDeadLetters makes the topics for what cannot be handled, once Kafka is
// there; false if ctx ended before.
func (c *Consumer) createDeadLetters(ctx context.Context, client *kgo.Client) bool {
	admin := kadm.NewClient(client)
	for i := 0; i < len(c.Topics); {
		topic := string(c.Topics[i].DeadLetters(c.Group))
		err := create(ctx, admin, topic, 1, -1, map[string]string{"retention.ms": deadLetterRetention})
		if err == nil {
			i++
			continue
		}
		c.Log.WarnContext(ctx, "consumer waits for Kafka", "err", err)
		select {
		case <-time.After(maxPause):
		case <-ctx.Done():
			return false
		}
	}
	return true
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
		if waits(err) {
			began = time.Now() // an outage, however long, is not the event's fault
		} else if c.hopeless(err, began) {
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

// try handles a record once. A panic fails it like any other error: one bad
// event must not end the process again and again.
func (c *Consumer) try(ctx context.Context, r *kgo.Record) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v\n%s", reason, debug.Stack())
		}
	}()
	e, err := event.Parse(r.Value)
	if err != nil {
		return err
	}
	return c.Handle(ctx, e)
}

// waits reports whether err says nothing about the event itself.
func waits(err error) bool {
	return fault.KindOf(err) == fault.Unavailable || pg.Unreachable(err)
}

func (c *Consumer) hopeless(err error, since time.Time) bool {
	return fault.KindOf(err) == fault.Invalid || time.Since(since) > cmp.Or(c.GiveUp, giveUp)
}

// setAside stores a record whole, once. The outbox relay of the same database
// copies it to the dead letter topic.
func (c *Consumer) setAside(ctx context.Context, r *kgo.Record, cause error, attempts int, since time.Time) error {
	headers := make(map[string]string, len(r.Headers))
	for _, h := range r.Headers {
		headers[storable(h.Key)] = storable(string(h.Value))
	}
	encoded, err := json.Marshal(headers)
	if err != nil {
		return err
	}
	value := append([]byte{}, r.Value...) // a tombstone's is nil
	message := cause.Error()
	message = storable(message[:min(len(message), maxCause)])
	_, err = c.Pool.Exec(ctx, `
		INSERT INTO dead_letters (consumer, topic, partition, kafka_offset, key, value, headers, error, attempts, first_failed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT ON CONSTRAINT dead_letters_once DO NOTHING`,
		c.Group, r.Topic, r.Partition, r.Offset, r.Key, value, string(encoded), message, attempts, since)
	if err != nil {
		return fmt.Errorf("store dead letter: %w", err)
	}
	c.Log.ErrorContext(ctx, "event set aside", "topic", r.Topic, "partition", r.Partition, "offset", r.Offset, "err", cause)
	return nil
}

// storable is s without what Postgres can keep in no text.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
