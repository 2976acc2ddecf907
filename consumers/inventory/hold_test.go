package inventory_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cartograph/consumers/inventory"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/limits"
)

func TestHoldTakesAllLinesOrNone(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug", "var_pot")

	h := s.mustHold(t, "chk_a", of("var_pot", 2), of("var_mug", 1), of("var_pot", 1))
	want := []event.Line{of("var_mug", 1), of("var_pot", 3)}
	if h.Status != inventory.Held || h.ExtensionsLeft != 2 || !cmp.Equal(h.Lines, want) {
		t.Errorf("hold = %+v, want %v held, with two extensions left", h, want)
	}
	if left := time.Until(h.ExpiresAt); left < 9*time.Minute || left > 11*time.Minute {
		t.Errorf("the hold ends in %s, want ten minutes", left)
	}

	h = s.mustHold(t, "chk_b", of("var_mug", 1), of("var_pot", 3), of("var_none", 7))
	short := []event.Shortage{{VariantID: "var_none", Requested: 7}, {VariantID: "var_pot", Requested: 3, Available: 2}}
	if h.Status != inventory.Rejected || !cmp.Equal(h.Shortages, short) {
		t.Errorf("hold = %+v, want it rejected for %v", h, short)
	}
	s.wantFigures(t, "var_mug", 4, 1, 0)
	s.wantFigures(t, "var_pot", 2, 3, 0)
	if got := lastPublished[event.HoldRejected](t, s, "chk_b").Shortages; !cmp.Equal(got, short) {
		t.Errorf("published shortages %v, want %v", got, short)
	}
	level := lastPublished[event.LevelChanged](t, s, "var_pot")
	if level.Available != 2 || level.Reserved != 3 || level.OnHand != 5 || level.Version != 2 {
		t.Errorf("published the level %+v, want 2 available, 3 reserved, 5 on hand, version 2", level)
	}
	s.wantEquation(t)
}

func TestFirstDecisionOfACheckoutStays(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	held, rejected := s.mustHold(t, "chk_a", of("var_mug", 4)), s.mustHold(t, "chk_b", of("var_mug", 2))
	s.receive(t, 10, "var_mug")

	for _, tt := range []struct {
		checkout string
		want     inventory.Hold
	}{{"chk_a", held}, {"chk_b", rejected}} {
		again := s.mustHold(t, tt.checkout, of("var_mug", 2))
		if diff := cmp.Diff(tt.want, again, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(inventory.Hold{})); diff != "" {
			t.Errorf("a repeated hold of %s (-first +second):\n%s", tt.checkout, diff)
		}
	}
	s.wantFigures(t, "var_mug", 11, 4, 0)
	placed := event.Type[event.HoldPlaced]()
	if got := s.types(t, "chk_a"); !slices.Equal(got, []string{placed, placed}) {
		t.Errorf("published %v, want the placed hold once for each request", got)
	}
}

func TestInvalidRequestsAreRefused(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	thousandAndOne := make([]event.Line, 1001)
	for i := range thousandAndOne {
		thousandAndOne[i] = of(fmt.Sprint("var_", i), 1)
	}
	for name, r := range map[string]inventory.Request{
		"no lines":              request("chk_a"),
		"quantity 0":            request("chk_a", of("var_mug", 0)),
		"quantity -1":           request("chk_a", of("var_mug", 2), of("var_mug", -1)),
		"quantity above 32 bit": request("chk_a", of("var_mug", 1<<40)),
		"no variant":            request("chk_a", of("", 1)),
		"1,001 lines":           request("chk_a", thousandAndOne...),
		"no checkout":           request("", of("var_mug", 1)),
		"a long checkout":       request(strings.Repeat("x", 101), of("var_mug", 1)),
		"no time":               {CheckoutID: "chk_a", Lines: []event.Line{of("var_mug", 1)}},
		"too much time":         {CheckoutID: "chk_a", Lines: []event.Line{of("var_mug", 1)}, TTL: 25 * time.Hour},
	} {
		if h, err := s.Hold(t.Context(), r); fault.KindOf(err) != fault.Invalid {
			t.Errorf("hold with %s = %+v, %v, want it invalid", name, h, err)
		}
		opened := event.CheckoutOpened{CheckoutID: r.CheckoutID, Lines: r.Lines, TTLSeconds: int(r.TTL.Seconds())}
		if err := s.Handle(t.Context(), eventtest.Envelope(opened)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("handling an opened checkout with %s: %v, want it invalid", name, err)
		}
	}
	s.wantFigures(t, "var_mug", 5, 0, 0)
	if got := s.types(t, "chk_a"); got != nil {
		t.Errorf("published %v, want nothing", got)
	}
}

func TestHoldsMayLastAsShortAndAsLongAsTheLimits(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	for ttl, allowed := range map[time.Duration]bool{
		limits.MinHold - 1: false, limits.MinHold: true, limits.MaxHold: true, limits.MaxHold + 1: false,
	} {
		r := request("chk_"+ttl.String(), of("var_mug", 1))
		r.TTL = ttl
		if h, err := s.Hold(t.Context(), r); (err == nil) != allowed {
			t.Errorf("hold for %s = %+v, %v, want it allowed: %v", ttl, h, err, allowed)
		}
	}
}

func TestQuantitiesBeyondStockAreShortages(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	lines := slices.Repeat([]event.Line{of("var_mug", 1_000_000_000)}, 1000)

	h := s.mustHold(t, "chk_a", lines...)
	want := []event.Shortage{{VariantID: "var_mug", Requested: 1_000_000_000_000, Available: 5}}
	if h.Status != inventory.Rejected || !cmp.Equal(h.Shortages, want) {
		t.Errorf("hold = %+v, want it rejected for %v", h, want)
	}
	s.wantFigures(t, "var_mug", 5, 0, 0)
}

func TestExtensionsAreLimitedAndOnlyForLiveHolds(t *testing.T) {
	t.Parallel()
	s := stocked(t, 5, "var_mug")
	first := s.mustHold(t, "chk_a", of("var_mug", 1))

	for n := 1; n <= 2; n++ {
		h, err := s.Extend(t.Context(), "chk_a", 5*time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		end := first.ExpiresAt.Add(time.Duration(n) * 5 * time.Minute)
		if !h.ExpiresAt.Equal(end) || h.ExtensionsLeft != 2-n {
			t.Errorf("extension %d ends at %s with %d left, want %s and %d", n, h.ExpiresAt, h.ExtensionsLeft, end, 2-n)
		}
		if e := lastPublished[event.HoldExtended](t, s, "chk_a"); !e.ExpiresAt.Equal(end) || e.ExtensionsLeft != 2-n {
			t.Errorf("published %+v, want the end %s", e, end)
		}
	}
	if _, err := s.Extend(t.Context(), "chk_a", time.Minute); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a third extension: %v, want a conflict", err)
	}
	s.mustHold(t, "chk_b", of("var_mug", 1))
	s.expire(t, "chk_b")
	if _, err := s.Extend(t.Context(), "chk_b", time.Minute); fault.CodeOf(err) != "RESERVATION_EXPIRED" {
		t.Errorf("extending an expired hold: %v, want RESERVATION_EXPIRED", err)
	}
	if _, err := s.Extend(t.Context(), "chk_none", time.Minute); fault.KindOf(err) != fault.NotFound {
		t.Errorf("extending what is not held: %v, want not found", err)
	}
	for _, by := range []time.Duration{0, -time.Minute, 5*time.Minute + time.Second} {
		if _, err := s.Extend(t.Context(), "chk_b", by); fault.KindOf(err) != fault.Invalid {
			t.Errorf("extending by %s: %v, want it invalid", by, err)
		}
	}
}
