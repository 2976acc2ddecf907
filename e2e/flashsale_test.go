package e2e

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

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

// late is the end of outcomes that come after the client has given an address.
const late = " after an address was given"

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
	if problem := data.str("checkoutUpdate.userErrors.0.__typename"); problem != "" {
		return problem + late, ""
	}
	status := data.str("checkoutUpdate.checkout.reservation.status")
	polltest.Eventually(t, "the reservation is decided", func() bool { // by an event where inventory is slow
		if status == "PENDING" {
			status = c.do(t, `query($id: ID!) { checkout(id: $id) { reservation { status } } }`, vars{"id": checkoutID}).str("checkout.reservation.status")
		}
		return status != "PENDING"
	})
	if status != "HELD" {
		return "reservation " + status + late, ""
	}
	placed := c.place(t, object(data.get("checkoutUpdate.checkout").(map[string]any)), "tok_ok")
	if problem := placed.str("userErrors.0.__typename"); problem != "" {
		return problem, ""
	}
	return "placed", placed.str("order.id")
}

// flashSale puts a variant on sale for an hour, and returns the sale when its price is
// in effect, and that price in cents.
func (s *system) flashSale(t *testing.T, variant string, allocated, most int) (saleID string, price, regular float64) {
	t.Helper()
	staff := s.anyone()
	staff.signIn(t, "root@demo.test", demoPassword("root@demo.test"))
	regular = float64(one[int](t, pool(t, s.cfg.Product.DatabaseURL), "SELECT price_minor::int FROM variant_prices WHERE variant_id = $1 AND currency = 'USD'", variant))
	price = regular - 100
	data := staff.do(t, `mutation($input: FlashSaleInput!) { flashSaleUpsert(input: $input) { flashSale { id } userErrors { code message path } } }`, vars{"input": vars{
		"title": "Friday rush", "startsAt": time.Now().Add(-time.Minute).UTC().Format(time.RFC3339), "endsAt": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
		"items": []vars{{"variantId": variant, "salePrice": vars{"amount": fmt.Sprintf("%.2f", price/100), "currencyCode": "USD"}, "allocated": allocated, "maxPerCustomer": most}},
	}})
	if saleID = data.str("flashSaleUpsert.flashSale.id"); saleID == "" {
		t.Fatalf("no flash sale: %v", data)
	}
	polltest.Eventually(t, "the sale is live", func() bool {
		return s.anyone().do(t, saleByID, vars{"id": saleID}).str("flashSale.status") == "LIVE"
	})
	return saleID, price, regular
}

const saleByID = `query($id: ID!) { flashSale(id: $id) { status items { remaining claimedPercent variant { price { minorUnits } compareAtPrice { minorUnits } } } } }`

// TestAFlashSaleOfFiveIsSoldToFiveOfTwoHundred lets two hundred buyers race for the five
// units of a flash sale of a variant that there is plenty of. It does not run in
// parallel with other tests: the load needs the machine.
func TestAFlashSaleOfFiveIsSoldToFiveOfTwoHundred(t *testing.T) {
	const buyers, units = 200, 5
	s := start(t)
	variant := s.buyable(t, 50)
	crowd, carts := make([]*client, buyers), make([]string, buyers)
	saleID, price, regular := s.flashSale(t, variant, units, 1)
	for i := range crowd {
		crowd[i] = s.guest(t)
		carts[i] = crowd[i].add(t, variant, 1)
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

	// Whoever comes after the last unit is sold has a cart that has become dearer or, in
	// the moment in between, a quote that ends. While inventory is too slow to ask, the
	// hold refuses.
	refused := outcomes["StockShortageError"] + outcomes["CartPriceChangedError"] + outcomes["ReservationLimitError"] +
		outcomes["StockShortageError"+late] + outcomes["ReservationLimitError"+late] + outcomes["reservation REJECTED"+late]
	if outcomes["placed"] != units || refused != buyers-units {
		t.Fatalf("outcomes %v, want %d placed, and the others in line or told of the regular price", outcomes, units)
	}
	for i, orderID := range orders {
		crowd[i].await(t, orderID, "CONFIRMED")
		order := crowd[i].do(t, `query($id: ID!) { order(id: $id) { lines { nodes { quantity cost { unitPrice { minorUnits } } } } } }`, vars{"id": orderID})
		if got := order.num("order.lines.nodes.0.cost.unitPrice.minorUnits"); got != price || order.num("order.lines.nodes.0.quantity") != 1 {
			t.Errorf("a unit was sold for %v, want %v", got, price)
		}
	}
	polltest.Eventually(t, "the sale is sold out and the regular price is back", func() bool {
		sale := s.anyone().do(t, saleByID, vars{"id": saleID})
		return sale.str("flashSale.status") == "SOLD_OUT" && sale.num("flashSale.items.0.claimedPercent") == 100 &&
			sale.num("flashSale.items.0.variant.price.minorUnits") == regular
	})
	stock := pool(t, s.cfg.Inventory.DatabaseURL)
	if sold := one[int](t, stock, "SELECT sold::int FROM flash_sale_items WHERE sale_id = $1", saleID); sold != units {
		t.Errorf("sold %d, want %d", sold, units)
	}
	loser := crowd[slices.Index(carts, firstWithout(carts, orders))]
	dearer := loser.do(t, checkoutCreate, vars{"input": vars{"cartId": firstWithout(carts, orders), "idempotencyKey": id.New("key")}})
	if problem := dearer.str("checkoutCreate.userErrors.0.__typename"); problem != "CartPriceChangedError" {
		t.Errorf("a checkout after the sale: %v, want CartPriceChangedError", dearer)
	}
	checkInvariants(t, s)
}

// firstWithout is the first cart that was not ordered.
func firstWithout(carts []string, orders map[int]string) string {
	for i, cartID := range carts {
		if orders[i] == "" {
			return cartID
		}
	}
	return ""
}

func TestACustomerBuysOnceInAFlashSaleOfOneEach(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "fay")
	variant := s.buyable(t, 50)
	saleID, price, _ := s.flashSale(t, variant, 5, 1)
	ticks := c.subscribe(t, `subscription($id: ID!) { flashSaleTick(flashSaleId: $id) { status items { remaining } } }`, vars{"id": saleID})
	orderID := c.buy(t, variant, 1, "tok_ok").str("order.id")
	c.await(t, orderID, "CONFIRMED")
	c.awaitEmptyCart(t)
	for remaining := 5.0; remaining != 4; {
		remaining = ticks.next(t).num("flashSaleTick.items.0.remaining")
	}
	cartID := c.add(t, variant, 1)
	refused := c.do(t, `mutation($input: CheckoutCreateInput!) { checkoutCreate(input: $input) { checkout { status } userErrors { __typename code message
		... on ReservationLimitError { limit available } } } }`, vars{"input": vars{
		"cartId": cartID, "email": "fay@example.test", "shippingAddress": home, "shippingMethodId": "standard", "idempotencyKey": id.New("key"),
	}})
	if refused.str("checkoutCreate.userErrors.0.limit") != "FLASH_SALE_CUSTOMER" {
		t.Errorf("a second checkout at %v: %v, want FLASH_SALE_CUSTOMER", price, refused)
	}
	// A cancelled order gives its unit back, to the sale and to the customer.
	c.do(t, orderCancel, vars{"input": vars{"orderId": orderID, "reason": "CUSTOMER_REQUEST", "idempotencyKey": id.New("key")}})
	for remaining := 4.0; remaining != 5; {
		remaining = ticks.next(t).num("flashSaleTick.items.0.remaining")
	}
	c.await(t, c.place(t, c.checkout(t, cartID), "tok_ok").str("order.id"), "CONFIRMED")
	checkInvariants(t, s)
}
