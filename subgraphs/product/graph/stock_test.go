package graph_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/subgraph/subgraphtest"
	"cartograph/subgraphs/product/producttest"
)

func diffJSON(want, got any) string { return cmp.Diff(want, got) }

func TestStaffSeeStockInOneCall(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Stock.Set("var_a1", 12, 2)
	c.Stock.Set("var_b1", 40, 0)
	c.Want(t, seller(), `{ products(ids: ["prd_a", "prd_b"]) { variants { nodes { id stock { onHand reserved available version updatedAt } } } } }`, nil, `{"products": [
		{"variants": {"nodes": [{"id": "var_a1", "stock": {"onHand": 12, "reserved": 2, "available": 10, "version": 5, "updatedAt": "2026-03-10T09:00:00.000Z"}}, {"id": "var_a2", "stock": null}]}},
		{"variants": {"nodes": [{"id": "var_b1", "stock": {"onHand": 40, "reserved": 0, "available": 40, "version": 5, "updatedAt": "2026-03-10T09:00:00.000Z"}}]}}]}`)
	if c.Stock.Calls != 1 {
		t.Errorf("stock was called %d times, want once", c.Stock.Calls)
	}
	c.Stock.Down = true
	a := c.Query(t, seller(), `{ productVariant(id: "var_a1") { sku stock { onHand } } }`, nil)
	if a.At("productVariant", "sku") != "SKU-a-1" || len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "SUBGRAPH_UNAVAILABLE" {
		t.Errorf("without stock the variant is %+v, want it shown, with an error at stock", a)
	}
	customer := seller()
	customer.Scopes = []string{"cart:read"}
	a = c.Query(t, customer, `{ productVariant(id: "var_a1") { sku stock { onHand } } }`, nil)
	if a.At("productVariant", "sku") != "SKU-a-1" || len(a.Errors) != 1 || a.Errors[0].Extensions["code"] != "FORBIDDEN" {
		t.Errorf("a customer sees %+v, want FORBIDDEN at stock alone", a)
	}
}

func TestStockAdjustComparesAndSwaps(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.Stock.Set("var_c1", 4, 1)
	adjust := func(input string) subgraphtest.Answer {
		t.Helper()
		a := c.Query(t, seller(), `mutation { stockAdjust(input: {`+input+`}) { replayed variant { id availability { status quantity } } userErrors { __typename code message path ... on StockVersionError { currentOnHand } } } }`, nil)
		if len(a.Errors) > 0 {
			t.Fatalf("%s: %+v", input, a.Errors)
		}
		return a
	}
	a := adjust(`variantId: "var_c1", delta: 2, changeFromQuantity: 4, reason: RECEIVED, idempotencyKey: "k1"`)
	if diff := cmp.Diff(map[string]any{"replayed": false, "userErrors": []any{}, "variant": map[string]any{
		"id": "var_c1", "availability": map[string]any{"status": "LOW_STOCK", "quantity": 5.0},
	}}, a.At("stockAdjust")); diff != "" {
		t.Errorf("the change (-want +got):\n%s", diff)
	}
	if a := adjust(`variantId: "var_c1", delta: 2, changeFromQuantity: 4, reason: RECEIVED, idempotencyKey: "k1"`); a.At("stockAdjust", "replayed") != true {
		t.Errorf("the same again is %v, want it replayed", a.Data)
	}
	for input, want := range map[string][2]any{
		`variantId: "var_c1", delta: 2, changeFromQuantity: 4, reason: RECOUNT, idempotencyKey: "k2"`:  {"STOCK_VERSION_MISMATCH", 6.0},
		`variantId: "var_c1", delta: -60, reason: DAMAGED, idempotencyKey: "k3"`:                       {"CONFLICT", nil},
		`variantId: "var_nosuch", delta: 1, reason: RECEIVED, idempotencyKey: "k4"`:                    {"NOT_FOUND", nil},
		`variantId: "", delta: 1, reason: RECEIVED, idempotencyKey: "k4"`:                              {"NOT_FOUND", nil},
		`variantId: "var_nosuch", delta: 2, reason: RECEIVED, idempotencyKey: "k1"`:                    {"IDEMPOTENCY_KEY_REUSED", nil},
		`variantId: "var_c1", delta: 0, reason: RECEIVED, idempotencyKey: "k5"`:                        {"INVALID_INPUT", nil},
		`variantId: "var_c1", delta: 1000000000, reason: RECEIVED, idempotencyKey: "k6"`:               {"INVALID_INPUT", nil},
		`variantId: "var_c1", delta: 1, changeFromQuantity: -1, reason: RECEIVED, idempotencyKey: "k"`: {"INVALID_INPUT", nil},
		`variantId: "var_c1", delta: 1, reason: RECEIVED, idempotencyKey: ""`:                          {"INVALID_INPUT", nil},
	} {
		a := adjust(input)
		if a.At("stockAdjust", "variant") != nil || a.At("stockAdjust", "userErrors", 0, "code") != want[0] || a.At("stockAdjust", "userErrors", 0, "currentOnHand") != want[1] {
			t.Errorf("%s\nanswers %v, want %v", input, a.Data, want)
		}
	}
	c.Stock.Down = true
	down := c.Query(t, seller(), `mutation { stockAdjust(input: {variantId: "var_c1", delta: 1, reason: RECEIVED, idempotencyKey: "k9"}) { replayed } }`, nil)
	if len(down.Errors) != 1 || down.Errors[0].Extensions["code"] != "SUBGRAPH_UNAVAILABLE" {
		t.Errorf("without stock the answer is %+v, want SUBGRAPH_UNAVAILABLE", down)
	}
}

func TestAvailabilityIsPushed(t *testing.T) {
	t.Parallel()
	c := open(t)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, string(event.InventoryLevels)))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.RunWatch(ctx, cluster.ListenAddrs()); err != nil {
			t.Errorf("RunWatch = %v, want nil when it is stopped", err)
		}
	})
	defer wg.Wait()
	defer cancel()

	changes := c.Subscribe(t, anyone(), `subscription { availabilityChanged(variantIds: ["var_b1", "var_c1"]) { id product { title } availability { status quantity } } }`, nil)
	producer, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	wg.Go(func() { // the watch may begin after the first ones
		for version := int64(2); ctx.Err() == nil; version++ {
			for _, variant := range []string{"var_e1", "var_c1"} {
				e := eventtest.Envelope(event.LevelChanged{VariantID: variant, Available: 3, Version: version, At: producttest.Now()})
				value, _ := json.Marshal(e) // it was made of JSON
				_ = producer.ProduceSync(ctx, &kgo.Record{Topic: string(event.InventoryLevels), Key: []byte(variant), Value: value}).FirstErr()
			}
			select {
			case <-ctx.Done():
			case <-time.After(20 * time.Millisecond):
			}
		}
	})
	want := `{"data":{"availabilityChanged":{"id":"var_c1","product":{"title":"Café Bowl"},"availability":{"status":"LOW_STOCK","quantity":3}}}}`
	if got := changes.Next(t); got != want {
		t.Errorf("pushed %s, want %s", got, want)
	}
}

func TestADeliveryIsReceivedAndListed(t *testing.T) {
	t.Parallel()
	c := open(t)
	receive := `mutation($input: StockReceiveInput!) { stockReceive(input: $input) {
		replayed receipt { id reference receivedBy { id } lines { variantId quantity variant { stock { onHand } } } } userErrors { code path } } }`
	of := func(reference string, lines ...any) input {
		return input{"input": input{"reference": reference, "lines": append([]any{}, lines...), "idempotencyKey": "k " + reference}}
	}
	line := func(variant string, n int) input { return input{"variantId": variant, "quantity": n} }
	a := c.Must(t, seller(), receive, of(" DN 1 ", line("var_a1", 5), line("var_b1", 7)))
	got := []any{
		a.At("stockReceive", "receipt", "reference"), a.At("stockReceive", "receipt", "receivedBy", "id"), a.At("stockReceive", "receipt", "lines", 1, "quantity"),
		a.At("stockReceive", "receipt", "lines", 1, "variant", "stock", "onHand"),
	}
	if diff := cmp.Diff([]any{"DN 1", "usr_sam", 7.0, 7.0}, got); diff != "" {
		t.Errorf("the receipt (-want +got):\n%s", diff)
	}
	c.Must(t, admin(), receive, of("DN 2", line("var_a1", 1)))
	for name, tt := range map[string]struct {
		vars input
		want []string
	}{
		"no reference":       {of(" ", line("var_a1", 1)), []string{"INVALID_INPUT input.reference"}},
		"no lines":           {of("x"), []string{"INVALID_INPUT input.lines"}},
		"nothing of it":      {of("x", line("var_a1", 0)), []string{"INVALID_INPUT input.lines.0.quantity"}},
		"a variant twice":    {of("x", line("var_a1", 1), line("var_a1", 1)), []string{"INVALID_INPUT input.lines.1.variantId"}},
		"unknown variants":   {of("x", line("var_none", 1), line("var_a1", 1), line("var_\x00", 1)), []string{"NOT_FOUND input.lines.0.variantId", "NOT_FOUND input.lines.2.variantId"}},
		"far too many of it": {of("x", line("var_a1", 1_000_001)), []string{"INVALID_INPUT input.lines.0.quantity"}},
	} {
		if diff := cmp.Diff(tt.want, errorsOf(c.Must(t, seller(), receive, tt.vars), "stockReceive")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	receipts := `query($after: String) { stockReceipts(first: 1, after: $after) { nodes { reference lines { variant { sku } } } pageInfo { hasNextPage endCursor } } }`
	c.Statements.Reset()
	page := c.Must(t, admin(), receipts, nil)
	if n := c.Statements.N(); n != 1 {
		t.Errorf("a page of receipts takes %d statements, want one for the variants", n)
	}
	next := c.Must(t, admin(), receipts, input{"after": page.At("stockReceipts", "pageInfo", "endCursor")})
	if page.At("stockReceipts", "nodes", 0, "reference") != "DN 2" || next.At("stockReceipts", "nodes", 0, "reference") != "DN 1" ||
		next.At("stockReceipts", "nodes", 0, "lines", 1, "variant", "sku") != "SKU-b-1" || next.At("stockReceipts", "pageInfo", "hasNextPage") != false {
		t.Errorf("the shop's staff see %v and %v", page.Data, next.Data)
	}
	own := c.Must(t, seller(), receipts, nil)
	if own.At("stockReceipts", "nodes", 0, "reference") != "DN 1" || own.At("stockReceipts", "pageInfo", "hasNextPage") != false {
		t.Errorf("the seller sees %v, want the own receipt alone", own.Data)
	}
	if other := c.Must(t, otherSeller(), receipts, nil); other.At("stockReceipts", "nodes", 0) != nil {
		t.Errorf("another seller sees %v", other.Data)
	}
}
