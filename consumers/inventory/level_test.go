package inventory_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sync/errgroup"

	"cartograph/consumers/inventory"
	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
)

func adjustment(variant string, delta int) inventory.Adjustment {
	return inventory.Adjustment{VariantID: variant, Delta: delta, Reason: "RECOUNT", IdempotencyKey: id.New("key")}
}

// staff is a context of usr_1, as the product service passes it on.
func staff(t testing.TB) context.Context {
	t.Helper()
	caller := auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_1", Scopes: []string{"inventory:write"}}}
	return auth.With(t.Context(), caller.As("product"))
}

func (s shop) mustAdjust(t *testing.T, a inventory.Adjustment) inventory.Adjusted {
	t.Helper()
	answer, err := s.Adjust(staff(t), a)
	if err != nil {
		t.Fatalf("adjust: %v", err)
	}
	return answer
}

func TestAdjustComparesBeforeItChanges(t *testing.T) {
	t.Parallel()
	s := stocked(t, 10, "var_mug")
	s.mustHold(t, "chk_a", of("var_mug", 4))

	stale := adjustment("var_mug", -1)
	stale.ChangeFrom = new(6) // what is available, not what is on hand
	if a := s.mustAdjust(t, stale); !a.VersionMismatch || a.Level.OnHand != 10 {
		t.Errorf("adjusting from 6 = %+v, want a mismatch with 10 on hand", a)
	}
	// Nothing was done, so the key may be used with what is true.
	stale.ChangeFrom = new(10)
	if a := s.mustAdjust(t, stale); a.VersionMismatch || a.Replayed || a.Level.OnHand != 9 || a.Level.Available != 5 {
		t.Errorf("adjusting from 10 = %+v, want 9 on hand, 5 available", a)
	}
	if a := s.mustAdjust(t, adjustment("var_mug", -6)); !a.NotEnough || a.Level.OnHand != 9 {
		t.Errorf("taking 6 of 5 that are free = %+v, want not enough", a)
	}
	if a := s.mustAdjust(t, adjustment("var_mug", -5)); a.NotEnough || a.Level.Available != 0 || a.Level.Reserved != 4 {
		t.Errorf("taking all 5 that are free = %+v, want what is held left", a)
	}
	s.wantEquation(t)
}

func TestConcurrentAdjustmentsOfOneVersionApplyOnce(t *testing.T) {
	t.Parallel()
	s := stocked(t, 10, "var_mug")
	var done, late atomic.Int32
	g, ctx := errgroup.WithContext(staff(t))
	for range 20 {
		a := adjustment("var_mug", 1)
		a.ChangeFrom = new(10)
		g.Go(func() error {
			answer, err := s.Adjust(ctx, a)
			if answer.VersionMismatch {
				late.Add(1)
			} else {
				done.Add(1)
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if done.Load() != 1 || late.Load() != 19 {
		t.Errorf("%d adjusted and %d were late, want 1 and 19", done.Load(), late.Load())
	}
	s.wantFigures(t, "var_mug", 11, 0, 0)
}

func TestAdjustmentIsDoneOncePerKey(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	a := adjustment("var_new", 3)
	if got := s.mustAdjust(t, a); got.Replayed || got.Level.OnHand != 3 || got.Level.Version != 1 {
		t.Errorf("the first stock of a variant = %+v, want 3 on hand, version 1", got)
	}
	if got := s.mustAdjust(t, a); !got.Replayed || got.Level.OnHand != 3 {
		t.Errorf("the same again = %+v, want it replayed", got)
	}
	if types, want := s.types(t, "var_new"), []string{event.Type[event.LevelChanged](), event.Type[event.StaffActed]()}; !slices.Equal(types, want) {
		t.Errorf("published %v, want %v once", types, want)
	}
	a.Delta = 4
	if _, err := s.Adjust(staff(t), a); fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("the key with another delta: %v, want IDEMPOTENCY_KEY_REUSED", err)
	}
	// After a week keys are pruned; the ledger still has them.
	if _, err := s.pool.Exec(t.Context(), "DELETE FROM idempotency_keys"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Adjust(staff(t), a); fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("a pruned key: %v, want IDEMPOTENCY_KEY_REUSED", err)
	}
	s.wantFigures(t, "var_new", 3, 0, 0)
}

func TestInvalidAdjustmentsAreRefused(t *testing.T) {
	t.Parallel()
	s := stocked(t, 1_000_000_000, "var_mug")
	for name, spoil := range map[string]func(*inventory.Adjustment){
		"no variant":     func(a *inventory.Adjustment) { a.VariantID = "" },
		"no change":      func(a *inventory.Adjustment) { a.Delta = 0 },
		"a huge change":  func(a *inventory.Adjustment) { a.Delta = 1 << 40 },
		"no reason":      func(a *inventory.Adjustment) { a.Reason = "" },
		"a sale":         func(a *inventory.Adjustment) { a.Reason = "SALE" },
		"no key":         func(a *inventory.Adjustment) { a.IdempotencyKey = "" },
		"too much stock": func(a *inventory.Adjustment) { a.Delta = 1 },
	} {
		a := adjustment("var_mug", -1)
		spoil(&a)
		if got, err := s.Adjust(staff(t), a); fault.KindOf(err) != fault.Invalid {
			t.Errorf("adjusting with %s = %+v, %v, want it invalid", name, got, err)
		}
	}
	s.wantFigures(t, "var_mug", 1_000_000_000, 0, 0)
}

func TestAnAdjustmentMayReachTheLimitOfStock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if _, err := s.Adjust(staff(t), adjustment("var_mug", 1_000_000_000)); err != nil {
		t.Errorf("adjusting to the limit: %v", err)
	}
	if _, err := s.Adjust(staff(t), adjustment("var_mug", -1_000_000_000)); err != nil {
		t.Errorf("adjusting back to nothing: %v", err)
	}
}

func TestAnAdjustmentNeedsAnActor(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	for name, ctx := range map[string]context.Context{
		"nobody":               t.Context(),
		"a service by itself":  auth.With(t.Context(), auth.Caller{}.As("product")),
		"a service for nobody": auth.With(t.Context(), auth.From(t.Context()).As("product")),
	} {
		if got, err := s.Adjust(ctx, adjustment("var_mug", -1)); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("adjusting by %s = %+v, %v, want it refused", name, got, err)
		}
	}
	s.wantFigures(t, "var_mug", 5, 0, 0)
}

func TestLevelsLeaveOutWhatNeverHadStock(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_b", "var_a")
	s.mustHold(t, "chk_a", of("var_b", 2))

	got, err := s.Levels(t.Context(), []string{"var_b", "var_none", "var_a", "var_b"})
	want := []event.LevelChanged{
		{VariantID: "var_a", OnHand: 5, Available: 5, Version: 1},
		{VariantID: "var_b", OnHand: 5, Available: 3, Reserved: 2, Version: 2},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(event.LevelChanged{}, "At")); diff != "" || err != nil {
		t.Errorf("levels (-want +got), %v:\n%s", err, diff)
	}
	if _, err := s.Levels(t.Context(), make([]string, 10_001)); fault.KindOf(err) != fault.Invalid {
		t.Errorf("10,001 levels: %v, want it invalid", err)
	}
}

func TestDeliveryCountsOncePerKey(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var delivery []event.Line
	for i := range 25_000 {
		delivery = append(delivery, of(fmt.Sprintf("var_%05d", i), 3))
	}
	delivery = append(delivery, of("var_00007", 4))
	began := time.Now()
	for range 2 {
		if err := s.Receive(t.Context(), "first", delivery); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("25,000 variants twice in %s", time.Since(began))
	s.wantFigures(t, "var_00000", 3, 0, 0)
	s.wantFigures(t, "var_24999", 3, 0, 0)
	s.wantFigures(t, "var_00007", 7, 0, 0)
	if err := s.Receive(t.Context(), "second", delivery); err != nil {
		t.Fatal(err)
	}
	s.wantFigures(t, "var_00007", 14, 0, 0)
	if got := lastPublished[event.LevelChanged](t, s, "var_00007"); got.Available != 14 || got.Version != 2 {
		t.Errorf("published %+v, want 14 available in version 2", got)
	}
	s.wantEquation(t)
	for name, line := range map[string]event.Line{
		"nothing": of("var_a", 0), "less than nothing": of("var_a", -1), "no variant": of("", 1), "too much": of("var_a", 1<<40),
	} {
		if err := s.Receive(t.Context(), name, []event.Line{line}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("receiving %s: %v, want it invalid", name, err)
		}
	}
	if err := s.Receive(t.Context(), "third", []event.Line{of("var_00007", 1_000_000_000)}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("receiving more than there can be: %v, want it invalid", err)
	}
	s.wantFigures(t, "var_00007", 14, 0, 0)
}

func TestLedgerIsOnlyAppendedTo(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	for _, sql := range []string{"UPDATE stock_ledger SET delta = 6", "DELETE FROM stock_ledger", "TRUNCATE stock_ledger"} {
		if _, err := s.pool.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s was allowed", sql)
		}
	}
	s.wantEquation(t)
}

func TestAVariantHasOneFirstDelivery(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	first := []event.Line{of("var_mug", 7), of("var_new", 3)}
	var g errgroup.Group
	for range 4 {
		g.Go(func() error { return s.ReceiveFirst(t.Context(), first) })
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	s.wantFigures(t, "var_mug", 5, 0, 0)
	s.wantFigures(t, "var_new", 3, 0, 0)
	if err := s.Receive(t.Context(), "delivery", first); err != nil {
		t.Fatal(err)
	}
	if err := s.ReceiveFirst(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	s.wantFigures(t, "var_new", 6, 0, 0)
	s.wantEquation(t)
}
