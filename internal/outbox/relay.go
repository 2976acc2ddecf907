package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/crashpoint"
	"cartograph/internal/event"
	"cartograph/internal/telemetry"
	"cartograph/internal/wakeup"
)

const (
	relayBatch = 500
	// relayPoll is how soon a commit by another process, whose signal does not
	// reach this one, is found.
	relayPoll     = 50 * time.Millisecond
	retryInterval = time.Second
	// relayInterval is the shortest time from one publication to the next. Events
	// that are committed meanwhile share a request: a broker that syncs its disk
	// for each request has most of its work from their number. The first event
	// after a pause is published at once.
	relayInterval = 15 * time.Millisecond
	// leaderInterval is how often a relay in reserve tries to become the leader.
	leaderInterval      = 250 * time.Millisecond
	deadLettersInterval = time.Second
	// markTimeout bounds how long published events are marked so in the database,
	// also during a shutdown, which has five seconds.
	markTimeout = 3 * time.Second
	leaderLock  = 0x6f7574626f78 // "outbox"
)

// Producer sends records and waits until all in-sync replicas have them.
type Producer interface {
	ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults
}

// Relay publishes the events and dead letters of a database. Of several relays
// of one database one is the leader, which publishes; two at a time could
// reorder the events of a subject. The others take over when it ends.
type Relay struct {
	outbox *Outbox
	kafka  Producer
	source string
	log    *slog.Logger

	// Published is called with the type of each event that Kafka has acknowledged;
	// may be nil. A crash can repeat an event.
	Published func(eventType string)
}

// NewRelay returns a relay that publishes events with the given source.
func NewRelay(o *Outbox, kafka Producer, source string, log *slog.Logger) *Relay {
	return &Relay{outbox: o, kafka: kafka, source: source, log: log}
}

// Run publishes until ctx ends. Failures are logged and retried.
func (r *Relay) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := r.lead(ctx); ctx.Err() == nil {
			r.log.WarnContext(ctx, "outbox relay failed, retrying", "err", err)
			wakeup.Sleep(ctx, retryInterval)
		}
	}
	return nil
}

// lead waits to be the leader and publishes until something fails. The lock is
// held by the connection that reads and deletes the rows: a relay that loses
// the lock, because its session ended, cannot go on with another connection.
func (r *Relay) lead(ctx context.Context) error {
	conn, err := r.outbox.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// The end of the session ends the lock, in whatever state the session is.
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Conn().Close(ctx)
	}()
	if err := awaitLeadership(ctx, conn.Conn()); err != nil {
		return err
	}
	// A crash of Postgres may undo a deletion, and the event is published once
	// more. That is allowed, and cheaper than a disk sync for each deletion.
	if _, err := conn.Exec(ctx, "SET synchronous_commit = off"); err != nil {
		return err
	}
	committed, unsubscribe := r.outbox.subscribe()
	defer unsubscribe()
	var deadLettersAt time.Time
	for {
		began := time.Now()
		n, err := r.relayEvents(ctx, conn.Conn())
		// Dead letters are rare and not urgent. They come second: one that Kafka
		// refuses must not block events.
		if err == nil && time.Since(deadLettersAt) > deadLettersInterval {
			deadLettersAt = time.Now()
			err = r.relayDeadLetters(ctx, conn.Conn())
		}
		if err != nil {
			return err
		}
		if n == relayBatch {
			continue // there may be more
		}
		if n > 0 && !wakeup.Sleep(ctx, relayInterval-time.Since(began)) {
			return ctx.Err()
		}
		if !committed.Wait(ctx, relayPoll) {
			return ctx.Err()
		}
	}
}

// awaitLeadership polls for the lock. A backend that waits for a lock inside
// Postgres does not notice that its client was killed, and would become the
// leader for nobody.
func awaitLeadership(ctx context.Context, conn *pgx.Conn) error {
	for {
		var leads bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(leaderLock)).Scan(&leads); err != nil || leads {
			return err
		}
		if !wakeup.Sleep(ctx, leaderInterval) {
			return ctx.Err()
		}
	}
}

type row struct {
	id       int64
	envelope event.Envelope
	topic    string
}

// relayEvents publishes the oldest events and deletes them once Kafka has
// acknowledged them.
func (r *Relay) relayEvents(ctx context.Context, conn *pgx.Conn) (int, error) {
	rows, err := r.oldest(ctx, conn)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	records, ids := make([]*kgo.Record, len(rows)), make([]int64, len(rows))
	for i, row := range rows {
		value, err := json.Marshal(row.envelope)
		if err != nil {
			return 0, err
		}
		ids[i] = row.id
		// The record has the time of its publication, which the client fills in. With
		// the event's own time, which may be days ago after an outage, the client
		// would give up the record as too old.
		records[i] = &kgo.Record{
			Topic: row.topic, Key: []byte(row.envelope.Subject), Value: value,
			Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte(event.ContentType)}},
		}
	}
	err = r.kafka.ProduceSync(ctx, records...).FirstErr()
	for _, row := range rows {
		e := &row.envelope
		telemetry.Publish(ctx, e.TraceParent, e.Type, e.Subject, e.Time)(err)
	}
	if err != nil {
		return 0, fmt.Errorf("publish %d events: %w", len(records), err)
	}
	for _, row := range rows {
		crashpoint.Reach("published", row.envelope.Type)
		if r.Published != nil {
			r.Published(row.envelope.Type)
		}
	}
	// They are published: a shutdown now must not publish them again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTimeout)
	defer cancel()
	if _, err := conn.Exec(ctx, "DELETE FROM outbox WHERE id = ANY ($1)", ids); err != nil {
		return 0, fmt.Errorf("delete published events: %w", err)
	}
	return len(rows), nil
}

func (r *Relay) oldest(ctx context.Context, conn *pgx.Conn) ([]row, error) {
	rows, err := conn.Query(ctx, `
		SELECT id, topic, event_id, type, subject, sequence, data, actor, correlation_id, causation_id, traceparent, created_at
		FROM outbox ORDER BY id LIMIT $1`, relayBatch)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return pgx.CollectRows(rows, func(rows pgx.CollectableRow) (row, error) {
		o := row{envelope: event.Envelope{SpecVersion: "1.0", Source: r.source, DataContentType: "application/json"}}
		e := &o.envelope
		err := rows.Scan(&o.id, &o.topic, &e.ID, &e.Type, &e.Subject, &e.Sequence, &e.Data, &e.Actor,
			&e.CorrelationID, &e.CausationID, &e.TraceParent, &e.Time)
		e.DataSchema = event.SchemaOf(e.Type)
		e.Time = e.Time.UTC()
		return o, err
	})
}

// relayDeadLetters copies stored dead letters to their topics, for the tools of
// operators. The rows stay.
func (r *Relay) relayDeadLetters(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `
		SELECT id, topic, consumer, key, value, headers, error, attempts, first_failed_at
		FROM dead_letters WHERE relayed_at IS NULL ORDER BY id LIMIT $1`, relayBatch)
	if err != nil {
		return fmt.Errorf("read dead letters: %w", err)
	}
	var ids []int64
	records, err := pgx.CollectRows(rows, func(rows pgx.CollectableRow) (*kgo.Record, error) {
		var (
			letterID                 int64
			topic, consumer, message string
			headers                  map[string]string
			attempts                 int
			since                    time.Time
			record                   kgo.Record
		)
		err := rows.Scan(&letterID, &topic, &consumer, &record.Key, &record.Value, &headers, &message, &attempts, &since)
		ids = append(ids, letterID)
		record.Topic = string(event.Topic(topic).DeadLetters(consumer))
		for key, value := range headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
		}
		record.Headers = append(record.Headers,
			kgo.RecordHeader{Key: "error", Value: []byte(message)},
			kgo.RecordHeader{Key: "attempts", Value: fmt.Append(nil, attempts)},
			kgo.RecordHeader{Key: "first-failed-at", Value: []byte(since.UTC().Format(time.RFC3339Nano))},
		)
		return &record, err
	})
	if err != nil || len(records) == 0 {
		return err
	}
	if err := r.kafka.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return fmt.Errorf("publish %d dead letters: %w", len(records), err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), markTimeout)
	defer cancel()
	_, err = conn.Exec(ctx, "UPDATE dead_letters SET relayed_at = now() WHERE id = ANY ($1)", ids)
	if err != nil {
		return fmt.Errorf("mark dead letters published: %w", err)
	}
	return nil
}
