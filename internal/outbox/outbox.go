// Package outbox publishes an event if and only if the change that it reports
// is committed.
//
// A service writes its rows and its events in one transaction; a relay moves
// the events to Kafka afterwards, in the order of commits per topic and
// subject. A crash between Kafka's acknowledgement and the deletion of the row
// publishes an event twice, never zero times: consumers are idempotent.
package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/crashpoint"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/pg"
	"cartograph/internal/wakeup"
)

// Outbox is the outbox of a database. It is safe for concurrent use.
type Outbox struct {
	pool *pgxpool.Pool

	mu        sync.Mutex
	committed []*wakeup.Signal // one for each relay of this process
}

// New returns the outbox of a migrated database.
func New(pool *pgxpool.Pool) *Outbox { return &Outbox{pool: pool} }

// InTx is pg.InTx and, after the commit, wakes the relay, so that events are
// published without waiting for its next poll.
func (o *Outbox) InTx(ctx context.Context, fn func(pgx.Tx) error) error {
	var last pgx.Tx
	err := pg.InTx(ctx, o.pool, func(tx pgx.Tx) error { last = tx; return fn(tx) })
	if err != nil {
		return err
	}
	crashpoint.Committed(last)
	o.Notify()
	return nil
}

// Notify wakes the relays of this process, after a commit of events that did
// not go through InTx.
func (o *Outbox) Notify() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, signal := range o.committed {
		signal.Notify()
	}
}

// subscribe returns a signal of commits, and the function that ends it.
func (o *Outbox) subscribe() (committed *wakeup.Signal, unsubscribe func()) {
	committed = wakeup.New()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.committed = append(o.committed, committed)
	return committed, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.committed = slices.DeleteFunc(o.committed, func(s *wakeup.Signal) bool { return s == committed })
	}
}

// write numbers the events per topic and subject and stores them.
//
// The order of ids must be the order of commits per subject: the relay
// publishes by id, and an event that is committed later with a lower id would
// be published out of order. Updating a sequence locks its row until the
// transaction ends, and ids are drawn after that lock is taken: a concurrent
// transaction of the same subject draws its ids after this one has committed.
// Sequences are locked in the order of topic and subject, so that transactions
// with several subjects do not deadlock.
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
INSERT INTO outbox (event_id, topic, subject, type, sequence, data, actor, correlation_id, causation_id, traceparent)
SELECT event_id, topic, subject, type, last - n + nth, data, $6, $7, $8, $9
FROM given JOIN grown USING (topic, subject)
ORDER BY ord`

func withStates(payloads []event.Payload) []event.Payload {
	all := make([]event.Payload, 0, 2*len(payloads))
	for _, p := range payloads {
		all = append(all, p)
		if e, ok := p.(event.Stateful); ok {
			all = append(all, e.State())
		}
	}
	return all
}

// Write stores events to be published if tx commits, and after each the state that
// it leads to. It queues one statement, however many they are, which goes with the
// commit where it is the last.
func Write(ctx context.Context, tx pgx.Tx, payloads ...event.Payload) error {
	if len(payloads) == 0 {
		return nil
	}
	payloads = withStates(payloads)
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
	crashpoint.Written(tx, types...)
	correlation := cause.CorrelationID
	if correlation == "" {
		correlation = caller.RequestID
	}
	pg.BatchOf(tx).Queue("write events", write, ids, topics, subjects, types, data, cmp.Or(caller.Accountable().ID, cause.Actor), correlation, cause.ID, event.TraceParentOf(ctx))
	return nil
}

// Backlog is how many events are not published yet, and the age of the oldest.
func (o *Outbox) Backlog(ctx context.Context) (waiting int, oldest time.Duration, err error) {
	var seconds float64
	err = o.pool.QueryRow(ctx, `
		SELECT count(*), coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM outbox`,
	).Scan(&waiting, &seconds)
	return waiting, time.Duration(seconds * float64(time.Second)), err
}
