package inbox_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
)

func TestAnEventHasItsEffectOncePerConsumer(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	o := outbox.New(pool)
	effects := map[string]int{}
	count := func(consumer string) func(context.Context, event.Envelope) error {
		return inbox.Once(o, consumer, func(context.Context, pgx.Tx, event.Envelope) error {
			effects[consumer]++
			return nil
		})
	}
	cart, mail := count("cart"), count("notification")
	for range 3 {
		if err := errors.Join(cart(t.Context(), event.Envelope{ID: "evt_1"}), mail(t.Context(), event.Envelope{ID: "evt_1"})); err != nil {
			t.Fatal(err)
		}
	}
	if effects["cart"] != 1 || effects["notification"] != 1 {
		t.Errorf("effects = %v, want one each", effects)
	}
}

func TestAFailedEffectIsNotMarked(t *testing.T) {
	t.Parallel()
	o := outbox.New(pgtest.New(t, fstest.MapFS{}))
	boom := errors.New("boom")
	calls := 0
	handle := inbox.Once(o, "cart", func(context.Context, pgx.Tx, event.Envelope) error {
		if calls++; calls == 1 {
			return boom
		}
		return nil
	})
	if err := handle(t.Context(), event.Envelope{ID: "evt_1"}); !errors.Is(err, boom) {
		t.Fatalf("first call = %v, want %v", err, boom)
	}
	for range 2 {
		if err := handle(t.Context(), event.Envelope{ID: "evt_1"}); err != nil {
			t.Fatal(err)
		}
	}
	if calls != 2 {
		t.Errorf("handled %d times, want 2: the failure and the success", calls)
	}
}

func TestWhatAnEventCausesNamesIt(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	o := outbox.New(pool)
	handle := inbox.Once(o, "order", func(ctx context.Context, tx pgx.Tx, _ event.Envelope) error {
		return outbox.Write(ctx, tx, event.CheckoutExpired{CheckoutID: "chk_1"})
	})
	if err := handle(t.Context(), event.Envelope{ID: "evt_1", CorrelationID: "req-1"}); err != nil {
		t.Fatal(err)
	}
	var causation, correlation string
	if err := pool.QueryRow(t.Context(), "SELECT causation_id, correlation_id FROM outbox").Scan(&causation, &correlation); err != nil {
		t.Fatal(err)
	}
	if causation != "evt_1" || correlation != "req-1" {
		t.Errorf("caused by %q in %q, want evt_1 in req-1", causation, correlation)
	}
}
