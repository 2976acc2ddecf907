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
// thing that was committed: events on their way are lost, the service is a new
// one. The nudge alone must bring the purchase home.
func TestAPurchaseSurvivesACrashAfterEachStep(t *testing.T) {
	t.Parallel()
	for steps := range 12 {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			t.Parallel()
			w := ordertest.New(t)
			w.Config.NudgeAfter = 0
			w.Restart()
			w.Inventory.Down.Store(true)
			w.Payments.Down.Store(true)
			o := place(t, w, open(t, w), ordertest.TokenOK).Order
			left := steps
			for left > 0 {
				told := w.Told(t)
				for _, e := range told[:min(left, len(told))] {
					w.Hear(e)
				}
				left -= len(told)
				news := w.News()
				for _, e := range news[:max(0, min(left, len(news)))] {
					if err := w.Service.Handle(t.Context(), e); err != nil {
						t.Fatal(err)
					}
				}
				left -= len(news)
				if len(told)+len(news) == 0 {
					break
				}
			}
			w.Told(t) // lost with the crash
			w.News()
			w.Restart()
			confirm(t, w, o)
		})
	}
}

// confirm nudges until the order is confirmed.
func confirm(t *testing.T, w *ordertest.World, o *order.Order) {
	t.Helper()
	for range 10 {
		if _, err := w.Service.Nudge(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
		if now(t, w, o).Status == order.Confirmed {
			checkFinal(t, w, now(t, w, o))
			return
		}
		if _, err := w.Pool.Exec(t.Context(), "UPDATE checkouts SET nudge_at = now() WHERE nudge_at IS NOT NULL"); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("order is %+v, want it confirmed", now(t, w, o))
}

func TestNudgesBecomeRarerAndStop(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	w.Inventory.Down.Store(true)
	c := open(t, w)
	var pauses []float64
	for range 40 {
		if _, err := w.Pool.Exec(t.Context(), "UPDATE checkouts SET nudge_at = now() WHERE nudge_at IS NOT NULL"); err != nil {
			t.Fatal(err)
		}
		w.Told(t)
		if _, err := w.Service.Nudge(t.Context()); err != nil {
			t.Fatal(err)
		}
		told := w.Told(t)
		if len(told) == 0 {
			break
		}
		want(t, "event", told[0].Type, event.Type[event.CheckoutOpened]())
		var pause *float64
		if err := w.Pool.QueryRow(t.Context(), "SELECT extract(epoch FROM nudge_at - now())::float8 FROM checkouts WHERE id = $1", c.ID).Scan(&pause); err != nil {
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

// TestWhateverTheNetworkDoesAPurchaseEndsWell plays random histories: calls
// that fail, events that are lost, doubled and late, customers who pay, decline
// and cancel. When the network is well again, everything must add up.
func TestWhateverTheNetworkDoesAPurchaseEndsWell(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	w.Config.NudgeAfter = 0
	w.Restart()
	rapid.Check(t, func(rt *rapid.T) {
		w.Inventory.Down.Store(rapid.Bool().Draw(rt, "inventory down"))
		w.Payments.Down.Store(rapid.Bool().Draw(rt, "payments down"))
		before := w.Inventory.Stock(ordertest.Mug)
		c := open(t, w)
		token := rapid.SampledFrom([]string{
			"", ordertest.TokenOK, ordertest.TokenOK, ordertest.TokenDecline, ordertest.Token3DS, ordertest.TokenSlow, ordertest.TokenCaptureFails,
		}).Draw(rt, "token")
		a, _ := w.Service.Place(ada(t), placing(c, token))
		if a.Order == nil {
			rt.Fatal("the order was not placed")
		}
		var toPeers, toUs []event.Envelope
		for range rapid.IntRange(0, 15).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"peers", "peers", "us", "us", "nudge", "approve", "pay", "cancel", "expire hold", "time", "crash"}).Draw(rt, "step") {
			case "peers":
				toPeers = deliver(rt, append(toPeers, w.Told(t)...), func(e event.Envelope) { w.Hear(e) })
			case "us":
				toUs = deliver(rt, append(toUs, w.News()...), func(e event.Envelope) {
					if err := w.Service.Handle(t.Context(), e); err != nil {
						rt.Fatal(err)
					}
				})
			case "nudge":
				if _, err := w.Service.Nudge(t.Context()); err != nil {
					rt.Fatal(err)
				}
			case "approve":
				if o := now(t, w, a.Order); o.Payment.ID != "" {
					w.Payments.ApproveIfThere(o.Payment.ID)
				}
			case "pay":
				if o := now(t, w, a.Order); o.Actions(time.Now()).CanPay {
					w.Payments.Create(o, rapid.SampledFrom([]string{ordertest.TokenOK, ordertest.TokenDecline}).Draw(rt, "card"))
				}
			case "cancel":
				_, _ = w.Service.CancelOrder(ada(t), order.Cancelation{OrderID: a.Order.ID, Reason: order.CustomerRequest, Key: a.Order.ID})
			case "expire hold":
				w.Inventory.Expire(c.ID)
			case "time":
				expire(t, w, c.ID)
				if _, err := w.Service.Sweep(t.Context()); err != nil {
					rt.Fatal(err)
				}
			case "crash":
				w.Restart()
			}
			checkDuring(t, rt, w, a.Order)
		}
		// What is still under way arrives, or is lost for good.
		if rapid.Bool().Draw(rt, "late events are lost") {
			toPeers, toUs = nil, nil
		}
		for _, e := range toPeers {
			w.Hear(e)
		}
		for _, e := range toUs {
			if err := w.Service.Handle(t.Context(), e); err != nil {
				rt.Fatal(err)
			}
		}
		finish(t, w, c.ID)
		checkEnd(t, rt, w, a.Order, before)
	})
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

// finish lets time pass on a network that is well: nudges, then the end of
// what nobody paid for.
func finish(t *testing.T, w *ordertest.World, checkoutID string) {
	t.Helper()
	for round := range 6 {
		if round == 3 {
			w.Inventory.Expire(checkoutID)
			expire(t, w, checkoutID)
			if _, err := w.Service.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Pool.Exec(t.Context(), "UPDATE checkouts SET nudge_at = now() WHERE nudge_at IS NOT NULL"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Service.Nudge(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
	}
}

// checkDuring asserts what is true at any moment.
func checkDuring(t *testing.T, rt *rapid.T, w *ordertest.World, placed *order.Order) {
	o := now(t, w, placed)
	if o.Status == order.Confirmed && (w.Inventory.Status(o.CheckoutID) != "COMMITTED" || w.Payments.Count(o.ID, "CAPTURED") != 1) {
		rt.Fatalf("confirmed with stock %s and %d captured", w.Inventory.Status(o.CheckoutID), w.Payments.Count(o.ID, "CAPTURED"))
	}
	if captured := w.Payments.Count(o.ID, "CAPTURED"); captured > 1 {
		rt.Fatalf("%d payments captured", captured)
	}
}

// checkEnd asserts what is true when nothing moves any more.
func checkEnd(t *testing.T, rt *rapid.T, w *ordertest.World, placed *order.Order, mugs int) {
	o := now(t, w, placed)
	captured, authorized := w.Payments.Count(o.ID, "CAPTURED"), w.Payments.Count(o.ID, "AUTHORIZED")
	if n := count(t, w, "SELECT count(*) FROM orders WHERE checkout_id = $1", o.CheckoutID); n != 1 {
		rt.Fatalf("%d orders of one checkout", n)
	}
	switch o.Status {
	case order.Confirmed:
		if captured != 1 || authorized != 0 || w.Inventory.Stock(ordertest.Mug) != mugs-2 {
			rt.Fatalf("confirmed: %d captured, %d authorised, %d mugs of %d", captured, authorized, w.Inventory.Stock(ordertest.Mug), mugs)
		}
	case order.Cancelled, order.Expired:
		if captured+authorized != 0 || w.Inventory.Stock(ordertest.Mug) != mugs {
			rt.Fatalf("%s: %d captured, %d authorised, %d mugs of %d; %+v", o.Status, captured, authorized, w.Inventory.Stock(ordertest.Mug), mugs, o)
		}
	default:
		rt.Fatalf("the order is still %s, %s, %s: %q", o.Status, o.Stage, o.PaymentStatus, timeline(t, w, o))
	}
}
