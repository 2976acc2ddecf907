package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cartograph/internal/demo"
	"cartograph/internal/polltest"
)

// TestAGuestBrowsesSignsInAndBuys goes from browsing to a confirmed order.
func TestAGuestBrowsesSignsInAndBuys(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.guest(t)

	data := c.do(t, `{ categories { slug name productCount } }`, nil)
	if n := len(data.list("categories")); n != 8 {
		t.Errorf("%d categories, want 8", n)
	}
	polltest.Eventually(t, "headphones found in spite of a typo", func() bool {
		data = c.do(t, `{ search(query: "hedphones", first: 5) { totalCount nodes { title slug } facets { key values { value count } } } }`, nil)
		return data.num("search.totalCount") > 0
	})
	if title := data.str("search.nodes.0.title"); !strings.Contains(title, "eadphone") {
		t.Errorf("the first hit is %q, want headphones", title)
	}
	if len(data.list("search.facets")) == 0 {
		t.Error("the search has no facets")
	}

	five := c.variant(t, demo.SlugFiveLeft, demo.SKUFiveLeft)
	polltest.Eventually(t, "five left shown", func() bool {
		data = c.do(t, `query($slug: String!) { product(slug: $slug) { title availability { status } priceRange { min { formatted } }
			variants(first: 20) { nodes { id price { formatted } availability { status canBuy quantity } } } } }`, vars{"slug": demo.SlugFiveLeft})
		for _, node := range data.list("product.variants.nodes") {
			v := object(node.(map[string]any))
			if v.str("id") == five {
				return v.num("availability.quantity") == 5 && v.str("availability.status") == "LOW_STOCK"
			}
		}
		return false
	})

	c.add(t, five, 2)
	c.signIn(t, "ada@demo.test", demoPassword("ada@demo.test"))
	data = c.do(t, `{ activeCart { id totalQuantity cost { total { minorUnits } stale } problems { __typename }
		lines { nodes { quantity snapshot { title } variant { product { title } } } } } }`, nil)
	if data.num("activeCart.totalQuantity") != 2 || data.get("activeCart.cost.stale") != false {
		t.Fatalf("after signing in the cart is %v, want the guest's two", data)
	}
	if got, want := data.str("activeCart.lines.nodes.0.variant.product.title"), data.str("activeCart.lines.nodes.0.snapshot.title"); got != want {
		t.Errorf("the line shows %q of product %q", want, got)
	}

	checkout := c.checkout(t, data.str("activeCart.id"))
	if checkout.str("reservation.status") != "HELD" || checkout.num("reservation.secondsLeft") < 300 {
		t.Errorf("reservation %v, want it held for minutes", checkout.get("reservation"))
	}
	placed := c.place(t, checkout, "")
	orderID := placed.str("order.id")
	events := c.subscribe(t, `subscription($id: ID!) { orderChanged(orderId: $id) { id status paymentStatus payments { status } } }`, vars{"id": orderID})
	if first := events.next(t); first.str("orderChanged.status") != "PENDING_PAYMENT" {
		t.Errorf("the subscription starts with %v, want PENDING_PAYMENT", first)
	}
	paid := c.do(t, `mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) { payment { id status } userErrors { code message } } }`,
		vars{"input": vars{"orderId": orderID, "instrument": vars{"token": "tok_ok"}, "idempotencyKey": "pay-1"}})
	if len(paid.list("paymentCreate.userErrors")) > 0 {
		t.Fatalf("paying: %v", paid)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		if events.next(t).str("orderChanged.status") == "CONFIRMED" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the subscription did not reach CONFIRMED")
		}
	}

	mine := c.do(t, `{ me { displayName orders(first: 5) { nodes { id number status payments { status } } } } activeCart { id } }`, nil)
	if mine.str("me.orders.nodes.0.id") != orderID || mine.str("me.orders.nodes.0.status") != "CONFIRMED" ||
		mine.str("me.orders.nodes.0.payments.0.status") != "CAPTURED" {
		t.Errorf("my orders are %v, want the confirmed and captured one", mine)
	}
	polltest.Eventually(t, "the cart emptied", func() bool { return c.do(t, `{ activeCart { id } }`, nil).get("activeCart") == nil })
	stock := pool(t, s.cfg.Inventory.DatabaseURL)
	if sold := one[int](t, stock, "SELECT sold::int FROM stock WHERE variant_id = $1", five); sold != 2 {
		t.Errorf("sold %d, want 2", sold)
	}
	number := mine.str("me.orders.nodes.0.number")
	polltest.Eventually(t, "the confirmation in the inbox", func() bool { return strings.Contains(get(t, s.Inbox+"inbox.json"), number) })
	checkInvariants(t, s)
}

func demoPassword(email string) string {
	for _, p := range demo.Accounts() {
		if p.Email == email {
			return p.Password
		}
	}
	return ""
}

func TestPayingWithTheOrderConfirmsItInOneStep(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "bea")
	placed := c.buy(t, s.buyable(t, 20), 1, "tok_ok")
	order := c.await(t, placed.str("order.id"), "CONFIRMED")
	if order.str("paymentStatus") != "PAID" || order.num("payments.0.captured.minorUnits") != order.num("cost.total.minorUnits") {
		t.Errorf("order %v, want it paid in full", order)
	}
	checkInvariants(t, s)
}

func TestADeclinedCardLeavesTheCartAndAnotherTrySucceeds(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "cid")
	placed := c.buy(t, s.buyable(t, 20), 2, "tok_decline")
	orderID := placed.str("order.id")
	if placed.str("userErrors.0.__typename") != "PaymentDeclinedError" || placed.get("userErrors.0.retryable") == nil {
		t.Errorf("placing answered %v, want PaymentDeclinedError", placed)
	}
	if status := c.await(t, orderID, "PENDING_PAYMENT").str("paymentStatus"); status != "FAILED" {
		t.Errorf("paymentStatus %s, want FAILED", status)
	}
	if n := c.do(t, `{ activeCart { totalQuantity } }`, nil).num("activeCart.totalQuantity"); n != 2 {
		t.Errorf("the cart holds %v, want the 2 still", n)
	}
	again := c.do(t, `mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) { payment { status } userErrors { code message } } }`,
		vars{"input": vars{"orderId": orderID, "instrument": vars{"token": "tok_ok"}, "idempotencyKey": "again"}})
	if len(again.list("paymentCreate.userErrors")) > 0 {
		t.Fatalf("the second try: %v", again)
	}
	c.await(t, orderID, "CONFIRMED")
	polltest.Eventually(t, "the failed payment's mail in the inbox", func() bool {
		return strings.Count(get(t, s.Inbox+"inbox.json"), placed.str("order.number")) > 1
	})
	checkInvariants(t, s)
}

func TestThreeDSecureIsConfirmedAfterTheChallenge(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "dan")
	placed := c.buy(t, s.buyable(t, 20), 1, "tok_3ds")
	orderID := placed.str("order.id")
	var order object
	polltest.Eventually(t, "the bank's question", func() bool {
		data := c.do(t, `query($id: ID!) { order(id: $id) { payments { id status nextAction { kind redirectUrl } } } }`, vars{"id": orderID})
		order = data
		return data.str("order.payments.0.status") == "REQUIRES_ACTION"
	})
	page := order.str("order.payments.0.nextAction.redirectUrl")
	if page == "" {
		t.Fatalf("no page to go to: %v", order)
	}
	approve(t, page)
	data := c.do(t, `mutation($id: ID!) { paymentConfirm(paymentId: $id, idempotencyKey: "confirm") { payment { status } userErrors { code message } } }`,
		vars{"id": order.str("order.payments.0.id")})
	if len(data.list("paymentConfirm.userErrors")) > 0 {
		t.Fatalf("confirming: %v", data)
	}
	c.await(t, orderID, "CONFIRMED")
	checkInvariants(t, s)
}

func TestSoldOutIsATypedErrorAndChargesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "eve")
	none := c.variant(t, demo.SlugSoldOut, demo.SKUSoldOut)
	data := c.do(t, addLines, vars{"lines": []vars{{"variantId": none, "quantity": 1}}})
	if data.str("cartLinesAdd.userErrors.0.__typename") != "InsufficientStockError" || data.get("cartLinesAdd.userErrors.0.available") != 0.0 {
		t.Errorf("adding what is sold out: %v, want InsufficientStockError with 0 available", data)
	}

	// Two buyers whose carts both contain the last five.
	five := c.variant(t, demo.SlugFiveLeft, demo.SKUFiveLeft)
	polltest.Eventually(t, "five left shown", func() bool {
		return len(c.do(t, addLines, vars{"lines": []vars{{"variantId": five, "quantity": 4}}}).list("cartLinesAdd.userErrors")) == 0
	})
	other := s.register(t, "fay")
	otherCart := other.add(t, five, 4)
	c.checkout(t, c.do(t, `{ activeCart { id } }`, nil).str("activeCart.id"))
	late := other.do(t, checkoutCreate, vars{"input": vars{
		"cartId": otherCart, "email": "fay@example.test", "shippingAddress": home, "shippingMethodId": "standard", "idempotencyKey": "late",
	}})
	if late.str("checkoutCreate.userErrors.0.__typename") != "StockShortageError" || late.num("checkoutCreate.userErrors.0.available") != 1 {
		t.Errorf("the second checkout: %v, want StockShortageError with 1 available", late)
	}
	payments := pool(t, s.cfg.Payment.DatabaseURL)
	if n := one[int](t, payments, "SELECT count(*)::int FROM payments"); n != 0 {
		t.Errorf("%d payments, want none", n)
	}
	checkInvariants(t, s)
}

func TestAChangedTotalIsRefusedWithBothTotals(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "gil")
	checkout := c.checkout(t, c.add(t, s.buyable(t, 20), 1))
	input := placement(checkout, "tok_ok", "k")
	input["input"].(vars)["expectedTotal"] = vars{"amount": "0.01", "currencyCode": "USD"}
	data := c.do(t, orderPlace, input)
	if data.str("orderPlace.userErrors.0.__typename") != "TotalChangedError" ||
		data.num("orderPlace.userErrors.0.expected.minorUnits") != 1 ||
		data.num("orderPlace.userErrors.0.actual.minorUnits") != checkout.num("cost.total.minorUnits") {
		t.Errorf("placing for a cent: %v, want TotalChangedError with both totals", data)
	}
	if placed := c.place(t, checkout, "tok_ok"); placed.str("order.id") == "" {
		t.Errorf("placing for the true total: %v, want an order", placed)
	}
}

func TestAReplayedKeyPlacesOneOrder(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "hal")
	checkout := c.checkout(t, c.add(t, s.buyable(t, 20), 1))
	first := c.do(t, orderPlace, placement(checkout, "tok_ok", "same"))
	second := c.do(t, orderPlace, placement(checkout, "tok_ok", "same"))
	if first.get("orderPlace.replayed") != false || second.get("orderPlace.replayed") != true ||
		first.str("orderPlace.order.id") != second.str("orderPlace.order.id") {
		t.Errorf("first %v, second %v, want one order and replayed", first, second)
	}
	c.await(t, first.str("orderPlace.order.id"), "CONFIRMED")
	checkInvariants(t, s)
}

func TestACancelledOrderReleasesStockAndRefunds(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "ida")
	variant := s.buyable(t, 20)
	stock := pool(t, s.cfg.Inventory.DatabaseURL)
	before := one[int](t, stock, "SELECT available::int FROM stock WHERE variant_id = $1", variant)
	orderID := c.buy(t, variant, 3, "tok_ok").str("order.id")
	c.await(t, orderID, "CONFIRMED")

	cancel := vars{"input": vars{"orderId": orderID, "reason": "CUSTOMER_REQUEST", "idempotencyKey": "cancel"}}
	data := c.do(t, orderCancel, cancel)
	if data.str("orderCancel.order.status") != "CANCELLED" {
		t.Fatalf("cancelling: %v", data)
	}
	if again := c.do(t, orderCancel, cancel); again.get("orderCancel.replayed") != true {
		t.Errorf("cancelling again: %v, want it replayed", again)
	}
	polltest.Eventually(t, "the money refunded", func() bool {
		order := c.await(t, orderID, "CANCELLED")
		return order.num("payments.0.refunded.minorUnits") == order.num("cost.total.minorUnits")
	})
	polltest.Eventually(t, "the stock back", func() bool {
		return one[int](t, stock, "SELECT available::int FROM stock WHERE variant_id = $1", variant) == before
	})
	checkInvariants(t, s)
}

func TestMailsAreReadable(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "jon")
	number := c.buy(t, s.buyable(t, 20), 1, "tok_ok").str("order.number")
	m := s.mail(t, number)
	if !strings.Contains(m.Text, number) || !strings.Contains(m.HTML, number) || !slices.Contains(m.To, "ada@example.test") {
		t.Errorf("mail %+v does not mention order %s", m, number)
	}
}
