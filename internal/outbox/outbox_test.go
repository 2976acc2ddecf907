package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

// broker keeps what is produced, after a number of failures.
type broker struct {
	mu       sync.Mutex
	failures int
	events   []event.Envelope
}

func (b *broker) ProduceSync(_ context.Context, records ...*kgo.Record) kgo.ProduceResults {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures > 0 {
		b.failures--
		return kgo.ProduceResults{{Err: errors.New("no leader")}}
	}
	var results kgo.ProduceResults
	for _, r := range records {
		e, err := event.Parse(r.Value)
		b.events = append(b.events, e)
		results = append(results, kgo.ProduceResult{Record: r, Err: err})
	}
	return results
}

func (b *broker) published() []event.Envelope {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]event.Envelope(nil), b.events...)
}

func (b *broker) await(t *testing.T, n int) []event.Envelope {
	t.Helper()
	polltest.EventuallyNoProblem(t, func() string {
		if got := len(b.published()); got < n {
			return fmt.Sprintf("published %d events, want %d", got, n)
		}
		return ""
	})
	return b.published()
}

func startRelay(t *testing.T, o *outbox.Outbox, b outbox.Producer) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := outbox.NewRelay(o, b, "/order", quiet).Run(ctx); err != nil {
			t.Error(err)
		}
	})
	stop = sync.OnceFunc(func() { cancel(); wg.Wait() })
	t.Cleanup(stop)
	return stop
}

func TestEventsAreNumberedWithoutGapsAndPublishedInOrder(t *testing.T) {
	t.Parallel()
	o, b := outbox.New(pgtest.New(t, fstest.MapFS{})), &broker{failures: 1}
	startRelay(t, o, b)

	const writers, each = 8, 15
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range each {
				err := o.InTx(t.Context(), func(tx pgx.Tx) error {
					return outbox.Write(t.Context(), tx,
						event.CheckoutExpired{CheckoutID: "chk_hot"},
						event.CheckoutExpired{CheckoutID: fmt.Sprint("chk_", w)},
						event.CheckoutCancelled{CheckoutID: "chk_hot"})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()

	last := map[string]int64{}
	for _, e := range b.await(t, writers*each*3) {
		if e.Sequence != last[e.Subject]+1 {
			t.Fatalf("%s: sequence %d follows %d", e.Subject, e.Sequence, last[e.Subject])
		}
		last[e.Subject] = e.Sequence
		if e.Source != "/order" || e.SpecVersion != "1.0" {
			t.Fatalf("envelope %+v is not a CloudEvent of /order", e)
		}
	}
	if last["chk_hot"] != writers*each*2 {
		t.Errorf("chk_hot ended at %d, want %d", last["chk_hot"], writers*each*2)
	}
}

func TestAnEventHasTheTraceInWhichItWasWrittenAndItsSchema(t *testing.T) {
	t.Parallel()
	o, b := outbox.New(pgtest.New(t, fstest.MapFS{})), &broker{}
	startRelay(t, o, b)
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	caused := event.WithCause(t.Context(), event.Envelope{ID: "evt_1", TraceParent: trace})
	for _, ctx := range []context.Context{caused, t.Context()} {
		if err := o.InTx(ctx, func(tx pgx.Tx) error {
			return outbox.Write(ctx, tx, event.CheckoutExpired{CheckoutID: "chk_1"})
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{trace, ""} {
		e := b.await(t, 2)[i]
		if e.TraceParent != want || e.DataSchema != "urn:cartograph:schema:com.cartograph.order.checkoutExpired.v1" {
			t.Errorf("event %d has the trace %q and the schema %q, want the trace %q", i+1, e.TraceParent, e.DataSchema, want)
		}
	}
}

func TestARolledBackTransactionPublishesNothing(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	o, b := outbox.New(pool), &broker{}
	startRelay(t, o, b)

	boom := errors.New("boom")
	err := o.InTx(t.Context(), func(tx pgx.Tx) error {
		if err := outbox.Write(t.Context(), tx, event.CheckoutExpired{CheckoutID: "chk_1"}); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("InTx = %v, want %v", err, boom)
	}
	if err := o.InTx(t.Context(), func(tx pgx.Tx) error {
		return outbox.Write(t.Context(), tx, event.CheckoutExpired{CheckoutID: "chk_2"})
	}); err != nil {
		t.Fatal(err)
	}
	if got := b.await(t, 1); len(got) != 1 || got[0].Subject != "chk_2" {
		t.Errorf("published %v, want chk_2 alone", got)
	}
}

// One publication takes a bounded number of events; the rest follow in order.
func TestMoreEventsThanOnePublicationTakesArePublishedInOrder(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	o, b := outbox.New(pool), &broker{}
	const events = 1100
	payloads := make([]event.Payload, events)
	for i := range payloads {
		payloads[i] = event.CheckoutExpired{CheckoutID: "chk_1"}
	}
	if err := o.InTx(t.Context(), func(tx pgx.Tx) error { return outbox.Write(t.Context(), tx, payloads...) }); err != nil {
		t.Fatal(err)
	}
	startRelay(t, o, b)
	for i, e := range b.await(t, events) {
		if e.Sequence != int64(i+1) {
			t.Fatalf("event %d has sequence %d", i+1, e.Sequence)
		}
	}
}

// Two relays that publish at the same time would reorder events.
func TestOneOfSeveralRelaysPublishes(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	brokers := []*broker{{}, {}, {}}
	for _, b := range brokers {
		startRelay(t, outbox.New(pool), b) // each as in a process of its own
	}
	o := outbox.New(pool) // which has no relay and can wake none
	const events = 30
	for i := range events {
		err := o.InTx(t.Context(), func(tx pgx.Tx) error {
			return outbox.Write(t.Context(), tx, event.CheckoutExpired{CheckoutID: fmt.Sprint("chk_", i)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	polltest.EventuallyNoProblem(t, func() string {
		if waiting, _, err := o.Backlog(t.Context()); err != nil || waiting > 0 {
			return fmt.Sprintf("%d events wait, %v", waiting, err)
		}
		return ""
	})
	var published []int
	for _, b := range brokers {
		if n := len(b.published()); n > 0 {
			published = append(published, n)
		}
	}
	if !slices.Equal(published, []int{events}) {
		t.Errorf("relays published %v events, want one of them all %d", published, events)
	}
}

func TestEventsHaveTheirCallerAndCorrelation(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	o, b := outbox.New(pool), &broker{}
	startRelay(t, o, b)
	ctx := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{ID: "usr_ada"}, RequestID: "req-1"})
	err := o.InTx(ctx, func(tx pgx.Tx) error { return outbox.Write(ctx, tx, event.CheckoutExpired{CheckoutID: "chk_1"}) })
	if err != nil {
		t.Fatal(err)
	}
	if e := b.await(t, 1)[0]; e.Actor != "usr_ada" || e.CorrelationID != "req-1" || e.CausationID != "" {
		t.Errorf("by %q in %q because of %q, want by usr_ada in req-1", e.Actor, e.CorrelationID, e.CausationID)
	}
	for name, ctx := range map[string]context.Context{
		"a call by a service on its behalf": auth.With(t.Context(), auth.From(ctx).As("order")),
		"an event of its request":           event.WithCause(t.Context(), event.Envelope{ID: "evt_1", Actor: "usr_ada"}),
	} {
		err := o.InTx(ctx, func(tx pgx.Tx) error { return outbox.Write(ctx, tx, event.CheckoutExpired{CheckoutID: "chk_1"}) })
		if err != nil {
			t.Fatal(err)
		}
		if e := b.await(t, 1)[0]; e.Actor != "usr_ada" {
			t.Errorf("%s: by %q, want by usr_ada", name, e.Actor)
		}
	}
}

func TestTheBacklogIsCountedWithItsAge(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	o := outbox.New(pool)
	if waiting, age, err := o.Backlog(t.Context()); waiting != 0 || age != 0 || err != nil {
		t.Errorf("an empty backlog = %d, %s, %v", waiting, age, err)
	}
	err := o.InTx(t.Context(), func(tx pgx.Tx) error {
		if err := outbox.Write(t.Context(), tx, event.CheckoutExpired{CheckoutID: "chk_1"}, event.CheckoutExpired{CheckoutID: "chk_2"}); err != nil {
			return err
		}
		_, err := tx.Exec(t.Context(), "UPDATE outbox SET created_at = now() - interval '1 hour' WHERE subject = 'chk_2'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if waiting, age, err := o.Backlog(t.Context()); waiting != 2 || age < time.Hour || age > time.Hour+time.Minute || err != nil {
		t.Errorf("backlog = %d, %s, %v, want 2, some more than an hour", waiting, age, err)
	}
}

func TestAnotherRelayTakesOver(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	o, first, second := outbox.New(pool), &broker{}, &broker{}
	publish := func(checkout string) {
		t.Helper()
		if err := o.InTx(t.Context(), func(tx pgx.Tx) error {
			return outbox.Write(t.Context(), tx, event.CheckoutExpired{CheckoutID: checkout})
		}); err != nil {
			t.Fatal(err)
		}
	}
	stop := startRelay(t, o, first)
	publish("chk_1")
	first.await(t, 1)
	startRelay(t, o, second)
	stop()
	publish("chk_2")
	if got := second.await(t, 1); got[0].Subject != "chk_2" {
		t.Errorf("the second relay published %v, want chk_2", got)
	}
	waiting, _, err := o.Backlog(t.Context())
	if err != nil || waiting > 1 {
		t.Errorf("backlog = %d, %v, want at most the row being deleted", waiting, err)
	}
}
