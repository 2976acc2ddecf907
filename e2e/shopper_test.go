package e2e

import (
	"testing"

	"cartograph/internal/id"
	"cartograph/internal/polltest"
)

const (
	addLines = `mutation($lines: [CartLineAddInput!]!) { cartLinesAdd(lines: $lines) {
		cart { id version totalQuantity cost { subtotal { minorUnits } } }
		userErrors { __typename code message ... on InsufficientStockError { variantId requested available } } } }`

	checkoutCreate = `mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input) {
		checkout { id status reservation { status secondsLeft extensionsLeft } cost { total { amount minorUnits currencyCode } } quote { expiresAt } shippingMethod { method { id } } }
		userErrors { __typename code message path ... on StockShortageError { variantId requested available } } } }`

	orderPlace = `mutation($input: OrderPlaceInput!) { orderPlace(input: $input) {
		replayed
		order { id number status paymentStatus cost { total { minorUnits } } payments { id status nextAction { kind redirectUrl } } }
		checkout { id status }
		userErrors { __typename code message
			... on TotalChangedError { expected { minorUnits } actual { minorUnits } }
			... on PaymentDeclinedError { declineCode retryable } } } }`

	orderByID = `query($id: ID!) { order(id: $id) { id number status paymentStatus cost { total { minorUnits } }
		payments { id status captured { minorUnits } refunded { minorUnits } voided { minorUnits } } cancellation { reason } } }`

	orderCancel = `mutation($input: OrderCancelInput!) { orderCancel(input: $input) { replayed order { id status } userErrors { code message } } }`
)

var home = vars{
	"name": "Ada Byron", "line1": "12 Analytical Row", "city": "Portland", "region": "OR", "postalCode": "97201", "countryCode": "US",
}

// variant is the id of a product's variant by its SKU, as shown to a client.
func (c *client) variant(t testing.TB, slug, sku string) string {
	t.Helper()
	data := c.do(t, `query($slug: String!) { product(slug: $slug) { variants(first: 20) { nodes { id sku } } } }`, vars{"slug": slug})
	for _, node := range data.list("product.variants.nodes") {
		if v := object(node.(map[string]any)); v.str("sku") == sku || sku == "" {
			return v.str("id")
		}
	}
	t.Fatalf("%s has no variant %s: %v", slug, sku, data)
	return ""
}

// buyable returns a variant with at least that much stock.
func (s *system) buyable(t testing.TB, atLeast int) string {
	t.Helper()
	p := pool(t, s.cfg.Inventory.DatabaseURL)
	return one[string](t, p, "SELECT variant_id FROM stock WHERE available >= $1 ORDER BY available DESC, variant_id LIMIT 1", atLeast)
}

// add puts a variant in the client's cart and returns the cart's id.
func (c *client) add(t testing.TB, variantID string, n int) string {
	t.Helper()
	data := c.do(t, addLines, vars{"lines": []vars{{"variantId": variantID, "quantity": n}}})
	if len(data.list("cartLinesAdd.userErrors")) > 0 {
		t.Fatalf("add %s: %v", variantID, data)
	}
	return data.str("cartLinesAdd.cart.id")
}

// checkout opens a checkout for a cart, ready to be placed.
func (c *client) checkout(t testing.TB, cartID string) object {
	t.Helper()
	data := c.do(t, checkoutCreate, vars{"input": vars{
		"cartId": cartID, "email": "ada@example.test", "shippingAddress": home, "shippingMethodId": "standard", "idempotencyKey": id.New("key"),
	}})
	if len(data.list("checkoutCreate.userErrors")) > 0 {
		t.Fatalf("checkout of %s: %v", cartID, data)
	}
	return object(data.get("checkoutCreate.checkout").(map[string]any))
}

// placement is the input of orderPlace for a checkout.
func placement(checkout object, token, key string) vars {
	input := vars{
		"checkoutId": checkout.str("id"), "idempotencyKey": key,
		"expectedTotal": vars{"amount": checkout.str("cost.total.amount"), "currencyCode": checkout.str("cost.total.currencyCode")},
	}
	if token != "" {
		input["payment"] = vars{"token": token}
	}
	return vars{"input": input}
}

// place orders a checkout.
func (c *client) place(t testing.TB, checkout object, token string) object {
	t.Helper()
	data := c.do(t, orderPlace, placement(checkout, token, id.New("key")))
	return object(data.get("orderPlace").(map[string]any))
}

// buy goes from a variant to a placed order.
func (c *client) buy(t testing.TB, variantID string, n int, token string) object {
	t.Helper()
	placed := c.place(t, c.checkout(t, c.add(t, variantID, n)), token)
	if placed.str("order.id") == "" {
		t.Fatalf("no order: %v", placed)
	}
	return placed
}

// awaitEmptyCart waits until what was bought has left the active cart: until
// then no checkout of it opens.
func (c *client) awaitEmptyCart(t testing.TB) {
	t.Helper()
	polltest.Eventually(t, "the bought lines leave the cart", func() bool {
		data := c.do(t, `{ activeCart { totalQuantity } }`, nil)
		return data.get("activeCart") == nil || data.num("activeCart.totalQuantity") == 0
	})
}

// await polls an order until it has the status.
func (c *client) await(t testing.TB, orderID, status string) object {
	t.Helper()
	var order object
	polltest.Eventually(t, "order "+orderID+" "+status, func() bool {
		data := c.do(t, orderByID, vars{"id": orderID})
		found, _ := data.get("order").(map[string]any)
		order = object(found)
		return order.str("status") == status
	})
	return order
}
