package limiter_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/limiter"
)

func TestNoMoreRunThanAllowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const concurrent, callers = 3, 20
		l := limiter.New(limiter.Config{Concurrent: concurrent, Queue: limiter.Unbounded})
		var running, exceeded atomic.Int64
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				if err := l.Acquire(t.Context()); err != nil {
					t.Error(err)
					return
				}
				defer l.Release()
				if running.Add(1) > concurrent {
					exceeded.Add(1)
				}
				time.Sleep(time.Second) // of the bubble's clock
				running.Add(-1)
			})
		}
		synctest.Wait()
		if l.Running() != concurrent || l.Free() != 0 || l.Waiting() != callers-concurrent {
			t.Errorf("%d run, %d could, %d wait; want %d, 0, %d", l.Running(), l.Free(), l.Waiting(), concurrent, callers-concurrent)
		}
		wg.Wait()
		if n := exceeded.Load(); n > 0 {
			t.Errorf("%d times more than %d ran at once", n, concurrent)
		}
		if l.Running() != 0 || l.Free() != concurrent || l.Waiting() != 0 {
			t.Errorf("%d run, %d could, %d wait after all ended; want 0, %d, 0", l.Running(), l.Free(), l.Waiting(), concurrent)
		}
	})
}

func TestTheQueueIsBounded(t *testing.T) {
	t.Parallel()
	for _, queue := range []int{0, 1, 2} {
		synctest.Test(t, func(t *testing.T) {
			l := limiter.New(limiter.Config{Concurrent: 1, Queue: queue})
			if !l.TryAcquire() {
				t.Fatal("an idle limiter refuses")
			}
			var wg sync.WaitGroup
			for range queue {
				wg.Go(func() {
					if err := l.Acquire(t.Context()); err != nil {
						t.Error(err)
						return
					}
					l.Release()
				})
			}
			synctest.Wait()
			if err := l.Acquire(t.Context()); !errors.Is(err, limiter.ErrQueueFull) || !errors.Is(err, limiter.ErrOverloaded) {
				t.Errorf("with %d waiting, Acquire = %v, want %v", queue, err, limiter.ErrQueueFull)
			}
			if l.TryAcquire() {
				t.Error("TryAcquire admitted one too many")
			}
			l.Release()
			wg.Wait()
			if err := l.Acquire(t.Context()); err != nil {
				t.Errorf("after all ended, Acquire = %v", err)
			}
		})
	}
}

func TestWaitingEndsAtTheTimeoutOrWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := limiter.New(limiter.Config{Concurrent: 1, Queue: 1, Timeout: time.Minute})
		if err := l.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := l.Acquire(t.Context()); !errors.Is(err, limiter.ErrQueueTimeout) || !errors.Is(err, limiter.ErrOverloaded) {
			t.Errorf("Acquire = %v, want %v", err, limiter.ErrQueueTimeout)
		}
		if waited := time.Since(began); waited != time.Minute {
			t.Errorf("waited %s, want a minute", waited)
		}
		left := errors.New("the client left")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(left) })
		if err := l.Acquire(ctx); !errors.Is(err, left) || errors.Is(err, limiter.ErrOverloaded) {
			t.Errorf("Acquire = %v, want %v", err, left)
		}
		l.Release() // what gave up holds nothing
		if l.Free() != 1 || l.Waiting() != 0 {
			t.Errorf("%d free and %d waiting, want 1 and 0", l.Free(), l.Waiting())
		}
	})
}

func TestReleaseWithoutAcquirePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Release of nothing went unnoticed")
		}
	}()
	limiter.New(limiter.Config{}).Release()
}
