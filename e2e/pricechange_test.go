package e2e

import (
	"testing"

	"cartograph/internal/id"
	"cartograph/internal/polltest"
)

const pricesOfCart = `query($id: ID!) { cart(id: $id) { version cost { subtotal { minorUnits currencyCode } stale }
	problems { __typename ... on PriceChangedProblem { was { minorUnits } now { minorUnits currencyCode } message } } } }`

// checkoutAtPrice also selects the prices of a refusal.
const checkoutAtPrice = `mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input) {
	checkout { id cost { subtotal { minorUnits } total { amount minorUnits currencyCode } } lines { cost { unitPrice { minorUnits } } } }
	userErrors { __typename code message ... on CartPriceChangedError { variantId was { minorUnits currencyCode } now { minorUnits currencyCode } } } } }`

func (c *client) checkoutAtPrice(t *testing.T, cartID string) object {
	t.Helper()
	return c.do(t, checkoutAtPrice, vars{"input": vars{
		"cartId": cartID, "email": "ada@example.test", "shippingAddress": home, "shippingMethodId": "standard", "idempotencyKey": id.New("key"),
	}})
}

// changePrice changes what a variant costs in USD and returns the new price. A
// regular price would have to stay above it.
func (s *system) changePrice(t *testing.T, variant string, by int) float64 {
	t.Helper()
	return float64(one[int](t, pool(t, s.cfg.Product.DatabaseURL), `UPDATE variant_prices SET price_minor = price_minor + $2, compare_at_minor = NULL
		WHERE variant_id = $1 AND currency = 'USD' RETURNING price_minor::int`, variant, by))
}

// TestAPriceRiseIsAcknowledgedBeforeTheCheckoutOpens raises the price of what is
// in a cart: the order is placed only at a price that the buyer has accepted.
func TestAPriceRiseIsAcknowledgedBeforeTheCheckoutOpens(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "ron")
	variant := s.buyable(t, 20)
	cartID := c.add(t, variant, 2)
	now := s.changePrice(t, variant, 700)
	was := now - 700

	refused := c.checkoutAtPrice(t, cartID)
	if refused.get("checkoutCreate.checkout") != nil || len(refused.list("checkoutCreate.userErrors")) != 1 ||
		refused.str("checkoutCreate.userErrors.0.__typename") != "CartPriceChangedError" ||
		refused.str("checkoutCreate.userErrors.0.code") != "CART_NOT_READY" ||
		refused.str("checkoutCreate.userErrors.0.variantId") != variant ||
		refused.num("checkoutCreate.userErrors.0.was.minorUnits") != was ||
		refused.num("checkoutCreate.userErrors.0.now.minorUnits") != now {
		t.Fatalf("the checkout after the rise: %v, want CartPriceChangedError from %v to %v", refused, was, now)
	}

	var cart object
	polltest.Eventually(t, "the cart has the price change", func() bool {
		cart = c.do(t, pricesOfCart, vars{"id": cartID})
		return len(cart.list("cart.problems")) > 0
	})
	if cart.str("cart.problems.0.__typename") != "PriceChangedProblem" || cart.num("cart.problems.0.was.minorUnits") != was ||
		cart.num("cart.problems.0.now.minorUnits") != now || cart.num("cart.cost.subtotal.minorUnits") != 2*now {
		t.Errorf("the cart is %v, want a PriceChangedProblem from %v to %v", cart, was, now)
	}
	if again := c.checkoutAtPrice(t, cartID); again.str("checkoutCreate.userErrors.0.__typename") != "CartPriceChangedError" {
		t.Errorf("the checkout of a cart that was read but not acknowledged: %v, want CartPriceChangedError", again)
	}

	accepted := c.do(t, `mutation($id: ID!, $version: Int!) { cartPricesAcknowledge(cartId: $id, version: $version) {
		cart { problems { __typename } } userErrors { code message } } }`, vars{"id": cartID, "version": cart.num("cart.version")})
	if len(accepted.list("cartPricesAcknowledge.userErrors")) > 0 || len(accepted.list("cartPricesAcknowledge.cart.problems")) > 0 {
		t.Fatalf("acknowledging: %v, want a cart without problems", accepted)
	}
	opened := c.checkoutAtPrice(t, cartID)
	if opened.num("checkoutCreate.checkout.lines.0.cost.unitPrice.minorUnits") != now ||
		opened.num("checkoutCreate.checkout.cost.subtotal.minorUnits") != 2*now {
		t.Fatalf("the checkout after acknowledging: %v, want 2 for %v each", opened, now)
	}
	checkout := object(opened.get("checkoutCreate.checkout").(map[string]any))
	order := c.await(t, c.place(t, checkout, "tok_ok").str("order.id"), "CONFIRMED")
	if got, want := order.num("payments.0.captured.minorUnits"), checkout.num("cost.total.minorUnits"); got != want {
		t.Errorf("%v were captured, want the checkout's total of %v", got, want)
	}
	checkInvariants(t, s)
}

func TestALowerPriceNeedsNoAcknowledgement(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "sia")
	variant := s.buyable(t, 20)
	cartID := c.add(t, variant, 1)
	now := s.changePrice(t, variant, -1)
	opened := c.checkoutAtPrice(t, cartID)
	if len(opened.list("checkoutCreate.userErrors")) > 0 || opened.num("checkoutCreate.checkout.cost.subtotal.minorUnits") != now {
		t.Errorf("the checkout after a fall: %v, want it open at %v", opened, now)
	}
}
