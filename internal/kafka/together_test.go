package kafka_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/kafka"
	"cartograph/internal/pgtest"
)

func TestEventsThatWaitAreHandledTogether(t *testing.T) {
	t.Parallel()
	brokers := newCluster(t)
	values := [][]byte{expired(t, "chk_1"), expired(t, "chk_2"), expired(t, "chk_3")}
	produce(t, brokers, "chk", values...)
	var mu sync.Mutex
	var together [][]string
	all := func(_ context.Context, events []event.Envelope) error {
		mu.Lock()
		defer mu.Unlock()
		var subjects []string
		for _, e := range events {
			subjects = append(subjects, e.Subject)
		}
		together = append(together, subjects)
		return errors.New("one of them is at fault")
	}
	var handled []string
	c := kafka.Consumer{Brokers: brokers, Pool: pgtest.New(t, fstest.MapFS{}), HandleAll: all}
	consume(t, c, 2, func(_ context.Context, e event.Envelope) error {
		mu.Lock()
		defer mu.Unlock()
		handled = append(handled, e.Subject)
		if e.Subject == "chk_2" {
			return fault.New(fault.Invalid, "not an event")
		}
		return nil
	})
	if len(together) == 0 || !slices.Equal(together[0], []string{"chk_1", "chk_2", "chk_3"}) {
		t.Errorf("handled together: %q, want all three", together)
	}
	if want := []string{"chk_1", "chk_2", "chk_3"}; !slices.Equal(handled, want) {
		t.Errorf("handled one by one after that: %q, want %q", handled, want)
	}
}

// A fault that shows only when events are handled together would otherwise be unknown for
// ever: one by one they succeed.
func TestAPanicOfEventsTogetherIsLogged(t *testing.T) {
	t.Parallel()
	brokers := newCluster(t)
	produce(t, brokers, "chk", expired(t, "chk_1"), expired(t, "chk_2"))
	var mu sync.Mutex
	var handled []string
	var log bytes.Buffer
	c := kafka.Consumer{
		Brokers: brokers, Pool: pgtest.New(t, fstest.MapFS{}), Log: slog.New(slog.NewTextHandler(&log, nil)),
		HandleAll: func(context.Context, []event.Envelope) error { panic("index out of range") },
	}
	consume(t, c, 2, func(_ context.Context, e event.Envelope) error {
		mu.Lock()
		defer mu.Unlock()
		handled = append(handled, e.Subject)
		return nil
	})
	if want := []string{"chk_1", "chk_2"}; !slices.Equal(handled, want) {
		t.Errorf("handled one by one after the panic: %q, want %q", handled, want)
	}
	if text := log.String(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, "panic: index out of range") || !strings.Contains(text, "together_test.go") {
		t.Errorf("the log has no panic with its stack: %s", text)
	}
}
