package graph_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/order/graph"
	"cartograph/subgraphs/order/graph/gen"
	"cartograph/subgraphs/order/ordertest"
)

const secret = "0123456789abcdef0123456789abcdef"

// server is the subgraph over HTTP.
type server struct {
	env      *ordertest.Env
	url      string
	internal *auth.Internal
}

func serve(t *testing.T) *server {
	t.Helper()
	env := ordertest.New(t)
	internal, err := auth.NewInternal(secret)
	if err != nil {
		t.Fatal(err)
	}
	schema := gen.NewExecutableSchema(gen.Config{Resolvers: &graph.Resolver{Orders: env.Service}})
	web := httptest.NewServer(subgraph.Handler(schema, internal, slog.New(slog.DiscardHandler)))
	t.Cleanup(web.Close)
	return &server{env, web.URL, internal}
}

func (s *server) request(ctx context.Context, t *testing.T, who auth.Actor, query string, variables map[string]any) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	token := s.internal.Sign(auth.Caller{Actor: who, Locale: "en-US", Currency: "USD", Country: "US", RequestID: "req-1"}, "order")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	return req
}

func (s *server) query(t *testing.T, who auth.Actor, query string, variables map[string]any) []byte {
	t.Helper()
	res, err := http.DefaultClient.Do(s.request(t.Context(), t, who, query, variables))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestSubscriptionsSendTheStateAndItsChanges(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var opened struct {
		Data struct {
			CheckoutCreate struct {
				Checkout struct {
					ID    string
					Quote struct{ Total struct{ Amount string } }
				}
			}
		}
	}
	cart := s.env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1)
	answer := s.query(t, ordertest.Ada, `mutation ($c: ID!) { checkoutCreate(input: {cartId: $c, idempotencyKey: "k"}) { checkout { id quote { total { amount } } } } }`, map[string]any{"c": cart})
	if err := json.Unmarshal(answer, &opened); err != nil {
		t.Fatal(err)
	}
	checkout := opened.Data.CheckoutCreate.Checkout
	pushes := s.subscribe(t, ordertest.Ada, `subscription ($id: ID!) { checkoutChanged(checkoutId: $id) { status order { status paymentStatus } } }`, map[string]any{"id": checkout.ID})
	await(t, pushes, `{"checkoutChanged":{"status":"OPEN","order":null}}`)

	s.query(t, ordertest.Ada, `mutation ($c: ID!, $t: Decimal!) { orderPlace(input: {checkoutId: $c, idempotencyKey: "k", expectedTotal: {amount: $t, currencyCode: "USD"}, payment: {token: "tok_3ds"}}) { order { id } } }`,
		map[string]any{"c": checkout.ID, "t": checkout.Quote.Total.Amount})
	await(t, pushes, `{"checkoutChanged":{"status":"PLACING","order":{"status":"PENDING_PAYMENT","paymentStatus":"PENDING"}}}`)

	orders, err := s.env.Service.OrdersOfCheckouts(ordertest.As(t.Context(), ordertest.Ada), []string{checkout.ID})
	if err != nil {
		t.Fatal(err)
	}
	s.env.Settle(t)
	s.env.Payments.Approve(orders[0].Payment.ID)
	s.env.Settle(t)
	await(t, pushes, `{"checkoutChanged":{"status":"COMPLETED","order":{"status":"CONFIRMED","paymentStatus":"PAID"}}}`)
}

// subscribe returns the data of each push.
func (s *server) subscribe(t *testing.T, who auth.Actor, query string, variables map[string]any) <-chan string {
	t.Helper()
	req := s.request(t.Context(), t, who, query, variables)
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	pushes := make(chan string, 100)
	go func() {
		defer close(pushes)
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				pushes <- data
			}
		}
	}()
	return pushes
}

// await waits for a push; those before it may be any.
func await(t *testing.T, pushes <-chan string, data string) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	var seen []string
	for {
		select {
		case push, open := <-pushes:
			if strings.Contains(push, data) {
				return
			}
			if seen = append(seen, push); !open {
				t.Fatalf("the subscription ended after %q, want %s", seen, data)
			}
		case <-deadline:
			t.Fatalf("pushed %q, want %s", seen, data)
		}
	}
}

func TestReadsCostFewStatements(t *testing.T) {
	t.Parallel()
	s := serve(t)
	var orderID string
	for i := range 5 {
		s.env.Statements.Reset()
		cart := s.env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1+i, ordertest.Anvil, 1)
		var res struct {
			Data struct {
				CheckoutCreate struct {
					Checkout struct {
						ID    string
						Quote struct{ Total struct{ Amount string } }
					}
				}
			}
		}
		answer := s.query(t, ordertest.Ada, `mutation ($c: ID!, $k: ID!) { checkoutCreate(input: {cartId: $c, idempotencyKey: $k}) { checkout { id quote { total { amount } } } } }`, map[string]any{"c": cart, "k": cart})
		if err := json.Unmarshal(answer, &res); err != nil {
			t.Fatal(err)
		}
		budget(t, s, "checkoutCreate", 9)
		c := res.Data.CheckoutCreate.Checkout
		s.env.Statements.Reset()
		answer = s.query(t, ordertest.Ada, `mutation ($c: ID!, $t: Decimal!) { orderPlace(input: {checkoutId: $c, idempotencyKey: $c, expectedTotal: {amount: $t, currencyCode: "USD"}, payment: {token: "tok_ok"}}) { order { id status } } }`,
			map[string]any{"c": c.ID, "t": c.Quote.Total.Amount})
		if !bytes.Contains(answer, []byte("CONFIRMED")) {
			t.Fatalf("placed: %s", answer)
		}
		budget(t, s, "orderPlace up to CONFIRMED", 13)
		orderID = regexp.MustCompile(`ord_[0-9A-Z]+`).FindString(string(answer))
	}
	s.env.Statements.Reset()
	s.query(t, ordertest.Ada, `query ($id: ID!) { order(id: $id) { id number status total { formatted } customer { id } lines { totalCount nodes { id variant { id } snapshot { title } total { amount } } }
		timeline { nodes { title at } } shippingAddress { formatted } shippingMethod { method { name } price { amount } } actions { canCancel canPay } estimatedDelivery { latest } } }`, map[string]any{"id": orderID})
	budget(t, s, "order(id)", 3)

	s.env.Statements.Reset()
	answer := s.query(t, ordertest.Ada, `query ($id: ID!) { _entities(representations: [{__typename: "User", id: $id}]) { ... on User { orders(first: 10) { nodes { id number lines(first: 1) { totalCount nodes { id quantity snapshot { title } } pageInfo { hasNextPage } } timeline(first: 2) { nodes { title } } actions { canCancel } } pageInfo { hasNextPage } totalCount } } } }`,
		map[string]any{"id": ordertest.Ada.ID})
	if bytes.Count(answer, []byte(`"number"`)) != 5 || !bytes.Contains(answer, []byte(`"totalCount":5`)) {
		t.Errorf("my orders: %s", answer)
	}
	budget(t, s, "User.orders", 4)

	s.env.Statements.Reset()
	answer = s.query(t, ordertest.Ada, `{ _entities(representations: [{__typename: "Product", id: "prd_mug"}, {__typename: "Product", id: "prd_lamp"}, {__typename: "Product", id: "prd_anvil"}]) { ... on Product { id myLastOrder { id } } } }`, nil)
	if bytes.Count(answer, []byte(orderID)) != 2 || !bytes.Contains(answer, []byte(`"prd_lamp","myLastOrder":null`)) {
		t.Errorf("my last orders: %s, want %s twice", answer, orderID)
	}
	budget(t, s, "Product.myLastOrder", 1)
}

func budget(t *testing.T, s *server, what string, most int) {
	t.Helper()
	if n := s.env.Statements.N(); n > most {
		t.Errorf("%s costs %d statements, want %d at most:\n%s", what, n, most, strings.Join(s.env.Statements.SQL(), "\n"))
	}
}

func TestPagesOfOrdersAreComplete(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for i := range 7 {
		cart := s.env.Carts.Put(ordertest.Ada.ID, "USD", ordertest.Mug, 1+i%3)
		answer := s.query(t, ordertest.Ada, `mutation ($c: ID!) { checkoutCreate(input: {cartId: $c, idempotencyKey: $c}) { checkout { id quote { total { amount } } } } }`, map[string]any{"c": cart})
		id := regexp.MustCompile(`chk_[0-9A-Z]+`).FindString(string(answer))
		total := regexp.MustCompile(`"amount":"([^"]+)"`).FindStringSubmatch(string(answer))[1]
		payment := map[string]any{"token": "tok_ok"}
		if i == 3 {
			payment = nil
		}
		s.query(t, ordertest.Ada, `mutation ($c: ID!, $t: Decimal!, $p: PaymentInstrumentInput) { orderPlace(input: {checkoutId: $c, idempotencyKey: $c, expectedTotal: {amount: $t, currencyCode: "USD"}, payment: $p}) { order { id } } }`,
			map[string]any{"c": id, "t": total, "p": payment})
	}
	for sort, sorted := range map[string]func(a, b node) bool{
		"NEWEST":     func(a, b node) bool { return a.PlacedAt >= b.PlacedAt },
		"OLDEST":     func(a, b node) bool { return a.PlacedAt <= b.PlacedAt },
		"TOTAL_DESC": func(a, b node) bool { return a.Total.MinorUnits >= b.Total.MinorUnits },
	} {
		all := s.pages(t, map[string]any{"sort": sort, "filter": nil})
		seen := map[string]bool{}
		for i, n := range all {
			seen[n.ID] = true
			if i > 0 && !sorted(all[i-1], n) {
				t.Errorf("%s: %+v comes after %+v", sort, n, all[i-1])
			}
		}
		if len(all) != 7 || len(seen) != 7 {
			t.Errorf("%s: %d orders, %d of them different, want 7", sort, len(all), len(seen))
		}
	}
	for filter, want := range map[string]int{
		`{"status": ["CONFIRMED"]}`: 6, `{"paymentStatus": ["UNPAID"]}`: 1, `{"query": "mug"}`: 7, `{"query": "100%"}`: 0, `{"query": "cg-"}`: 7,
		`{"placedAfter": "2999-01-01T00:00:00Z"}`: 0, `{"placedBefore": "2999-01-01T00:00:00Z", "status": ["EXPIRED"]}`: 0,
	} {
		var f map[string]any
		if err := json.Unmarshal([]byte(filter), &f); err != nil {
			t.Fatal(err)
		}
		if got := s.pages(t, map[string]any{"sort": "NEWEST", "filter": f}); len(got) != want {
			t.Errorf("%s: %d orders, want %d", filter, len(got), want)
		}
	}
}

type node struct {
	ID       string
	PlacedAt string
	Total    struct{ MinorUnits int64 }
}

// pages reads all of Ada's orders, three at a time.
func (s *server) pages(t *testing.T, variables map[string]any) []node {
	t.Helper()
	var all []node
	variables["id"] = ordertest.Ada.ID
	for range 10 {
		answer := s.query(t, ordertest.Ada, `query ($id: ID!, $after: String, $filter: OrderFilter, $sort: OrderSort) { _entities(representations: [{__typename: "User", id: $id}]) { ... on User { orders(first: 3, after: $after, filter: $filter, sort: $sort) { nodes { id placedAt total { minorUnits } } pageInfo { endCursor hasNextPage } } } } }`, variables)
		var res struct {
			Data struct {
				Entities []struct {
					Orders struct {
						Nodes    []node
						PageInfo struct {
							EndCursor   string
							HasNextPage bool
						}
					}
				} `json:"_entities"`
			}
		}
		if err := json.Unmarshal(answer, &res); err != nil || len(res.Data.Entities) != 1 {
			t.Fatalf("page: %s, %v", answer, err)
		}
		page := res.Data.Entities[0].Orders
		all = append(all, page.Nodes...)
		if !page.PageInfo.HasNextPage {
			return all
		}
		variables["after"] = page.PageInfo.EndCursor
	}
	t.Fatal("the pages do not end")
	return nil
}
