package e2e

import (
	"sync"
	"testing"

	"cartograph/internal/demo"
	"cartograph/internal/id"
	"cartograph/internal/polltest"
)

// TestTwoHundredBuyersGetFiveUnits sells a product with five left to two
// hundred buyers at once, through the router: five orders are confirmed, and
// the others get a StockShortageError before they have given an address. Most of
// them cost no checkout. It does not run in parallel with other tests: the load
// needs the machine.
func TestTwoHundredBuyersGetFiveUnits(t *testing.T) {
	const buyers, units = 200, 5
	s := start(t)
	five := s.guest(t).variant(t, demo.SlugFiveLeft, demo.SKUFiveLeft)

	crowd, carts := make([]*client, buyers), make([]string, buyers)
	polltest.Eventually(t, "five left shown", func() bool {
		data := s.guest(t).do(t, addLines, vars{"lines": []vars{{"variantId": five, "quantity": units}}})
		return len(data.list("cartLinesAdd.userErrors")) == 0
	})
	for i := range crowd {
		crowd[i] = s.guest(t)
		carts[i] = crowd[i].add(t, five, 1)
	}

	var mu sync.Mutex
	outcomes, orders := map[string]int{}, map[int]string{}
	var wg sync.WaitGroup
	for i, c := range crowd {
		wg.Go(func() {
			outcome, orderID := c.rush(t, carts[i])
			mu.Lock()
			defer mu.Unlock()
			outcomes[outcome]++
			if orderID != "" {
				orders[i] = orderID
			}
		})
	}
	wg.Wait()

	if outcomes["placed"] != units || outcomes["StockShortageError"] != buyers-units {
		t.Fatalf("outcomes %v, want %d placed and %d StockShortageError", outcomes, units, buyers-units)
	}
	for i, orderID := range orders {
		crowd[i].await(t, orderID, "CONFIRMED")
	}
	stock := pool(t, s.cfg.Inventory.DatabaseURL)
	if sold := one[int](t, stock, "SELECT sold::int FROM stock WHERE variant_id = $1", five); sold != units {
		t.Errorf("sold %d, want %d", sold, units)
	}
	opened := one[int](t, pool(t, s.cfg.Order.DatabaseURL), "SELECT count(*)::int FROM checkouts")
	if opened > buyers/4 { // the first ones come before a rejection is known
		t.Errorf("%d checkouts were opened for %d units and %d buyers, want few more than units", opened, units, buyers)
	}
	checkInvariants(t, s)
}

// rush goes to checkout and, if it is the client's turn, gives the address, pays, and
// returns the outcome.
func (c *client) rush(t *testing.T, cartID string) (outcome, orderID string) {
	data := c.do(t, checkoutCreate, vars{"input": vars{"cartId": cartID, "idempotencyKey": id.New("key")}})
	if problem := data.str("checkoutCreate.userErrors.0.__typename"); problem != "" {
		return problem, ""
	}
	checkoutID := data.str("checkoutCreate.checkout.id")
	if status := data.str("checkoutCreate.checkout.reservation.status"); status != "AWAITING_CONTACT" {
		return "reservation " + status, ""
	}
	data = c.do(t, `mutation($id: ID!, $input: CheckoutUpdateInput!) { checkoutUpdate(checkoutId: $id, input: $input) {
		checkout { id reservation { status } cost { total { amount minorUnits currencyCode } } } userErrors { __typename code message } } }`,
		vars{"id": checkoutID, "input": vars{"email": "buyer@example.test", "shippingAddress": home, "shippingMethodId": "standard"}})
	if status := data.str("checkoutUpdate.checkout.reservation.status"); status != "HELD" {
		return "reservation " + status + " after an address was given", ""
	}
	placed := c.place(t, object(data.get("checkoutUpdate.checkout").(map[string]any)), "tok_ok")
	if problem := placed.str("userErrors.0.__typename"); problem != "" {
		return problem, ""
	}
	return "placed", placed.str("order.id")
}
