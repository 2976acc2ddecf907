package kafka_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
)

func TestEveryWatcherSeesWhatIsPublishedFromNowOn(t *testing.T) {
	t.Parallel()
	brokers := newCluster(t)
	produce(t, brokers, "chk_1", expired(t, "chk_past"))

	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	const watchers = 2
	seen := make(chan event.Envelope, 1000)
	var wg sync.WaitGroup
	var ready sync.WaitGroup
	ready.Add(watchers)
	for range watchers {
		wg.Go(func() {
			first := sync.OnceFunc(ready.Done)
			err := kafka.Watch(ctx, brokers, []event.Topic{event.Orders, event.Carts}, quiet, func(e event.Envelope) {
				if e.Subject == "chk_probe" {
					first()
					return
				}
				seen <- e
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	// A watcher starts at the ends of the topics at some moment, which only its
	// first event shows.
	started := make(chan struct{})
	go func() { ready.Wait(); close(started) }()
	for probing := true; probing; {
		produce(t, brokers, "chk_1", expired(t, "chk_probe"))
		select {
		case <-started:
			probing = false
		case <-ctx.Done():
			t.Fatal("the watchers see nothing")
		case <-time.After(10 * time.Millisecond):
		}
	}
	produce(t, brokers, "chk_1", []byte("{broken"), expired(t, "chk_now"))
	for range watchers {
		select {
		case e := <-seen:
			if e.Subject != "chk_now" {
				t.Errorf("saw %s, want chk_now", e.Subject)
			}
		case <-ctx.Done():
			t.Fatal("chk_now was not seen by every watcher")
		}
	}
	stop()
	wg.Wait()
}
