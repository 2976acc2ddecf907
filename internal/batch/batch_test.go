package batch_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/batch"
	"cartograph/internal/fault"
)

// double returns twice each number after a second. It cannot bear a negative one.
type double struct {
	mu      sync.Mutex
	calls   [][]int
	callers []string
}

func (d *double) do(ctx context.Context, in []int) ([]int, error) {
	d.mu.Lock()
	d.calls, d.callers = append(d.calls, slices.Clone(in)), append(d.callers, auth.From(ctx).ID)
	d.mu.Unlock()
	select {
	case <-time.After(time.Second): // of the bubble's clock
	case <-ctx.Done():
		return nil, errors.New("the connection is closed") // as clients may return it
	}
	if i := slices.IndexFunc(in, func(n int) bool { return n < 0 }); i >= 0 {
		return nil, errors.New("negative")
	}
	out := make([]int, len(in))
	for i, n := range in {
		out[i] = 2 * n
	}
	return out, nil
}

func calls(d *double) *batch.Calls[int, int] {
	return &batch.Calls[int, int]{Do: d.do, Max: 3, Timeout: 10 * time.Second}
}

// start makes a call in the background, and waits until it is in flight or waits.
func start(wg *sync.WaitGroup, fn func()) {
	wg.Go(fn)
	synctest.Wait()
}

func TestCallersThatComeDuringACallShareTheNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &double{}
		c := calls(d)
		var callers sync.WaitGroup
		for n := range 5 {
			start(&callers, func() {
				ctx := auth.With(t.Context(), auth.Caller{Actor: auth.Actor{ID: "usr_1"}})
				if got, err := c.Call(ctx, n); got != 2*n || err != nil {
					t.Errorf("twice %d is %d, %v", n, got, err)
				}
			})
		}
		callers.Wait()
		if len(d.calls) != 3 || !slices.Equal(d.calls[0], []int{0}) || !slices.Equal(d.calls[1], []int{1, 2, 3}) || !slices.Equal(d.calls[2], []int{4}) {
			t.Errorf("calls %v, want the first alone, three others together, then the rest", d.calls)
		}
		if !slices.Equal(d.callers, []string{"", "", ""}) {
			t.Errorf("calls are made for %q, want nobody", d.callers)
		}
	})
}

func TestABadRequestFailsAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &double{}
		c := calls(d)
		var callers sync.WaitGroup
		for _, n := range []int{0, 1, -1, 2} {
			start(&callers, func() {
				if got, err := c.Call(t.Context(), n); (err != nil) != (n < 0) || got != max(0, 2*n) {
					t.Errorf("twice %d is %d, %v", n, got, err)
				}
			})
		}
		callers.Wait()
	})
}

func TestAPeerThatIsAwayIsNotCalledForEachRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := batch.Calls[int, int]{Max: 3, Timeout: time.Second, Do: func(context.Context, []int) ([]int, error) {
			n++
			time.Sleep(time.Millisecond)
			return nil, fault.Localized(fault.Unavailable, "common.unavailable")
		}}
		var callers sync.WaitGroup
		for range 4 {
			start(&callers, func() {
				if _, err := c.Call(t.Context(), 1); fault.KindOf(err) != fault.Unavailable {
					t.Errorf("%v, want it unavailable", err)
				}
			})
		}
		if callers.Wait(); n != 2 {
			t.Errorf("%d calls, want 2", n)
		}
	})
}

func TestWhoLeavesTakesNobodyAlong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &double{}
		c := calls(d)
		first, leave := context.WithCancel(t.Context())
		second, leaveToo := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		start(&callers, func() {
			if _, err := c.Call(first, 1); !errors.Is(err, context.Canceled) {
				t.Errorf("the first caller gets %v", err)
			}
		})
		start(&callers, func() { _, _ = c.Call(second, 2) })
		start(&callers, func() {
			if got, err := c.Call(t.Context(), 3); got != 6 || err != nil {
				t.Errorf("twice 3 is %d, %v", got, err)
			}
		})
		leave()
		leaveToo()
		callers.Wait()
		if len(d.calls) != 2 || !slices.Equal(d.calls[1], []int{3}) {
			t.Errorf("calls %v, want none for a caller that left before it began", d.calls)
		}
	})
}

func TestACallEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &double{}
		c := batch.Calls[int, int]{Do: d.do, Max: 3, Timeout: time.Millisecond}
		if _, err := c.Call(t.Context(), 1); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want a timeout", err)
		}
	})
}

func TestEveryRequestHasAResult(t *testing.T) {
	t.Parallel()
	c := batch.Calls[int, int]{Max: 3, Timeout: time.Second, Do: func(context.Context, []int) ([]int, error) { return nil, nil }}
	if _, err := c.Call(t.Context(), 1); err == nil {
		t.Error("no result is no error")
	}
}
