package e2e

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
)

// TestBadInputIsRefusedAndChangesNothing sends malformed and hostile input.
func TestBadInputIsRefusedAndChangesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "lea")
	variant := s.buyable(t, 20)
	cartID := c.add(t, variant, 1)
	foreign := s.register(t, "mia")
	foreignCart := foreign.add(t, variant, 1)
	checkout := c.checkout(t, cartID)
	before := c.do(t, `{ activeCart { version totalQuantity } }`, nil)

	for name, tt := range map[string]struct {
		query string
		vars  vars
		field string // whose userErrors.0.code, or "" for errors.0.extensions.code
		want  string
	}{
		"unknown variant":    {addLines, vars{"lines": []vars{{"variantId": "var_nosuch", "quantity": 1}}}, "cartLinesAdd", "VARIANT_UNAVAILABLE"},
		"negative quantity":  {addLines, vars{"lines": []vars{{"variantId": variant, "quantity": -1}}}, "cartLinesAdd", "INVALID_INPUT"},
		"a billion":          {addLines, vars{"lines": []vars{{"variantId": variant, "quantity": 1_000_000_000}}}, "cartLinesAdd", "QUANTITY_LIMIT"},
		"beyond 32 bits":     {addLines, vars{"lines": []vars{{"variantId": variant, "quantity": 10_000_000_000}}}, "", "BAD_USER_INPUT"},
		"a foreign cart":     {`mutation($id: ID!) { cartClear(cartId: $id) { userErrors { code } } }`, vars{"id": foreignCart}, "cartClear", "NOT_FOUND"},
		"a foreign checkout": {`mutation($id: ID!) { checkoutCancel(checkoutId: $id) { userErrors { code } } }`, vars{"id": "chk_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "checkoutCancel", "NOT_FOUND"},
		"another currency": {orderPlace, vars{"input": vars{
			"checkoutId": checkout.str("id"), "idempotencyKey": "eur",
			"expectedTotal": vars{"amount": checkout.str("cost.total.amount"), "currencyCode": "EUR"},
		}}, "orderPlace", "INVALID_INPUT"},
		"no currency at all": {orderPlace, vars{"input": vars{
			"checkoutId": checkout.str("id"), "idempotencyKey": "xxx",
			"expectedTotal": vars{"amount": "1.00", "currencyCode": "XXX"},
		}}, "", "BAD_USER_INPUT"},
		"an unknown token": {orderPlace, vars{"input": vars{
			"checkoutId": checkout.str("id"), "idempotencyKey": "card",
			"expectedTotal": vars{"amount": checkout.str("cost.total.amount"), "currencyCode": "USD"},
			"payment":       vars{"token": "4242424242424242"},
		}}, "orderPlace", "INVALID_INPUT"},
		"a broken cursor":  {`{ search(query: "", after: "nonsense") { nodes { id } } }`, nil, "", "BAD_USER_INPUT"},
		"too long a page":  {`{ search(query: "", first: 101) { nodes { id } } }`, nil, "", "BAD_USER_INPUT"},
		"id and slug":      {`{ product(id: "x", slug: "y") { id } }`, nil, "", "BAD_USER_INPUT"},
		"an unknown field": {`{ nosuch }`, nil, "", "GRAPHQL_VALIDATION_FAILED"},
		"no GraphQL":       {`{ product(`, nil, "", "GRAPHQL_PARSE_FAILED"},
		"an entity fetch":  {`{ _entities(representations: []) { __typename } }`, nil, "", "GRAPHQL_VALIDATION_FAILED"},
		"staff only":       {`mutation($i: StockAdjustInput!) { stockAdjust(input: $i) { userErrors { code } } }`, vars{"i": vars{"variantId": variant, "delta": 1, "reason": "RECEIVED", "idempotencyKey": "k"}}, "", "FORBIDDEN"},
	} {
		a, err := c.send(t.Context(), tt.query, tt.vars)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := codeOf(t, a, tt.field); got != tt.want {
			t.Errorf("%s: code %q in %v, want %q", name, got, a, tt.want)
		}
	}
	if after := c.do(t, `{ activeCart { version totalQuantity } }`, nil); after.num("activeCart.version") != before.num("activeCart.version") {
		t.Errorf("the cart went from %v to %v", before, after)
	}
}

func codeOf(t *testing.T, a answer, field string) string {
	t.Helper()
	if field == "" {
		if len(a.Errors) == 0 {
			return ""
		}
		code, _ := a.Errors[0].Extensions["code"].(string)
		return code
	}
	var data object
	decode(t, a.Data, &data)
	return data.str(field + ".userErrors.0.code")
}

func TestUnknownObjectsAreNullWithoutError(t *testing.T) {
	t.Parallel()
	s := start(t)
	data := s.register(t, "ned").do(t, `{ product(slug: "nosuch") { id } order(id: "ord_nosuch") { id } cart(id: "crt_nosuch") { id } payment(id: "pay_nosuch") { id } checkout(id: "chk_nosuch") { id } node(id: "nonsense") { id } }`, nil)
	for field, value := range data {
		if value != nil {
			t.Errorf("%s = %v, want null", field, value)
		}
	}
}

func TestBadRequestsAreRefusedByStatusAndCode(t *testing.T) {
	t.Parallel()
	s := start(t)
	for name, tt := range map[string]struct {
		method, contentType, token string
		body                       string
		status                     int
	}{
		"malformed JSON":  {http.MethodPost, "application/json", "", `{"query":`, http.StatusBadRequest},
		"5 MB":            {http.MethodPost, "application/json", "", `{"query":"` + strings.Repeat(" ", 5<<20) + `"}`, http.StatusRequestEntityTooLarge},
		"a form":          {http.MethodPost, "application/x-www-form-urlencoded", "", "query={__typename}", http.StatusUnsupportedMediaType},
		"a forged token":  {http.MethodPost, "application/json", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c3JfMSJ9.", `{"query":"{ __typename }"}`, http.StatusUnauthorized},
		"another method":  {http.MethodPatch, "application/json", "", "", http.StatusMethodNotAllowed},
		"GET of mutation": {http.MethodGet, "", "", "", http.StatusMethodNotAllowed},
	} {
		url := s.GraphQL
		if tt.method == http.MethodGet {
			url += "?query=mutation%7BguestSessionCreate%7BuserErrors%7Bcode%7D%7D%7D"
		}
		req, err := http.NewRequestWithContext(t.Context(), tt.method, url, bytes.NewReader([]byte(tt.body)))
		if err != nil {
			t.Fatal(err)
		}
		if tt.contentType != "" {
			req.Header.Set("Content-Type", tt.contentType)
		}
		if tt.token != "" {
			req.Header.Set("Authorization", "Bearer "+tt.token)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode != tt.status {
			t.Errorf("%s: status %d, want %d", name, res.StatusCode, tt.status)
		}
	}
}

func TestOrdersOfOthersAreNotVisible(t *testing.T) {
	t.Parallel()
	s := start(t)
	owner, other := s.register(t, "oda"), s.register(t, "pia")
	placed := owner.buy(t, s.buyable(t, 20), 1, "tok_ok")
	orderID, checkoutID := placed.str("order.id"), placed.str("checkout.id")
	paymentID := owner.await(t, orderID, "CONFIRMED").str("payments.0.id")
	cartID := owner.add(t, s.buyable(t, 20), 1)
	data := other.do(t, `query($o: ID!, $p: ID!, $k: ID!, $c: ID!) {
		order(id: $o) { id } payment(id: $p) { id } checkout(id: $k) { id } cart(id: $c) { id }
		orderNode: node(id: $o) { ...data } paymentNode: node(id: $p) { ...data } checkoutNode: node(id: $k) { ...data } cartNode: node(id: $c) { ...data }
	}
	fragment data on Node { __typename id ... on Order { number cost { total { amount } } } ... on Payment { paymentStatus: status } ... on Checkout { checkoutStatus: status } ... on Cart { version } }`,
		vars{"o": orderID, "p": paymentID, "k": checkoutID, "c": cartID})
	for field, value := range data {
		if value != nil {
			t.Errorf("another customer sees %s as %v, want null", field, value)
		}
	}
	a, err := other.send(t.Context(), orderCancel, vars{"input": vars{"orderId": orderID, "reason": "CUSTOMER_REQUEST", "idempotencyKey": "k"}})
	if err != nil || codeOf(t, a, "orderCancel") != "NOT_FOUND" {
		t.Errorf("another customer's cancelling: %v, %v, want NOT_FOUND", a, err)
	}
}
