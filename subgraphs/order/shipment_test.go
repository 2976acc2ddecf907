package order_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/id"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func kim(t testing.TB) context.Context { return ordertest.As(t.Context(), ordertest.Kim) }

// confirmed is a confirmed order of two mugs and a lamp, and its lines.
func confirmed(t *testing.T, env *ordertest.Env) (*order.Order, []order.Line) {
	t.Helper()
	o := place(t, env, open(t, env), ordertest.TokenOK).Order
	env.Settle(t)
	lines, err := env.Service.OrderLines(ada(t), []string{o.ID}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return now(t, env, o), lines[0]
}

func shipping(o *order.Order, lines ...order.ShipmentLine) order.ShipInput {
	return order.ShipInput{OrderID: o.ID, Lines: lines, Carrier: "Northline", Key: id.New(id.Event)}
}

func ship(t *testing.T, env *ordertest.Env, in order.ShipInput) *order.Shipment {
	t.Helper()
	s, _, err := env.Service.CreateShipment(kim(t), in)
	if err != nil {
		t.Fatalf("ship: %v", err)
	}
	return s
}

func track(t *testing.T, env *ordertest.Env, s *order.Shipment, statuses ...order.ShipmentStatus) *order.Shipment {
	t.Helper()
	for _, status := range statuses {
		var err error
		if s, _, err = env.Service.TrackShipment(kim(t), order.TrackInput{ShipmentID: s.ID, Status: status, Message: "It is " + string(status) + "."}); err != nil {
			t.Fatalf("track %s: %v", status, err)
		}
	}
	return s
}

// types are the types of what the service published, without those that only wake.
func types(published []event.Envelope) (names []string) {
	for _, e := range published {
		name := strings.TrimSuffix(strings.TrimPrefix(e.Type, "com.cartograph."), ".v1")
		if name != "order.checkoutChanged" && name != "audit.staffActed" {
			names = append(names, name)
		}
	}
	return names
}

func TestAnOrderGoesToTheDoorInTwoParcels(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := confirmed(t, env)
	mugs, lamp := lines[0], lines[1]
	stages := func(status order.Status, fulfillment order.FulfillmentStatus) {
		t.Helper()
		read := now(t, env, o)
		want(t, "status", read.Status, status)
		want(t, "fulfillment", read.FulfillmentStatus, fulfillment)
	}
	published := func(names ...string) {
		t.Helper()
		if got := types(env.Published(t)); !slices.Equal(got, names) {
			t.Errorf("published %v, want %v", got, names)
		}
	}
	want(t, "can cancel", now(t, env, o).Actions(time.Now()).CanCancel, true)

	first := ship(t, env, shipping(o, order.ShipmentLine{OrderLineID: mugs.ID, Quantity: 1}))
	want(t, "parcel", first.Status, order.ParcelPending)
	stages(order.InProcess, order.Unfulfilled)
	published("order.shipmentDue", "order.processing")
	blocked := now(t, env, o).Actions(time.Now())
	if reason := blocked.CancelBlockedBecause(t.Context()); blocked.CanCancel || reason == nil || !strings.Contains(*reason, "being packed") {
		t.Errorf("an order that is being packed: can cancel %v, because %v", blocked.CanCancel, reason)
	}
	_, err := env.Service.CancelOrder(ada(t), order.CancelInput{OrderID: o.ID, Reason: order.CustomerRequest, Key: "k"})
	if fault.CodeOf(err) != "ORDER_NOT_CANCELLABLE" {
		t.Errorf("cancelling it: %v", err)
	}

	track(t, env, first, order.LabelCreated, order.PickedUp)
	stages(order.PartiallyShipped, order.PartiallyFulfilled)
	published("order.shipped")
	in := shipping(o, order.ShipmentLine{OrderLineID: mugs.ID, Quantity: 1}, order.ShipmentLine{OrderLineID: lamp.ID, Quantity: 1})
	in.TrackingNumber, in.TrackingURL = "NL-17", "https://tracking.example.com/NL-17"
	second := ship(t, env, in)
	want(t, "a parcel with a label", second.Status, order.LabelCreated)
	track(t, env, second, order.InTransit) // the pick-up was not reported
	stages(order.Shipped, order.Fulfilled)
	track(t, env, first, order.OutForDelivery, order.DeliveryFailed, order.OutForDelivery, order.ParcelDelivered)
	stages(order.Shipped, order.Fulfilled)
	track(t, env, second, order.ParcelDelivered)
	stages(order.Delivered, order.AllDelivered)
	published("order.shipped", "order.delivered", "order.delivered")
	if got := timeline(t, env, o)[5:]; !slices.Equal(got, []string{
		"Parcel packed", "Parcel handed to the carrier", "Parcel packed", "Parcel handed to the carrier", "Parcel out for delivery",
		"Delivery attempt failed", "Parcel out for delivery", "Parcel delivered", "Parcel delivered",
	}) {
		t.Errorf("timeline = %q", got)
	}
	after, err := env.Service.OrderLines(ada(t), []string{o.ID}, 0, 100)
	if err != nil || after[0][0].Shipped != 2 || after[0][1].Delivered != 1 {
		t.Errorf("lines: %+v, %v", after, err)
	}
}

func TestTheEventsOfAParcelHaveItsContents(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := confirmed(t, env)
	in := shipping(o, order.ShipmentLine{OrderLineID: lines[0].ID, Quantity: 2})
	in.TrackingNumber, in.TrackingURL = "NL-17", "https://tracking.example.com/NL-17"
	s := ship(t, env, in)
	env.Published(t)
	track(t, env, s, order.ParcelDelivered) // all reports before were lost
	var shipped event.OrderShipped
	var delivered event.OrderDelivered
	for _, e := range env.Published(t) {
		switch e.Type {
		case event.Type[event.OrderShipped]():
			shipped, _ = event.Decode[event.OrderShipped](e)
		case event.Type[event.OrderDelivered]():
			delivered, _ = event.Decode[event.OrderDelivered](e)
		}
	}
	if shipped.ShipmentID != s.ID || shipped.TrackingURL != in.TrackingURL || shipped.Number != o.Number || shipped.Complete {
		t.Errorf("shipped: %+v", shipped)
	}
	if len(delivered.Lines) != 1 || delivered.Lines[0].Quantity != 2 || delivered.Lines[0].Title == "" || delivered.Complete || delivered.DeliveredAt.IsZero() {
		t.Errorf("delivered: %+v", delivered)
	}
}

func TestUnitsOfAParcelThatCameBackAreShippedAgain(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := confirmed(t, env)
	whole := []order.ShipmentLine{{OrderLineID: lines[0].ID, Quantity: 2}, {OrderLineID: lines[1].ID, Quantity: 1}}
	for _, end := range []order.ShipmentStatus{order.ParcelCancelled, order.ReturnedToUs} {
		s := ship(t, env, shipping(o, whole...))
		if end == order.ReturnedToUs {
			track(t, env, s, order.PickedUp)
			want(t, "status", now(t, env, o).Status, order.Shipped)
		}
		track(t, env, s, end)
		want(t, "status after "+string(end), now(t, env, o).Status, order.Confirmed)
	}
	s := ship(t, env, shipping(o, whole...))
	want(t, "late report", track(t, env, s, order.ParcelDelivered, order.PickedUp).Status, order.ParcelDelivered)
	want(t, "status", now(t, env, o).Status, order.Delivered)
}

func TestNoMoreIsPackedThanWasOrdered(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := confirmed(t, env)
	mugs := lines[0].ID
	refused := func(code, part string, contents ...order.ShipmentLine) {
		t.Helper()
		_, _, err := env.Service.CreateShipment(kim(t), shipping(o, contents...))
		if f := fault.Of(err); f == nil || fault.CodeOf(err) != code || !strings.Contains(f.Text(t.Context()), part) {
			t.Errorf("%v: %v, want %s with %q", contents, err, code, part)
		}
	}
	refused("CONFLICT", "Only 2 units", order.ShipmentLine{OrderLineID: mugs, Quantity: 3})
	refused("INVALID_INPUT", "at least one unit", order.ShipmentLine{OrderLineID: mugs, Quantity: 0})
	refused("INVALID_INPUT", "named twice", order.ShipmentLine{OrderLineID: mugs, Quantity: 1}, order.ShipmentLine{OrderLineID: mugs, Quantity: 1})
	refused("NOT_FOUND", "no such line", order.ShipmentLine{OrderLineID: "oln_none", Quantity: 1})
	refused("INVALID_INPUT", "from 1 to", []order.ShipmentLine{}...)

	// Eight people pack at the same time what there are two units of.
	var wg sync.WaitGroup
	results := make(chan error, 8)
	for range 8 {
		wg.Go(func() {
			_, _, err := env.Service.CreateShipment(kim(t), shipping(o, order.ShipmentLine{OrderLineID: mugs, Quantity: 1}))
			results <- err
		})
	}
	wg.Wait()
	close(results)
	packed := 0
	for err := range results {
		switch {
		case err == nil:
			packed++
		case fault.CodeOf(err) != "CONFLICT":
			t.Error(err)
		}
	}
	want(t, "parcels", packed, 2)
	want(t, "units in parcels", count(t, env, "SELECT sum(quantity)::int FROM shipment_lines WHERE order_line_id = $1", mugs), 2)
	refused("CONFLICT", "packed already", order.ShipmentLine{OrderLineID: mugs, Quantity: 1})
	if _, err := env.Pool.Exec(t.Context(), "UPDATE order_lines SET packed_quantity = 3 WHERE id = $1", mugs); err == nil || !strings.Contains(err.Error(), "order_lines_ship_at_most_what_was_ordered") {
		t.Errorf("three of two packed: %v", err)
	}
}

func TestAShipmentIsCreatedOncePerKey(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := confirmed(t, env)
	in := shipping(o, order.ShipmentLine{OrderLineID: lines[0].ID, Quantity: 1})
	first := ship(t, env, in)
	again, replayed, err := env.Service.CreateShipment(kim(t), in)
	if err != nil || !replayed || again.ID != first.ID {
		t.Errorf("again: %+v, replayed %v, %v", again, replayed, err)
	}
	in.Carrier = "Another"
	if _, _, err := env.Service.CreateShipment(kim(t), in); fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("the key with another carrier: %v", err)
	}
	if _, _, err := env.Service.CreateShipment(ada(t), shipping(o, order.ShipmentLine{OrderLineID: lines[0].ID, Quantity: 1})); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("a customer ships: %v", err)
	}
}

func TestAReportIsStoredOnce(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := confirmed(t, env)
	s := ship(t, env, shipping(o, order.ShipmentLine{OrderLineID: lines[0].ID, Quantity: 2}))
	at := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	report := order.TrackInput{ShipmentID: s.ID, Status: order.InTransit, Location: "Reno", Message: "It is on its way.", At: &at}
	for i := range 3 {
		if _, replayed, err := env.Service.TrackShipment(kim(t), report); err != nil || replayed != (i > 0) {
			t.Errorf("report %d: replayed %v, %v", i, replayed, err)
		}
	}
	report.At = nil
	for i, status := range []order.ShipmentStatus{order.OutForDelivery, order.OutForDelivery, order.InTransit} {
		report.Status = status
		if _, replayed, err := env.Service.TrackShipment(kim(t), report); err != nil || replayed != (i == 1) {
			t.Errorf("report %d without a time: replayed %v, %v", i, replayed, err)
		}
	}
	events, err := env.Service.TrackingEvents(kim(t), []string{s.ID})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events[0] {
		got = append(got, string(e.Status))
	}
	if want := []string{"IN_TRANSIT", "OUT_FOR_DELIVERY", "IN_TRANSIT"}; !slices.Equal(got, want) {
		t.Errorf("reports: %v, want %v", got, want)
	}
	future := time.Now().Add(time.Hour)
	report.At = &future
	if _, _, err := env.Service.TrackShipment(kim(t), report); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a report of a time to come: %v", err)
	}
}

func TestAShipmentIsReadByThoseWhoMayReadItsOrder(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := confirmed(t, env)
	in := shipping(o, order.ShipmentLine{OrderLineID: lines[0].ID, Quantity: 2})
	in.TrackingNumber = "NL-17"
	s := ship(t, env, in)
	for who, may := range map[string]struct {
		ctx context.Context
		may bool
	}{
		"its customer": {ada(t), true}, "staff": {kim(t), true},
		"another":  {ordertest.As(t.Context(), ordertest.Eve), false},
		"a guest":  {ordertest.As(t.Context(), ordertest.Guest), false},
		"a client": {ordertest.As(t.Context(), ordertest.Partner), true},
	} {
		byID, err := env.Service.FindShipment(may.ctx, &s.ID, nil)
		byNumber, err2 := env.Service.FindShipment(may.ctx, nil, new("NL-17"))
		if err != nil || err2 != nil || (byID != nil) != may.may || (byNumber != nil) != may.may {
			t.Errorf("%s: %v, %v, %v, %v", who, byID, err, byNumber, err2)
		}
	}
	if _, err := env.Service.FindShipment(ada(t), nil, nil); fault.KindOf(err) != fault.Invalid {
		t.Errorf("neither id nor number: %v", err)
	}
}

func TestStatementsOfAParcel(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := confirmed(t, env)
	counted := func(what string, most int, run func()) {
		t.Helper()
		env.Statements.Reset()
		run()
		if n := env.Statements.N(); n > most {
			t.Errorf("%s costs %d statements, want at most %d:\n%s", what, n, most, strings.Join(env.Statements.SQL(), "\n"))
		}
	}
	var s *order.Shipment
	counted("packing two lines", 10, func() {
		s = ship(t, env, shipping(o, order.ShipmentLine{OrderLineID: lines[0].ID, Quantity: 2}, order.ShipmentLine{OrderLineID: lines[1].ID, Quantity: 1}))
	})
	counted("a report", 12, func() { track(t, env, s, order.PickedUp) })
	counted("reading the shipments of two orders", 1, func() {
		if _, err := env.Service.ShipmentsOfOrders(ada(t), []*order.Order{o, o}); err != nil {
			t.Fatal(fmt.Errorf("read: %w", err))
		}
	})
}
