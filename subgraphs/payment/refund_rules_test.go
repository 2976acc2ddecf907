package payment

import (
	"fmt"
	"strings"
	"testing"

	"cartograph/internal/fault"
	"cartograph/internal/money"
)

func TestARefundIsOfTheCapturedPayment(t *testing.T) {
	t.Parallel()
	of := func(id string, status Status) Payment {
		p := at(status, OpNone)
		p.ID = id
		return p
	}
	name := func(id string) *string { return &id }
	for _, c := range []struct {
		claim    string
		payments []Payment
		named    *string
		want     string // the payment's id, or the code and the place of the refusal
	}{
		{"the one that was captured", []Payment{of("a", Declined), of("b", Captured)}, nil, "b"},
		{"refunded in part", []Payment{of("a", PartiallyRefunded)}, nil, "a"},
		{"refunded in full: nothing is left, which the amount shows", []Payment{of("a", Refunded)}, nil, "a"},
		{"the one that is named", []Payment{of("a", Declined), of("b", Captured)}, name("b"), "b"},
		{"no payment", nil, nil, "REFUND_NOT_ALLOWED orderId"},
		{"none captured", []Payment{of("a", Authorized), of("b", Declined)}, nil, "REFUND_NOT_ALLOWED orderId"},
		{"the named one is not captured", []Payment{of("a", Authorized), of("b", Captured)}, name("a"), "REFUND_NOT_ALLOWED paymentId"},
		{"the named one is of another order", []Payment{of("a", Captured)}, name("z"), "NOT_FOUND paymentId"},
		{"disputed", []Payment{of("a", Disputed)}, nil, "REFUND_NOT_ALLOWED paymentId"},
		{"charged back", []Payment{of("a", ChargedBack)}, nil, "REFUND_NOT_ALLOWED paymentId"},
		{"the named one is disputed", []Payment{of("a", Disputed)}, name("a"), "REFUND_NOT_ALLOWED paymentId"},
	} {
		p, err := refundable(c.payments, c.named)
		got := p.ID
		if err != nil {
			got = refusal(err)
		}
		if got != c.want {
			t.Errorf("%s: %q (%v), want %q", c.claim, got, err, c.want)
		}
	}
}

// refusal is the code of a fault and the last name of its path.
func refusal(err error) string {
	f := fault.Of(err)
	if f == nil {
		return fmt.Sprint(err)
	}
	last := ""
	if n := len(f.Path); n > 0 {
		last = f.Path[n-1]
	}
	return f.Code + " " + last
}

func TestARefundRequestIsCheckedBeforeAnythingIsStored(t *testing.T) {
	t.Parallel()
	amount := func(minor int64) *money.Money { m := usd(minor); return &m }
	card := "4242 4242 4242 4242"
	for _, c := range []struct {
		claim   string
		request RefundRequest
		allowed bool
	}{
		{"all that is left", RefundRequest{OrderID: "ord_1"}, true},
		{"the smallest amount", RefundRequest{OrderID: "ord_1", Amount: amount(1)}, true},
		{"nothing", RefundRequest{OrderID: "ord_1", Amount: amount(0)}, false},
		{"less than nothing", RefundRequest{OrderID: "ord_1", Amount: amount(-1)}, false},
		{"the longest note", RefundRequest{OrderID: "ord_1", Note: strings.Repeat("é", maxNoteLength)}, true},
		{"a longer note", RefundRequest{OrderID: "ord_1", Note: strings.Repeat("é", maxNoteLength+1)}, false},
		{"a card number in the note", RefundRequest{OrderID: "ord_1", Note: "card " + card}, false},
		{"a card number for an order", RefundRequest{OrderID: card}, false},
		{"a card number for a payment", RefundRequest{OrderID: "ord_1", PaymentID: &card}, false},
	} {
		if err := c.request.check(); (err == nil) != c.allowed {
			t.Errorf("%s: %v, want it allowed: %v", c.claim, err, c.allowed)
		}
	}
}

func TestAnAuthorisationNamesItsOrderAmountAndToken(t *testing.T) {
	t.Parallel()
	whole := AuthorizeRequest{PaymentID: "pay_1", Order: Order{ID: "ord_1", CheckoutID: "chk_1", OwnerID: "usr_ada", Amount: usd(1)}, Token: "tok"}
	if err := whole.check(); err != nil {
		t.Errorf("a whole request: %v", err)
	}
	for claim, spoil := range map[string]func(*AuthorizeRequest){
		"no payment":          func(r *AuthorizeRequest) { r.PaymentID = "" },
		"no order":            func(r *AuthorizeRequest) { r.Order.ID = "" },
		"no checkout":         func(r *AuthorizeRequest) { r.Order.CheckoutID = "" },
		"no owner":            func(r *AuthorizeRequest) { r.Order.OwnerID = "" },
		"no token":            func(r *AuthorizeRequest) { r.Token = "" },
		"an amount of 0":      func(r *AuthorizeRequest) { r.Order.Amount.Minor = 0 },
		"a negative amount":   func(r *AuthorizeRequest) { r.Order.Amount.Minor = -1 },
		"an unknown currency": func(r *AuthorizeRequest) { r.Order.Amount.Currency = "XXX" },
	} {
		r := whole
		spoil(&r)
		if err := r.check(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want it invalid", claim, err)
		}
	}
}

// A version that is covered is not read from the gateway again: it must have been
// applied, or a later one.
func TestAVersionIsCoveredOnceItIsApplied(t *testing.T) {
	t.Parallel()
	var c versionCache
	if c.covers("pay_1", 1) || c.covers("pay_1", 0) {
		t.Error("a version is covered before any is applied")
	}
	c.store("pay_1", 5)
	c.store("pay_1", 3) // an answer that was late
	for version, want := range map[int64]bool{1: true, 5: true, 6: false, 0: false, -1: false} {
		if got := c.covers("pay_1", version); got != want {
			t.Errorf("after version 5, %d is covered: %v, want %v", version, got, want)
		}
	}
	if c.covers("pay_2", 1) {
		t.Error("a version of another payment is covered")
	}
	for i := range generation { // a second generation begins
		c.store(fmt.Sprint(i), 1)
	}
	if len(c.young) > generation || !c.covers("pay_1", 5) {
		t.Errorf("%d payments are young, and the last generation is covered: %v; want at most %d, and it is", len(c.young), c.covers("pay_1", 5), generation)
	}
	c.store("pay_1", 2) // an old version in the young generation
	if !c.covers("pay_1", 5) {
		t.Error("an old version hides a newer one of the generation before")
	}
	for i := range generation {
		c.store(fmt.Sprint("x", i), 1)
	}
	if c.covers("0", 1) || len(c.young)+len(c.old) > 2*generation {
		t.Errorf("%d payments are kept, want two generations at most", len(c.young)+len(c.old))
	}
}
