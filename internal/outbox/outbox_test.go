package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

// broker keeps what is produced; it can be told to fail first.
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

func TestARolledBackTransactionTellsNothing(t *testing.T) {
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

func TestAnotherRelayTakesOver(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t, fstest.MapFS{})
	o, first, second := outbox.New(pool), &broker{}, &broker{}
	tell := func(checkout string) {
		t.Helper()
		if err := o.InTx(t.Context(), func(tx pgx.Tx) error {
			return outbox.Write(t.Context(), tx, event.CheckoutExpired{CheckoutID: checkout})
		}); err != nil {
			t.Fatal(err)
		}
	}
	stop := startRelay(t, o, first)
	tell("chk_1")
	first.await(t, 1)
	startRelay(t, o, second)
	stop()
	tell("chk_2")
	if got := second.await(t, 1); got[0].Subject != "chk_2" {
		t.Errorf("the second relay published %v, want chk_2", got)
	}
	waiting, _, err := o.Backlog(t.Context())
	if err != nil || waiting > 1 {
		t.Errorf("backlog = %d, %v, want at most the row being deleted", waiting, err)
	}
}
