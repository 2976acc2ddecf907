package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
)

const (
	relayBatch = 500
	relayPoll  = 50 * time.Millisecond // finds what another process committed
	relayPause = time.Second           // after a failure
	// From one round to the next: on a busy day, events that come meanwhile
	// travel together, which is most of what a broker that syncs its disk for
	// each request has to do. The first after a rest goes at once.
	relayGather = 15 * time.Millisecond
	leaderLock  = 0x6f7574626f78 // "outbox"
)

// Producer sends records and waits for every broker that must have them.
type Producer interface {
	ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults
}

// Relay publishes what an Outbox holds. Of several relays of one database one
// works and the others wait to replace it.
type Relay struct {
	outbox *Outbox
	kafka  Producer
	source string
	log    *slog.Logger
}

// NewRelay returns a relay whose events name source as their origin.
func NewRelay(o *Outbox, kafka Producer, source string, log *slog.Logger) *Relay {
	return &Relay{outbox: o, kafka: kafka, source: source, log: log}
}

// Run relays until ctx ends. Failures are logged and tried again.
func (r *Relay) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		if err := r.lead(ctx); ctx.Err() == nil {
			r.log.WarnContext(ctx, "relay starts over", "err", err)
			pause(ctx, relayPause)
		}
	}
	return nil
}

// lead takes the leadership and relays until something fails. The lock is held
// by the very connection that reads the rows: who loses it cannot go on.
func (r *Relay) lead(ctx context.Context) error {
	conn, err := r.outbox.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	// Ending the session ends the lock, whatever state it is in.
	defer func() { _ = conn.Conn().Close(context.WithoutCancel(ctx)) }()
	if err := awaitLeadership(ctx, conn.Conn()); err != nil {
		return err
	}
	// Should a crash undo a deletion, the event is published once more: not worth
	// a wait for the disk.
	if _, err := conn.Exec(ctx, "SET synchronous_commit = off"); err != nil {
		return err
	}
	kick, unsubscribe := r.outbox.subscribe()
	defer unsubscribe()
	var lettersAt time.Time
	for {
		began := time.Now()
		n, err := r.relayEvents(ctx, conn.Conn())
		// Dead letters are rare and nobody waits for them. They come second: one
		// that Kafka refuses must not hold up events.
		if err == nil && time.Since(lettersAt) > relayPause {
			lettersAt = time.Now()
			err = r.relayDeadLetters(ctx, conn.Conn())
		}
		if err != nil {
			return err
		}
		if n == relayBatch {
			continue
		}
		if n > 0 && !pause(ctx, relayGather-time.Since(began)) {
			return ctx.Err()
		}
		select {
		case <-kick:
		case <-time.After(relayPoll):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// awaitLeadership asks instead of waiting inside Postgres, where a backend that
// waits for a lock would outlive a killed client.
func awaitLeadership(ctx context.Context, conn *pgx.Conn) error {
	for {
		var leads bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(leaderLock)).Scan(&leads); err != nil || leads {
			return err
		}
		if !pause(ctx, relayPause/4) {
			return ctx.Err()
		}
	}
}

type row struct {
	id       int64
	envelope event.Envelope
	topic    string
}

// relayEvents publishes the oldest events and deletes them once Kafka has them.
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
		// Its timestamp is that of its publication: a client gives up a record that
		// seems too old, and an event may have waited long.
		records[i] = &kgo.Record{
			Topic: row.topic, Key: []byte(row.envelope.Subject), Value: value,
			Headers: []kgo.RecordHeader{{Key: "content-type", Value: []byte(event.ContentType)}},
		}
	}
	if err := r.kafka.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return 0, fmt.Errorf("publish %d events: %w", len(records), err)
	}
	// Kafka has them: a shutdown now must not publish them again.
	if _, err := conn.Exec(context.WithoutCancel(ctx), "DELETE FROM outbox WHERE id = ANY ($1)", ids); err != nil {
		return 0, fmt.Errorf("delete published events: %w", err)
	}
	return len(rows), nil
}

func (r *Relay) oldest(ctx context.Context, conn *pgx.Conn) ([]row, error) {
	rows, err := conn.Query(ctx, `
		SELECT id, topic, event_id, type, subject, sequence, data, actor, correlation_id, causation_id, created_at
		FROM outbox ORDER BY id LIMIT $1`, relayBatch)
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return pgx.CollectRows(rows, func(rows pgx.CollectableRow) (row, error) {
		o := row{envelope: event.Envelope{SpecVersion: "1.0", Source: r.source, DataContentType: "application/json"}}
		e := &o.envelope
		err := rows.Scan(&o.id, &o.topic, &e.ID, &e.Type, &e.Subject, &e.Sequence, &e.Data, &e.Actor,
			&e.CorrelationID, &e.CausationID, &e.Time)
		e.Time = e.Time.UTC()
		return o, err
	})
}

// relayDeadLetters copies stored dead letters to their topic, where operators'
// tools look for them.
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
	_, err = conn.Exec(context.WithoutCancel(ctx), "UPDATE dead_letters SET relayed_at = now() WHERE id = ANY ($1)", ids)
	if err != nil {
		return fmt.Errorf("mark dead letters published: %w", err)
	}
	return nil
}

// pause waits for d; false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
