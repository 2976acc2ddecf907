package order

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/pricing"
)

func TestTheChosenMethodIsKeptWhileItIsOffered(t *testing.T) {
	t.Parallel()
	checkout := func(method string, grams int) *Checkout {
		c := &Checkout{MethodID: method, WeightGrams: grams, Costs: Costs{Total: usd(0)}}
		c.Country = "US"
		c.price(nil)
		return c
	}
	for _, c := range []struct {
		method string
		grams  int
		want   string
		price  int64
	}{
		{"", 400, "standard", 490},
		{"express", 400, "express", 1490},
		{"express", 20_001, "standard", 1090},
		{"standard", 31_501, "freight", 5520},
		{"none", 400, "standard", 490},
	} {
		if got := checkout(c.method, c.grams); got.MethodID != c.want || got.Shipping != usd(c.price) {
			t.Errorf("%q for %d g is %s at %s, want %s at %d", c.method, c.grams, got.MethodID, got.Shipping, c.want, c.price)
		}
	}
	nothing := &Checkout{MethodID: "standard", Costs: Costs{Total: money.Zero("XXX")}}
	if nothing.price(nil); nothing.MethodID != "" || nothing.Shipping.Minor != 0 {
		t.Errorf("where nothing is offered the method is %q at %s, want none", nothing.MethodID, nothing.Shipping)
	}
	// A quote binds: the method of an order is found though it is offered no longer.
	if q := pricing.Quoted("express", pricing.Place{Country: "US", PostalCode: "99501"}, usd(7), time.Time{}); q == nil || q.Price != usd(7) || q.Method.MinDays != 4 {
		t.Errorf("the quoted method is %+v, want it at the quoted price", q)
	}
	if q := pricing.Quoted("none", pricing.Place{Country: "US"}, usd(7), time.Time{}); q != nil {
		t.Errorf("an unknown method is %+v", q)
	}
}

func TestAHoldHasOneQuantityForEachVariant(t *testing.T) {
	t.Parallel()
	got := quantities([]Line{{VariantID: "b", Quantity: 1}, {VariantID: "a", Quantity: 2}, {VariantID: "b", Quantity: 3}})
	if diff := cmp.Diff([]event.Line{{VariantID: "a", Quantity: 2}, {VariantID: "b", Quantity: 4}}, got); diff != "" {
		t.Errorf("quantities (-want +got):\n%s", diff)
	}
}

func TestOnlyStaffGiveTheReasonsOfStaff(t *testing.T) {
	t.Parallel()
	for _, reason := range []Reason{CustomerRequest, OtherReason, OutOfStock, NotPaid, PaidTooLate, Replaced, "FRAUD"} {
		customers := reason == CustomerRequest || reason == OtherReason
		for staff, want := range map[bool]bool{true: true, false: customers} {
			if err := (CancelInput{Reason: reason}).check(staff); (err == nil) != want {
				t.Errorf("%s by staff %v: %v, want it allowed: %v", reason, staff, err, want)
			}
		}
	}
	for note, want := range map[string]bool{
		strings.Repeat("é", maxNote): true, strings.Repeat("é", maxNote+1): false, "two\nlines": false, "": true,
	} {
		if err := (CancelInput{Reason: OtherReason, Note: note}).check(false); (err == nil) != want {
			t.Errorf("a note of %d bytes: %v, want it allowed: %v", len(note), err, want)
		}
	}
}

func TestADeliveryIsCheckedBeforeItIsStored(t *testing.T) {
	t.Parallel()
	text := func(s string) *string { return &s }
	valid := &Address{CountryCode: "US"}
	for claim, c := range map[string]struct {
		delivery Delivery
		path     string // of the refusal
	}{
		"nothing":                    {Delivery{}, ""},
		"an address and a saved one": {Delivery{AddressID: text("adr_1"), Shipping: valid}, "input.addressId"},
		"an invalid e-mail address":  {Delivery{Email: text("ada@")}, "input.email"},
		"an empty shipping address":  {Delivery{Shipping: &Address{}}, "input.shippingAddress"},
		"an empty billing address":   {Delivery{Billing: &Address{}}, "input.billingAddress"},
	} {
		err := c.delivery.check()
		got := ""
		if f := fault.Of(err); f != nil {
			got = strings.Join(f.Path, ".")
		}
		if got != c.path && (c.path == "" || !strings.HasPrefix(got, c.path+".")) {
			t.Errorf("%s: %v at %q, want %q", claim, err, got, c.path)
		}
	}
	d := Delivery{Email: text("  Ada@Example.COM ")}
	if err := d.check(); err != nil || *d.Email == "  Ada@Example.COM " {
		t.Errorf("the e-mail address is stored as %q, %v; want its normal form", *d.Email, err)
	}
}

func TestAPurchaseIsOutstandingUntilEachRequestHasAResponse(t *testing.T) {
	t.Parallel()
	pending := pendingHold()
	paidNothing := purchaseAt(t, "PLACED")
	paidNothing.Order.Payment.Token = ""
	for claim, c := range map[string]struct {
		of   *Purchase
		want []PendingEvent
		due  bool // the time may expire it
	}{
		"a hold without a response":        {pending, []PendingEvent{eventCheckoutOpened}, true},
		"an open checkout":                 {purchaseAt(t, "OPEN"), nil, true},
		"a payment to authorise":           {purchaseAt(t, "PLACED"), []PendingEvent{eventPaymentDue}, true},
		"a payment that waits for a buyer": {paidNothing, nil, true},
		"stock to commit":                  {purchaseAt(t, "AUTHORIZED"), []PendingEvent{eventStockCommitDue}, false},
		"money to capture":                 {purchaseAt(t, "STOCK_COMMITTED"), []PendingEvent{eventCaptureDue}, false},
		"a confirmed order":                {purchaseAt(t, "CONFIRMED"), nil, false},
	} {
		if diff := cmp.Diff(c.want, c.of.Outstanding()); diff != "" {
			t.Errorf("%s: outstanding events (-want +got):\n%s", claim, diff)
		}
		if due := c.of.Due(); (due != nil) != c.due || due != nil && !due.Equal(c.of.Checkout.Hold.ExpiresAt) {
			t.Errorf("%s is due at %v, want the end of its hold: %v", claim, due, c.due)
		}
	}
}

// The lines are loaded for these only: a payload without them would have no lines.
func TestLinesAreLoadedForTheEventsThatHaveThem(t *testing.T) {
	t.Parallel()
	for _, e := range []PendingEvent{eventCheckoutOpened, eventOrderPlaced, eventOrderConfirmed} {
		if !needLines([]PendingEvent{eventPaymentDue, e}) {
			t.Errorf("%s is published without lines", e)
		}
	}
	if without := []PendingEvent{eventCheckoutExpired, eventPaymentDue, eventStockCommitDue, eventCaptureDue, eventOrderCancelled}; needLines(without) {
		t.Errorf("lines are loaded for %v", without)
	}
}
