package payment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/id"
	"cartograph/internal/polltest"
	"cartograph/subgraphs/payment"
)

var (
	guest     = auth.Actor{Kind: auth.Guest, ID: "gst_gus", Scopes: []string{"payments:read:own"}}
	anonymous = auth.Actor{Kind: auth.Anonymous}
	partner   = auth.Actor{Kind: auth.APIClient, ID: "app_1", Scopes: []string{"orders:read"}}
)

// query gives the answer's JSON.
func (s *shop) query(by auth.Actor, query string, variables map[string]any) string {
	s.Helper()
	return s.graph.Query(s, by, query, variables).Body
}

func (s *shop) expect(by auth.Actor, query string, variables map[string]any, want string) {
	s.Helper()
	if got := s.query(by, query, variables); got != want {
		s.Errorf("%s\nasks %s\n got %s\nwant %s", by.ID, query, got, want)
	}
}

const create = `mutation($order: ID!, $token: String!, $key: ID!, $amount: MoneyInput) {
	paymentCreate(input: {orderId: $order, amount: $amount, instrument: {token: $token, returnUrl: "https://shop.test/back"}, idempotencyKey: $key}) {
		payment { status amount { formatted } failure { code retryable } nextAction { kind } method { type brand last4 expiry } }
		replayed userErrors { __typename code message path }
	}
}`

func TestPayingThroughTheGraph(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := s.placed(5000)
	vars := func(token, key string) map[string]any {
		return map[string]any{"order": o.OrderID, "token": token, "key": key}
	}
	s.expect(ada, create, vars("tok_insufficient", "k1"), `{"data":{"paymentCreate":{"payment":{"status":"DECLINED","amount":{"formatted":"$50.00"},"failure":{"code":"insufficient_funds","retryable":true},"nextAction":null,"method":{"type":"CARD","brand":"visa","last4":"9995","expiry":"12/2034"}},"replayed":false,"userErrors":[{"__typename":"BasicUserError","code":"PAYMENT_DECLINED","message":"The card has insufficient funds.","path":null}]}}}`)
	s.expect(ada, create, vars("tok_ok", "k1"), `{"data":{"paymentCreate":{"payment":null,"replayed":false,"userErrors":[{"__typename":"IdempotencyConflictError","code":"IDEMPOTENCY_KEY_REUSED","message":"This idempotency key was used before with other input.","path":["input","idempotencyKey"]}]}}}`)
	s.expect(ada, create, vars("tok_3ds", "k2"), `{"data":{"paymentCreate":{"payment":{"status":"REQUIRES_ACTION","amount":{"formatted":"$50.00"},"failure":null,"nextAction":{"kind":"THREE_D_SECURE"},"method":{"type":"CARD","brand":"mastercard","last4":"3155","expiry":"08/2033"}},"replayed":false,"userErrors":[]}}}`)
	if got := s.query(ada, create, vars("tok_3ds", "k2")); !strings.Contains(got, `"replayed":true`) {
		t.Errorf("the same key again: %s, want it replayed", got)
	}
	s.expect(ada, create, vars("tok_ok", "k3"), `{"data":{"paymentCreate":{"payment":null,"replayed":false,"userErrors":[{"__typename":"BasicUserError","code":"OPERATION_IN_PROGRESS","message":"Another payment of this order is in progress.","path":["input","orderId"]}]}}}`)

	found, err := s.payments.PaymentsByOrder(t.Context(), payment.Everyone, []string{o.OrderID})
	if err != nil || len(found[o.OrderID]) != 2 {
		t.Fatalf("payments = %v (%v), want 2", found, err)
	}
	p := found[o.OrderID][1]
	const confirm = `mutation($id: ID!, $key: ID!) { paymentConfirm(paymentId: $id, idempotencyKey: $key) { payment { status } replayed userErrors { code } } }`
	early := map[string]any{"id": p.ID, "key": "c1"}
	s.expect(ada, confirm, early, `{"data":{"paymentConfirm":{"payment":{"status":"REQUIRES_ACTION"},"replayed":false,"userErrors":[]}}}`)
	s.expect(bob, confirm, early, `{"data":{"paymentConfirm":{"payment":null,"replayed":false,"userErrors":[{"code":"NOT_FOUND"}]}}}`)
	s.decideChallenge(*p, "approve")
	s.expect(ada, confirm, map[string]any{"id": p.ID, "key": "c2"}, `{"data":{"paymentConfirm":{"payment":{"status":"AUTHORIZED"},"replayed":false,"userErrors":[]}}}`)
	s.capture(*p)
	s.expect(ada, create, vars("tok_ok", "k4"), `{"data":{"paymentCreate":{"payment":null,"replayed":false,"userErrors":[{"__typename":"BasicUserError","code":"ORDER_ALREADY_PAID","message":"This order is already paid.","path":["input","orderId"]}]}}}`)

	s.expect(ada, `query($id: ID!) { payment(id: $id) { status order { id } authorized { amount } captured { amount } refunded { amount } voided { amount } disputed { amount } transactions { id kind status source } gatewayReference } }`,
		map[string]any{"id": p.ID}, fmt.Sprintf(`{"errors":[{"message":"You may not see or do this.","path":["payment","gatewayReference"],"extensions":{"code":"FORBIDDEN"}}],"data":{"payment":{"status":"CAPTURED","order":{"id":%q},"authorized":{"amount":"50.00"},"captured":{"amount":"50.00"},"refunded":{"amount":"0.00"},"voided":{"amount":"0.00"},"disputed":{"amount":"0.00"},"transactions":[{"id":"%[2]s:authorize:1","kind":"AUTHORIZATION","status":"PENDING","source":"API"},{"id":"%[2]s:confirm:1","kind":"AUTHORIZATION","status":"SUCCEEDED","source":%[3]q},{"id":"%[2]s:capture:1","kind":"CAPTURE","status":"SUCCEEDED","source":%[4]q}],"gatewayReference":null}}}`, o.OrderID, p.ID, s.source(p.ID, 1), s.source(p.ID, 2)))
}

// source is which reported a payment's n-th transaction first: the answer and the
// webhook race.
func (s *shop) source(paymentID string, n int) string {
	s.Helper()
	found, err := s.payments.TransactionsByPayment(s.Context(), []string{paymentID})
	if err != nil || len(found[paymentID]) <= n {
		s.Fatalf("transactions = %v (%v), want more than %d", found[paymentID], err, n)
	}
	return string(found[paymentID][n].Source)
}

func TestStaffVoidsAndRefunds(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	const void = `mutation($id: ID!, $key: ID!) { paymentVoid(paymentId: $id, idempotencyKey: $key) { payment { status } replayed userErrors { code } } }`
	const refund = `mutation($order: ID!, $amount: MoneyInput, $key: ID!, $note: String) {
		refundCreate(input: {orderId: $order, amount: $amount, reason: CUSTOMER_REQUEST, note: $note, idempotencyKey: $key}) {
			refund { amount { amount } status reason payment { status refunded { amount } } } order { id } replayed userErrors { code path }
		}
	}`
	authorised, captured := s.authorise(s.placed(5000), "tok_ok"), s.captured(8000)
	vars := map[string]any{"id": authorised.ID, "key": "v1"}
	s.expect(ada, void, vars, `{"errors":[{"message":"You may not see or do this.","path":["paymentVoid"],"extensions":{"code":"FORBIDDEN"}}],"data":{"paymentVoid":null}}`)
	s.expect(kim, void, vars, `{"data":{"paymentVoid":{"payment":{"status":"VOIDED"},"replayed":false,"userErrors":[]}}}`)
	s.expect(kim, void, vars, `{"data":{"paymentVoid":{"payment":{"status":"VOIDED"},"replayed":true,"userErrors":[]}}}`)
	s.expect(kim, void, map[string]any{"id": captured.ID, "key": "v2"}, `{"data":{"paymentVoid":{"payment":null,"replayed":false,"userErrors":[{"code":"CONFLICT"}]}}}`)

	some := map[string]any{"order": captured.OrderID, "key": "r1", "amount": map[string]any{"amount": "30.00", "currencyCode": "USD"}}
	s.expect(bob, refund, some, `{"errors":[{"message":"You may not see or do this.","path":["refundCreate"],"extensions":{"code":"FORBIDDEN"}}],"data":{"refundCreate":null}}`)
	s.expect(kim, refund, some, fmt.Sprintf(`{"data":{"refundCreate":{"refund":{"amount":{"amount":"30.00"},"status":"SUCCEEDED","reason":"CUSTOMER_REQUEST","payment":{"status":"PARTIALLY_REFUNDED","refunded":{"amount":"30.00"}}},"order":{"id":%q},"replayed":false,"userErrors":[]}}}`, captured.OrderID))
	for name, tt := range map[string]struct {
		change map[string]any
		want   string
	}{
		"more than is left": {map[string]any{"amount": map[string]any{"amount": "50.01", "currencyCode": "USD"}}, `{"code":"AMOUNT_EXCEEDS_CAPTURED","path":["input","amount"]}`},
		"nothing":           {map[string]any{"amount": map[string]any{"amount": "0", "currencyCode": "USD"}}, `{"code":"INVALID_INPUT","path":["input","amount"]}`},
		"less than nothing": {map[string]any{"amount": map[string]any{"amount": "-1", "currencyCode": "USD"}}, `{"code":"INVALID_INPUT","path":["input","amount"]}`},
		"half a cent":       {map[string]any{"amount": map[string]any{"amount": "0.005", "currencyCode": "USD"}}, `{"code":"INVALID_INPUT","path":["input","amount"]}`},
		"another currency":  {map[string]any{"amount": map[string]any{"amount": "1", "currencyCode": "EUR"}}, `{"code":"INVALID_INPUT","path":["input","amount","currencyCode"]}`},
		"card in the note":  {map[string]any{"note": "card 4242 4242 4242 4242"}, `{"code":"INVALID_INPUT","path":null}`},
		"long note":         {map[string]any{"note": strings.Repeat("x", 1001)}, `{"code":"INVALID_INPUT","path":["input","note"]}`},
		"no key":            {map[string]any{"key": ""}, `{"code":"INVALID_INPUT","path":["input","idempotencyKey"]}`},
		"unknown order":     {map[string]any{"order": "ord_none"}, `{"code":"NOT_FOUND","path":["input","orderId"]}`},
		"nothing captured":  {map[string]any{"order": authorised.OrderID}, `{"code":"REFUND_NOT_ALLOWED","path":["input","orderId"]}`},
	} {
		vars := map[string]any{"order": captured.OrderID, "key": name}
		maps.Copy(vars, tt.change)
		if got := s.query(kim, refund, vars); !strings.Contains(got, `"refund":null`) || !strings.Contains(got, `"userErrors":[`+tt.want+`]`) {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
	s.checkLedger()
}

func TestInvalidInputIsRefusedWithItsPath(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o, bobs := s.placed(5000), order(100)
	bobs.OwnerID = bob.ID
	s.handle(event.OrderPlaced{OrderFacts: bobs})
	usd := func(amount string) map[string]any { return map[string]any{"amount": amount, "currencyCode": "USD"} }
	for name, tt := range map[string]struct {
		change map[string]any
		want   string
	}{
		"card number":              {map[string]any{"token": "4242424242424242"}, `"code":"INVALID_INPUT","message":"Card numbers are not accepted here. Send a token of the payment gateway.","path":null`},
		"card as order":            {map[string]any{"order": "4242 4242 4242 4242"}, `"code":"INVALID_INPUT"`},
		"no token":                 {map[string]any{"token": ""}, `"code":"INVALID_INPUT"`},
		"long token":               {map[string]any{"token": strings.Repeat("t", 201)}, `"path":["input","instrument","token"]`},
		"no key":                   {map[string]any{"key": ""}, `"path":["input","idempotencyKey"]`},
		"long key":                 {map[string]any{"key": strings.Repeat("k", 201)}, `"path":["input","idempotencyKey"]`},
		"unknown order":            {map[string]any{"order": "ord_none"}, `"code":"NOT_FOUND","message":"There is no such order.","path":["input","orderId"]`},
		"another customer's order": {map[string]any{"order": bobs.OrderID}, `"code":"NOT_FOUND","message":"There is no such order.","path":["input","orderId"]`},
		"too much":                 {map[string]any{"amount": usd("50.01")}, `"code":"AMOUNT_EXCEEDS_BALANCE"`},
		"too little":               {map[string]any{"amount": usd("49.99")}, `"code":"INVALID_INPUT"`},
		"negative":                 {map[string]any{"amount": usd("-50.00")}, `"code":"INVALID_INPUT"`},
		"another currency":         {map[string]any{"amount": map[string]any{"amount": "50", "currencyCode": "EUR"}}, `"code":"INVALID_INPUT"`},
		"a thousandth":             {map[string]any{"amount": usd("50.000")}, `"code":"INVALID_INPUT"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			vars := map[string]any{"order": o.OrderID, "token": "tok_ok", "key": "key " + name}
			maps.Copy(vars, tt.change)
			got := s.query(ada, create, vars)
			if !strings.Contains(got, `"payment":null`) || !strings.Contains(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if strings.Contains(got, "4242") {
				t.Errorf("the number is repeated: %s", got)
			}
		})
	}
	t.Cleanup(func() {
		var n int
		if err := s.pool.QueryRow(context.Background(), `SELECT count(*) FROM payments`).Scan(&n); err != nil || n != 0 {
			t.Errorf("refused input left %d payments (%v), want none", n, err)
		}
	})
}

func TestPaymentsOfOthersAreHidden(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	p := s.captured(5000)
	refund, _, err := s.payments.Refund(s.as(kim), payment.RefundRequest{OrderID: p.OrderID, Reason: payment.Fraud, IdempotencyKey: "r"})
	if err != nil {
		t.Fatal(err)
	}
	const read = `query($id: ID!, $r: [_Any!]!) { payment(id: $id) { id } _entities(representations: $r) {
		... on Payment { id } ... on Refund { id } ... on Order { payments { id } refunds { id } paymentSummary { captured { amount } balanceDue { amount } refundable { amount } } } } }`
	reps := []map[string]any{
		{"__typename": "Payment", "id": p.ID},
		{"__typename": "Refund", "id": refund.ID},
		{"__typename": "Order", "id": p.OrderID, "totalMinor": 5000, "currencyCode": "USD"},
	}
	vars := map[string]any{"id": p.ID, "r": reps}
	full := fmt.Sprintf(`{"data":{"payment":{"id":%[1]q},"_entities":[{"id":%[1]q},{"id":%[2]q},{"payments":[{"id":%[1]q}],"refunds":[{"id":%[2]q}],"paymentSummary":{"captured":{"amount":"50.00"},"balanceDue":{"amount":"0.00"},"refundable":{"amount":"0.00"}}}]}}`, p.ID, refund.ID)
	const empty = `{"data":{"payment":null,"_entities":[null,null,{"payments":[],"refunds":[],"paymentSummary":null}]}}`
	s.expect(ada, read, vars, full)
	s.expect(kim, read, vars, full)
	for _, other := range []auth.Actor{bob, guest, anonymous, partner} {
		s.expect(other, read, vars, empty)
	}
	s.expect(anonymous, create, map[string]any{"order": p.OrderID, "token": "tok_ok", "key": "k"},
		`{"errors":[{"message":"Please sign in or request a guest token.","path":["paymentCreate"],"extensions":{"code":"UNAUTHENTICATED"}}],"data":{"paymentCreate":null}}`)
}

func TestGuestsPayAndKeepTheirPaymentsWhenTheySignIn(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	o := order(5000)
	o.OwnerID = guest.ID
	go func() { s.handle(event.OrderPlaced{OrderFacts: o}) }() // its news may come after the customer
	if got := s.query(guest, create, map[string]any{"order": o.OrderID, "token": "tok_ok", "key": "k"}); !strings.Contains(got, `"status":"AUTHORIZED"`) {
		t.Errorf("a guest pays: %s, want AUTHORIZED", got)
	}
	known := ada
	known.GuestID = guest.ID
	const read = `query($r: [_Any!]!) { _entities(representations: $r) { ... on Order { payments { status } } } }`
	reps := map[string]any{"r": []map[string]any{{"__typename": "Order", "id": o.OrderID}}}
	s.expect(known, read, reps, `{"data":{"_entities":[{"payments":[{"status":"AUTHORIZED"}]}]}}`)
}

func TestAnIdempotencyKeyThatLooksLikeACardIsAKey(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	for _, key := range []string{"4242424242424242", "4242-4242-4242-4242"} {
		vars := map[string]any{"order": s.placed(5000).OrderID, "token": "tok_ok", "key": key}
		if got := s.query(ada, create, vars); !strings.Contains(got, `"status":"AUTHORIZED"`) {
			t.Errorf("key %s: %s, want AUTHORIZED", key, got)
		}
	}
}

func TestListsCostOneStatementEach(t *testing.T) {
	t.Parallel()
	s := open(t, option{mute: true})
	reps := []map[string]any{}
	for i := range 8 {
		p := s.captured(int64(1000 + i))
		if _, _, err := s.payments.Refund(s.as(kim), payment.RefundRequest{OrderID: p.OrderID, Reason: payment.Duplicate, IdempotencyKey: p.ID}); err != nil {
			t.Fatal(err)
		}
		reps = append(reps, map[string]any{"__typename": "Order", "id": p.OrderID, "totalMinor": 1000 + i, "currencyCode": "USD"})
	}
	s.stop()
	for query, want := range map[string]int{
		`{ payments { id } }`:                                                1,
		`{ payments { id transactions { id } } }`:                            2,
		`{ payments { transactions { id } refunds { id payment { id } } } }`: 4,
		`{ refunds { id payment { id } } }`:                                  2,
		`{ paymentSummary { captured { amount } } }`:                         1,
	} {
		s.count.Reset()
		got := s.query(kim, `query($r: [_Any!]!) { _entities(representations: $r) { ... on Order `+query+` } }`, map[string]any{"r": reps})
		if strings.Contains(got, "errors") {
			t.Errorf("%s: %s", query, got)
		}
		if n := s.count.N(); n != want {
			t.Errorf("%s of 8 orders costs %d statements, want %d:\n%s", query, n, want, strings.Join(s.count.SQL(), "\n"))
		}
	}
}

func TestPagesOfAllPayments(t *testing.T) {
	t.Parallel()
	s := open(t, option{})
	var newest []string
	for i := range 5 {
		token := "tok_ok"
		if i%2 == 1 {
			token = "tok_decline"
		}
		newest = append([]string{s.authorise(s.placed(1000), token).ID}, newest...)
	}
	const list = `query($first: Int, $after: String, $filter: PaymentFilter) { payments(first: $first, after: $after, filter: $filter) {
		nodes { id } edges { cursor node { id } } pageInfo { hasNextPage endCursor } totalCount } }`
	type page struct {
		Data struct {
			Payments struct {
				Nodes    []struct{ ID string }
				PageInfo struct {
					HasNextPage bool
					EndCursor   string
				}
				TotalCount int
			}
		}
	}
	read := func(vars map[string]any) page {
		var p page
		if got := s.query(kim, list, vars); json.Unmarshal([]byte(got), &p) != nil || strings.Contains(got, "errors") {
			t.Fatalf("list payments: %s", got)
		}
		return p
	}
	var ids []string
	after := ""
	for range 3 {
		p := read(map[string]any{"first": 2, "after": after}).Data.Payments
		for _, node := range p.Nodes {
			ids = append(ids, node.ID)
		}
		if p.TotalCount != 5 || p.PageInfo.HasNextPage != (len(ids) < 5) {
			t.Errorf("after %d: total %d, next page %v", len(ids), p.TotalCount, p.PageInfo.HasNextPage)
		}
		after = p.PageInfo.EndCursor
	}
	if got, want := strings.Join(ids, " "), strings.Join(newest, " "); got != want {
		t.Errorf("pages hold %s, want %s", got, want)
	}
	for name, tt := range map[string]struct {
		filter map[string]any
		want   int
	}{
		"by status": {map[string]any{"status": []string{"DECLINED"}}, 2},
		"by two":    {map[string]any{"status": []string{"DECLINED", "AUTHORIZED"}}, 5},
		"by none":   {map[string]any{"status": []string{}}, 5},
		"by order":  {map[string]any{"orderId": s.payment(newest[0]).OrderID}, 1},
		"in future": {map[string]any{"createdAfter": time.Now().Add(time.Hour)}, 0},
		"until now": {map[string]any{"createdBefore": time.Now().Add(time.Hour)}, 5},
	} {
		if p := read(map[string]any{"filter": tt.filter}).Data.Payments; len(p.Nodes) != tt.want || p.TotalCount != tt.want {
			t.Errorf("%s: %d payments, total %d, want %d", name, len(p.Nodes), p.TotalCount, tt.want)
		}
	}
	for _, vars := range []map[string]any{{"first": 101}, {"first": -1}, {"after": "x"}} {
		if got := s.query(kim, list, vars); !strings.Contains(got, "BAD_USER_INPUT") {
			t.Errorf("%v: %s, want BAD_USER_INPUT", vars, got)
		}
	}
	s.expect(ada, `{ payments { totalCount } }`, nil, `{"errors":[{"message":"You may not see or do this.","path":["payments"],"extensions":{"code":"FORBIDDEN"}}],"data":{"payments":null}}`)
}

func TestPaymentOptionsOfACheckout(t *testing.T) {
	t.Parallel()
	s := open(t, option{idle: true})
	const read = `query($r: [_Any!]!) { _entities(representations: $r) { ... on Checkout { paymentOptions { type label gateway } } } }`
	s.expect(guest, read, map[string]any{"r": []map[string]any{
		{"__typename": "Checkout", "id": "chk_1", "totalMinor": 100, "currencyCode": "JPY"},
		{"__typename": "Checkout", "id": "chk_2", "totalMinor": 0, "currencyCode": "USD"},
	}}, `{"data":{"_entities":[{"paymentOptions":[{"type":"CARD","label":"Card","gateway":"simulator"}]},{"paymentOptions":[]}]}}`)
}

func TestUnreachableGatewayIsReportedAndRetried(t *testing.T) {
	t.Parallel()
	s := open(t, option{mute: true, gateway: cutOff})
	o := s.placed(5000)
	paymentID := id.New(id.Payment)
	s.handle(due(o, paymentID))
	polltest.EventuallyNoProblem(s, func() string {
		if !s.payment(paymentID).Unreachable {
			return "no failure was recorded although the gateway cannot be reached"
		}
		return ""
	})
	if refusal := s.payment(paymentID).Refusal(); refusal == nil || refusal.Code != "GATEWAY_UNAVAILABLE" {
		t.Errorf("refusal = %v, want GATEWAY_UNAVAILABLE", refusal)
	}
	s.stop()
	s.payments = s.service(nil)
	s.stop = background(t, s.payments.RunWorker)
	if p := s.waitForStatus(paymentID, payment.Authorized); p.Refusal() != nil {
		t.Errorf("refusal = %v after the gateway came back, want none", p.Refusal())
	}
}
