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

// An order that nobody paid gives its stock and money back, though its end
// reached nobody at first, or one before the other, or before the beginning.
func TestTheEndOfAnOrderReachesEveryoneAtLast(t *testing.T) {
	t.Parallel()
	both := func(w *ordertest.World, e event.Envelope) { w.Hear(e) }
	stock := func(w *ordertest.World, e event.Envelope) { w.Inventory.Hear(e) }
	money := func(w *ordertest.World, e event.Envelope) { w.Payments.Hear(e) }
	nobody := func(*ordertest.World, event.Envelope) {}
	type hear = func(*ordertest.World, event.Envelope)
	for name, tt := range map[string]struct {
		begin, end hear
		backwards  bool // the end comes first
	}{
		"heard by both":         {both, both, false},
		"lost":                  {both, nobody, false},
		"lost by inventory":     {both, money, false},
		"lost by Payment":       {both, stock, false},
		"before the beginning":  {both, both, true},
		"without the beginning": {nobody, both, false},
		"each missed something": {stock, money, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := ordertest.New(t)
			w.Config.NudgeAfter = 0
			w.Restart()
			w.Inventory.Down.Store(true)
			w.Payments.Down.Store(true)
			o := place(t, w, open(t, w), ordertest.TokenSlow).Order
			begin := w.Told(t)
			expire(t, w, o.CheckoutID)
			if _, err := w.Service.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			end := w.Told(t)
			if tt.backwards {
				begin, end, tt.begin, tt.end = end, begin, tt.end, tt.begin
			}
			for _, e := range begin {
				tt.begin(w, e)
			}
			for _, e := range end {
				tt.end(w, e)
			}
			for range 3 {
				if _, err := w.Service.Nudge(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.Settle(t)
			}
			o = now(t, w, o)
			want(t, "status", o.Status, order.Expired)
			want(t, "mugs", w.Inventory.Stock(ordertest.Mug), 1000)
			checkFinal(t, w, o)
		})
	}
}

// A commit that overtakes its hold ends the order; the hold that comes after
// it must not stay.
func TestAHoldThatComesAfterItsCommitGoesBack(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	w.Config.NudgeAfter = 0
	w.Restart()
	w.Inventory.Down.Store(true)
	o := place(t, w, open(t, w), ordertest.TokenOK).Order
	told := w.Told(t)
	opened := told[0]
	for _, e := range told[1:] {
		w.Hear(e)
	}
	for _, e := range w.News() {
		if err := w.Service.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "status", now(t, w, o).Status, order.Cancelled)
	w.Told(t) // the end is lost
	w.Inventory.Hear(opened)
	want(t, "hold", w.Inventory.Status(o.CheckoutID), "HELD")
	if _, err := w.Service.Nudge(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Settle(t)
	want(t, "mugs", w.Inventory.Stock(ordertest.Mug), 1000)
	checkFinal(t, w, now(t, w, o))
}

// history is a purchase, and what is under way to whom.
type history struct {
	*ordertest.World
	order *order.Order

	toStock, toMoney, toUs []event.Envelope
}

var steps = []string{"stock", "stock", "money", "money", "us", "us", "us", "nudge", "approve", "pay", "cancel", "expire hold", "overdue", "time", "crash"}

// TestWhateverTheNetworkDoesAPurchaseEndsWell plays random histories: calls
// that fail, events that are lost, doubled and late, customers who pay, decline
// and cancel. When the network is well again, everything must add up.
//
// Each history begins with an idle world, whatever the one before left: rapid
// breaks histories off in the middle when it looks for shorter ones.
func TestWhateverTheNetworkDoesAPurchaseEndsWell(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	w.Config.NudgeAfter = 0
	rapid.Check(t, func(rt *rapid.T) {
		w.Begin(t)
		w.Inventory.Down.Store(rapid.Bool().Draw(rt, "inventory down"))
		w.Payments.Down.Store(rapid.Bool().Draw(rt, "payments down"))
		c := open(t, w)
		token := rapid.SampledFrom([]string{
			"", ordertest.TokenOK, ordertest.TokenOK, ordertest.TokenDecline, ordertest.Token3DS, ordertest.TokenSlow, ordertest.TokenCaptureFails,
		}).Draw(rt, "token")
		a, _ := w.Service.Place(ada(t), placing(c, token))
		if a.Order == nil {
			rt.Fatal("the order was not placed")
		}
		h := &history{World: w, order: a.Order}
		for range rapid.IntRange(0, 15).Draw(rt, "steps") {
			h.step(t, rt, rapid.SampledFrom(steps).Draw(rt, "step"))
			checkDuring(t, rt, w, a.Order)
		}
		// What is still under way arrives, or is lost for good.
		if !rapid.Bool().Draw(rt, "late events are lost") {
			h.arrive(t, rt)
		}
		finish(t, w, c.ID)
		checkEnd(t, rt, w, a.Order)
	})
}

// collect puts what was told under way.
func (h *history) collect(t *testing.T) {
	told := h.Told(t)
	h.toStock, h.toMoney, h.toUs = append(h.toStock, told...), append(h.toMoney, told...), append(h.toUs, h.News()...)
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
		h.Inventory.Hear(e)
	}
	for _, e := range h.toMoney {
		h.Payments.Hear(e)
	}
	for _, e := range h.toUs {
		h.handle(t, rt)(e)
	}
}

func (h *history) step(t *testing.T, rt *rapid.T, step string) {
	h.collect(t)
	switch step {
	case "stock":
		h.toStock = deliver(rt, h.toStock, h.Inventory.Hear)
	case "money":
		h.toMoney = deliver(rt, h.toMoney, h.Payments.Hear)
	case "us":
		h.toUs = deliver(rt, h.toUs, h.handle(t, rt))
	case "nudge":
		if _, err := h.Service.Nudge(t.Context()); err != nil {
			rt.Fatal(err)
		}
	case "approve":
		if o := now(t, h.World, h.order); o.Payment.ID != "" {
			h.Payments.ApproveIfThere(o.Payment.ID)
		}
	case "pay":
		if o := now(t, h.World, h.order); o.Actions(time.Now()).CanPay {
			h.Payments.Create(o, rapid.SampledFrom([]string{ordertest.TokenOK, ordertest.TokenDecline}).Draw(rt, "card"))
		}
	case "cancel":
		_, _ = h.Service.CancelOrder(ada(t), order.Cancelation{OrderID: h.order.ID, Reason: order.CustomerRequest, Key: h.order.ID})
	case "expire hold":
		h.Inventory.Expire(h.order.CheckoutID)
	case "overdue":
		h.Inventory.Overdue(h.order.CheckoutID)
	case "time":
		expire(t, h.World, h.order.CheckoutID)
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
func checkEnd(t *testing.T, rt *rapid.T, w *ordertest.World, placed *order.Order) {
	o := now(t, w, placed)
	captured, authorized, mugs := w.Payments.Count(o.ID, "CAPTURED"), w.Payments.Count(o.ID, "AUTHORIZED"), w.Inventory.Kept(o.CheckoutID, ordertest.Mug)
	if n := count(t, w, "SELECT count(*) FROM orders WHERE checkout_id = $1", o.CheckoutID); n != 1 {
		rt.Fatalf("%d orders of one checkout", n)
	}
	if left := w.Inventory.Stock(ordertest.Mug); left != 1000-mugs {
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
		rt.Fatalf("the order is still %s, %s, %s: %q", o.Status, o.Stage, o.PaymentStatus, timeline(t, w, o))
	}
}
