package e2e

import (
	"fmt"
	"sync"
	"testing"

	"cartograph/internal/demo"
	"cartograph/internal/id"
	"cartograph/internal/polltest"
)

// TestTwoHundredBuyersGetFiveUnits sells a product with five left to two
// hundred buyers at once, through the router: five orders are confirmed, and
// the others get a StockShortageError and pay nothing. It does not run in
// parallel with other tests: the load needs the machine.
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
			outcome, orderID := c.rush(t, carts[i], fmt.Sprintf("buyer%d@example.test", i))
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
	checkInvariants(t, s)
}

// rush checks out and pays at once and returns the outcome.
func (c *client) rush(t *testing.T, cartID, email string) (outcome, orderID string) {
	data := c.do(t, checkoutCreate, vars{"input": vars{
		"cartId": cartID, "email": email, "shippingAddress": home, "shippingMethodId": "standard", "idempotencyKey": id.New("key"),
	}})
	if problem := data.str("checkoutCreate.userErrors.0.__typename"); problem != "" {
		return problem, ""
	}
	placed := c.place(t, object(data.get("checkoutCreate.checkout").(map[string]any)), "tok_ok")
	if problem := placed.str("userErrors.0.__typename"); problem != "" {
		return problem, ""
	}
	return "placed", placed.str("order.id")
}
