package payment_test

import (
	"testing"

	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/subgraphs/payment"
)

// TestAKeyIsBoundToEveryArgument changes one argument at a time.
func TestAKeyIsBoundToEveryArgument(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o, other := s.placed(5000), s.placed(5000)
	create := payment.CreateRequest{OrderID: o.OrderID, Token: "tok_ok", ReturnURL: "https://shop.test/a", IdempotencyKey: "k"}
	pay := func(change func(*payment.CreateRequest)) (bool, error) {
		r := create
		change(&r)
		_, replayed, err := s.payments.Create(s.as(ada), r)
		return replayed, err
	}
	if replayed, err := pay(func(*payment.CreateRequest) {}); err != nil || replayed {
		t.Fatalf("create: replayed %v, %v", replayed, err)
	}
	if replayed, err := pay(func(*payment.CreateRequest) {}); err != nil || !replayed {
		t.Errorf("the same again: replayed %v, %v, want replayed", replayed, err)
	}
	for name, change := range map[string]func(*payment.CreateRequest){
		"orderId":   func(r *payment.CreateRequest) { r.OrderID = other.OrderID },
		"token":     func(r *payment.CreateRequest) { r.Token = "tok_3ds" },
		"returnUrl": func(r *payment.CreateRequest) { r.ReturnURL = "https://shop.test/b" },
		"amount":    func(r *payment.CreateRequest) { r.Amount = &money.Money{Minor: 5000, Currency: "USD"} },
	} {
		if _, err := pay(change); fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("paymentCreate with another %s: %v, want IDEMPOTENCY_KEY_REUSED", name, err)
		}
	}

	p, q := s.captured(5000), s.captured(5000)
	refund := payment.RefundRequest{OrderID: p.OrderID, Amount: &money.Money{Minor: 100, Currency: "USD"}, Reason: payment.OtherReason, Note: "a", IdempotencyKey: "k"}
	if _, _, err := s.payments.Refund(s.as(kim), refund); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*payment.RefundRequest){
		"orderId":   func(r *payment.RefundRequest) { r.OrderID = q.OrderID },
		"paymentId": func(r *payment.RefundRequest) { r.PaymentID = optional.Of(p.ID) },
		"amount":    func(r *payment.RefundRequest) { r.Amount = &money.Money{Minor: 200, Currency: "USD"} },
		"reason":    func(r *payment.RefundRequest) { r.Reason = payment.Fraud },
		"note":      func(r *payment.RefundRequest) { r.Note = "b" },
	} {
		r := refund
		change(&r)
		if _, _, err := s.payments.Refund(s.as(kim), r); fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("refundCreate with another %s: %v, want IDEMPOTENCY_KEY_REUSED", name, err)
		}
	}
	for name, command := range map[string]func(paymentID string) error{
		"paymentVoid":    func(id string) error { _, _, err := s.payments.Void(s.as(kim), id, "v"); return err },
		"paymentConfirm": func(id string) error { _, _, err := s.payments.Confirm(s.as(ada), id, "c"); return err },
	} {
		a, b := s.authorise(s.placed(5000), "tok_3ds"), s.authorise(s.placed(5000), "tok_3ds")
		if err := command(a.ID); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := command(b.ID); fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" {
			t.Errorf("%s of another payment: %v, want IDEMPOTENCY_KEY_REUSED", name, err)
		}
	}
}

func TestLimitsCountCharacters(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	long := func(n int) string {
		text := make([]rune, n)
		for i := range text {
			text[i] = 'ä'
		}
		return string(text)
	}
	for n, want := range map[int]fault.Kind{1000: fault.NotFound, 1001: fault.Invalid} {
		r := payment.RefundRequest{OrderID: "ord_none", Reason: payment.OtherReason, Note: long(n), IdempotencyKey: "k"}
		if _, _, err := s.payments.Refund(s.as(kim), r); fault.KindOf(err) != want {
			t.Errorf("a note of %d characters: %v, want kind %v", n, err, want)
		}
	}
	for n, want := range map[int]fault.Kind{200: fault.NotFound, 201: fault.Invalid} {
		r := payment.CreateRequest{OrderID: "ord_none", Token: long(n), IdempotencyKey: "k"}
		if _, _, err := s.payments.Create(s.as(ada), r); fault.KindOf(err) != want {
			t.Errorf("a token of %d characters: %v, want kind %v", n, err, want)
		}
	}
}
