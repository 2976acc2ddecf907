package kafka_test

import (
	"context"
	"sync"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

func TestStatesOfATopicThatIsMissingAreNoneAtAll(t *testing.T) {
	t.Parallel()
	err := kafka.ReadStates(t.Context(), newCluster(t), []event.Topic{event.Orders, "no.such.topic"}, func(context.Context, event.Envelope) error { return nil }, func(int64, int64) {})
	if err == nil {
		t.Error("a topic that is missing was read to its end")
	}
}

func TestStatesAreReadToTheEndOfTheirTopics(t *testing.T) {
	t.Parallel()
	brokers := newCluster(t)
	read := func() (subjects map[string]int, done, all int64) {
		subjects = map[string]int{}
		var mu sync.Mutex
		err := kafka.ReadStates(t.Context(), brokers, []event.Topic{event.Orders, event.Carts}, func(_ context.Context, e event.Envelope) error {
			mu.Lock()
			defer mu.Unlock()
			subjects[e.Subject]++
			return nil
		}, func(d, of int64) { done, all = d, of })
		if err != nil {
			t.Fatal(err)
		}
		return subjects, done, all
	}
	if subjects, done, all := read(); len(subjects) != 0 || done != 0 || all != 0 {
		t.Errorf("empty topics give %v, %d of %d", subjects, done, all)
	}
	for _, id := range []string{"chk_1", "chk_2", "chk_3", "chk_2"} {
		produce(t, brokers, id, expired(t, id))
	}
	if subjects, done, all := read(); subjects["chk_1"] != 1 || subjects["chk_2"] != 2 || subjects["chk_3"] != 1 || done != 4 || all != 4 {
		t.Errorf("read %v, %d of %d, want every event", subjects, done, all)
	}
}
