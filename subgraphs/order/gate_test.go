package order

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/fault"
)

func TestOnlySoManyAreInsideAndNobodyWaitsLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const atOnce, work, patience = 4, 100 * time.Millisecond, time.Second
		g := newGate(atOnce, patience)
		var inside, most, served, refused atomic.Int64
		began := time.Now()
		for range 100 {
			go func() {
				leave, err := g.enter(t.Context())
				if err != nil {
					if fault.KindOf(err) != fault.RateLimited {
						t.Errorf("refused with %v, want RATE_LIMITED", err)
					}
					if waited := time.Since(began); waited > patience {
						t.Errorf("told after %s to come later, want %s at most", waited, patience)
					}
					refused.Add(1)
					return
				}
				most.Store(max(most.Load(), inside.Add(1)))
				time.Sleep(work)
				inside.Add(-1)
				served.Add(1)
				leave()
			}()
			synctest.Wait() // one after the other, all at the same moment
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		// Who is let in at the very end of its patience is served as well.
		want := atOnce * int64(patience/work)
		if got := served.Load(); got < want || got > want+atOnce || got+refused.Load() != 100 {
			t.Errorf("served %d and refused %d of 100, want %d or %d served", got, refused.Load(), want, want+atOnce)
		}
		if most.Load() != atOnce {
			t.Errorf("%d were inside at once, want %d", most.Load(), atOnce)
		}
		if leave, err := g.enter(t.Context()); err != nil {
			t.Errorf("after the rush: %v, want it open", err)
		} else {
			leave()
		}
	})
}

func TestWhoLeavesTheLineMakesRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := newGate(1, time.Minute)
		leave, err := g.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, giveUp := context.WithCancel(t.Context())
		gone := make(chan error, inLine)
		for range inLine {
			go func() { _, err := g.enter(ctx); gone <- err }()
		}
		synctest.Wait()
		if _, err := g.enter(t.Context()); fault.KindOf(err) != fault.RateLimited {
			t.Errorf("behind a full line: %v, want RATE_LIMITED", err)
		}
		giveUp()
		for range inLine {
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("who gave up was told %v", err)
			}
		}
		leave()
		if leave, err := g.enter(t.Context()); err != nil {
			t.Errorf("after they left: %v, want a turn", err)
		} else {
			leave()
		}
	})
}
