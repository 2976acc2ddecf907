package order_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cartograph/internal/event"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// TestAPurchaseSurvivesACrashAfterEachStep stops everything after the n-th
// commit: events on their way are lost and the service restarts. Rescue alone must
// complete the purchase.
func TestAPurchaseSurvivesACrashAfterEachStep(t *testing.T) {
	t.Parallel()
	for steps := range 12 {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			t.Parallel()
			env := ordertest.New(t)
			env.Config.RetryStuckAfter = 0
			env.Restart()
			env.Inventory.Down.Store(true)
			env.Payments.Down.Store(true)
			o := place(t, env, open(t, env), ordertest.TokenOK).Order
			left := steps
			for left > 0 {
				published := env.Published(t)
				for _, e := range published[:min(left, len(published))] {
					env.Deliver(e)
				}
				left -= len(published)
				received := env.PeerEvents()
				for _, e := range received[:max(0, min(left, len(received)))] {
					if err := env.Service.Handle(t.Context(), e); err != nil {
						t.Fatal(err)
					}
				}
				left -= len(received)
				if len(published)+len(received) == 0 {
					break
				}
			}
			env.Published(t) // lost with the crash
			env.PeerEvents()
			env.Restart()
			confirm(t, env, o)
		})
	}
}

// confirm runs Rescue until the order is confirmed.
func confirm(t *testing.T, env *ordertest.Env, o *order.Order) {
	t.Helper()
	for range 10 {
		if _, err := env.Service.Rescue(t.Context()); err != nil {
			t.Fatal(err)
		}
		env.Settle(t)
		if now(t, env, o).Status == order.Confirmed {
			checkFinal(t, env, now(t, env, o))
			return
		}
		if _, err := env.Pool.Exec(t.Context(), "UPDATE checkouts SET rescue_at = now() WHERE rescue_at IS NOT NULL"); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("order is %+v, want it confirmed", now(t, env, o))
}

func TestRescuesBackOffAndStop(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Inventory.Down.Store(true)
	c := open(t, env)
	var pauses []float64
	for range 40 {
		if _, err := env.Pool.Exec(t.Context(), "UPDATE checkouts SET rescue_at = now() WHERE rescue_at IS NOT NULL"); err != nil {
			t.Fatal(err)
		}
		env.Published(t)
		if _, err := env.Service.Rescue(t.Context()); err != nil {
			t.Fatal(err)
		}
		published := env.Published(t)
		if len(published) == 0 {
			break
		}
		want(t, "event", published[0].Type, event.Type[event.CheckoutOpened]())
		want(t, "actor, whose holds inventory limits", published[0].Actor, c.OwnerID)
		var pause *float64
		if err := env.Pool.QueryRow(t.Context(), "SELECT extract(epoch FROM rescue_at - now())::float8 FROM checkouts WHERE id = $1", c.ID).Scan(&pause); err != nil {
			t.Fatal(err)
		}
		if pause != nil {
			pauses = append(pauses, *pause)
		}
	}
	want(t, "pauses", len(pauses), 30)
	if !slices.IsSorted(pauses) && pauses[0] > 11 || pauses[29] > 601 || pauses[29] < 590 {
		t.Errorf("pauses = %v, want them to grow from 10 s to 10 min", pauses)
	}
}

// An unpaid order returns its stock and money although its end is lost, reaches
// one peer only, or arrives before the beginning.
func TestAnEndedOrderIsUndoneDespiteLostEvents(t *testing.T) {
	t.Parallel()
	both := func(env *ordertest.Env, e event.Envelope) { env.Deliver(e) }
	stock := func(env *ordertest.Env, e event.Envelope) { env.Inventory.Handle(e) }
	money := func(env *ordertest.Env, e event.Envelope) { env.Payments.Handle(e) }
	none := func(*ordertest.Env, event.Envelope) {}
	type deliverer = func(*ordertest.Env, event.Envelope)
	for name, tt := range map[string]struct {
		begin, end deliverer
		backwards  bool // the end comes first
	}{
		"received by both":      {both, both, false},
		"lost":                  {both, none, false},
		"lost by inventory":     {both, money, false},
		"lost by Payment":       {both, stock, false},
		"before the beginning":  {both, both, true},
		"without the beginning": {none, both, false},
		"each missed something": {stock, money, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := ordertest.New(t)
			env.Config.RetryStuckAfter = 0
			env.Restart()
			env.Inventory.Down.Store(true)
			env.Payments.Down.Store(true)
			o := place(t, env, open(t, env), ordertest.TokenSlow).Order
			begin := env.Published(t)
			expire(t, env, o.CheckoutID)
			if _, err := env.Service.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			end := env.Published(t)
			if tt.backwards {
				begin, end, tt.begin, tt.end = end, begin, tt.end, tt.begin
			}
			for _, e := range begin {
				tt.begin(env, e)
			}
			for _, e := range end {
				tt.end(env, e)
			}
			for range 3 {
				if _, err := env.Service.Rescue(t.Context()); err != nil {
					t.Fatal(err)
				}
				env.Settle(t)
			}
			o = now(t, env, o)
			want(t, "status", o.Status, order.Expired)
			want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 1000)
			checkFinal(t, env, o)
		})
	}
}

// A commit that overtakes its hold ends the order; the hold that comes after
// it must not stay.
func TestAHoldThatArrivesAfterItsCommitIsReleased(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Config.RetryStuckAfter = 0
	env.Restart()
	env.Inventory.Down.Store(true)
	o := place(t, env, open(t, env), ordertest.TokenOK).Order
	published := env.Published(t)
	opened := published[0]
	for _, e := range published[1:] {
		env.Deliver(e)
	}
	for _, e := range env.PeerEvents() {
		if err := env.Service.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "status", now(t, env, o).Status, order.Cancelled)
	env.Published(t) // the end is lost
	env.Inventory.Handle(opened)
	want(t, "hold", env.Inventory.Status(o.CheckoutID), "HELD")
	if _, err := env.Service.Rescue(t.Context()); err != nil {
		t.Fatal(err)
	}
	env.Settle(t)
	want(t, "mugs", env.Inventory.Stock(ordertest.Mug), 1000)
	checkFinal(t, env, now(t, env, o))
}

// history is a purchase and the events on their way, by receiver.
type history struct {
	*ordertest.Env
	order *order.Order

	toStock, toMoney, toUs []event.Envelope
}

var steps = []string{"stock", "stock", "money", "money", "us", "us", "us", "rescue", "approve", "pay", "cancel", "expire hold", "overdue", "time", "crash"}

// TestPurchasesAreConsistentUnderNetworkFaults plays random histories: calls
// that fail, events that are lost, doubled and late, customers who pay, decline
// and cancel. When the network is well again, everything must add up.
//
// Each history starts from an idle environment, whatever the one before left:
// rapid aborts histories when it shrinks a failure.
func TestPurchasesAreConsistentUnderNetworkFaults(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Config.RetryStuckAfter = 0
	rapid.Check(t, func(rt *rapid.T) {
		env.Reset(t)
		env.Inventory.Down.Store(rapid.Bool().Draw(rt, "inventory down"))
		env.Payments.Down.Store(rapid.Bool().Draw(rt, "payments down"))
		c := open(t, env)
		token := rapid.SampledFrom([]string{
			"", ordertest.TokenOK, ordertest.TokenOK, ordertest.TokenDecline, ordertest.Token3DS, ordertest.TokenSlow, ordertest.TokenCaptureFails,
		}).Draw(rt, "token")
		a, _ := env.Service.Place(ada(t), placing(c, token))
		if a.Order == nil {
			rt.Fatal("the order was not placed")
		}
		h := &history{Env: env, order: a.Order}
		for range rapid.IntRange(0, 15).Draw(rt, "steps") {
			h.step(t, rt, rapid.SampledFrom(steps).Draw(rt, "step"))
			checkDuring(t, rt, env, a.Order)
		}
		// What is still under way arrives, or is lost for good.
		if !rapid.Bool().Draw(rt, "late events are lost") {
			h.arrive(t, rt)
		}
		finish(t, env, c.ID)
		checkEnd(t, rt, env, a.Order)
	})
}

// collect puts what was published under way.
func (h *history) collect(t *testing.T) {
	published := h.Published(t)
	h.toStock, h.toMoney, h.toUs = append(h.toStock, published...), append(h.toMoney, published...), append(h.toUs, h.PeerEvents()...)
}

func (h *history) handle(t *testing.T, rt *rapid.T) func(event.Envelope) {
	return func(e event.Envelope) {
		if err := h.Service.Handle(t.Context(), e); err != nil {
			rt.Fatal(err)
		}
	}
}

// arrive hands out all that is under way.
func (h *history) arrive(t *testing.T, rt *rapid.T) {
	for _, e := range h.toStock {
		h.Inventory.Handle(e)
	}
	for _, e := range h.toMoney {
		h.Payments.Handle(e)
	}
	for _, e := range h.toUs {
		h.handle(t, rt)(e)
	}
}

func (h *history) step(t *testing.T, rt *rapid.T, step string) {
	h.collect(t)
	switch step {
	case "stock":
		h.toStock = deliver(rt, h.toStock, h.Inventory.Handle)
	case "money":
		h.toMoney = deliver(rt, h.toMoney, h.Payments.Handle)
	case "us":
		h.toUs = deliver(rt, h.toUs, h.handle(t, rt))
	case "rescue":
		if _, err := h.Service.Rescue(t.Context()); err != nil {
			rt.Fatal(err)
		}
	case "approve":
		if o := now(t, h.Env, h.order); o.Payment.ID != "" {
			h.Payments.ApproveIfCreated(o.Payment.ID)
		}
	case "pay":
		if o := now(t, h.Env, h.order); o.Actions(time.Now()).CanPay {
			h.Payments.Create(o, rapid.SampledFrom([]string{ordertest.TokenOK, ordertest.TokenDecline}).Draw(rt, "card"))
		}
	case "cancel":
		_, _ = h.Service.CancelOrder(ada(t), order.CancelInput{OrderID: h.order.ID, Reason: order.CustomerRequest, Key: h.order.ID})
	case "expire hold":
		h.Inventory.Expire(h.order.CheckoutID)
	case "overdue":
		h.Inventory.Overdue(h.order.CheckoutID)
	case "time":
		expire(t, h.Env, h.order.CheckoutID)
		if _, err := h.Service.Sweep(t.Context()); err != nil {
			rt.Fatal(err)
		}
	case "crash":
		h.Restart()
	}
}

// deliver hands out some of the events: some are lost, some come twice, the
// order is what chance makes it. It returns those that are still under way.
func deliver(rt *rapid.T, events []event.Envelope, to func(event.Envelope)) []event.Envelope {
	if len(events) > 1 && rapid.Bool().Draw(rt, "shuffle") {
		events = rapid.Permutation(events).Draw(rt, "sequence")
	}
	var later []event.Envelope
	for _, e := range events {
		switch rapid.SampledFrom([]string{"once", "once", "once", "twice", "later", "lost"}).Draw(rt, "fate") {
		case "once":
			to(e)
		case "twice":
			to(e)
			to(e)
		case "later":
			later = append(later, e)
		}
	}
	return later
}

// finish lets time pass on a sound network: rescues, then the expiry of what was
// not paid.
func finish(t *testing.T, env *ordertest.Env, checkoutID string) {
	t.Helper()
	for round := range 6 {
		if round == 3 {
			env.Inventory.Expire(checkoutID)
			expire(t, env, checkoutID)
			if _, err := env.Service.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := env.Pool.Exec(t.Context(), "UPDATE checkouts SET rescue_at = now() WHERE rescue_at IS NOT NULL"); err != nil {
			t.Fatal(err)
		}
		if _, err := env.Service.Rescue(t.Context()); err != nil {
			t.Fatal(err)
		}
		env.Settle(t)
	}
}

// checkDuring asserts what is true at any moment.
func checkDuring(t *testing.T, rt *rapid.T, env *ordertest.Env, placed *order.Order) {
	o := now(t, env, placed)
	if o.Status == order.Confirmed && (env.Inventory.Status(o.CheckoutID) != "COMMITTED" || env.Payments.Count(o.ID, "CAPTURED") != 1) {
		rt.Fatalf("confirmed with stock %s and %d captured", env.Inventory.Status(o.CheckoutID), env.Payments.Count(o.ID, "CAPTURED"))
	}
	if captured := env.Payments.Count(o.ID, "CAPTURED"); captured > 1 {
		rt.Fatalf("%d payments captured", captured)
	}
}

// checkEnd asserts what is true when nothing moves any more.
func checkEnd(t *testing.T, rt *rapid.T, env *ordertest.Env, placed *order.Order) {
	o := now(t, env, placed)
	captured, authorized, mugs := env.Payments.Count(o.ID, "CAPTURED"), env.Payments.Count(o.ID, "AUTHORIZED"), env.Inventory.Allocated(o.CheckoutID, ordertest.Mug)
	if n := count(t, env, "SELECT count(*) FROM orders WHERE checkout_id = $1", o.CheckoutID); n != 1 {
		rt.Fatalf("%d orders of one checkout", n)
	}
	if left := env.Inventory.Stock(ordertest.Mug); left != 1000-mugs {
		rt.Fatalf("%d mugs are left of 1000, and %d kept", left, mugs)
	}
	switch o.Status {
	case order.Confirmed:
		if captured != 1 || authorized != 0 || mugs != 2 {
			rt.Fatalf("confirmed: %d captured, %d authorised, %d mugs kept", captured, authorized, mugs)
		}
	case order.Cancelled, order.Expired:
		if captured+authorized != 0 || mugs != 0 {
			rt.Fatalf("%s: %d captured, %d authorised, %d mugs kept; %+v", o.Status, captured, authorized, mugs, o)
		}
	default:
		rt.Fatalf("the order is still %s, %s, %s: %q", o.Status, o.Stage, o.PaymentStatus, timeline(t, env, o))
	}
}
