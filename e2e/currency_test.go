package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// TestAVisitorWithAnUnsoldCurrencyBuysInTheOneThatReplacesIt buys with the header
// of a currency in which the demo shop does not sell: every step resolves it to the
// same sold currency.
func TestAVisitorWithAnUnsoldCurrencyBuysInTheOneThatReplacesIt(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "urs")
	c.header = http.Header{"X-Currency": {"CHF"}}
	resolved := c.do(t, `{ requestContext { currencyCode unsoldCurrencyCode } }`, nil)
	if resolved.str("requestContext.unsoldCurrencyCode") != "CHF" {
		t.Errorf("requestContext is %v, want CHF as the unsold currency", resolved)
	}
	sold := resolved.str("requestContext.currencyCode")
	if sold == "" || sold == "CHF" {
		t.Fatalf("requestContext is %v, want a sold currency in place of CHF", resolved)
	}

	variant := s.buyable(t, 20)
	shown := c.do(t, `query($id: ID!) { node(id: $id) { ... on ProductVariant { price { minorUnits currencyCode } product { priceRange { min { currencyCode } } } } } }`, vars{"id": variant})
	c.wantCurrency(t, sold, "the product", shown, "node.price", "node.product.priceRange.min")

	cartID := c.add(t, variant, 2)
	cart := c.do(t, `query($id: ID!) { cart(id: $id) { currencyCode problems { __typename } cost { subtotal { minorUnits currencyCode } total { currencyCode } }
		lines { nodes { cost { unitPrice { minorUnits currencyCode } } unitPriceWhenAdded { currencyCode } } } } }`, vars{"id": cartID})
	c.wantCurrency(t, sold, "the cart", cart, "cart", "cart.cost.subtotal", "cart.cost.total", "cart.lines.nodes.0.cost.unitPrice", "cart.lines.nodes.0.unitPriceWhenAdded")
	if got, want := cart.num("cart.lines.nodes.0.cost.unitPrice.minorUnits"), shown.num("node.price.minorUnits"); got != want {
		t.Errorf("the line costs %v, want %v as shown before", got, want)
	}
	if problems := cart.list("cart.problems"); len(problems) > 0 {
		t.Errorf("the cart has the problems %v, want none", problems)
	}

	checkout := c.checkout(t, cartID)
	c.wantCurrency(t, sold, "the checkout", checkout, "cost.total")
	orderID := c.place(t, checkout, "tok_ok").str("order.id")
	c.await(t, orderID, "CONFIRMED")
	order := c.do(t, `query($id: ID!) { order(id: $id) { currencyCode cost { total { minorUnits currencyCode } } payments { captured { minorUnits currencyCode } } } }`, vars{"id": orderID})
	c.wantCurrency(t, sold, "the order", order, "order", "order.cost.total", "order.payments.0.captured")
	if got, want := order.num("order.payments.0.captured.minorUnits"), checkout.num("cost.total.minorUnits"); got != want {
		t.Errorf("%v were captured, want the checkout's total of %v", got, want)
	}
	checkInvariants(t, s)
}

func (c *client) wantCurrency(t *testing.T, want, what string, o object, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if got := o.str(path + ".currencyCode"); got != want {
			t.Errorf("%s: %s is in %q, want %q", what, path, got, want)
		}
	}
}

func TestACartInAnUnsoldCurrencyIsRefusedWithTheSoldOnes(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.guest(t)
	const create = `mutation($input: CartCreateInput) { cartCreate(input: $input) { cart { currencyCode } userErrors { code message path } } }`
	refused := c.do(t, create, vars{"input": vars{"currencyCode": "CHF"}})
	if refused.get("cartCreate.cart") != nil || refused.str("cartCreate.userErrors.0.code") != "INVALID_INPUT" {
		t.Errorf("creating a cart in CHF: %v, want INVALID_INPUT and no cart", refused)
	}
	sentence := refused.str("cartCreate.userErrors.0.message")
	for _, currency := range append([]string{"CHF"}, s.cfg.Product.Currencies...) {
		if !strings.Contains(sentence, currency) {
			t.Errorf("the error is %q, want it to name %s", sentence, currency)
		}
	}
	if active := c.do(t, `{ activeCart { id } }`, nil); active.get("activeCart") != nil {
		t.Errorf("after the refusal the active cart is %v, want none", active)
	}
	for _, currency := range s.cfg.Product.Currencies {
		buyer := s.guest(t)
		created := buyer.do(t, create, vars{"input": vars{"currencyCode": currency}})
		if got := created.str("cartCreate.cart.currencyCode"); got != currency {
			t.Errorf("creating a cart in %s: %v", currency, created)
		}
	}
}
