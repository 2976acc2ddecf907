package e2e

import (
	"testing"

	"cartograph/app"
	"cartograph/e2e/systemtest"
	"cartograph/internal/embedded"
	"cartograph/internal/id"
)

const (
	paymentCreate = `mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) {
		payment { id status nextAction { redirectUrl } } userErrors { code message } } }`
	paymentConfirm = `mutation($id: ID!, $key: ID!) { paymentConfirm(paymentId: $id, idempotencyKey: $key) { payment { id status } userErrors { code message } } }`
)

// pay pays for an order and returns the payment.
func (c *client) pay(t *testing.T, orderID, token string) object {
	t.Helper()
	data := c.do(t, paymentCreate, vars{"input": vars{"orderId": orderID, "instrument": vars{"token": token}, "idempotencyKey": id.New("key")}})
	payment, _ := data.get("paymentCreate.payment").(map[string]any)
	if payment == nil {
		t.Fatalf("paying with %s: %v", token, data)
	}
	return object(payment)
}

// order reads an order once.
func (c *client) order(t *testing.T, orderID string) object {
	t.Helper()
	order, _ := c.do(t, orderByID, vars{"id": orderID}).get("order").(map[string]any)
	return object(order)
}

func TestPaymentsDecideTheirOrdersWhileKafkaIsAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	kafka, err := embedded.StartKafka(dir, "", systemtest.Logger())
	if err != nil {
		t.Fatal(err)
	}
	addr := kafka.Addr()
	s := start(t, func(cfg *app.Config) { cfg.KafkaBrokers = []string{addr} })
	variant := s.buyable(t, 50)
	buyer := func(name string) (*client, object) {
		c := s.register(t, name)
		return c, c.checkout(t, c.add(t, variant, 1))
	}
	retrying, first := buyer("retrying")
	confirming, second := buyer("confirming")
	leaving, third := buyer("leaving")
	kafka.Close()

	declined := retrying.place(t, first, "tok_decline").str("order.id")
	if got := retrying.order(t, declined).str("paymentStatus"); got != "FAILED" {
		t.Errorf("after a decline the order is %s, want FAILED", got)
	}
	retrying.pay(t, declined, "tok_decline")
	if got := retrying.order(t, declined).str("paymentStatus"); got != "FAILED" {
		t.Errorf("right after a second decline the order is %s, want FAILED", got)
	}
	if got := retrying.pay(t, declined, "tok_ok").str("status"); got != "CAPTURED" {
		t.Errorf("the third card is %s, want CAPTURED", got)
	}
	if got := retrying.order(t, declined); got.str("status") != "CONFIRMED" {
		t.Errorf("right after the third card the order is %v, want CONFIRMED", got)
	}

	// Payment has no event of an order that is placed without a payment.
	unpaid := confirming.place(t, second, "").str("order.id")
	challenged := confirming.pay(t, unpaid, "tok_3ds")
	if got := confirming.order(t, unpaid).str("paymentStatus"); got != "PENDING" {
		t.Errorf("right after a challenge the order is %s, want PENDING", got)
	}
	approve(t, challenged.str("nextAction.redirectUrl"))
	confirming.do(t, paymentConfirm, vars{"id": challenged.str("id"), "key": "confirm"})
	if got := confirming.order(t, unpaid); got.str("status") != "CONFIRMED" {
		t.Errorf("right after the confirmation the order is %v, want CONFIRMED", got)
	}

	// The buyer approves and closes the browser: only the gateway's webhook comes.
	left := leaving.place(t, third, "").str("order.id")
	approve(t, leaving.pay(t, left, "tok_3ds").str("nextAction.redirectUrl"))
	leaving.await(t, left, "CONFIRMED")
}
