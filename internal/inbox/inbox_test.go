package inbox_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/inbox"
	"cartograph/internal/limits"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/internal/pgtest"
)

func TestAnEventHasItsEffectOncePerConsumer(t *testing.T) {
	t.Parallel()
	o := outbox.New(pgtest.New(t, fstest.MapFS{}))
	effects := map[string]int{}
	for _, consumer := range []string{"cart", "notification"} {
		m := inbox.NewMux(consumer, o)
		for range 3 {
			err := m.Once(t.Context(), event.Envelope{ID: "evt_1"}, func(context.Context, pgx.Tx) error { effects[consumer]++; return nil })
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if effects["cart"] != 1 || effects["notification"] != 1 {
		t.Errorf("effects = %v, want one each", effects)
	}
}

func TestAFailedEffectIsNotMarked(t *testing.T) {
	t.Parallel()
	m, boom, calls := newMux(t), errors.New("boom"), 0
	handle := func() error {
		return m.Once(t.Context(), event.Envelope{ID: "evt_1"}, func(context.Context, pgx.Tx) error {
			if calls++; calls == 1 {
				return boom
			}
			return nil
		})
	}
	if err := handle(); !errors.Is(err, boom) {
		t.Fatalf("first call = %v, want %v", err, boom)
	}
	for range 2 {
		if err := handle(); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 2 {
		t.Errorf("handled %d times, want 2: the failure and the success", calls)
	}
}

func TestWhatAHandlerPublishesHasTheEventAsCause(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	m := inbox.NewMux("order", outbox.New(pool))
	inbox.On(m, func(ctx context.Context, tx pgx.Tx, p event.CheckoutCancelled, _ event.Envelope) error {
		return outbox.Write(ctx, tx, event.CheckoutExpired(p))
	})
	cause := eventtest.Envelope(event.CheckoutCancelled{CheckoutID: "chk_1"})
	cause.CorrelationID = "req-1"
	if err := m.Handle(t.Context(), cause); err != nil {
		t.Fatal(err)
	}
	var causation, correlation string
	if err := pool.QueryRow(t.Context(), "SELECT causation_id, correlation_id FROM outbox").Scan(&causation, &correlation); err != nil {
		t.Fatal(err)
	}
	if causation != cause.ID || correlation != "req-1" {
		t.Errorf("caused by %q in %q, want %s in req-1", causation, correlation, cause.ID)
	}
}

// An event that can still be delivered again must stay marked.
func TestMarksArePrunedAfterTheirRetention(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	mark := func(eventID string) (fresh bool) {
		t.Helper()
		err := pg.InTx(t.Context(), pool, func(tx pgx.Tx) (err error) {
			fresh, err = inbox.Mark(t.Context(), tx, "order", eventID)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return fresh
	}
	for eventID, age := range map[string]time.Duration{
		"evt_young": limits.InboxRetention - time.Hour, "evt_old": limits.InboxRetention + time.Hour,
	} {
		mark(eventID)
		if _, err := pool.Exec(t.Context(), "UPDATE handled_events SET handled_at = now() - $2::interval WHERE event_id = $1", eventID, age); err != nil {
			t.Fatal(err)
		}
	}
	if err := inbox.Prune(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if got := []bool{mark("evt_young"), mark("evt_old")}; !slices.Equal(got, []bool{false, true}) {
		t.Errorf("fresh = %v, want the old one alone", got)
	}
}
