package order_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"

	"cartograph/internal/event"
	"cartograph/internal/kafka"
	"cartograph/internal/outbox"
	"cartograph/internal/pg"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// run runs a job until the test ends, and waits for it.
func run(t *testing.T, job func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- job(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("job ended with %v", err)
		}
	})
}

func TestJobsRunAtTheirIntervals(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Config.HoldSeconds, env.Config.RetryStuckAfter = 1, 10*time.Millisecond
	env.Restart()
	env.Inventory.Down.Store(true)
	c := open(t, env)
	env.Published(t) // lost
	run(t, env.Service.RunRescue)
	polltest.Eventually(t, "a rescue", func() bool { return len(env.Published(t)) > 0 })
	run(t, env.Service.RunSweeper)
	polltest.Eventually(t, "the end of the checkout", func() bool {
		got, err := env.Service.Checkout(ada(t), c.ID)
		return err == nil && got.Status == order.CheckoutExpired
	})
	run(t, env.Service.RunPrune)
}

func TestPruneDeletesOldCheckoutsWithoutOrders(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	gone, ordered := open(t, env), open(t, env)
	if _, err := env.Service.Cancel(ada(t), gone.ID); err != nil {
		t.Fatal(err)
	}
	cancel(t, env, place(t, env, ordered, "").Order)
	if _, err := env.Service.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, "checkouts before their time", count(t, env, "SELECT count(*) FROM checkouts"), 2)
	ahead := order.NewService(env.Pool, env.Out, env.Ports(), env.Config, func() time.Time { return time.Now().AddDate(1, 0, 0) }, slog.New(slog.DiscardHandler))
	if _, err := ahead.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, "checkouts by a process whose clock is ahead", count(t, env, "SELECT count(*) FROM checkouts"), 2)
	if _, err := env.Pool.Exec(t.Context(), "UPDATE checkouts SET updated_at = now() - interval '1 day'"); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Service.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, "checkouts", count(t, env, "SELECT count(*) FROM checkouts"), 1)
	want(t, "lines", count(t, env, "SELECT count(*) FROM checkout_lines"), 2)
}

func TestHistoryIsAppendOnly(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	place(t, env, open(t, env), ordertest.TokenOK)
	for _, sql := range []string{"UPDATE order_history SET title = 'x'", "DELETE FROM order_history"} {
		if _, err := env.Pool.Exec(t.Context(), sql); !pg.IsCheck(err, "order_history_append_only") {
			t.Errorf("%s: %v, want it refused", sql, err)
		}
	}
}

func TestConstraintsRefuseInconsistentRows(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	place(t, env, open(t, env), "")
	for constraint, sql := range map[string]string{
		"orders_confirmed_means_captured":     "UPDATE orders SET status = 'CONFIRMED'",
		"orders_end_has_a_reason":             "UPDATE orders SET status = 'CANCELLED'",
		"orders_known_status":                 "UPDATE orders SET status = 'LOST'",
		"orders_total_adds_up":                "UPDATE orders SET total_minor = total_minor + 1",
		"orders_refunds_within_total":         "UPDATE orders SET refunded_minor = total_minor + 1",
		"checkouts_completed_means_committed": "UPDATE checkouts SET status = 'COMPLETED'",
		"checkouts_money_not_negative":        "UPDATE checkouts SET shipping_minor = -1, total_minor = total_minor - shipping_minor - 1",
		"order_lines_quantity_positive":       "UPDATE order_lines SET quantity = 0, total_minor = 0",
		"order_lines_total_adds_up":           "UPDATE order_lines SET total_minor = 1",
	} {
		if _, err := env.Pool.Exec(t.Context(), sql); !pg.IsCheck(err, constraint) {
			t.Errorf("%s: %v, want %s", sql, err, constraint)
		}
	}
}

func TestSubscriptionsOfEveryReplicaGetAChange(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	client, err := kafka.NewClient(cluster.ListenAddrs())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	log := slog.New(slog.DiscardHandler)
	if err := kafka.CreateTopics(t.Context(), client, 1, log, event.Topics()...); err != nil {
		t.Fatal(err)
	}
	env := ordertest.New(t)
	there := env.Service
	env.Restart() // another replica on the same database
	here := env.Service
	c := open(t, env)
	run(t, outbox.NewRelay(env.Out, client, "order", log).Run)
	run(t, func(ctx context.Context) error { return there.RunWatch(ctx, cluster.ListenAddrs()) })

	ctx, stop := context.WithCancel(ada(t))
	defer stop()
	changes, err := there.WatchCheckout(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	first := <-changes
	want(t, "first push", first.Status, order.CheckoutOpen)
	city := "Paris"
	version := first.Version
	for range 200 { // until the watch listens, changes go unseen
		got, err := here.Update(ada(t), c.ID, order.Delivery{Billing: &order.Address{Name: "Ada", Line1: "1 Quai", City: city, PostalCode: "75001", CountryCode: "FR"}})
		if err != nil {
			t.Fatal(err)
		}
		version = got.Version
		select {
		case pushed := <-changes:
			if pushed.Version > first.Version && pushed.BillingAddress.City == city {
				stop()
				for range changes { // it ends
				}
				return
			}
		case <-time.After(100 * time.Millisecond):
		}
	}
	t.Errorf("version %d was never pushed", version)
}
