// Package outbox publishes events exactly when what they tell is committed.
//
// A service writes its rows and its events in one transaction; a relay moves
// the events to Kafka afterwards, in order per subject. A crash in between
// publishes an event twice, never zero times.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/pg"
)

// Outbox is a database whose changes are told.
type Outbox struct {
	pool *pgxpool.Pool

	mu    sync.Mutex
	kicks []chan struct{}
}

// New returns the outbox of a migrated database.
func New(pool *pgxpool.Pool) *Outbox { return &Outbox{pool: pool} }

// InTx runs fn in a transaction and, once it is committed, wakes the relay so
// that what fn wrote is on its way without waiting for the next poll.
func (o *Outbox) InTx(ctx context.Context, fn func(pgx.Tx) error) error {
	if err := pg.InTx(ctx, o.pool, fn); err != nil {
		return err
	}
	o.Kick()
	return nil
}

// Kick wakes every relay of this process.
func (o *Outbox) Kick() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, kick := range o.kicks {
		select {
		case kick <- struct{}{}:
		default: // awake already
		}
	}
}

// subscribe returns a channel that receives after each Kick, and its end.
func (o *Outbox) subscribe() (<-chan struct{}, func()) {
	kick := make(chan struct{}, 1)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kicks = append(o.kicks, kick)
	return kick, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		for i, k := range o.kicks {
			if k == kick {
				o.kicks = append(o.kicks[:i], o.kicks[i+1:]...)
				return
			}
		}
	}
}

// write numbers the events per topic and subject and stores them. Growing a
// sequence locks it until the transaction ends, and ids are drawn after that:
// so ids, and with them Kafka, follow the order of commits per subject.
const write = `
WITH given AS (
    SELECT *,
           row_number() OVER (PARTITION BY topic, subject ORDER BY ord) AS nth,
           count(*)     OVER (PARTITION BY topic, subject)              AS n
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::jsonb[])
         WITH ORDINALITY AS g (event_id, topic, subject, type, data, ord)
), grown AS (
    INSERT INTO event_sequences AS s (topic, subject, last)
    SELECT topic, subject, count(*) FROM given GROUP BY topic, subject ORDER BY topic, subject
    ON CONFLICT (topic, subject) DO UPDATE SET last = s.last + excluded.last
    RETURNING topic, subject, last
)
INSERT INTO outbox (event_id, topic, subject, type, sequence, data, actor, correlation_id, causation_id)
SELECT event_id, topic, subject, type, last - n + nth, data, $6, $7, $8
FROM given JOIN grown USING (topic, subject)
ORDER BY ord`

// Write stores events to be published if tx commits. It queues one statement,
// however many they are, which goes with the commit where it is the last.
func Write(ctx context.Context, tx pgx.Tx, payloads ...event.Payload) error {
	if len(payloads) == 0 {
		return nil
	}
	n := len(payloads)
	ids, topics, subjects := make([]string, n), make([]string, n), make([]string, n)
	types, data := make([]string, n), make([]string, n)
	for i, p := range payloads {
		encoded, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("encode %s: %w", p.Type(), err)
		}
		ids[i], topics[i], subjects[i] = id.New(id.Event), string(p.Topic()), p.Subject()
		types[i], data[i] = p.Type(), string(encoded)
	}
	caller, cause := auth.From(ctx), event.Cause(ctx)
	correlation := cause.CorrelationID
	if correlation == "" {
		correlation = caller.RequestID
	}
	pg.BatchOf(tx).Queue("write events", write, ids, topics, subjects, types, data, caller.ID, correlation, cause.ID)
	return nil
}

// Backlog is how many events wait to be published, and for how long the
// oldest has waited.
func (o *Outbox) Backlog(ctx context.Context) (waiting int, oldest time.Duration, err error) {
	var seconds float64
	err = o.pool.QueryRow(ctx, `
		SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM outbox`,
	).Scan(&waiting, &seconds)
	return waiting, time.Duration(seconds * float64(time.Second)), err
}
