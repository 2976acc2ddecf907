package kafka

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sync/errgroup"

	"cartograph/internal/crashpoint"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/limits"
	"cartograph/internal/pg"
	"cartograph/internal/wakeup"
)

const (
	minBackoff    = 20 * time.Millisecond
	maxBackoff    = time.Second
	retryTimeout  = 10 * time.Second
	maxConcurrent = 8 // partitions
	maxRecords    = 500
	// commitInterval is how often offsets are committed: the broker syncs its
	// disk each time. Events handled since then are delivered again after a crash.
	commitInterval = time.Second
	never          = 1 << 10 * time.Hour
	// lastCommitTimeout bounds the commit on shutdown; the process has five seconds.
	lastCommitTimeout = 2 * time.Second
	maxErrorLength    = 4 << 10 // bytes of an error that a dead letter keeps
)

// Handle handles an event. It must be idempotent: after a crash or a rebalance
// the same event is delivered again.
type Handle func(context.Context, event.Envelope) error

// Consumer is one member of a consumer group.
type Consumer struct {
	Brokers  []string
	Group    string // the role's name
	Instance string // this member's name within the group, unique and the same after a restart
	Topics   []event.Topic
	Handle   Handle
	// HandleAll, if it is set, handles several events of a partition at once, in their
	// order. If it fails, each of them is given to Handle.
	HandleAll func(context.Context, []event.Envelope) error
	Pool      *pgxpool.Pool // where dead letters are stored
	Log       *slog.Logger
	// RetryTimeout is how long an event is retried before it is moved to the dead
	// letters; 0: ten seconds.
	RetryTimeout time.Duration

	commitEvery time.Duration // 0: commitInterval
}

// Run calls Handle for events until ctx ends.
//
// Offsets are committed after the records they cover were handled, so a crash
// repeats events and never loses one. An event that is Invalid, or is at fault
// and still fails after RetryTimeout, is stored whole as a dead letter, and the
// partition goes on with the next. During an outage it is retried without a limit
// instead: the event is not at fault, and all the others would follow it.
func (c *Consumer) Run(ctx context.Context) error {
	// The client outlives ctx for its last commit. Its requests end before it is
	// closed: leaving the group would wait for a broker that does not answer.
	clientCtx, abort := context.WithCancel(context.WithoutCancel(ctx))
	client, err := c.client(clientCtx)
	if err != nil {
		abort()
		return err
	}
	defer client.Close()
	defer abort()
	if !c.createDeadLetters(ctx, client) {
		return nil
	}
	defer c.commitLast(ctx, client)
	var background sync.WaitGroup
	defer background.Wait()
	backgroundCtx, stop := context.WithCancel(ctx)
	defer stop() // before the Wait: Run also returns while ctx goes on
	background.Go(func() { c.replayAll(backgroundCtx) })
	background.Go(func() { c.commitAll(backgroundCtx, client) })
	for {
		fetches := client.PollRecords(ctx, maxRecords)
		if ctx.Err() != nil {
			return nil
		}
		for _, e := range fetches.Errors() {
			if errors.Is(e.Err, kerr.FencedInstanceID) {
				return fmt.Errorf("another member of the consumer group %s has the name %s", c.Group, c.Instance)
			}
			if errors.Is(e.Err, kerr.UnknownTopicOrPartition) || errors.Is(e.Err, kerr.UnknownTopicID) || errors.Is(e.Err, kerr.LeaderNotAvailable) {
				c.Log.InfoContext(ctx, "waiting for topic metadata", "topic", e.Topic, "err", e.Err)
				continue
			}
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

// commitAll commits the offsets that were marked, again and again until ctx ends. Each
// commit waits for the one before: the client's own loop does not, and its commits queue
// up without a bound while the broker is slower than the interval.
func (c *Consumer) commitAll(ctx context.Context, client *kgo.Client) {
	for wakeup.Sleep(ctx, cmp.Or(c.commitEvery, commitInterval)) {
		if err := client.CommitMarkedOffsets(ctx); err != nil && ctx.Err() == nil {
			c.Log.InfoContext(ctx, "offsets are committed later", "err", err) // such as in a rebalance
		}
	}
}

// commitLast commits on shutdown the offsets that were marked since the last
// interval.
func (c *Consumer) commitLast(ctx context.Context, client *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastCommitTimeout)
	defer cancel()
	if err := client.CommitMarkedOffsets(ctx); err != nil {
		c.Log.WarnContext(ctx, "commit offsets failed, events may be delivered again", "err", err)
	}
}

// client joins the group as a static member: a member that restarts within the
// session timeout gets its partitions back without a rebalance, which would
// pause the whole group.
func (c *Consumer) client(ctx context.Context) (*kgo.Client, error) {
	topics := make([]string, len(c.Topics))
	for i, t := range c.Topics {
		topics[i] = string(t)
	}
	return NewClient(c.Brokers,
		kgo.WithContext(ctx),
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
		kgo.AutoCommitInterval(never), // by itself only before a partition is given away; see commitAll
	)
}

// createDeadLetters creates the dead letter topics of the group, retrying until
// Kafka can be reached; false if ctx ended before.
func (c *Consumer) createDeadLetters(ctx context.Context, client *kgo.Client) bool {
	const partitions, replication = 1, -1 // the broker's default
	retention := map[string]string{"retention.ms": milliseconds(limits.DeadLetterRetention)}
	topics := make([]kmsg.CreateTopicsRequestTopic, len(c.Topics))
	for i, t := range c.Topics {
		topics[i] = newTopic(t.DeadLetters(c.Group), partitions, replication, retention)
	}
	for {
		err := create(ctx, client, topics)
		if err == nil {
			return true
		}
		c.Log.WarnContext(ctx, "create dead letter topics failed, retrying", "err", err)
		if !wakeup.Sleep(ctx, maxBackoff) {
			return false
		}
	}
}

// handleAll handles partitions concurrently and each of them in order.
func (c *Consumer) handleAll(ctx context.Context, client *kgo.Client, fetches kgo.Fetches) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(maxConcurrent)
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		g.Go(func() error {
			if c.handledTogether(ctx, p.Records) {
				client.MarkCommitRecords(p.Records...)
				return nil
			}
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

// handledTogether handles the records of a partition at once, and reports whether it
// succeeded. Which of them is at fault is found by handling them one by one.
func (c *Consumer) handledTogether(ctx context.Context, records []*kgo.Record) (ok bool) {
	if c.HandleAll == nil || len(records) < 2 {
		return false
	}
	oneByOne := func(err error) {
		c.Log.InfoContext(ctx, "events are handled one by one", "topic", records[0].Topic, "partition", records[0].Partition, "offset", records[0].Offset, "err", err)
	}
	defer func() { // Handle meets the reason again, unless the events panic only together
		if reason := recover(); reason != nil {
			ok = false
			c.Log.ErrorContext(ctx, "handling several events panicked", "topic", records[0].Topic, "partition", records[0].Partition, "offset", records[0].Offset, "err", panicError(reason))
		}
	}()
	events := make([]event.Envelope, len(records))
	for i, r := range records {
		var err error
		if events[i], err = event.Parse(r.Value); err != nil {
			oneByOne(err)
			return false
		}
	}
	if err := c.HandleAll(ctx, events); err != nil {
		oneByOne(err)
		return false
	}
	for _, e := range events {
		crashpoint.Reach("handled", e.Type)
	}
	return true
}

// handle retries a record until it is handled or moved to the dead letters. It
// returns an error only if ctx ended.
func (c *Consumer) handle(ctx context.Context, r *kgo.Record) error {
	var since time.Time // the first failure since the last outage
	backoff := minBackoff
	for attempt := 1; ; attempt++ {
		err := c.attempt(ctx, r)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !isEventsFault(err) {
			since = time.Time{}
		} else if since.IsZero() {
			since = time.Now()
		}
		if !since.IsZero() && c.isPermanent(err, since) {
			if err = c.moveToDeadLetters(ctx, r, err, attempt, since); err == nil {
				return nil
			}
		}
		c.Log.WarnContext(ctx, "handle event failed, retrying", "topic", r.Topic, "partition", r.Partition, "offset", r.Offset, "attempt", attempt, "err", err)
		if !wakeup.Sleep(ctx, backoff) {
			return ctx.Err()
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// attempt handles a record once. A panic is an error like any other: the event
// is delivered again after a restart, and would end the process each time.
func (c *Consumer) attempt(ctx context.Context, r *kgo.Record) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = panicError(reason)
		}
	}()
	e, err := event.Parse(r.Value)
	if err != nil {
		return err
	}
	if err := c.Handle(ctx, e); err != nil {
		return err
	}
	crashpoint.Reach("handled", e.Type)
	return nil
}

// panicError is a panic that was recovered, with the stack at which it is called.
func panicError(reason any) error { return fmt.Errorf("panic: %v\n%s", reason, debug.Stack()) }

// isPermanent reports whether a retry is pointless, or has been tried for long
// enough.
func (c *Consumer) isPermanent(err error, since time.Time) bool {
	return fault.KindOf(err) == fault.Invalid || time.Since(since) > cmp.Or(c.RetryTimeout, retryTimeout)
}

// moveToDeadLetters stores a record whole, once. The outbox relay of the same
// database copies it to the dead letter topic.
func (c *Consumer) moveToDeadLetters(ctx context.Context, r *kgo.Record, cause error, attempts int, since time.Time) error {
	headers := make(map[string]string, len(r.Headers))
	for _, h := range r.Headers {
		headers[pg.Storable(h.Key)] = pg.Storable(string(h.Value))
	}
	encoded, err := json.Marshal(headers)
	if err != nil {
		return err
	}
	value := append([]byte{}, r.Value...) // a tombstone's is nil
	tag, err := c.Pool.Exec(ctx, `
		INSERT INTO dead_letters (consumer, topic, partition, kafka_offset, key, value, headers, error, attempts, first_failed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT ON CONSTRAINT dead_letters_once DO NOTHING`,
		c.Group, r.Topic, r.Partition, r.Offset, r.Key, value, string(encoded), storedError(cause), attempts, since)
	if err != nil {
		return fmt.Errorf("store dead letter: %w", err)
	}
	deadLetters.WithLabelValues(c.Group, r.Topic).Add(float64(tag.RowsAffected()))
	c.Log.ErrorContext(ctx, "event moved to dead letters", "topic", r.Topic, "partition", r.Partition, "offset", r.Offset, "err", cause)
	return nil
}

func storedError(cause error) string {
	message := cause.Error()
	return pg.Storable(message[:min(len(message), maxErrorLength)])
}
