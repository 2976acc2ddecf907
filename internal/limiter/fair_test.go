package limiter_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/limiter"
)

const busy, quiet = "192.0.2.1", "198.51.100.1"

func TestALonelyKeyIsNextHoweverManyOfAnotherWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := limiter.NewFair(limiter.FairConfig{Concurrent: 2, QueuePerKey: 100, Queue: 200})
		var wg sync.WaitGroup
		work := func(key string) {
			if err := f.Acquire(t.Context(), key); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(time.Second) // of the bubble's clock
			f.Release()
		}
		for range 100 {
			wg.Go(func() { work(busy) })
		}
		synctest.Wait()
		began := time.Now()
		work(quiet)
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("behind 98 of another key it took %v, want the next slot and its second", took)
		}
		wg.Wait()
		if took := time.Since(began); took != 51*time.Second { // 100 + 1 on two slots
			t.Errorf("all took %v, want both slots used all the time", took)
		}
	})
}

func TestTheQueueOfAKeyIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := limiter.NewFair(limiter.FairConfig{Concurrent: 1, QueuePerKey: 2, Queue: 3, Timeout: time.Minute})
		var mu sync.Mutex
		results := map[string][]error{}
		var wg sync.WaitGroup
		for _, key := range []string{busy, busy, busy, busy, quiet, "203.0.113.1"} {
			wg.Go(func() {
				err := f.Acquire(t.Context(), key)
				mu.Lock()
				results[key] = append(results[key], err)
				mu.Unlock()
				if err == nil {
					time.Sleep(time.Second)
					f.Release()
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		refused := func(key string) (n int) {
			for _, err := range results[key] {
				if errors.Is(err, limiter.ErrQueueFull) {
					n++
				}
			}
			return n
		}
		if refused(busy) != 1 || refused(quiet) != 0 || refused("203.0.113.1") != 1 {
			t.Errorf("results %v, want the fourth of one key and the fourth waiter in total refused", results)
		}
	})
}

func TestASlotIsNotLostWhenAWaiterLeaves(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := limiter.NewFair(limiter.FairConfig{Concurrent: 1, QueuePerKey: 5, Queue: 5, Timeout: time.Second})
		if err := f.Acquire(t.Context(), busy); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := f.Acquire(ctx, quiet); !errors.Is(err, context.Canceled) {
				t.Errorf("the cancelled one: %v", err)
			}
		})
		wg.Go(func() {
			if err := f.Acquire(t.Context(), busy); !errors.Is(err, limiter.ErrQueueTimeout) {
				t.Errorf("the one that waits too long: %v", err)
			}
		})
		synctest.Wait()
		cancel()
		wg.Wait()
		if f.Waiting(busy)+f.Waiting(quiet) != 0 {
			t.Error("those that left still wait")
		}
		f.Release()
		if err := f.Acquire(t.Context(), quiet); err != nil {
			t.Errorf("the slot is lost: %v", err)
		}
		f.Release()
	})
}

// Waiters leave at the same moment at which slots are passed on to them.
func TestSlotsAddUpAfterManyTimeouts(t *testing.T) {
	t.Parallel()
	f := limiter.NewFair(limiter.FairConfig{Concurrent: 2, QueuePerKey: 50, Queue: 100, Timeout: 100 * time.Microsecond})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			for range 50 {
				if f.Acquire(t.Context(), []string{busy, quiet}[i%2]) == nil {
					time.Sleep(50 * time.Microsecond) // half of what others wait, so that some leave and some get the slot
					f.Release()
				}
			}
		})
	}
	wg.Wait()
	for range 2 {
		if err := f.Acquire(t.Context(), quiet); err != nil {
			t.Fatalf("a slot is lost: %v", err)
		}
	}
	f.Release()
	f.Release()
	defer func() {
		if recover() == nil {
			t.Error("more slots were freed than acquired")
		}
	}()
	f.Release()
}
