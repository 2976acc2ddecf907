package limiter_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/limiter"
)

// machine runs work behind a limiter, for clients that each send the next request as
// soon as the last is answered.
type machine struct {
	limiter *limiter.Priority
	running atomic.Int64
	done    atomic.Int64
}

func newMachine() *machine {
	wait := time.Minute
	return &machine{limiter: limiter.NewPriority(limiter.PriorityConfig{Min: 4, Max: 200, Waits: []time.Duration{wait, wait}})}
}

// serve lets clients request work of a class, which takes as long as takes returns for
// so many pieces of work that run.
func (m *machine) serve(t *testing.T, d time.Duration, clients map[int]int, takes func(class int, running float64) time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var wg sync.WaitGroup
	for class, n := range clients {
		for range n {
			wg.Go(func() {
				for ctx.Err() == nil && m.limiter.Acquire(ctx, class, "") == nil {
					began := time.Now()
					time.Sleep(takes(class, float64(m.running.Add(1)))) // of the bubble's clock
					m.running.Add(-1)
					m.done.Add(1)
					m.limiter.Release(strconv.Itoa(class), time.Since(began))
				}
			})
		}
	}
	wg.Wait()
}

// processors share two cores between all work, which needs 10 ms of one.
func processors(_ int, running float64) time.Duration {
	return time.Duration(float64(10*time.Millisecond) * max(1, running/2))
}

func (m *machine) limit() int { return m.limiter.State().Limit }

func TestTheLimitOfBusyProcessorsStaysLow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		m.serve(t, 2*time.Second, map[int]int{0: 1}, processors) // alone
		m.done.Store(0)
		m.serve(t, 5*time.Minute, map[int]int{0: 300}, processors)
		if got := m.limit(); got < 4 || got > 16 {
			t.Errorf("after 5 minutes of overload the limit is %d, want about 9: more adds latency only", got)
		}
		if perSecond := float64(m.done.Load()) / (5 * 60); perSecond < 195 {
			t.Errorf("%.0f pieces of work a second, want the 200 of both cores", perSecond)
		}
	})
}

func TestTheLimitRisesForWorkThatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		m.serve(t, 20*time.Second, map[int]int{0: 300}, func(int, float64) time.Duration { return 50 * time.Millisecond })
		if got := m.limit(); got < 150 {
			t.Errorf("the limit is %d after 20 s, want it to approach 200: latency does not grow with it", got)
		}
	})
}

func TestOneSlowDependencyDoesNotLowerTheLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		slow := 1.0
		takes := func(class int, _ float64) time.Duration {
			if class == 0 {
				return time.Duration(slow * float64(20*time.Millisecond))
			}
			return 5 * time.Millisecond
		}
		m.serve(t, 10*time.Second, map[int]int{0: 5, 1: 40}, takes)
		before := m.limit()
		slow = 100
		m.serve(t, 30*time.Second, map[int]int{0: 5, 1: 40}, takes)
		if got := m.limit(); got < before {
			t.Errorf("the limit falls from %d to %d although most work is as fast as before", before, got)
		}
	})
}

// A rush is of one kind of work, which takes longer than the rest of its class also on
// an idle machine.
func TestWorkIsComparedWithItsLike(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := limiter.NewPriority(limiter.PriorityConfig{Min: 4, Max: 200, Waits: []time.Duration{time.Minute}})
		serve := func(kind string, takes time.Duration) int {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var wg sync.WaitGroup
			for range 100 {
				wg.Go(func() {
					for ctx.Err() == nil && p.Acquire(ctx, 0, "") == nil {
						time.Sleep(takes) // of the bubble's clock
						p.Release(kind, takes)
					}
				})
			}
			wg.Wait()
			return p.State().Limit
		}
		before := serve("fast", 5*time.Millisecond)
		if got := serve("slow", 50*time.Millisecond); got < before {
			t.Errorf("the limit falls from %d to %d for work that takes as long as it does alone", before, got)
		}
	})
}

func TestTheLimitFallsWhenAllWorkIsSlowAndRisesAfterwards(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMachine()
		slow := 1.0
		takes := func(int, float64) time.Duration { return time.Duration(slow * float64(10*time.Millisecond)) }
		m.serve(t, time.Second, map[int]int{0: 1}, takes) // alone
		m.serve(t, 5*time.Second, map[int]int{0: 60}, takes)
		before := m.limit()
		slow = 20
		m.serve(t, 5*time.Second, map[int]int{0: 60}, takes)
		if got := m.limit(); got > before/2 {
			t.Errorf("the limit is %d after %d while all work takes 20 times as long, want it to fall", got, before)
		}
		slow = 1
		m.serve(t, 2*time.Second, map[int]int{0: 60}, takes)
		if got := m.limit(); got < 30 {
			t.Errorf("the limit is %d 2 s after the overload, want places for half of its 60 clients", got)
		}
	})
}
