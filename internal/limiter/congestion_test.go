package limiter_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/limiter"
)

// crowded has four places. The second class waits for a second, and not for long while
// it is congested.
func crowded() *limiter.Priority {
	return limiter.NewPriority(limiter.PriorityConfig{
		Min: 4, Max: 4, Waits: []time.Duration{2 * time.Second, time.Second}, BusyWaits: []time.Duration{0, 40 * time.Millisecond},
	})
}

// arrivals are callers that arrive at equal intervals, and run for 20 ms.
type arrivals struct {
	mu             sync.Mutex
	served         int
	refused, waits []time.Duration
}

func (a *arrivals) come(ctx context.Context, p *limiter.Priority, class, n int, every time.Duration) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			began := time.Now()
			err := p.Acquire(ctx, class, "")
			waited := time.Since(began)
			a.mu.Lock()
			if err == nil {
				a.served++
				a.waits = append(a.waits, waited)
			} else if errors.Is(err, limiter.ErrOverloaded) {
				a.refused = append(a.refused, waited)
			}
			a.mu.Unlock()
			if err == nil {
				time.Sleep(20 * time.Millisecond)
				p.Release(strconv.Itoa(class), 20*time.Millisecond)
			}
		})
		time.Sleep(every)
	}
	wg.Wait()
}

// Callers of the highest class take most places: how many they leave varies, and no
// prediction is right for long.
func TestWhoIsRefusedInACongestionIsRefusedSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := crowded()
		var urgent, others arrivals
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 40 { // 200 in a second can be served; 100 and 250 come, in turn
				urgent.come(t.Context(), p, 0, 50+i%2*75, time.Second/time.Duration(100+i%2*150))
			}
		})
		others.come(t.Context(), p, 1, 6000, time.Second/300)
		wg.Wait()
		late := 0
		for _, waited := range others.refused {
			if waited > 50*time.Millisecond {
				late++
			}
		}
		if others.served < 1000 || len(others.refused) < 3500 || late*50 > len(others.refused) {
			t.Errorf("%d were served and %d refused, %d of them after more than 50 ms; want at most 2 %%", others.served, len(others.refused), late)
		}
	})
}

func TestABurstWaitsAsLongAsItMay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := crowded()
		var burst, flood, later arrivals
		burst.come(t.Context(), p, 1, 30, 0) // they need 150 ms
		if burst.served != 30 {
			t.Errorf("%d of a burst of 30 were served, %d refused", burst.served, len(burst.refused))
		}
		flood.come(t.Context(), p, 1, 600, time.Second/600)
		time.Sleep(1100 * time.Millisecond) // the congestion is over
		later.come(t.Context(), p, 1, 50, 0)
		if longest := slices.Max(later.waits); len(flood.refused) == 0 || longest < 80*time.Millisecond {
			t.Errorf("%d of a flood were refused; after it, those of a burst wait for at most %v", len(flood.refused), longest)
		}
	})
}
