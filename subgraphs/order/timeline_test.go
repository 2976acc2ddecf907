package order_test

import (
	"errors"
	"strings"
	"testing"

	"cartograph/internal/fault"
	"cartograph/internal/locale"
	"cartograph/internal/optional"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/ordertest"
)

// read is the timeline of an order in the language of a reader, an entry a line.
func read(t *testing.T, env *ordertest.Env, o *order.Order, reader string) string {
	t.Helper()
	entries, err := env.Service.Timelines(ada(t), []string{o.ID}, 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx := locale.With(t.Context(), reader)
	var lines []string
	for _, e := range entries[0] {
		lines = append(lines, strings.TrimSuffix(e.Title(ctx)+": "+optional.Value(e.Detail(ctx)), ": "))
	}
	return strings.Join(lines, "\n")
}

func TestATimelineIsReadInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	a, err := env.Service.Place(ada(t), placing(open(t, env), ordertest.TokenDecline))
	if _, declined := errors.AsType[*order.DeclinedError](err); !declined {
		t.Fatal(err)
	}
	if text := fault.Of(err).Text(locale.With(t.Context(), "de-AT")); text != "Die Bank hat die Karte abgelehnt." {
		t.Errorf("the decline reads %q", text)
	}
	cancel(t, env, a.Order)
	want(t, "the timeline in English", read(t, env, a.Order, "en-US"), `Order placed: $177.64
Payment started
Payment declined: The bank declined the card.
Order cancelled: at the customer's request`)
	want(t, "the timeline in German", read(t, env, a.Order, "de-DE"), `Bestellung aufgegeben: 177,64`+"\u00a0$"+`
Zahlung begonnen
Zahlung abgelehnt: Die Bank hat die Karte abgelehnt.
Bestellung storniert: auf Kundenwunsch`)
	refused := order.CancelInput{OrderID: a.Order.ID, Reason: order.CustomerRequest, Key: "again"}
	_, err = env.Service.CancelOrder(ada(t), refused)
	want(t, "the refusal in German", fault.Of(err).Text(locale.With(t.Context(), "de")), "Diese Bestellung ist bereits storniert.")
}

func TestEntriesOfBeforeTheCatalogueAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	env := ordertest.New(t)
	o := place(t, env, open(t, env), "").Order
	if _, err := env.Pool.Exec(t.Context(), `
		INSERT INTO order_history (order_id, at, kind, title, detail, actor, status, stage, payment_status)
		VALUES ($1, now(), 'PAYMENT', 'Payment authorised', '€12.00', 'SYSTEM', 'PENDING_PAYMENT', 'AUTHORIZED', 'AUTHORIZED'),
		       ($1, now(), 'STOCK', 'Stock reserved for you', NULL, 'SYSTEM', 'PENDING_PAYMENT', 'AUTHORIZED', 'AUTHORIZED')`, o.ID); err != nil {
		t.Fatal(err)
	}
	_, old, _ := strings.Cut(read(t, env, o, "de-DE"), "\n")
	want(t, "the old entries", old, "Payment authorised: €12.00\nStock reserved for you")
}
