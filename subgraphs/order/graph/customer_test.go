package graph_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"cartograph/internal/auth"
	"cartograph/subgraphs/order/ordertest"
)

const (
	customerOfOrder    = `id number status customer { id } email shippingAddress { name line1 phone countryCode formatted } billingAddress { name postalCode phone } cancellation { reason note } timeline { nodes { title detail actor } }`
	customerOfCheckout = `id status email shippingAddress { name line1 phone countryCode formatted } billingAddress { name postalCode phone }`
)

// personal is every value by which the answers could name the customer.
var personal = []string{ordertest.Ada.ID, "ada.l@example.test", "Ada Lovelace", "12 Analytical Row", "+15035550142", "97201", "Byron", "call Annabella"}

// purchase is an order of Ada that she cancelled, and every way to read it.
func (s *server) purchase(t *testing.T) (ways map[string]string) {
	t.Helper()
	cart := s.env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	answer := s.query(t, ordertest.Ada, `mutation ($c: ID!, $a: PostalAddressInput!) { checkoutCreate(input: {cartId: $c, email: "ada.l@example.test", shippingAddress: $a, idempotencyKey: "k"}) { checkout { id } } }`,
		map[string]any{"c": cart, "a": map[string]any{"name": "Ada Lovelace", "line1": "12 Analytical Row", "city": "Portland", "region": "OR", "postalCode": "97201", "countryCode": "US", "phone": "+15035550142"}})
	checkout := regexp.MustCompile(`chk_[0-9A-Z]+`).FindString(string(answer))
	answer = s.query(t, ordertest.Ada, `mutation ($c: ID!, $a: PostalAddressInput!) { checkoutUpdate(checkoutId: $c, input: {billingAddress: $a}) { checkout { quote { total { amount } } } } }`,
		map[string]any{"c": checkout, "a": map[string]any{"name": "Lord Byron", "line1": "1 Abbey", "city": "Portland", "region": "OR", "postalCode": "97201", "countryCode": "US"}})
	amount := regexp.MustCompile(`"amount":"([^"]+)"`).FindSubmatch(answer)
	if amount == nil {
		t.Fatalf("the checkout: %s", answer)
	}
	answer = s.query(t, ordertest.Ada, `mutation ($c: ID!, $t: Decimal!) { orderPlace(input: {checkoutId: $c, idempotencyKey: "k", expectedTotal: {amount: $t, currencyCode: "USD"}}) { order { id number } } }`,
		map[string]any{"c": checkout, "t": string(amount[1])})
	order, number := regexp.MustCompile(`ord_[0-9A-Z]+`).FindString(string(answer)), regexp.MustCompile(`CG-[0-9A-Z]{6}`).FindString(string(answer))
	answer = s.query(t, ordertest.Ada, `mutation ($o: ID!) { orderCancel(input: {orderId: $o, reason: OTHER, note: "call Annabella", idempotencyKey: "k"}) { order { status } } }`, map[string]any{"o": order})
	if !bytes.Contains(answer, []byte("CANCELLED")) {
		t.Fatalf("the cancelling: %s", answer)
	}
	return map[string]string{
		"order":           `{ order(id: "` + order + `") { ` + customerOfOrder + ` } }`,
		"orderLookup":     `{ orderLookup(number: "` + number + `", email: "ada.l@example.test") { ` + customerOfOrder + ` } }`,
		"User.orders":     `{ _entities(representations: [{__typename: "User", id: "` + ordertest.Ada.ID + `"}]) { ... on User { orders { nodes { ` + customerOfOrder + ` } } } } }`,
		"Order entity":    `{ _entities(representations: [{__typename: "Order", id: "` + order + `"}]) { ... on Order { ` + customerOfOrder + ` } } }`,
		"checkout":        `{ checkout(id: "` + checkout + `") { ` + customerOfCheckout + ` } }`,
		"Checkout.order":  `{ checkout(id: "` + checkout + `") { order { ` + customerOfOrder + ` } } }`,
		"Checkout entity": `{ _entities(representations: [{__typename: "Checkout", id: "` + checkout + `"}]) { ... on Checkout { ` + customerOfCheckout + ` } } }`,
	}
}

func TestAClientWithoutCustomersReadDoesNotSeeWhoTheCustomerIs(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for way, query := range s.purchase(t) {
		answer := s.query(t, ordertest.Partner, query, nil)
		if way == "User.orders" { // the orders of a known user are theirs by the question
			if !nothing.Match(answer) {
				t.Errorf("%s: %s, want null", way, answer)
			}
			continue
		}
		if bytes.Contains(answer, []byte(`"errors"`)) || !bytes.Contains(answer, []byte(`"status":"CANCELLED"`)) {
			t.Errorf("%s: %s, want the purchase without errors", way, answer)
		}
		for _, value := range personal {
			if bytes.Contains(answer, []byte(value)) {
				t.Errorf("%s reveals %q: %s", way, value, answer)
			}
		}
	}
}

func TestOwnersAndCustomersReadSeeWhoTheCustomerIs(t *testing.T) {
	t.Parallel()
	s := serve(t)
	client := ordertest.Partner
	client.Scopes = append([]string{"customers:read"}, client.Scopes...)
	for way, query := range s.purchase(t) {
		mine := s.query(t, ordertest.Ada, query, nil)
		for _, value := range personal {
			ofOrder := value == ordertest.Ada.ID || value == "call Annabella"
			if !bytes.Contains(mine, []byte(value)) && (!ofOrder || strings.Contains(query, "cancellation")) {
				t.Errorf("%s does not show its owner %q: %s", way, value, mine)
			}
		}
		for name, who := range map[string]auth.Actor{"staff": ordertest.Kim, "a client with customers:read": client} {
			if answer := s.query(t, who, query, nil); !bytes.Equal(answer, mine) {
				t.Errorf("%s for %s: %s, want %s", way, name, answer, mine)
			}
		}
	}
}

func TestAnOrderLookupShowsBuyersTheirAddress(t *testing.T) {
	t.Parallel()
	s := serve(t)
	lookup := s.purchase(t)["orderLookup"]
	mine := s.query(t, ordertest.Ada, lookup, nil)
	for name, who := range map[string]auth.Actor{"nobody": {Kind: auth.Anonymous}, "a guest": ordertest.Guest, "another customer": ordertest.Eve} {
		if answer := s.query(t, who, lookup, nil); !bytes.Equal(answer, mine) {
			t.Errorf("looked up by %s: %s, want %s", name, answer, mine)
		}
	}
}

func TestPurchasesOfOthersAreNullWithoutAnError(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for way, query := range s.purchase(t) {
		if way == "orderLookup" {
			continue
		}
		for name, who := range map[string]auth.Actor{"a guest": ordertest.Guest, "another customer": ordertest.Eve} {
			answer := s.query(t, who, query, nil)
			if !nothing.Match(answer) {
				t.Errorf("%s for %s: %s, want null without an error", way, name, answer)
			}
		}
	}
}

var nothing = regexp.MustCompile(`^{"data":{"\w+":(null|\[null\]|\[{"orders":null}\])}}\s*$`)
