package order_test

import (
	"context"
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

// delivered is an order of two mugs and a lamp that is delivered, and its lines.
func delivered(t *testing.T, env *ordertest.Env) (*order.Order, []order.Line) {
	t.Helper()
	o, lines := confirmed(t, env)
	s := ship(t, env, shipping(o, order.ShipmentLine{OrderLineID: lines[0].ID, Quantity: 2}, order.ShipmentLine{OrderLineID: lines[1].ID, Quantity: 1}))
	track(t, env, s, order.ParcelDelivered)
	env.Published(t)
	return now(t, env, o), orderLines(t, env, o)
}

func orderLines(t *testing.T, env *ordertest.Env, o *order.Order) []order.Line {
	t.Helper()
	lines, err := env.Service.OrderLines(ada(t), []string{o.ID}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	return lines[0]
}

func returning(o *order.Order, units ...order.ReturnedUnits) order.ReturnInput {
	return order.ReturnInput{OrderID: o.ID, Lines: units, Key: id.New(id.Event)}
}

func units(l order.Line, n int) order.ReturnedUnits {
	return order.ReturnedUnits{OrderLineID: l.ID, Quantity: n, Reason: "DAMAGED"}
}

func requestReturn(t *testing.T, env *ordertest.Env, in order.ReturnInput) *order.Return {
	t.Helper()
	r, _, err := env.Service.RequestReturn(ada(t), in)
	if err != nil {
		t.Fatalf("request: %v", err)
	}
	return r
}

func decide(t *testing.T, env *ordertest.Env, r *order.Return, approve bool) *order.Return {
	t.Helper()
	r, _, err := env.Service.DecideReturn(kim(t), order.DecideInput{ReturnID: r.ID, Approve: approve, Note: "Because.", Key: id.New(id.Event)})
	if err != nil {
		t.Fatalf("decide: %v", err)
	}
	return r
}

func receive(t *testing.T, env *ordertest.Env, r *order.Return, lines ...order.ReceivedLine) *order.Return {
	t.Helper()
	r, _, err := env.Service.ReceiveReturn(kim(t), order.ReceiveInput{ReturnID: r.ID, Lines: lines, Key: id.New(id.Event)})
	if err != nil {
		t.Fatalf("receive: %v", err)
	}
	return r
}

func report(t *testing.T, env *ordertest.Env, payloads ...event.Payload) {
	t.Helper()
	for _, p := range payloads {
		handle(t, env, p)
	}
}

func readReturn(t *testing.T, env *ordertest.Env, r *order.Return) *order.Return {
	t.Helper()
	read, err := env.Service.Return(ada(t), r.ID)
	if err != nil || read == nil {
		t.Fatalf("read return: %v, %v", read, err)
	}
	return read
}

func label(r *order.Return) event.ReturnLabelCreated {
	return event.ReturnLabelCreated{
		ReturnID: r.ID, CheckoutID: r.CheckoutID, Carrier: "Northline", TrackingNumber: "NL-1", LabelURL: "https://labels.example.com/NL-1.pdf", At: time.Now(),
	}
}

func moved(r *order.Return, status string) event.ReturnMoved {
	return event.ReturnMoved{ReturnID: r.ID, CheckoutID: r.CheckoutID, Status: status, At: time.Now()}
}

func TestUnitsGoBackAndAreRefunded(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := delivered(t, env)
	mugs := lines[0]
	published := func(names ...string) {
		t.Helper()
		if got := types(env.Published(t)); !slices.Equal(got, names) {
			t.Errorf("published %v, want %v", got, names)
		}
	}
	if a := env.Service.Actions(o); !a.CanReturn || a.ReturnUntil == nil || a.ReturnUntil.Before(time.Now().Add(29*24*time.Hour)) {
		t.Errorf("actions of a delivered order: %+v", a)
	}
	r := requestReturn(t, env, returning(o, units(mugs, 1)))
	want(t, "return", r.Status, order.ReturnRequested)
	want(t, "fulfillment", now(t, env, o).FulfillmentStatus, order.BeingReturned)
	want(t, "can cancel", r.Actions().CanCancel, true)
	want(t, "returnable mugs", orderLines(t, env, o)[0].Returnable(), 1)
	published("order.returnRequested")

	r = decide(t, env, r, true)
	want(t, "return", r.Status, order.ReturnApproved)
	published("order.returnApproved", "order.returnLabelDue")
	report(t, env, label(r), label(r), moved(r, "IN_TRANSIT"), moved(r, "PICKED_UP"))
	r = readReturn(t, env, r)
	want(t, "return", r.Status, order.ReturnInTransit)
	if r.LabelURL == nil || r.DueAt == nil || r.Actions().CanCancel || r.Actions().CancelBlockedBecause(t.Context()) == nil {
		t.Errorf("a return on its way: %+v, %+v", r, r.Actions())
	}
	published("order.returnLabelled")

	estimate := r.RefundAmount()
	r = receive(t, env, r)
	want(t, "return", r.Status, order.ReturnReceived)
	want(t, "fulfillment", now(t, env, o).FulfillmentStatus, order.PartiallyReturned)
	env.Settle(t)
	r, o = readReturn(t, env, r), now(t, env, o)
	want(t, "return", r.Status, order.ReturnRefunded)
	want(t, "payment", o.PaymentStatus, order.PartiallyRefunded)
	want(t, "status", o.Status, order.Delivered)
	mugs = orderLines(t, env, o)[0]
	if mugs.Returned != 1 || mugs.Returning != 0 || mugs.RefundedUnits != 1 || mugs.RefundedMinor == 0 || mugs.RefundedMinor != o.Payment.Refunded ||
		r.RefundAmount().Minor != mugs.RefundedMinor || r.RefundAmount() != estimate {
		t.Errorf("refunded: %+v, return %s, estimate %s, order %d", mugs, r.RefundAmount(), estimate, o.Payment.Refunded)
	}
	if got := timeline(t, env, o); !slices.Equal(got[len(got)-6:], []string{
		"Return requested", "Return approved", "Return label created", "Return handed to the carrier", "Return received", "Money refunded",
	}) {
		t.Errorf("timeline = %q", got)
	}
	rest := requestReturn(t, env, returning(o, units(mugs, 1), units(lines[1], 1)))
	receive(t, env, decide(t, env, rest, true))
	env.Settle(t)
	o = now(t, env, o)
	want(t, "fulfillment", o.FulfillmentStatus, order.AllReturned)
	if a := env.Service.Actions(o); a.CanReturn || a.ReturnBlockedBecause(t.Context()) == nil {
		t.Errorf("actions when everything came back: %+v", a)
	}
}

func TestWhatArrivesIsRestockedAndRefundedAsStaffDecide(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := delivered(t, env)
	r := decide(t, env, requestReturn(t, env, returning(o, units(lines[0], 2), units(lines[1], 1))), true)
	env.Published(t)
	r = receive(t, env, r, order.ReceivedLine{OrderLineID: lines[0].ID, Quantity: 1, Condition: order.ConditionUsed, Refund: true},
		order.ReceivedLine{OrderLineID: lines[1].ID, Quantity: 1, Condition: order.ConditionNew, Restock: true})
	var received event.ReturnReceived
	var due event.RefundDue
	for _, e := range env.Published(t) {
		switch e.Type {
		case event.Type[event.ReturnReceived]():
			received, _ = event.Decode[event.ReturnReceived](e)
		case event.Type[event.RefundDue]():
			due, _ = event.Decode[event.RefundDue](e)
		}
	}
	if len(received.Received) != 2 || received.Received[0].Restock || !received.Received[1].Restock || received.Received[0].Condition != "USED" {
		t.Errorf("received: %+v", received)
	}
	if len(due.Lines) != 1 || due.Lines[0].Units != 1 || due.Lines[0].Quantity != 2 || due.Lines[0].PaidMinor <= lines[0].Total.Minor || due.RefundID != *r.RefundID {
		t.Errorf("refund due: %+v, want one of two mugs with its share of the delivery", due)
	}
	mugs := orderLines(t, env, o)[0]
	want(t, "the mug that did not arrive can be returned", mugs.Returnable(), 1)

	r = decide(t, env, requestReturn(t, env, returning(o, units(mugs, 1))), true)
	r = receive(t, env, r, order.ReceivedLine{OrderLineID: mugs.ID, Quantity: 1, Condition: order.ConditionDamaged})
	want(t, "a return without a refund", r.Status, order.ReturnClosed)
	want(t, "its refund", r.RefundAmount().Minor, int64(0))
	if _, _, err := env.Service.ReceiveReturn(kim(t), order.ReceiveInput{ReturnID: r.ID, Key: "again"}); fault.CodeOf(err) != "CONFLICT" {
		t.Errorf("received twice: %v", err)
	}
}

func TestWhatCannotBeReturned(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := delivered(t, env)
	refused := func(ctx context.Context, code, part string, in order.ReturnInput) {
		t.Helper()
		_, _, err := env.Service.RequestReturn(ctx, in)
		if f := fault.Of(err); f == nil || fault.CodeOf(err) != code || !strings.Contains(f.Text(ctx), part) {
			t.Errorf("%+v: %v, want %s with %q", in.Lines, err, code, part)
		}
	}
	refused(ada(t), "CONFLICT", "Only 2 units", returning(o, units(lines[0], 3)))
	refused(ada(t), "INVALID_INPUT", "at least one unit", returning(o, units(lines[0], 0)))
	refused(ada(t), "INVALID_INPUT", "named twice", returning(o, units(lines[0], 1), units(lines[0], 1)))
	refused(ada(t), "INVALID_INPUT", "from 1 to", returning(o))
	refused(ada(t), "NOT_FOUND", "no such line", returning(o, order.ReturnedUnits{OrderLineID: "oln_none", Quantity: 1}))
	refused(ordertest.As(t.Context(), ordertest.Eve), "NOT_FOUND", "no such order", returning(o, units(lines[0], 1)))
	refused(ordertest.As(t.Context(), ordertest.Partner), "NOT_FOUND", "no such order", returning(o, units(lines[0], 1)))

	whole := returning(o, units(lines[0], 2))
	first := requestReturn(t, env, whole)
	again, replayed, err := env.Service.RequestReturn(ada(t), whole)
	if err != nil || !replayed || again.ID != first.ID {
		t.Errorf("the same again: %+v, %v, %v", again, replayed, err)
	}
	whole.Note = "another"
	refused(ada(t), "IDEMPOTENCY_KEY_REUSED", "", whole)
	refused(ada(t), "CONFLICT", "Only 0 units", returning(o, units(lines[0], 1)))
	decide(t, env, first, false)
	requestReturn(t, env, returning(o, units(lines[0], 2))) // the units of a rejected return are free again

	fresh, freshLines := confirmed(t, env)
	refused(ada(t), "CONFLICT", "delivered yet", returning(fresh, units(freshLines[0], 1)))
	if _, err := env.Pool.Exec(t.Context(), "UPDATE orders SET delivered_at = delivered_at - interval '31 days' WHERE id = $1", o.ID); err != nil {
		t.Fatal(err)
	}
	refused(ada(t), "RETURN_WINDOW_CLOSED", "possible until", returning(o, units(lines[1], 1)))
	if a := env.Service.Actions(now(t, env, o)); a.CanReturn || a.ReturnBlockedBecause(t.Context()) == nil {
		t.Errorf("actions after the window: %+v", a)
	}
	if r, _, err := env.Service.RequestReturn(kim(t), returning(o, units(lines[1], 1))); err != nil || r == nil {
		t.Errorf("staff after the window: %v", err)
	}
	if _, err := env.Pool.Exec(t.Context(), "UPDATE order_lines SET returned_quantity = 3 WHERE id = $1", lines[0].ID); err == nil || !strings.Contains(err.Error(), "order_lines_return_at_most_what_was_delivered") {
		t.Errorf("three of two returned: %v", err)
	}
}

func TestAReturnEndsWithoutItsParcel(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := delivered(t, env)
	request := func() *order.Return { return requestReturn(t, env, returning(o, units(lines[0], 1))) }
	rejected := decide(t, env, request(), false)
	if rejected.Status != order.ReturnRejected || *rejected.RejectedBecause() != "Because." {
		t.Errorf("rejected: %+v", rejected)
	}
	if _, _, err := env.Service.DecideReturn(kim(t), order.DecideInput{ReturnID: request().ID, Key: "k"}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("rejected without a reason: %v", err)
	}
	approved := decide(t, env, request(), true)
	env.Published(t)
	if _, _, err := env.Service.CancelReturn(ordertest.As(t.Context(), ordertest.Eve), order.CancelReturnInput{ReturnID: approved.ID, Key: "k"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("cancelled by another: %v", err)
	}
	cancelled, _, err := env.Service.CancelReturn(ada(t), order.CancelReturnInput{ReturnID: approved.ID, Key: "k"})
	if err != nil || cancelled.Status != order.ReturnCancelled {
		t.Errorf("cancelled: %+v, %v", cancelled, err)
	}
	if got := types(env.Published(t)); !slices.Equal(got, []string{"order.returnCancelled"}) {
		t.Errorf("published %v", got)
	}
	late := decide(t, env, request(), true)
	env.Published(t)
	for range 2 {
		if _, err := env.Service.ExpireReturns(t.Context()); err != nil {
			t.Fatal(err)
		}
		want(t, "before its time", readReturn(t, env, late).Status, order.ReturnApproved)
	}
	if _, err := env.Pool.Exec(t.Context(), "UPDATE returns SET due_at = now() WHERE id = $1", late.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Service.ExpireReturns(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, "after its time", readReturn(t, env, late).Status, order.ReturnExpired)
	if got := types(env.Published(t)); !slices.Equal(got, []string{"order.returnExpired"}) {
		t.Errorf("published %v", got)
	}
	report(t, env, label(late), moved(late, "IN_TRANSIT"))
	want(t, "after a late report", readReturn(t, env, late).Status, order.ReturnExpired)
}

func TestARefundThatFailsIsRequestedAgain(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := delivered(t, env)
	r := decide(t, env, requestReturn(t, env, returning(o, units(lines[0], 1))), true)
	env.Payments.Refunds = "FAILED"
	r = receive(t, env, r)
	first := *r.RefundID
	env.Settle(t)
	r = readReturn(t, env, r)
	if r.Status != order.ReturnReceived || !r.RefundFailed {
		t.Fatalf("after a failed refund: %+v", r)
	}
	env.Payments.Refunds = ""
	r = receive(t, env, r)
	if *r.RefundID == first || r.RefundFailed {
		t.Errorf("requested again: %+v", r)
	}
	env.Settle(t)
	want(t, "return", readReturn(t, env, r).Status, order.ReturnRefunded)

	r = decide(t, env, requestReturn(t, env, returning(o, units(lines[1], 1))), true)
	env.Payments.Refunds = "NOT_DUE"
	receive(t, env, r)
	env.Settle(t)
	r = readReturn(t, env, r)
	want(t, "a return of which nothing is left to refund", r.Status, order.ReturnClosed)
	want(t, "its refund", r.RefundAmount().Minor, int64(0))
}

// Of several commands at once the first decides; the others are refused.
func TestOneCommandAtATimeChangesAReturn(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := delivered(t, env)
	race := func(commands ...func() error) (succeeded int) {
		t.Helper()
		var wg sync.WaitGroup
		results := make(chan error, len(commands))
		for _, command := range commands {
			wg.Go(func() { results <- command() })
		}
		wg.Wait()
		close(results)
		for err := range results {
			if err == nil {
				succeeded++
			} else if fault.CodeOf(err) != "CONFLICT" {
				t.Error(err)
			}
		}
		return succeeded
	}
	for range 4 {
		r := requestReturn(t, env, returning(o, units(lines[0], 1)))
		decision := func(approve bool) func() error {
			return func() error {
				_, _, err := env.Service.DecideReturn(kim(t), order.DecideInput{ReturnID: r.ID, Approve: approve, Note: "Because.", Key: id.New(id.Event)})
				return err
			}
		}
		want(t, "decisions", race(decision(true), decision(false), decision(true), decision(false)), 1)
		if readReturn(t, env, r).Status == order.ReturnRejected {
			continue
		}
		want(t, "ends", race(
			func() error {
				_, _, err := env.Service.CancelReturn(ada(t), order.CancelReturnInput{ReturnID: r.ID, Key: id.New(id.Event)})
				return err
			},
			func() error {
				_, _, err := env.Service.ReceiveReturn(kim(t), order.ReceiveInput{ReturnID: r.ID, Key: id.New(id.Event)})
				return err
			}), 1)
		mugs := orderLines(t, env, o)[0]
		received := readReturn(t, env, r).Status != order.ReturnCancelled
		if mugs.Returning != 0 || received != (mugs.Returned > 0) {
			t.Fatalf("received %v: %+v", received, mugs)
		}
		if received {
			break
		}
	}
	env.Settle(t)
}

// The events between the receipt and the refund come again, late and after a restart.
func TestAReturnSurvivesACrashBetweenItsReceiptAndItsRefund(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o, lines := delivered(t, env)
	r := receive(t, env, decide(t, env, requestReturn(t, env, returning(o, units(lines[0], 2))), true))
	env.Restart()
	published := env.Published(t)
	for range 2 {
		for _, e := range published {
			env.Deliver(e)
		}
		env.Restart()
		refunds := env.PeerEvents()
		for range 2 {
			for _, e := range refunds {
				if err := env.Service.Handle(t.Context(), e); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	r, o = readReturn(t, env, r), now(t, env, o)
	want(t, "return", r.Status, order.ReturnRefunded)
	mugs := orderLines(t, env, o)[0]
	if mugs.RefundedUnits != 2 || mugs.RefundedMinor != o.Payment.Refunded || r.RefundAmount().Minor != mugs.RefundedMinor || len(o.Payment.Refunds) != 1 {
		t.Errorf("refunded: %+v, order %+v", mugs, o.Payment)
	}
}
