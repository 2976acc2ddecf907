package trail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/consumers/logs"
	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

const (
	logTimeout = time.Minute
	maxEvents  = 5000 // of one purchase

	// An event can be dated by another clock than the database that has the checkout.
	clockSkew = 5 * time.Minute
)

// topics are those that events of purchases are on.
var topics = []event.Topic{event.Orders, event.Payments, event.Inventory}

// readEvents adds the events that name the purchase, and returns their ids with their
// types. A record is found by its bytes: an event names others than its subject in its
// data.
func (t *Trail) readEvents(ctx context.Context, brokers []string) (types map[string]string, err error) {
	if len(brokers) == 0 {
		return nil, errors.New("its address is not known")
	}
	ctx, cancel := context.WithTimeout(ctx, logTimeout)
	defer cancel()
	var names [][]byte
	for _, id := range t.Purchase.ids() {
		names = append(names, []byte(`"`+id+`"`))
	}
	types = map[string]string{}
	err = kafka.Read(ctx, brokers, topics, t.Purchase.BeganAt.Add(-clockSkew), func(r *kgo.Record) error {
		if !containsAny(r.Value, names) {
			return nil
		}
		e, err := event.Parse(r.Value)
		if err != nil {
			return nil //nolint:nilerr // no event; whoever consumed it has it as a dead letter
		}
		if len(types) == maxEvents {
			return fmt.Errorf("more than %d events", maxEvents)
		}
		types[e.ID] = shortType(e.Type)
		t.Entries = append(t.Entries, Entry{e.Time, "event log", fmt.Sprintf("%s %d of %s by %s (%s/%d/%d %s)",
			shortType(e.Type), e.Sequence, e.Subject, strings.TrimPrefix(e.Source, "/"), r.Topic, r.Partition, r.Offset, e.ID)})
		return nil
	})
	return types, err
}

func containsAny(text []byte, names [][]byte) bool {
	for _, name := range names {
		if bytes.Contains(text, name) {
			return true
		}
	}
	return false
}

// shortType is a type without what all have.
func shortType(full string) string { return strings.TrimPrefix(full, "com.cartograph.") }

// readHandled adds when a role has handled the events.
func (t *Trail) readHandled(ctx context.Context, role string, pool *pgxpool.Pool, types map[string]string) {
	if len(types) == 0 || pool == nil {
		return
	}
	ids := make([]string, 0, len(types))
	for id := range types {
		ids = append(ids, id)
	}
	rows, err := pool.Query(ctx, "SELECT handled_at, event_id, consumer FROM handled_events WHERE event_id = ANY ($1)", ids)
	if err != nil {
		t.missing(role+", handled events", err)
		return
	}
	var at time.Time
	var id, consumer string
	if _, err := pgx.ForEachRow(rows, []any{&at, &id, &consumer}, func() error {
		t.Entries = append(t.Entries, Entry{at, role, "handled " + types[id] + " (" + id + ")"})
		return nil
	}); err != nil {
		t.missing(role+", handled events", err)
	}
}

// readDeadLetters adds the events of the purchase that a role could not handle.
func (t *Trail) readDeadLetters(ctx context.Context, role string, pool *pgxpool.Pool) {
	rows, err := pool.Query(ctx, `
		SELECT first_failed_at, id, topic, error, resolved_at IS NOT NULL FROM dead_letters d
		WHERE EXISTS (SELECT FROM unnest($1::text[]) AS name WHERE position(convert_to('"' || name || '"', 'UTF8') IN d.value) > 0)
		ORDER BY id LIMIT $2`, t.Purchase.ids(), maxRows)
	if err != nil {
		t.missing(role+", dead letters", err)
		return
	}
	var at time.Time
	var id int64
	var topic, cause string
	var resolved bool
	if _, err := pgx.ForEachRow(rows, []any{&at, &id, &topic, &cause, &resolved}, func() error {
		state := "open"
		if resolved {
			state = "resolved"
		}
		t.Entries = append(t.Entries, Entry{at, role, fmt.Sprintf("dead letter %s/%d of %s, %s: %s", role, id, topic, state, cause)})
		return nil
	}); err != nil {
		t.missing(role+", dead letters", err)
	}
}

// readLogs adds the log records that name the order.
func (t *Trail) readLogs(ctx context.Context, pool *pgxpool.Pool) {
	if pool == nil {
		t.missing("logging, records", errors.New("its database is not known"))
		return
	}
	seen := map[string]bool{}
	for _, name := range append([]string{t.Purchase.Number}, t.Purchase.ids()...) {
		found, err := logs.Find(ctx, pool, logs.Filter{
			Since: t.Purchase.BeganAt.Add(-clockSkew), Level: slog.LevelDebug, Words: `"` + name + `"`, Limit: maxRows,
		})
		if err != nil {
			t.missing("logging, records", err)
			return
		}
		for _, r := range found {
			if seen[r.ID] {
				continue
			}
			seen[r.ID] = true
			text := fmt.Sprintf("%s %s: %s", r.Service, r.Level, r.Message)
			if cause := r.Attributes["err"]; cause != "" {
				text += ": " + cause
			}
			t.Entries = append(t.Entries, Entry{r.At, "log", text})
		}
	}
}
