package order_test

import (
	"strings"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// What calls answered is told by events as well, which come later and cost
// nothing. A service that did not hear the answers learns from them.
func TestEventsOfWhatCallsAnsweredCostNothing(t *testing.T) {
	t.Parallel()
	w := ordertest.New(t)
	o := place(t, w, open(t, w), ordertest.TokenOK).Order
	want(t, "status", o.Status, order.Confirmed)
	w.Told(t)
	news := w.News()
	if len(news) < 5 {
		t.Fatalf("inventory and Payment told %d things, want what they were asked for", len(news))
	}
	news = append(news, eventtest.Envelope(event.CheckoutExpired{CheckoutID: o.CheckoutID})) // of another's concern
	hear := func() {
		w.Statements.Reset()
		for _, e := range news {
			if err := w.Service.Handle(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	hear()
	if n := w.Statements.N(); n != 0 {
		t.Errorf("hearing %d events cost %d statements, want none:\n%s", len(news), n, strings.Join(w.Statements.SQL(), "\n"))
	}
	w.Restart()
	hear()
	if n := w.Statements.N(); n == 0 {
		t.Error("a service that heard no answers did not look what the events are about")
	}
	if told := w.Told(t); len(told) != 0 {
		t.Errorf("hearing again what was answered told %v", told)
	}
	want(t, "status", now(t, w, o).Status, order.Confirmed)
}
