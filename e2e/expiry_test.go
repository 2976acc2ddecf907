package e2e

import (
	"crypto/rand"
	"testing"

	"cartograph/app"
	"cartograph/internal/polltest"
)

// TestUnpaidCheckoutsAndOrdersExpire waits until a checkout and an unpaid order
// expire.
func TestUnpaidCheckoutsAndOrdersExpire(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *app.Config) { c.Order.HoldSeconds = 2 })
	c := s.register(t, "quy")
	variant := s.buyable(t, 20)
	stock := pool(t, s.cfg.Inventory.DatabaseURL)
	before := one[int](t, stock, "SELECT available::int FROM stock WHERE variant_id = $1", variant)

	unpaid := c.buy(t, variant, 2, "").str("order.id")
	other := s.register(t, "rex") // a new checkout of the first cart would cancel its order
	checkout := other.checkout(t, other.add(t, variant, 1))
	polltest.Eventually(t, "the checkout expires", func() bool {
		data := other.do(t, `query($id: ID!) { checkout(id: $id) { status reservation { status secondsLeft } } }`, vars{"id": checkout.str("id")})
		return data.str("checkout.status") == "EXPIRED"
	})
	late := other.place(t, checkout, "tok_ok")
	if late.str("userErrors.0.code") != "CHECKOUT_EXPIRED" || late.get("order") != nil {
		t.Errorf("placing an expired checkout: %v, want CHECKOUT_EXPIRED", late)
	}

	c.await(t, unpaid, "EXPIRED")
	// An attempt before Payment has handled the expiry is voided. Each has a new
	// key, since the first answer would be replayed.
	polltest.Eventually(t, "a late payment is refused", func() bool {
		paid := c.do(t, `mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) { payment { id } userErrors { code } } }`,
			vars{"input": vars{"orderId": unpaid, "instrument": vars{"token": "tok_ok"}, "idempotencyKey": rand.Text()}})
		return paid.str("paymentCreate.userErrors.0.code") == "ORDER_NOT_PAYABLE"
	})
	polltest.Eventually(t, "the stock is available again", func() bool {
		return one[int](t, stock, "SELECT available::int FROM stock WHERE variant_id = $1", variant) == before
	})
	if n := c.do(t, `{ activeCart { totalQuantity } }`, nil).num("activeCart.totalQuantity"); n == 0 {
		t.Error("the cart is empty, want it kept for another try")
	}
	checkInvariants(t, s)
}

// TestAReservationIsExtendedTwiceAtMost.
func TestAReservationIsExtendedTwiceAtMost(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "ray")
	id := c.checkout(t, c.add(t, s.buyable(t, 20), 1)).str("id")
	const extend = `mutation($id: ID!) { checkoutReservationExtend(checkoutId: $id) { checkout { reservation { secondsLeft extensionsLeft } } userErrors { code } } }`
	for left := 1.0; left >= 0; left-- {
		data := c.do(t, extend, vars{"id": id})
		if got := data.get("checkoutReservationExtend.checkout.reservation.extensionsLeft"); got != left {
			t.Errorf("extensionsLeft = %v in %v, want %v", got, data, left)
		}
	}
	if data := c.do(t, extend, vars{"id": id}); len(data.list("checkoutReservationExtend.userErrors")) == 0 {
		t.Errorf("a third extension: %v, want it refused", data)
	}
}
