package order

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cartograph/internal/fault"
)

// readyCheckout is open, held and complete, and was read a second before its
// end.
func readyCheckout() *Checkout {
	email := "ada@demo.test"
	return &Checkout{
		Status: CheckoutOpen, Email: &email, ShippingAddress: &Address{CountryCode: "US"}, MethodID: "standard",
		Costs: Costs{Total: usd(1000)}, Hold: Hold{Status: Held, ExpiresAt: time.Unix(100, 0)}, ReadAt: time.Unix(99, 0),
	}
}

func TestACheckoutIsOrderedOnlyWhenComplete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		change   func(*Checkout)
		code     string // of checkPlace
		problems int
	}{
		{"ready", func(*Checkout) {}, "", 0},
		{"hold pending", func(c *Checkout) { c.Hold.Status = HoldPending }, "", 0},
		{"at its end", func(c *Checkout) { c.ReadAt = c.Hold.ExpiresAt }, "CHECKOUT_EXPIRED", 1},
		{"expired", func(c *Checkout) { c.Status = CheckoutExpired }, "CHECKOUT_EXPIRED", 1},
		{"cancelled", func(c *Checkout) { c.Status = CheckoutCancelled }, "CHECKOUT_EXPIRED", 0},
		{"ordered", func(c *Checkout) { c.Status, c.Email = CheckoutPlacing, nil }, "CHECKOUT_COMPLETED", 0},
		{"completed", func(c *Checkout) { c.Status, c.Email = CheckoutCompleted, nil }, "CHECKOUT_COMPLETED", 0},
		{"hold lost", func(c *Checkout) { c.Hold.Status = HoldReleased }, "RESERVATION_EXPIRED", 0},
		{"hold rejected", func(c *Checkout) {
			c.Status, c.Hold = CheckoutCancelled, Hold{Status: HoldRejected, Shortages: []Shortage{{VariantID: "var_a", Requested: 2, Available: 1}}}
		}, "INSUFFICIENT_STOCK", 1},
		{"no e-mail", func(c *Checkout) { c.Email = nil }, "INVALID_INPUT", 1},
		{"no address", func(c *Checkout) { c.ShippingAddress = nil }, "SHIPPING_ADDRESS_REQUIRED", 1},
		{"no method", func(c *Checkout) { c.MethodID = "" }, "SHIPPING_METHOD_REQUIRED", 1},
	} {
		c := readyCheckout()
		tt.change(c)
		if err := c.checkPlace(c.Total); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.code)
		}
		if got := c.Problems(); len(got) != tt.problems {
			t.Errorf("%s: problems %+v, want %d", tt.name, got, tt.problems)
		}
	}
}

func TestAnOrderCostsExactlyTheExpectedTotal(t *testing.T) {
	t.Parallel()
	c := readyCheckout()
	for _, minor := range []int64{999, 1001} {
		err := c.checkPlace(usd(minor))
		if e, ok := errors.AsType[*TotalChangedError](err); !ok || e.Actual != c.Total || e.Expected != usd(minor) {
			t.Errorf("expected total %d: %v, want a TotalChangedError", minor, err)
		}
	}
}

func TestAReservationCountsDownWhileItIsHeld(t *testing.T) {
	t.Parallel()
	lines := []Line{{VariantID: "var_b", Quantity: 1}, {VariantID: "var_a", Quantity: 2}, {VariantID: "var_b", Quantity: 3}}
	for _, tt := range []struct {
		status  HoldStatus
		readAt  time.Time
		seconds int
		held    []int // of var_a and var_b
	}{
		{HoldPending, time.Unix(90, 1), 10, []int{0, 0}},
		{Held, time.Unix(90, 0), 10, []int{2, 4}},
		{Held, time.Unix(101, 0), 0, []int{2, 4}},
		{HoldCommitted, time.Unix(90, 0), 0, []int{2, 4}},
		{HoldReleased, time.Unix(90, 0), 0, []int{0, 0}},
	} {
		c := &Checkout{Hold: Hold{Status: tt.status, ExpiresAt: time.Unix(100, 0)}, ReadAt: tt.readAt}
		r := c.Reservation(lines)
		var held []int
		for _, l := range r.Lines {
			held = append(held, l.Held)
		}
		if r.SecondsLeft != tt.seconds || !slices.Equal(held, tt.held) {
			t.Errorf("%s: %d seconds left, %v held, want %d, %v", tt.status, r.SecondsLeft, held, tt.seconds, tt.held)
		}
	}
}

func TestSetDeliveryChangesOnlyWhatIsGiven(t *testing.T) {
	t.Parallel()
	c := readyCheckout()
	c.Country, c.BillingAddress = "US", &Address{Name: "Ada"}
	lines := []Line{{VariantID: "var_a", Quantity: 1, UnitPrice: usd(1000)}}
	if err := c.setDelivery(Delivery{}, lines); err != nil || *c.Email != "ada@demo.test" || c.BillingAddress == nil || c.MethodID != "standard" {
		t.Fatalf("nothing given: %v, %+v", err, c)
	}
	express, drone := "express", "drone"
	for _, tt := range []struct {
		name   string
		d      Delivery
		method string
		code   string
	}{
		{"a method", Delivery{MethodID: &express}, "express", ""},
		{"an unknown method", Delivery{MethodID: &drone}, "standard", "SHIPPING_METHOD_UNAVAILABLE"},
		{"an unknown preference", Delivery{PreferredMethod: drone}, "standard", ""},
		{"a preference", Delivery{PreferredMethod: express}, "express", ""},
		{"an address without the method", Delivery{Shipping: &Address{CountryCode: "US", PostalCode: "99501"}}, "standard", ""},
	} {
		if err := c.setDelivery(tt.d, lines); fault.CodeOf(err) != tt.code || c.MethodID != tt.method {
			t.Errorf("%s: %v, method %s, want %q, %s", tt.name, err, c.MethodID, tt.code, tt.method)
		}
	}
	if err := c.setDelivery(Delivery{ClearBilling: true}, lines); err != nil || c.BillingAddress != nil {
		t.Errorf("cleared billing address: %v, %+v", err, c.BillingAddress)
	}
}

// The limits count characters, not bytes, and include the limit itself.
func TestTextLimitsAreInclusive(t *testing.T) {
	t.Parallel()
	if !printable(strings.Repeat("ü", 5), 5) || printable(strings.Repeat("ü", 6), 5) {
		t.Error("printable does not end at 5 characters")
	}
}

func TestShortagesReportHowManyAreLeft(t *testing.T) {
	t.Parallel()
	if got := (Shortage{VariantID: "var_a", Requested: 2, Available: 0}).Message(t.Context()); got != "This item is sold out." {
		t.Errorf("none left: %q", got)
	}
	if got := (Shortage{VariantID: "var_a", Requested: 2, Available: 1}).Message(t.Context()); got != "Only 1 left." {
		t.Errorf("one left: %q", got)
	}
}
