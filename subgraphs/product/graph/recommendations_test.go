package graph_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/subgraphs/product/producttest"
)

// sale is a confirmed order of units of variants, some weeks ago.
func sale(orderID string, weeks int, units map[string]int) event.OrderConfirmed {
	e := event.OrderConfirmed{
		OrderFacts:  event.OrderFacts{OrderID: orderID, CheckoutID: "chk_" + orderID, OwnerID: "usr_buyer"},
		ConfirmedAt: producttest.Now().AddDate(0, 0, -7*weeks),
	}
	for variant, quantity := range units {
		e.Lines = append(e.Lines, event.OrderLine{VariantID: variant, Quantity: quantity})
	}
	return e
}

func TestWhatIsBoughtTogetherIsRecommended(t *testing.T) {
	t.Parallel()
	c := open(t)
	for _, e := range []event.OrderConfirmed{
		sale("ord_1", 0, map[string]int{"var_a1": 1, "var_e1": 1, "var_c1": 2}),
		sale("ord_2", 1, map[string]int{"var_a2": 1, "var_e1": 1, "var_f1": 1}), // prd_f is archived
		sale("ord_3", 0, map[string]int{"var_c1": 9, "var_d1": 1}),
	} {
		c.HandleEvent(t, e)
	}
	c.Statements.Reset()
	c.Want(t, anyone(), `{ products(ids: ["prd_a", "prd_d", "prd_b"]) { boughtTogether { slug } } }`, nil,
		`{"products": [{"boughtTogether": [{"slug": "slug-e"}, {"slug": "slug-c"}]}, {"boughtTogether": [{"slug": "slug-c"}]}, {"boughtTogether": []}]}`)
	if n := c.Statements.N(); n != 3 {
		t.Errorf("it took %d statements, want 3:\n%v", n, c.Statements.SQL())
	}
}

func TestTrendingIsInTheOrderOfDecayedSales(t *testing.T) {
	t.Parallel()
	c := open(t)
	events := []event.Payload{
		sale("ord_1", 0, map[string]int{"var_e1": 3}),
		sale("ord_2", 2, map[string]int{"var_c1": 11}), // 2.75 now
		sale("ord_3", 1, map[string]int{"var_a1": 4, "var_a2": 4}),
		sale("ord_4", 0, map[string]int{"var_d1": 90}), // cancelled below
		event.OrderCancelled{OrderFacts: event.OrderFacts{OrderID: "ord_4", CheckoutID: "chk_ord_4"}},
		sale("ord_5", 0, map[string]int{"var_f1": 90}), // of an archived product
	}
	var deliveries []event.Envelope
	for _, p := range events {
		e := eventtest.Envelope(p)
		deliveries = append(deliveries, e, e)
	}
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	random.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	for _, e := range deliveries {
		if err := c.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("order of events by seed %d", seed)
	c.Statements.Reset()
	c.Want(t, anyone(), `{ trending { slug } }`, nil, `{"trending": [{"slug": "slug-a"}, {"slug": "slug-e"}, {"slug": "slug-c"}]}`)
	if n := c.Statements.N(); n != 2 {
		t.Errorf("it took %d statements, want 2:\n%v", n, c.Statements.SQL())
	}
	c.Want(t, anyone(), `{ audio: trending(categoryId: "cat_audio") { slug } kitchen: trending(categoryId: "cat_kitchen", first: 1) { slug } none: trending(categoryId: "cat_\u0000") { slug } }`, nil,
		`{"audio": [{"slug": "slug-a"}], "kitchen": [{"slug": "slug-e"}], "none": []}`)
}
