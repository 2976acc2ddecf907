package payment_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/gatewaysim"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/subgraphs/payment"
	"cartograph/subgraphs/payment/db"
)

// What a buyer waits for is done by calls; their events, which come later, and
// the gateway's webhooks have nothing new, and cost nothing.
func TestStatementsOfAPurchaseAreBounded(t *testing.T) {
	t.Parallel()
	s := open(t, option{mute: true, bank: func(c *gatewaysim.Config) { c.Chaos = gatewaysim.ChaosOff }})
	s.captured(100) // the worker runs
	o := order(5000)
	var p payment.Payment
	s.checkStatements("authorising", 7, func() { p = s.authorise(o, "tok_ok") })
	s.checkStatements("capturing", 7, func() { p = s.capture(p) })
	if p.Status != payment.Captured {
		t.Fatalf("the payment is %s, want CAPTURED", p.Status)
	}
	s.checkStatements("their events", 0, func() {
		s.handle(event.OrderPlaced{OrderFacts: o}, due(o, p.ID),
			event.CaptureDue{OrderID: o.OrderID, CheckoutID: o.CheckoutID, PaymentID: p.ID},
			event.OrderConfirmed{OrderFacts: o, PaymentID: p.ID})
	})
	bodies := s.webhookBodies()
	s.checkStatements(fmt.Sprintf("%d webhooks", len(bodies)), 0, func() {
		for _, body := range bodies {
			if status := s.post(body); status != http.StatusOK {
				t.Errorf("a webhook is answered with %d, want 200", status)
			}
		}
	})
	s.checkLedger()
}

// A replica that did not make the calls has no record of what they did.
func TestAnotherReplicaHandlesTheEventsAndWebhooks(t *testing.T) {
	t.Parallel()
	s := open(t, option{mute: true})
	o := order(5000)
	p := s.capture(s.authorise(o, "tok_ok"))
	s.payments = s.service(nil)
	s.handle(event.OrderPlaced{OrderFacts: o}, due(o, p.ID),
		event.CaptureDue{OrderID: o.OrderID, CheckoutID: o.CheckoutID, PaymentID: p.ID},
		event.OrderConfirmed{OrderFacts: o, PaymentID: p.ID})
	for _, body := range s.webhookBodies() {
		s.post(body)
	}
	if n := s.number(s.pool, `SELECT count(*) FROM handled_events`); n != 4 {
		t.Errorf("%d events were handled, want 4", n)
	}
	if n := s.number(s.pool, `SELECT count(*) FROM webhook_events`); n != 2 {
		t.Errorf("%d webhooks were stored, want 2", n)
	}
	s.checkLedger()
}

// A payment that left the state where a step starts is not moved; the step's
// attempt cannot be written, and nothing of the step is.
func TestTransitionFromAnotherStatusIsRejected(t *testing.T) {
	t.Parallel()
	s := open(t, option{mute: true})
	p := s.authorise(order(5000), "tok_ok")
	attempts := s.number(s.pool, `SELECT count(*) FROM attempts`)
	for from, paymentID := range map[payment.Status]string{payment.RequiresAction: p.ID, payment.Authorized: id.New(id.Payment)} {
		err := db.New(s.pool).ApplyTransition(t.Context(), db.ApplyTransitionParams{
			ID: paymentID, FromStatus: string(from), Status: string(payment.Voided), PendingOperation: string(payment.OpNone),
			Operation: string(payment.OpVoid), Outcome: string(payment.Succeeded), Currency: "USD", Source: string(payment.SourceAPI),
		})
		if err == nil {
			t.Errorf("a step of %s from %s was taken", paymentID, from)
		}
	}
	if now := s.payment(p.ID); now.Status != payment.Authorized {
		t.Errorf("the payment is %s, want AUTHORIZED", now.Status)
	}
	if n := s.number(s.pool, `SELECT count(*) FROM attempts`); n != attempts {
		t.Errorf("there are %d attempts, want %d as before", n, attempts)
	}
}

// costs counts what do sends, but for what the worker looks for by itself.
func (s *shop) checkStatements(what string, most int, do func()) {
	s.Helper()
	s.count.Reset()
	do()
	var sent []string
	for _, sql := range s.count.SQL() {
		if !strings.HasPrefix(sql, "-- name: Lease") {
			sent = append(sent, sql)
		}
	}
	if len(sent) > most {
		s.Errorf("%s costs %d statements, want %d at most:\n%s", what, len(sent), most, strings.Join(sent, "\n"))
	}
}

// webhookBodies are the gateway's webhooks so far.
func (s *shop) webhookBodies() [][]byte {
	s.Helper()
	rows, err := s.bank.Query(s.Context(), `SELECT body FROM webhook_events ORDER BY seq`)
	if err != nil {
		s.Fatal(err)
	}
	bodies, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil || len(bodies) == 0 {
		s.Fatalf("the gateway sent nothing: %v", err)
	}
	return bodies
}

// post delivers a webhook by hand.
func (s *shop) post(body []byte) (status int) {
	return s.webhook(body, sign("whsec_test", body, time.Now()))
}
