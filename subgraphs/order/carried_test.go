package order_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// packed lets an order be packed by itself and returns the request to shipping.
func packed(t *testing.T, env *ordertest.Env) (*order.Order, event.ShipmentDue) {
	t.Helper()
	env.Config.PackAfter = time.Millisecond
	env.Restart()
	o, _ := confirmed(t, env)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = env.Service.RunPacker(ctx) }()
	polltest.Eventually(t, "the order is packed", func() bool { return now(t, env, o).Status == order.InProcess })
	var due event.ShipmentDue
	for _, e := range env.Published(t) {
		if e.Type == event.Type[event.ShipmentDue]() {
			due, _ = event.Decode[event.ShipmentDue](e)
		}
	}
	return o, due
}

func TestAnOrderIsPackedOnceItCanNoLongerBeCancelledAndCarriedToTheDoor(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, due := packed(t, env)
	if due.ShipmentID == "" || due.OrderNumber != o.Number || due.Recipient.Name == "" || due.Carrier == "" {
		t.Fatalf("the request to shipping is %+v", due)
	}
	at := time.Now().Add(-time.Hour)
	reports := []event.Payload{event.ShipmentCreated{ShipmentID: due.ShipmentID, CheckoutID: due.CheckoutID, Carrier: due.Carrier, TrackingNumber: "SIM1", TrackingURL: "https://tracking.example.com/SIM1", At: at}}
	for i, status := range []string{"PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERY_FAILED", "OUT_FOR_DELIVERY", "DELIVERED"} {
		reports = append(reports, event.ShipmentMoved{ShipmentID: due.ShipmentID, CheckoutID: due.CheckoutID, Status: status, Message: status, At: at.Add(time.Duration(i+1) * time.Minute)})
	}
	var events []event.Envelope
	for _, p := range slices.Concat(reports, reports) { // each under two ids
		events = append(events, eventtest.Envelope(p))
	}
	events = append(events, events...) // and each of those twice
	rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for _, e := range events {
		if err := env.Service.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	want(t, "status", now(t, env, o).Status, order.Delivered)
	shipments, err := env.Service.ShipmentsOfOrders(ada(t), []*order.Order{o})
	if err != nil || len(shipments[0]) != 1 || shipments[0][0].TrackingNumber == nil || *shipments[0][0].TrackingNumber != "SIM1" {
		t.Fatalf("shipments: %+v, %v", shipments, err)
	}
	got, err := env.Service.TrackingEvents(ada(t), []string{due.ShipmentID})
	if err != nil || len(got[0]) != len(reports) {
		t.Errorf("%d reports are listed, want %d: %v", len(got[0]), len(reports), err)
	}
	for _, name := range []string{"order.shipped", "order.delivered"} {
		if n := len(slices.DeleteFunc(types(env.Published(t)), func(s string) bool { return s != name })); name == "order.shipped" && n != 1 {
			t.Errorf("%s was published %d times", name, n)
		}
	}
}

func TestAnOrderThatWasCancelledIsNotPacked(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	env.Config.PackAfter = time.Hour
	env.Restart()
	o, _ := confirmed(t, env)
	if o.PackAt == nil {
		t.Fatal("a confirmed order is not due to be packed")
	}
	if _, err := env.Service.CancelOrder(ada(t), order.CancelInput{OrderID: o.ID, Reason: order.CustomerRequest, Key: "k"}); err != nil {
		t.Fatal(err)
	}
	want(t, "orders to pack", count(t, env, "SELECT count(*)::int FROM orders WHERE pack_at IS NOT NULL"), 0)
	// A report of a parcel that nobody has is dropped, or it would block the topic.
	stray := eventtest.Envelope(event.ShipmentMoved{ShipmentID: "shp_none", CheckoutID: o.CheckoutID, Status: "DELIVERED", Message: "x", At: time.Now()})
	if err := env.Service.Handle(t.Context(), stray); err != nil {
		t.Errorf("a report of no parcel: %v", err)
	}
}
