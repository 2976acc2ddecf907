package e2e

import (
	"context"
	"sync"
	"testing"
	"time"

	"cartograph/app"
	"cartograph/internal/polltest"
)

// TestWorkOfCallersWhoHaveLeftIsDropped makes a read slow, sends as many of them as
// there are places in the router, and closes the clients' connections. Their
// statements must end while the read is still slow, and their places must serve
// others.
func TestWorkOfCallersWhoHaveLeftIsDropped(t *testing.T) {
	t.Parallel()
	const places = 12
	s := start(t, func(c *app.Config) {
		c.Router.Limits.ConcurrencyMin, c.Router.Limits.ConcurrencyMax = places, places
		c.Router.Limits.Request, c.Router.Limits.Subgraph = time.Minute, time.Minute // no deadline helps
	})
	c := s.register(t, "ida")
	orderID := c.buy(t, s.buyable(t, 1), 1, "tok_ok").str("order.id")
	c.await(t, orderID, "CONFIRMED")

	orders := pool(t, s.cfg.Order.DatabaseURL)
	lock, err := orders.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback(t.Context()) }()
	if _, err := lock.Exec(t.Context(), "LOCK TABLE order_history IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	waiting := func() int {
		return one[int](t, orders, `SELECT count(*)::int FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%order_history%'`)
	}

	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var gone sync.WaitGroup
	for range places {
		gone.Go(func() {
			if a, err := c.send(ctx, `query($id: ID!) { order(id: $id) { timeline(first: 5) { nodes { at } } } }`, vars{"id": orderID}); err == nil {
				t.Errorf("a read that cannot end was answered: %v", a)
			}
		})
	}
	polltest.Eventually(t, "statements wait", func() bool { return waiting() > 1 })
	leave()
	gone.Wait()
	polltest.Eventually(t, "the statements of callers who left are cancelled", func() bool { return waiting() == 0 })

	served, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var others sync.WaitGroup
	for range places {
		others.Go(func() {
			if a, err := c.send(served, `query($id: ID!) { order(id: $id) { status } }`, vars{"id": orderID}); err != nil || len(a.Errors) > 0 {
				t.Errorf("another caller: %v, %v", a, err)
			}
		})
	}
	others.Wait()
}
