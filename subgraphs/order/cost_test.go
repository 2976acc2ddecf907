package order_test

import (
	"strings"
	"testing"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// What calls answered is published by events as well, which come later and cost
// nothing. A service that did not receive the responses applies them.
func TestEventsOfAppliedResponsesCostNoStatement(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o := place(t, env, open(t, env), ordertest.TokenOK).Order
	want(t, "status", o.Status, order.Confirmed)
	env.Published(t)
	received := env.PeerEvents()
	if len(received) < 5 {
		t.Fatalf("inventory and Payment published %d things, want an answer to each request", len(received))
	}
	received = append(received, eventtest.Envelope(event.CheckoutExpired{CheckoutID: o.CheckoutID})) // not a fact of a purchase
	handle := func() {
		env.Statements.Reset()
		for _, e := range received {
			if err := env.Service.Handle(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
	}
	handle()
	if n := env.Statements.N(); n != 0 {
		t.Errorf("handling %d events costs %d statements, want none:\n%s", len(received), n, strings.Join(env.Statements.SQL(), "\n"))
	}
	env.Restart()
	handle()
	if n := env.Statements.N(); n == 0 {
		t.Error("a service without the responses did not read the purchases of the events")
	}
	if published := env.Published(t); len(published) != 0 {
		t.Errorf("events of applied responses published %v", published)
	}
	want(t, "status", now(t, env, o).Status, order.Confirmed)
}
