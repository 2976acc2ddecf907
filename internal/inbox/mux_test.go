package inbox_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/inbox"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
)

func newMux(t *testing.T) *inbox.Mux {
	t.Helper()
	return inbox.NewMux("order", outbox.New(pgtest.New(t, fstest.MapFS{})))
}

func TestWhatIsHandledIsSubscribed(t *testing.T) {
	t.Parallel()
	m := inbox.NewMux("order", nil)
	inbox.OnDirect(m, func(context.Context, event.ProductChanged, event.Envelope) error { return nil })
	inbox.OnDirect(m, func(context.Context, event.OrderExpired, event.Envelope) error { return nil })
	inbox.OnDirect(m, func(context.Context, event.OrderPlaced, event.Envelope) error { return nil })
	if got, want := m.Topics(), []event.Topic{event.Orders, event.Products}; !slices.Equal(got, want) {
		t.Errorf("topics = %v, want %v", got, want)
	}
}

func TestATypeHasOneHandler(t *testing.T) {
	t.Parallel()
	m := inbox.NewMux("order", nil)
	handle := func(context.Context, event.OrderPlaced, event.Envelope) error { return nil }
	inbox.OnDirect(m, handle)
	defer func() {
		if recover() == nil {
			t.Error("a second handler replaced the first")
		}
	}()
	inbox.OnDirect(m, handle)
}

func TestEventsAreGivenToTheHandlerOfTheirTypeOnce(t *testing.T) {
	t.Parallel()
	m := newMux(t)
	var placed, expired, committed []string
	inbox.On(m, func(_ context.Context, _ pgx.Tx, p event.OrderPlaced, _ event.Envelope) error {
		placed = append(placed, p.OrderID)
		return nil
	})
	inbox.On(m, func(_ context.Context, _ pgx.Tx, p event.CheckoutExpired, _ event.Envelope) error {
		expired = append(expired, p.CheckoutID)
		return nil
	})
	m.AfterCommit(func(e event.Envelope) { committed = append(committed, e.Subject) })
	order := eventtest.Envelope(event.OrderPlaced{OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1"}})
	checkout := eventtest.Envelope(event.CheckoutExpired{CheckoutID: "chk_2"})
	foreign := eventtest.Envelope(event.CaptureDue{CheckoutID: "chk_3"})
	for _, e := range []event.Envelope{order, checkout, foreign, order} {
		if err := m.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(placed, []string{"ord_1"}) || !slices.Equal(expired, []string{"chk_2"}) {
		t.Errorf("placed %v and expired %v, want ord_1 and chk_2, once each", placed, expired)
	}
	if want := []string{"chk_1", "chk_2", "chk_1"}; !slices.Equal(committed, want) {
		t.Errorf("after commits: %v, want %v", committed, want)
	}
}

func TestAnExpectedEventIsSkipped(t *testing.T) {
	t.Parallel()
	m := newMux(t)
	var x inbox.Expected
	m.SkipExpected(func(e event.Envelope) bool { return x.Met(e.Type + e.Subject) })
	handled, committed := 0, 0
	inbox.On(m, func(context.Context, pgx.Tx, event.CheckoutExpired, event.Envelope) error { handled++; return nil })
	m.AfterCommit(func(event.Envelope) { committed++ })
	x.Expect(event.Type[event.CheckoutExpired]() + "chk_1")
	for range 2 { // two events: a peer that repeats its request is answered
		if err := m.Handle(t.Context(), eventtest.Envelope(event.CheckoutExpired{CheckoutID: "chk_1"})); err != nil {
			t.Fatal(err)
		}
	}
	if handled != 1 || committed != 1 {
		t.Errorf("handled %d and committed %d of two events, want the second one", handled, committed)
	}
}

func TestAFailureIsTheHandlersAndNothingIsSignalled(t *testing.T) {
	t.Parallel()
	m, boom := newMux(t), errors.New("boom")
	inbox.On(m, func(context.Context, pgx.Tx, event.CheckoutExpired, event.Envelope) error { return boom })
	m.AfterCommit(func(event.Envelope) { t.Error("a transaction that failed was signalled") })
	e := eventtest.Envelope(event.CheckoutExpired{CheckoutID: "chk_1"})
	for range 2 { // a failure leaves no mark
		if err := m.Handle(t.Context(), e); !errors.Is(err, boom) {
			t.Errorf("Handle = %v, want %v", err, boom)
		}
	}
	e.Data = []byte(`{"checkoutId": 7}`)
	if err := m.Handle(t.Context(), e); fault.KindOf(err) != fault.Invalid {
		t.Errorf("data that does not fit ended with %v, want it Invalid", err)
	}
}

func TestADirectHandlerPublishesWithTheEventAsCause(t *testing.T) {
	t.Parallel()
	m := inbox.NewMux("order", nil)
	var cause string
	inbox.OnDirect(m, func(ctx context.Context, _ event.CheckoutExpired, _ event.Envelope) error {
		cause = event.Cause(ctx).ID
		return nil
	})
	e := eventtest.Envelope(event.CheckoutExpired{CheckoutID: "chk_1"})
	if err := m.Handle(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if cause != e.ID {
		t.Errorf("the cause is %q, want %q", cause, e.ID)
	}
}

func TestEventsOfOneTypeThatFollowEachOtherAreHandledTogether(t *testing.T) {
	t.Parallel()
	m := inbox.NewMux("order", nil)
	var handled []string
	inbox.OnAll(m, func(_ context.Context, expired []event.CheckoutExpired, events []event.Envelope) error {
		call := "expired"
		for i, c := range expired {
			if events[i].Subject != c.CheckoutID {
				t.Errorf("%s came with the event of %s", c.CheckoutID, events[i].Subject)
			}
			call += " " + c.CheckoutID
		}
		handled = append(handled, call)
		return nil
	})
	inbox.OnDirect(m, func(_ context.Context, p event.CaptureDue, _ event.Envelope) error {
		handled = append(handled, "due "+p.CheckoutID)
		return nil
	})
	foreign := eventtest.Envelope(event.OrderPlaced{OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1"}})
	expired := func(id string) event.Envelope { return eventtest.Envelope(event.CheckoutExpired{CheckoutID: id}) }
	due := func(id string) event.Envelope { return eventtest.Envelope(event.CaptureDue{CheckoutID: id}) }
	events := []event.Envelope{expired("1"), expired("2"), foreign, due("3"), due("4"), expired("5")}
	if err := m.HandleAll(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	if err := m.Handle(t.Context(), expired("6")); err != nil {
		t.Fatal(err)
	}
	if want := []string{"expired 1 2", "due 3", "due 4", "expired 5", "expired 6"}; !slices.Equal(handled, want) {
		t.Errorf("handled %q, want %q", handled, want)
	}
	broken := expired("7")
	broken.Data = []byte(`{"checkoutId": 7}`)
	if err := m.HandleAll(t.Context(), []event.Envelope{expired("6"), broken}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an unreadable event among others = %v, want it refused", err)
	}
}
