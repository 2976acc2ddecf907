package graph_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/event"
	"cartograph/internal/subgraph/subgraphtest"
)

const setPrices = `mutation($prices: [VariantPriceInput!]!) { variantPricesSet(prices: $prices) {
	variants { id price { amount currencyCode } compareAtPrice { amount } lowestPrice30Days { amount } taxIncluded } userErrors { code path } } }`

func priced(variantID, amount, currency string, more ...any) input {
	p := input{"variantId": variantID, "price": input{"amount": amount, "currencyCode": currency}}
	for i := 0; i < len(more); i += 2 {
		if more[i] == "compareAt" {
			p["compareAt"] = input{"amount": more[i+1], "currencyCode": currency}
		} else {
			p[more[i].(string)] = more[i+1]
		}
	}
	return p
}

func (c client) setPrices(t *testing.T, prices ...any) subgraphtest.Answer {
	t.Helper()
	return c.Must(t, seller(), setPrices, input{"prices": prices})
}

// exec changes the database as time would.
func (c client) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := c.Pool.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestPricesOfManyVariantsAreSetTogether(t *testing.T) {
	t.Parallel()
	c := open(t)
	events := len(c.productEvents(t))
	c.Statements.Reset()
	a := c.setPrices(t, priced("var_a1", "49.00", "USD", "compareAt", "69.00"), priced("var_a2", "50", "USD"), priced("var_b1", "2800", "JPY"))
	if errs := errorsOf(a, "variantPricesSet"); errs != nil {
		t.Fatal(errs)
	}
	if n := c.Statements.N(); n > 10 {
		t.Errorf("it took %d statements, want 10 at most, however many prices:\n%v", n, c.Statements.SQL())
	}
	want := []any{
		map[string]any{"id": "var_a1", "price": map[string]any{"amount": "49.00", "currencyCode": "USD"}, "compareAtPrice": map[string]any{"amount": "69.00"}, "lowestPrice30Days": map[string]any{"amount": "59.00"}, "taxIncluded": false},
		map[string]any{"id": "var_a2", "price": map[string]any{"amount": "50.00", "currencyCode": "USD"}, "compareAtPrice": nil, "lowestPrice30Days": nil, "taxIncluded": false},
		map[string]any{"id": "var_b1", "price": map[string]any{"amount": "30.00", "currencyCode": "USD"}, "compareAtPrice": nil, "lowestPrice30Days": nil, "taxIncluded": false},
	}
	if diff := cmp.Diff(want, a.At("variantPricesSet", "variants")); diff != "" {
		t.Errorf("the variants (-want +got):\n%s", diff)
	}
	published := c.productEvents(t)[events:]
	if len(published) != 2 {
		t.Fatalf("%d events, want one for each product", len(published))
	}
	changed, err := event.Decode[event.ProductChanged](published[0])
	if err != nil || changed.Variants[0].Prices[2].Minor != 4900 || changed.Variants[0].Prices[2].CompareAtMinor != 6900 {
		t.Errorf("the event has %+v, %v", changed.Variants, err)
	}
	c.setPrices(t, priced("var_a1", "49.00", "USD", "compareAt", "69.00"), priced("var_a2", "50", "USD"), priced("var_b1", "2800", "JPY"))
	if n := len(c.productEvents(t)) - events; n != 2 {
		t.Errorf("the same prices again are reported: %d events, want 2", n)
	}
}

func TestTheLowestPriceIsThatOfThe30DaysBeforeTheReduction(t *testing.T) {
	t.Parallel()
	c := open(t)
	lowest := func(a subgraphtest.Answer) any {
		return a.At("variantPricesSet", "variants", 0, "lowestPrice30Days", "amount")
	}
	// 40 for a while that ended 31 days ago, 45 until 29 days ago, then 30 again.
	c.exec(t, `DELETE FROM price_history WHERE variant_id = 'var_b1' AND currency = 'USD'`)
	c.exec(t, `INSERT INTO price_history (variant_id, currency, valid_from, valid_until, price_minor)
		VALUES ('var_b1', 'USD', now() - interval '60 days', now() - interval '31 days', 2000),
		       ('var_b1', 'USD', now() - interval '31 days', now() - interval '29 days', 2500),
		       ('var_b1', 'USD', now() - interval '29 days', NULL, 3000)`)
	if got := lowest(c.setPrices(t, priced("var_b1", "22", "USD", "compareAt", "30"))); got != "25.00" {
		t.Errorf("the lowest price before the reduction is %v, want 25.00", got)
	}
	// While the reduced price stays, so does the price before: it does not become its own.
	if got := lowest(c.setPrices(t, priced("var_b1", "22", "USD", "compareAt", "29"))); got != "25.00" {
		t.Errorf("with another regular price it is %v, want 25.00", got)
	}
	if got := lowest(c.setPrices(t, priced("var_b1", "21", "USD", "compareAt", "30"))); got != "22.00" {
		t.Errorf("after a further reduction it is %v, want 22.00", got)
	}
	if got := lowest(c.setPrices(t, priced("var_b1", "30", "USD"))); got != nil {
		t.Errorf("without a reduction it is %v, want none", got)
	}
}

func TestScheduledPricesTakeEffectAndReturn(t *testing.T) {
	t.Parallel()
	c := open(t)
	tomorrow := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	sale := priced("var_b1", "20", "USD", "compareAt", "30", "effectiveAt", tomorrow.Format(time.RFC3339), "until", tomorrow.Add(time.Hour).Format(time.RFC3339))
	events := len(c.productEvents(t))
	for range 2 {
		if errs := errorsOf(c.setPrices(t, sale), "variantPricesSet"); errs != nil {
			t.Fatal(errs)
		}
	}
	price := func() any {
		return c.Must(t, anyone(), `{ productVariant(id: "var_b1") { price { amount } } }`, nil).At("productVariant", "price", "amount")
	}
	if n, err := c.ApplySchedule(t.Context()); n != 0 || err != nil || price() != "30.00" || len(c.productEvents(t)) != events {
		t.Fatalf("before its time: %d products due, %v, price %v", n, err, price())
	}
	c.exec(t, `UPDATE scheduled_prices SET effective_at = now() - interval '1 s'`)
	// Replicas that run at the same time carry it out once.
	var replicas sync.WaitGroup
	for range 4 {
		replicas.Go(func() {
			if _, err := c.ApplySchedule(system(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	replicas.Wait()
	if n := len(c.productEvents(t)) - events; price() != "20.00" || n != 1 {
		t.Errorf("at its time the price is %v with %d events, want 20.00 and 1", price(), n)
	}
	c.exec(t, `UPDATE scheduled_prices SET effective_at = now() - interval '1 s' WHERE is_return`)
	if _, err := c.ApplySchedule(system(t.Context())); err != nil || price() != "30.00" {
		t.Errorf("after its end the price is %v, %v, want 30.00", price(), err)
	}
}

func TestScheduledPricesAreSeenAndCancelledByTheirSeller(t *testing.T) {
	t.Parallel()
	c := open(t)
	at := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z")
	c.setPrices(t, priced("var_b1", "20", "USD", "effectiveAt", at), priced("var_b1", "1500", "JPY", "effectiveAt", at))
	query := `{ productVariant(id: "var_b1") { scheduledPrices { price { amount } effectiveAt until isReturn } } }`
	c.Want(t, seller(), query, nil, `{"productVariant": {"scheduledPrices": [
		{"price": {"amount": "1500"}, "effectiveAt": "`+at+`", "until": null, "isReturn": false}, {"price": {"amount": "20.00"}, "effectiveAt": "`+at+`", "until": null, "isReturn": false}]}}`)
	c.Want(t, otherSeller(), query, nil, `{"productVariant": {"scheduledPrices": null}}`)
	cancel := `mutation($at: DateTime!) { scheduledPricesCancel(prices: [{variantId: "var_b1", currencyCode: "JPY", effectiveAt: $at}]) {
		variants { scheduledPrices { price { amount } } } userErrors { code } } }`
	for range 2 {
		c.Want(t, seller(), cancel, input{"at": at}, `{"scheduledPricesCancel": {"variants": [{"scheduledPrices": [{"price": {"amount": "20.00"}}]}], "userErrors": []}}`)
	}
}

func TestAProductHasItsSellersName(t *testing.T) {
	t.Parallel()
	c := open(t)
	query := `{ product(id: "prd_a") { seller { id displayName } } }`
	c.Want(t, anyone(), query, nil, `{"product": {"seller": {"id": "usr_sam", "displayName": null}}}`)
	c.exec(t, `INSERT INTO authors (id, display_name, sequence) VALUES ('usr_sam', 'Sam', 1)`)
	c.Want(t, anyone(), query, nil, `{"product": {"seller": {"id": "usr_sam", "displayName": "Sam"}}}`)
	c.Must(t, admin(), updateProduct, input{"id": "prd_a", "input": input{"sellerId": nil}})
	c.Want(t, anyone(), query, nil, `{"product": {"seller": null}}`)
}

func TestPricesAreChecked(t *testing.T) {
	t.Parallel()
	c := open(t)
	in3Years := time.Now().AddDate(3, 0, 0).Format(time.RFC3339)
	for _, tt := range []struct {
		prices []any
		want   []string
	}{
		{[]any{}, []string{"INVALID_INPUT prices"}},
		{[]any{priced("var_a1", "1", "USD"), priced("var_a1", "2", "USD")}, []string{"INVALID_INPUT prices.1"}},
		{[]any{priced("var_a1", "0", "USD"), priced("var_a2", "-1", "USD"), priced("var_b1", "1.999", "USD")}, []string{
			"INVALID_INPUT prices.0.price.amount", "INVALID_INPUT prices.1.price.amount", "INVALID_INPUT prices.2.price.amount",
		}},
		{[]any{priced("var_a1", "1000000000.01", "USD"), priced("var_a1", "1", "AUD")}, []string{"INVALID_INPUT prices.0.price.amount", "INVALID_INPUT prices.1.price.currencyCode"}},
		{[]any{priced("var_a1", "5", "USD", "compareAt", "5")}, []string{"INVALID_INPUT prices.0.compareAt.amount"}},
		{[]any{priced("var_a1", "5", "USD", "effectiveAt", in3Years)}, []string{"INVALID_INPUT prices.0.effectiveAt"}},
		{[]any{priced("var_a1", "5", "USD", "until", "2020-01-01T00:00:00Z")}, []string{"INVALID_INPUT prices.0.until"}},
		{[]any{priced("var_a1", "5", "USD"), priced("var_nosuch", "5", "USD")}, []string{"NOT_FOUND prices.1.variantId"}},
	} {
		a := c.setPrices(t, tt.prices...)
		if diff := cmp.Diff(tt.want, errorsOf(a, "variantPricesSet")); diff != "" || a.At("variantPricesSet", "variants") != nil {
			t.Errorf("%v (-want +got):\n%s", tt.prices, diff)
		}
	}
	c.Want(t, anyone(), `{ productVariant(id: "var_a1") { price { amount } } }`, nil, `{"productVariant": {"price": {"amount": "59.00"}}}`)
}
