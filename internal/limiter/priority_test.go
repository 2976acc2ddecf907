package limiter_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/limiter"
)

// one is a limiter with one place and three classes, all of which may wait for long.
func one() *limiter.Priority {
	return limiter.NewPriority(limiter.PriorityConfig{Min: 1, Max: 1, Waits: []time.Duration{time.Hour, time.Hour, time.Hour}})
}

// order returns the order in which callers are admitted, which wait in the order of
// names: a digit is a class, and what follows a key.
func order(t *testing.T, p *limiter.Priority, names ...string) (admitted []string) {
	t.Helper()
	if err := p.Acquire(t.Context(), 0, ""); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, name := range names {
		class := int(name[0] - '0')
		wg.Go(func() {
			if err := p.Acquire(t.Context(), class, name[1:]); err != nil {
				t.Error(err)
				return
			}
			admitted = append(admitted, name) // they run one after the other
			p.Release(strconv.Itoa(class), 0)
		})
		synctest.Wait()
	}
	p.Release("", 0)
	wg.Wait()
	return admitted
}

func TestAHigherClassGoesFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		if got, want := order(t, one(), "2", "1", "0", "0"), []string{"0", "0", "1", "2"}; !slices.Equal(got, want) {
			t.Errorf("admitted %v, want %v", got, want)
		}
	})
}

func TestAFloodOfOneClassDoesNotStopTheOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got := order(t, one(), "2", "2", "1", "0", "0", "0", "0", "0", "0", "0", "0", "0")
		want := []string{"0", "0", "0", "1", "0", "0", "0", "2", "0", "0", "0", "2"}
		if !slices.Equal(got, want) {
			t.Errorf("admitted %v, want %v: one place of four for the others, in turn", got, want)
		}
	})
}

func TestWithinAClassKeysTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got := order(t, one(), "1busy", "1busy", "1busy", "1quiet")
		if want := []string{"1busy", "1quiet", "1busy", "1busy"}; !slices.Equal(got, want) {
			t.Errorf("admitted %v, want %v", got, want)
		}
	})
}

// measure lets work of 100 ms run until its average is known.
func measure(t *testing.T, p *limiter.Priority) {
	t.Helper()
	for range 300 {
		if err := p.Acquire(t.Context(), 0, ""); err != nil {
			t.Fatal(err)
		}
		p.Release("", 100*time.Millisecond)
	}
}

func TestTheLowestClassIsRefusedFirstAndAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := limiter.NewPriority(limiter.PriorityConfig{
			Min: 1, Max: 1, Waits: []time.Duration{2 * time.Second, 450 * time.Millisecond, 150 * time.Millisecond},
		})
		measure(t, p)
		ctx, cancel := context.WithCancel(t.Context())
		_ = p.Acquire(ctx, 0, "")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { _ = p.Acquire(ctx, 0, "") })
		}
		time.Sleep(time.Second)
		began := time.Now()
		if err := p.Acquire(ctx, 2, ""); !errors.Is(err, limiter.ErrWaitTooLong) || !errors.Is(err, limiter.ErrOverloaded) {
			t.Errorf("the lowest class gets %v, want ErrWaitTooLong", err)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("it is refused after %v, want at once", waited)
		}
		for class := range 2 {
			wg.Go(func() {
				if err := p.Acquire(ctx, class, ""); !errors.Is(err, context.Canceled) {
					t.Errorf("class %d gets %v, want to wait", class, err)
				}
			})
			synctest.Wait()
		}
		if got := p.State(); !slices.Equal(got.Waiting, []int{5, 1, 0}) || !slices.Equal(got.Refused, []uint64{0, 0, 1}) {
			t.Errorf("state %+v", got)
		}
		cancel()
		wg.Wait()
		if got := p.State(); !slices.Equal(got.Waiting, []int{0, 0, 0}) || got.Running != 1 {
			t.Errorf("after all have left: state %+v", got)
		}
	})
}

// The first of a burst may be slow, so that the predicted wait is too long. Once the line
// has not been empty for a while, the prediction counts.
func TestTheBeginningOfABurstWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := limiter.NewPriority(limiter.PriorityConfig{Min: 1, Max: 1, Waits: []time.Duration{time.Second}})
		measure(t, p)
		_ = p.Acquire(t.Context(), 0, "")
		var wg sync.WaitGroup
		join := func(n int) (refused int) {
			for range n {
				left := p.State().Waiting[0]
				wg.Go(func() {
					if p.Acquire(t.Context(), 0, "") == nil {
						p.Release("", time.Millisecond)
					}
				})
				if synctest.Wait(); p.State().Waiting[0] == left {
					refused++
				}
			}
			return refused
		}
		if refused := join(30); refused != 0 {
			t.Errorf("%d of the first 30 are refused, want none", refused)
		}
		time.Sleep(500 * time.Millisecond)
		if refused := join(5); refused != 5 {
			t.Errorf("%d of five that come later are refused, want all", refused)
		}
		p.Release("", time.Millisecond)
		if wg.Wait(); p.State().Refused[0] != 5 {
			t.Errorf("%d are refused at the end, want nobody who waited", p.State().Refused[0])
		}
	})
}

func TestAClassWaitsNoLongerThanItMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := limiter.NewPriority(limiter.PriorityConfig{Min: 1, Max: 1, Waits: []time.Duration{2 * time.Second, 250 * time.Millisecond}})
		measure(t, p)
		_ = p.Acquire(t.Context(), 0, "") // and it runs for longer than any before
		for class, most := range []time.Duration{2 * time.Second, 250 * time.Millisecond} {
			began := time.Now()
			if err := p.Acquire(t.Context(), class, ""); !errors.Is(err, limiter.ErrQueueTimeout) || time.Since(began) != most {
				t.Errorf("class %d: %v after %v, want a timeout after %v", class, err, time.Since(began), most)
			}
		}
	})
}

// While the highest class takes every place, the others wait in vain for as long as
// they may, whatever was predicted.
func TestFewWaitInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const patience = 250 * time.Millisecond
		p := limiter.NewPriority(limiter.PriorityConfig{Min: 4, Max: 4, Waits: []time.Duration{time.Hour, patience}})
		var wg sync.WaitGroup
		arrive := func(class, times int, every, takes time.Duration, count func(error, time.Duration)) {
			wg.Go(func() {
				for range times {
					wg.Go(func() {
						began := time.Now()
						err := p.Acquire(t.Context(), class, "")
						count(err, time.Since(began))
						if err == nil {
							time.Sleep(takes)
							p.Release(strconv.Itoa(class), takes)
						}
					})
					time.Sleep(every)
				}
			})
		}
		var mu sync.Mutex
		var served, atOnce, inVain int
		// Four places of 20 ms serve 200 in a second; 170 and 100 arrive.
		arrive(0, 1700, time.Second/170, 20*time.Millisecond, func(error, time.Duration) {})
		arrive(1, 1000, time.Second/100, 20*time.Millisecond, func(err error, waited time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				served++
			case waited == 0:
				atOnce++
			default:
				inVain++
			}
		})
		wg.Wait()
		if refused := atOnce + inVain; served < 250 || refused < 300 || inVain*10 > refused {
			t.Errorf("of 1000, %d were served, %d refused at once and %d after a wait, want at most a tenth in vain", served, atOnce, inVain)
		}
		// Afterwards a burst waits, as before.
		began, admitted := time.Now(), 0
		arrive(1, 30, 0, 20*time.Millisecond, func(err error, _ time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				admitted++
			}
		})
		wg.Wait()
		if admitted < 10 {
			t.Errorf("%d of a burst of 30 were admitted within %v", admitted, time.Since(began))
		}
	})
}

// A flood of one network shortens its own line only.
func TestAFloodHasOnlyItselfAheadOfIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := limiter.NewPriority(limiter.PriorityConfig{Min: 1, Max: 1, Waits: []time.Duration{100 * time.Millisecond}})
		_ = p.Acquire(t.Context(), 0, "")
		var wg sync.WaitGroup
		flood := func() {
			for range 64 {
				wg.Go(func() { _ = p.Acquire(t.Context(), 0, "busy") })
			}
			wg.Wait()
		}
		for range 8 { // all wait in vain
			flood()
		}
		for range 2 {
			wg.Go(func() { _ = p.Acquire(t.Context(), 0, "busy") })
			synctest.Wait()
		}
		if err := p.Acquire(t.Context(), 0, "busy"); !errors.Is(err, limiter.ErrWaitTooLong) {
			t.Errorf("the network of the flood gets %v, want ErrWaitTooLong", err)
		}
		wg.Go(func() {
			if err := p.Acquire(t.Context(), 0, "quiet"); !errors.Is(err, limiter.ErrQueueTimeout) {
				t.Errorf("another network gets %v, want to wait", err)
			}
		})
		wg.Wait()
	})
}

// Waiters leave at the same moment at which places are given to them.
func TestPlacesAddUpAfterManyTimeouts(t *testing.T) {
	t.Parallel()
	const wait = 100 * time.Microsecond
	p := limiter.NewPriority(limiter.PriorityConfig{Min: 2, Max: 2, Waits: []time.Duration{wait, wait}})
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			for range 50 {
				if p.Acquire(t.Context(), i%2, fmt.Sprint(i%3)) == nil {
					time.Sleep(wait / 2) // so that some leave and some get the place
					p.Release("", 0)
				}
			}
		})
	}
	wg.Wait()
	if got := p.State(); got.Running != 0 || !slices.Equal(got.Waiting, []int{0, 0}) {
		t.Fatalf("state %+v, want it empty", got)
	}
	defer func() {
		if recover() == nil {
			t.Error("more places were freed than acquired")
		}
	}()
	p.Release("", 0)
}
