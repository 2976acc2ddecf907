package order

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// slowLine is an inventory that takes a while, and has as many units of every
// variant as calls have begun.
type slowLine struct {
	mu      sync.Mutex
	calls   [][]string // holders
	callers []auth.Caller
	silent  bool // it answers for nobody
}

func (l *slowLine) join(ctx context.Context, req *rpcv1.JoinRequest) (*rpcv1.JoinResponse, error) {
	l.mu.Lock()
	var holders []string
	res := &rpcv1.JoinResponse{}
	for _, e := range req.GetEntries() {
		holders = append(holders, e.GetHolder())
		short := &rpcv1.Shortage{VariantId: e.GetLines()[0].GetVariantId(), Available: int32(len(l.calls) + 1), Position: 4, Reserved: 2}
		res.Results = append(res.Results, &rpcv1.JoinResult{Shortages: []*rpcv1.Shortage{short}})
	}
	if l.silent {
		res.Results = nil
	}
	l.calls, l.callers = append(l.calls, holders), append(l.callers, auth.From(ctx))
	l.mu.Unlock()
	time.Sleep(100 * time.Millisecond) // of the bubble's clock
	return res, ctx.Err()
}

func buyerOf(holder, variant string) *rpcv1.LineEntry {
	return &rpcv1.LineEntry{Holder: holder, Lines: []*rpcv1.HoldLine{{VariantId: variant, Quantity: 1}}}
}

func noneOccupied(context.Context, []string) ([]string, error) { return nil, nil }

func TestWhoseCartHasAPurchaseIsNotRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inventory slowLine
		j := newLineCalls(waitingLine{inventory.join, func(_ context.Context, carts []string) ([]string, error) {
			if len(carts) != 3 {
				t.Errorf("the purchases of %v are read, want those of three carts by one query", carts)
			}
			return []string{"crt_merged"}, nil
		}})
		var callers sync.WaitGroup
		callers.Go(func() {
			_, _ = j.Call(t.Context(), joinRequest{buyerOf("usr_0", "var_b"), []string{"crt_0", "crt_0", "crt_0"}})
		})
		synctest.Wait()
		for holder, carts := range map[string][]string{"usr_1": {"crt_1"}, "usr_2": {"crt_2", "crt_merged"}} {
			callers.Go(func() {
				if short, err := j.Call(t.Context(), joinRequest{buyerOf(holder, "var_a"), carts}); err != nil || (short == nil) != (holder == "usr_2") {
					t.Errorf("%s gets %v, %v", holder, short, err)
				}
			})
		}
		callers.Wait()
	})
}

func TestCallersJoinTheLineByTheNextCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inventory slowLine
		j := newLineCalls(waitingLine{inventory.join, noneOccupied})
		join := func(holder, variant string, call int) {
			short, err := j.Call(auth.With(t.Context(), auth.Caller{Actor: auth.Actor{ID: "usr_1"}}), joinRequest{buyerOf(holder, variant), []string{"crt_1"}})
			if want := (Shortage{VariantID: variant, Available: call, Position: 4, Reserved: 2}); err != nil || len(short) != 1 || short[0] != want {
				t.Errorf("join of %s = %v, %v, want %v", holder, short, err, want)
			}
		}
		var callers sync.WaitGroup
		callers.Go(func() { join("usr_first", "var_a", 1) })
		synctest.Wait() // the first call is in flight: its answer may be too old for the others
		for i := range 300 {
			callers.Go(func() { join(fmt.Sprint("usr_", i), fmt.Sprint("var_", i%2), 2+i/256) })
			synctest.Wait()
		}
		callers.Wait()
		if len(inventory.calls) != 3 || len(inventory.calls[1]) != 256 || len(inventory.calls[2]) != 44 || inventory.calls[2][0] != "usr_256" {
			t.Errorf("calls %v, want one for the first caller and two for all others, in their order", inventory.calls)
		}
		if inventory.callers[1].ID != "" {
			t.Errorf("a shared call is made for %v, want no one", inventory.callers[1])
		}
	})
}

func TestACallerThatLeavesDoesNotEndTheOthersCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var inventory slowLine
		j := newLineCalls(waitingLine{inventory.join, noneOccupied})
		leaving, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, err := j.Call(leaving, joinRequest{buyerOf("usr_1", "var_a"), nil}); !errors.Is(err, context.Canceled) {
				t.Errorf("join of a caller that leaves = %v", err)
			}
		})
		synctest.Wait()
		callers.Go(func() {
			if short, err := j.Call(t.Context(), joinRequest{buyerOf("usr_2", "var_a"), nil}); err != nil || short[0].Available != 2 {
				t.Errorf("join = %v, %v", short, err)
			}
		})
		synctest.Wait()
		leave()
		callers.Wait()
	})
}

func TestASlowInventoryIsATimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := newLineCalls(waitingLine{occupied: noneOccupied, join: func(ctx context.Context, _ *rpcv1.JoinRequest) (*rpcv1.JoinResponse, error) {
			<-ctx.Done()
			return nil, fault.Localized(fault.Unavailable, "common.unavailable") // as clients return it
		}})
		if _, err := j.Call(t.Context(), joinRequest{buyerOf("gst_1", "var_a"), nil}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("join = %v, want a timeout", err)
		}
		s := &Service{line: j, log: slog.New(slog.DiscardHandler)}
		for _, contact := range []bool{false, true} { // with it, the hold decides soon
			entry := buyerOf("gst_1", "var_a")
			entry.Guest, entry.Contact = true, contact
			err := s.refuseShort(t.Context(), cartState{id: "crt_1"}, entry)
			if (err == nil) != contact || !contact && fault.KindOf(err) != fault.RateLimited {
				t.Errorf("a guest, with contact data %t: %v, want only one without to be refused", contact, err)
			}
		}
	})
}

func TestAnIncompleteAnswerIsNone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inventory := slowLine{silent: true}
		j := newLineCalls(waitingLine{inventory.join, noneOccupied})
		if short, err := j.Call(t.Context(), joinRequest{buyerOf("usr_1", "var_a"), nil}); err == nil {
			t.Errorf("join = %v, want an error", short)
		}
	})
}
