package kafka_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/kafka"
	"cartograph/internal/logtest"
	"cartograph/internal/pgtest"
	"cartograph/internal/polltest"
)

func TestAnEventWaitsWhileTheDatabaseRefusesWrites(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", expired(t, "chk_1"))
	const retryTimeout = 100 * time.Millisecond
	var since time.Time
	consume(t, kafka.Consumer{Brokers: brokers, Pool: pool, RetryTimeout: retryTimeout}, 1, func(context.Context, event.Envelope) error {
		if since.IsZero() {
			since = time.Now()
		}
		if time.Since(since) < 5*retryTimeout {
			return &pgconn.PgError{Code: "53100", Message: "could not extend file: No space left on device"}
		}
		return nil
	})
	if letters := deadLetters(t, pool); len(letters) > 0 {
		t.Errorf("dead letters = %+v, want none", letters)
	}
}

// background runs a consumer of the orders group until the test ends.
func background(t *testing.T, brokers []string, pool *pgxpool.Pool, handle kafka.Handle, change ...func(*kafka.Consumer)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		c := kafka.Consumer{
			Brokers: brokers, Group: "order", Instance: "0", Topics: []event.Topic{event.Orders},
			Handle: handle, Pool: pool, Log: quiet, RetryTimeout: 50 * time.Millisecond,
		}
		for _, f := range change {
			f(&c)
		}
		ended <- c.Run(ctx)
	}()
	stop = func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		ended <- nil
	}
	t.Cleanup(stop)
	return stop
}

func open(t *testing.T, pool *pgxpool.Pool) []kafka.DeadLetter {
	t.Helper()
	letters, _, err := kafka.OpenDeadLetters(t.Context(), pool, kafka.DeadLetterFilter{Consumer: "order"}, 10)
	if err != nil {
		t.Fatal(err)
	}
	return letters
}

func TestADeadLetterIsReplayedOnceItsCauseIsMended(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", expired(t, "chk_1"), expired(t, "chk_2"))
	var cause atomic.Value
	cause.Store("no such checkout")
	handled := make(chan string, 10)
	background(t, brokers, pool, func(_ context.Context, e event.Envelope) error {
		if text := cause.Load().(string); text != "" && e.Subject == "chk_1" {
			return fault.New(fault.Invalid, "%s", text)
		}
		handled <- e.Subject
		return nil
	})
	if got := <-handled; got != "chk_2" {
		t.Fatalf("handled %s, want chk_2", got)
	}
	letters := open(t, pool)
	if len(letters) != 1 || letters[0].Attempts != 1 {
		t.Fatalf("dead letters = %+v, want that of chk_1", letters)
	}
	replay := func() {
		t.Helper()
		if n, err := kafka.ReplayDeadLetters(t.Context(), pool, kafka.DeadLetterFilter{ID: letters[0].ID}); err != nil || n != 1 {
			t.Fatalf("replay = %d, %v", n, err)
		}
	}
	cause.Store("still no such checkout")
	replay()
	polltest.Eventually(t, "the replay fails and stays", func() bool {
		l := open(t, pool)
		return len(l) == 1 && l[0].Attempts == 2 && l[0].Error == "still no such checkout" && l[0].ReplayAt == nil
	})
	cause.Store("")
	replay()
	if got := <-handled; got != "chk_1" {
		t.Fatalf("replayed %s, want chk_1", got)
	}
	polltest.Eventually(t, "it is resolved", func() bool { return len(open(t, pool)) == 0 })
	if _, err := kafka.ReplayDeadLetters(t.Context(), pool, kafka.DeadLetterFilter{ID: letters[0].ID}); !errors.Is(err, kafka.ErrNoDeadLetter) {
		t.Errorf("a resolved one is replayed: %v, want %v", err, kafka.ErrNoDeadLetter)
	}
}

func TestAReplayThatIsNotStoredIsNotLoggedAsDone(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	if _, err := pool.Exec(t.Context(), `
		INSERT INTO dead_letters (consumer, topic, partition, kafka_offset, value, error, attempts, first_failed_at, replay_at)
		VALUES ('order', 'orders', 0, 0, $1, 'broken', 1, now(), now())`, expired(t, "chk_1")); err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), "ALTER TABLE dead_letters ADD CONSTRAINT nothing_is_stored CHECK (resolution IS NULL)"); err != nil {
		t.Fatal(err)
	}
	logs := &logtest.Buffer{}
	background(t, brokers, pool, func(context.Context, event.Envelope) error { return nil }, func(c *kafka.Consumer) {
		c.Log = slog.New(slog.NewTextHandler(logs, nil))
	})
	polltest.Eventually(t, "storing the replay fails", func() bool { return strings.Contains(logs.String(), "nothing_is_stored") })
	if strings.Contains(logs.String(), "dead letter replayed") {
		t.Errorf("logged as replayed and not stored:\n%s", logs)
	}
	if letters := open(t, pool); len(letters) != 1 || letters[0].ReplayAt == nil {
		t.Errorf("dead letters = %+v, want it replayed again later", letters)
	}
}

func TestADiscardedDeadLetterIsNeitherOpenNorReplayed(t *testing.T) {
	t.Parallel()
	brokers, pool := newCluster(t), pgtest.New(t, fstest.MapFS{})
	produce(t, brokers, "chk_1", []byte("{broken"), []byte("{broken too"))
	stop := background(t, brokers, pool, func(context.Context, event.Envelope) error { return nil })
	polltest.Eventually(t, "two dead letters", func() bool { return len(open(t, pool)) == 2 })
	stop()
	kept := open(t, pool)[1]
	if n, err := kafka.DiscardDeadLetters(t.Context(), pool, kafka.DeadLetterFilter{Topic: "orders-of-others"}); err != nil || n != 0 {
		t.Errorf("discarded %d of another topic, %v", n, err)
	}
	if n, err := kafka.DiscardDeadLetters(t.Context(), pool, kafka.DeadLetterFilter{ID: open(t, pool)[0].ID}); err != nil || n != 1 {
		t.Errorf("discarded %d, %v, want 1", n, err)
	}
	if left := open(t, pool); len(left) != 1 || left[0].ID != kept.ID {
		t.Errorf("open are %+v, want the other one", left)
	}
	if err := kafka.PruneDeadLetters(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	var rows int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM dead_letters").Scan(&rows); err != nil || rows != 2 {
		t.Errorf("%d rows, %v, want both as a record", rows, err)
	}
	if _, err := pool.Exec(t.Context(), "UPDATE dead_letters SET resolved_at = resolved_at - interval '31 days'"); err != nil {
		t.Fatal(err)
	}
	if err := kafka.PruneDeadLetters(t.Context(), pool); err != nil {
		t.Fatal(err)
	}
	if left := open(t, pool); len(left) != 1 {
		t.Errorf("open are %+v after pruning, want the one without a decision", left)
	}
}
