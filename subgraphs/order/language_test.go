package order_test

import (
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func TestAnOrderKeepsItsLinesInTheLanguageOfThePurchase(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	caller := auth.From(ada(t))
	caller.Locale = "de-AT"
	inGerman := auth.With(t.Context(), caller)
	c, err := env.Service.Open(inGerman, order.OpenInput{CartID: env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1), Key: id.New(id.Event)})
	if err != nil {
		t.Fatal(err)
	}
	placed := place(t, env, c, ordertest.TokenOK)
	lines, err := env.Service.CheckoutLines(ada(t), []string{c.ID})
	if err != nil {
		t.Fatal(err)
	}
	want(t, "line of the checkout", lines[0][0].Snapshot.Title, "Mug (deutsch)")
	// The mail of the order has the lines of the event.
	var confirmed event.OrderConfirmed
	for _, e := range env.Published(t) {
		if e.Type == event.Type[event.OrderConfirmed]() {
			if confirmed, err = event.Decode[event.OrderConfirmed](e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(confirmed.Lines) != 1 || confirmed.OrderID != placed.Order.ID {
		t.Fatalf("confirmed is %+v", confirmed)
	}
	want(t, "title in the event", confirmed.Lines[0].Title, "Mug (deutsch)")
	want(t, "subtitle in the event", confirmed.Lines[0].Subtitle, "Blau")
	want(t, "locale in the event", confirmed.Locale, "de-AT")
}
