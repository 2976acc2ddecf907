package e2e

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cartograph/app"
	"cartograph/internal/polltest"
	"cartograph/internal/trail"
)

// TestTheTrailOfAPurchaseHasEveryService: what all services have of a purchase is on one
// axis, in the order in which it happened.
func TestTheTrailOfAPurchaseHasEveryService(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "trail")
	placed := c.buy(t, s.buyable(t, 2), 2, "tok_ok")
	order := c.await(t, placed.str("order.id"), "CONFIRMED")
	number := order.str("number")
	if number == "" {
		number = placed.str("order.number")
	}

	steps := []string{ // each follows the one before
		"order: checkout opened", "order: order PLACED", "payment: ledger AUTHORIZED", "payment: ledger CAPTURED",
		"notification: mail ORDER_CONFIRMED enqueued",
	}
	anywhere := []string{
		"inventory: hold placed", "inventory: hold is COMMITTED", "inventory: stock SALE -2 of ", "payment: attempt CAPTURE", "gatewaysim: payment ",
		"event log: order.placed.v1", "event log: order.confirmed.v1", "payment: handled order.",
	}
	var found *trail.Trail
	defer func() {
		if t.Failed() && found != nil {
			for _, e := range found.Entries {
				t.Log(e.At.Format("15:04:05.000"), e.Source, e.Text)
			}
			t.Log("not read:", found.Missing)
		}
	}()
	polltest.Eventually(t, "the trail has every step", func() bool {
		var err error
		if found, err = app.OrderTrail(t.Context(), s.cfg, number); err != nil {
			t.Fatal(err)
		}
		return position(found, steps[len(steps)-1]) >= 0
	})
	before := -1
	for _, step := range steps {
		at := position(found, step)
		if at <= before {
			t.Errorf("%q is entry %d, want it after %d", step, at, before)
		}
		before = at
	}
	for _, entry := range anywhere {
		if position(found, entry) < 0 {
			t.Errorf("no entry begins with %q", entry)
		}
	}
	if len(found.Missing) > 0 {
		t.Errorf("not read: %v", found.Missing)
	}
	if !slices.IsSortedFunc(found.Entries, func(a, b trail.Entry) int { return a.At.Compare(b.At) }) {
		t.Error("the entries are not in the order of time")
	}
	for _, e := range found.Entries {
		if strings.Contains(e.Text, "@") {
			t.Errorf("%q names the customer", e.Text)
		}
	}
	if _, err := app.OrderTrail(t.Context(), s.cfg, "CG-NONE22"); !errors.Is(err, trail.ErrNotFound) {
		t.Errorf("no order: %v", err)
	}
}

// position is the index of the first entry that begins with a text; -1 if there is none.
func position(found *trail.Trail, text string) int {
	return slices.IndexFunc(found.Entries, func(e trail.Entry) bool { return strings.HasPrefix(e.Source+": "+e.Text, text) })
}
