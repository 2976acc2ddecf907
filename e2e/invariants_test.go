package e2e

import (
	"testing"
	"time"

	"cartograph/app"
	"cartograph/internal/check"
	"cartograph/internal/polltest"
)

// checked are the results of `cartograph check` by their names.
func checked(t *testing.T, s *system, grace time.Duration) map[string]check.Result {
	t.Helper()
	results, err := app.Check(t.Context(), s.cfg, grace)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]check.Result{}
	for _, r := range results {
		found[r.Name] = r
	}
	return found
}

// checkInvariants waits until no purchase is in progress and then reads every
// invariant of `cartograph check`. No test of purchases refunds a confirmed order,
// so that here also what the check allows is an error: refunds, and dead letters
// that were resolved.
func checkInvariants(t *testing.T, s *system) {
	t.Helper()
	urls := map[string]string{
		"inventory": s.cfg.Inventory.DatabaseURL, "payment": s.cfg.Payment.DatabaseURL, "order": s.cfg.Order.DatabaseURL,
	}
	for role, url := range urls {
		database := pool(t, url)
		polltest.Eventually(t, role+" has published every event", func() bool { return one[int](t, database, "SELECT count(*)::int FROM outbox") == 0 })
		if n := one[int](t, database, "SELECT count(*)::int FROM dead_letters"); n > 0 {
			t.Errorf("%s has %d dead letters, want none", role, n)
		}
	}
	payments := pool(t, urls["payment"])
	polltest.Eventually(t, "no refund is pending", func() bool {
		return one[int](t, payments, "SELECT count(*)::int FROM payments WHERE refund_pending_minor <> 0") == 0
	})
	for name, r := range checked(t, s, 20*time.Second) {
		if len(r.Violations) > 0 || r.Skipped != "" {
			t.Errorf("%s: %s is violated: %v%s", r.Group, name, r.Violations, r.Skipped)
		}
	}
	if n := one[int](t, pool(t, urls["order"]), "SELECT count(*)::int FROM orders WHERE status = 'CONFIRMED' AND refunded_minor <> 0"); n > 0 {
		t.Errorf("%d confirmed orders were refunded", n)
	}
}
