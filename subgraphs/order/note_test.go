package order_test

import (
	"context"
	"strings"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/optional"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

func addNote(t *testing.T, env *ordertest.Env, in order.NoteInput) order.Result {
	t.Helper()
	r, err := env.Service.AddNote(kim(t), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// entries are the timeline of an order as a reader sees it, an entry a line.
func entries(ctx context.Context, t *testing.T, env *ordertest.Env, o *order.Order) string {
	t.Helper()
	timelines, err := env.Service.Timelines(ctx, []string{o.ID}, 0)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, e := range timelines[0] {
		lines = append(lines, strings.Join([]string{string(e.Kind), e.Actor, e.Author(ctx), optional.Value(e.Detail(ctx))}, " "))
	}
	return strings.Join(lines, "\n")
}

func TestOnlyStaffReadWhatStaffWriteForEachOther(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o := place(t, env, open(t, env), "").Order
	addNote(t, env, order.NoteInput{OrderID: o.ID, Text: " Moves on Friday.\r\nCall first. ", Internal: true, Key: "1"})
	addNote(t, env, order.NoteInput{OrderID: o.ID, Text: "We pack it tomorrow.", Key: "2"})
	staff, customer := "NOTE STAFF "+ordertest.Kim.ID+" ", "NOTE STAFF  "
	placed := " $177.64\n"
	want(t, "to staff", entries(kim(t), t, env, o), "PLACED CUSTOMER "+ordertest.Ada.ID+placed+staff+"Moves on Friday.\nCall first.\n"+staff+"We pack it tomorrow.")
	for reader, ctx := range map[string]context.Context{"the customer": ada(t), "a client": ordertest.As(t.Context(), ordertest.Partner)} {
		want(t, "to "+reader, entries(ctx, t, env, o), "PLACED CUSTOMER "+placed+customer+"We pack it tomorrow.")
	}
	cancel(t, env, o)
	addNote(t, env, order.NoteInput{OrderID: o.ID, Text: "The customer is happy.", Key: "3"})
	want(t, "after the order's end", strings.HasSuffix(entries(ada(t), t, env, o), "The customer is happy."), true)
}

func TestANoteIsAddedOnce(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o := place(t, env, open(t, env), "").Order
	env.Published(t)
	in := order.NoteInput{OrderID: o.ID, Text: "Once.", Key: "k"}
	want(t, "the first is a replay", addNote(t, env, in).Replayed, false)
	want(t, "events", strings.Join(typesOf(env.Published(t)), " "), "com.cartograph.order.checkoutChanged.v1 com.cartograph.audit.staffActed.v1")
	want(t, "the second is a replay", addNote(t, env, in).Replayed, true)
	want(t, "events of the replay", len(env.Published(t)), 0)
	in.Text = "Twice."
	_, err := env.Service.AddNote(kim(t), in)
	want(t, "another text", fault.CodeOf(err), "IDEMPOTENCY_KEY_REUSED")
	in.OrderID = "ord_another"
	_, err = env.Service.AddNote(kim(t), in)
	want(t, "another order", fault.CodeOf(err), "IDEMPOTENCY_KEY_REUSED")
	want(t, "notes", count(t, env, "SELECT count(*) FROM order_history WHERE kind = 'NOTE'"), 1)
}

func TestNotesAreRefused(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o := place(t, env, open(t, env), "").Order
	for name, c := range map[string]struct {
		who  auth.Actor
		in   order.NoteInput
		kind fault.Kind
	}{
		"no text":         {ordertest.Kim, order.NoteInput{OrderID: o.ID, Text: " \n "}, fault.Invalid},
		"a long text":     {ordertest.Kim, order.NoteInput{OrderID: o.ID, Text: strings.Repeat("ä", 2001)}, fault.Invalid},
		"signs":           {ordertest.Kim, order.NoteInput{OrderID: o.ID, Text: "a\x00b"}, fault.Invalid},
		"no order":        {ordertest.Kim, order.NoteInput{OrderID: "ord_none", Text: "x"}, fault.NotFound},
		"the customer":    {ordertest.Ada, order.NoteInput{OrderID: o.ID, Text: "x"}, fault.Forbidden},
		"a client":        {ordertest.Partner, order.NoteInput{OrderID: o.ID, Text: "x"}, fault.Forbidden},
		"the 101st of it": {ordertest.Kim, order.NoteInput{OrderID: o.ID, Text: "x"}, fault.Conflict},
	} {
		if name == "the 101st of it" {
			if _, err := env.Pool.Exec(t.Context(), `
				INSERT INTO order_history (order_id, at, keyed, kind, title, note, actor, status, stage, payment_status)
				SELECT id, now(), true, 'NOTE', 'order.timeline.note', 'x', 'STAFF', status, stage, payment_status FROM orders, generate_series(1, 100)`); err != nil {
				t.Fatal(err)
			}
		}
		c.in.Key = name
		_, err := env.Service.AddNote(ordertest.As(t.Context(), c.who), c.in)
		want(t, name, fault.KindOf(err), c.kind)
	}
}
