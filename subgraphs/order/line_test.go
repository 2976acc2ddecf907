package order

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	rpcv1 "cartograph/internal/rpc/v1"
)

// slowLevels is an inventory that takes a while, and has as many units of every
// variant as calls have begun.
type slowLevels struct {
	mu      sync.Mutex
	calls   [][]string
	callers []auth.Caller
}

func (l *slowLevels) levels(ctx context.Context, req *rpcv1.LevelsRequest) (*rpcv1.LevelsResponse, error) {
	l.mu.Lock()
	l.calls, l.callers = append(l.calls, req.GetVariantIds()), append(l.callers, auth.From(ctx))
	n := len(l.calls)
	l.mu.Unlock()
	time.Sleep(100 * time.Millisecond) // of the bubble's clock
	res := &rpcv1.LevelsResponse{}
	for _, v := range req.GetVariantIds() {
		res.Levels = append(res.Levels, &rpcv1.Level{VariantId: v, Available: int32(n)})
	}
	return res, ctx.Err()
}

func TestCallersShareTheNextReadOfLevels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inventory slowLevels
		r := levelReader{call: inventory.levels}
		read := func(variant string, want int) {
			available, err := r.read(auth.With(t.Context(), auth.Caller{Actor: auth.Actor{ID: "usr_1"}}), []event.Line{{VariantID: variant, Quantity: 1}})
			if err != nil || available[variant] != want {
				t.Errorf("available of %s = %v, %v, want %d", variant, available, err, want)
			}
		}
		var callers sync.WaitGroup
		callers.Go(func() { read("var_a", 1) })
		synctest.Wait() // the first call is in flight: its answer may be too old for the others
		for range 100 {
			callers.Go(func() { read("var_a", 2) })
			callers.Go(func() { read("var_b", 2) })
		}
		callers.Wait()
		if len(inventory.calls) != 2 || !slices.Equal(inventory.calls[1], []string{"var_a", "var_b"}) {
			t.Errorf("calls %v, want one for the first caller and one for all others", inventory.calls)
		}
		if inventory.callers[1].ID != "" {
			t.Errorf("a shared call is made for %v, want no one", inventory.callers[1])
		}
	})
}

func TestACallerThatLeavesDoesNotEndTheOthersRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inventory slowLevels
		r := levelReader{call: inventory.levels}
		leaving, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, err := r.read(leaving, []event.Line{{VariantID: "var_a"}}); !errors.Is(err, context.Canceled) {
				t.Errorf("read of a caller that leaves = %v", err)
			}
		})
		synctest.Wait()
		callers.Go(func() {
			if available, err := r.read(t.Context(), []event.Line{{VariantID: "var_a"}}); err != nil || available["var_a"] != 2 {
				t.Errorf("read = %v, %v", available, err)
			}
		})
		synctest.Wait()
		leave()
		callers.Wait()
	})
}
