package graph_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAVariantHasABoundedNumberOfScheduledPrices(t *testing.T) {
	t.Parallel()
	c := open(t)
	from := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	at := func(i int) string { return from.Add(time.Duration(i) * time.Minute).Format(time.RFC3339) }
	var prices []any
	for i := range 200 {
		prices = append(prices, priced("var_b1", fmt.Sprintf("20.%02d", i%100), "USD", "effectiveAt", at(i), "until", at(i+1)))
	}
	full := []string{"INVALID_INPUT prices.1"}
	for _, tt := range []struct {
		prices []any
		want   []string
	}{
		{prices, nil},
		{prices, nil}, // a repetition replaces them
		{[]any{priced("var_a1", "50", "USD", "effectiveAt", at(0)), priced("var_b1", "1500", "JPY", "effectiveAt", at(900))}, full},
		{[]any{priced("var_a1", "50", "USD", "effectiveAt", at(0)), priced("var_b1", "19", "USD", "effectiveAt", at(199))}, nil}, // takes the place of another
	} {
		if diff := cmp.Diff(tt.want, errorsOf(c.setPrices(t, tt.prices...), "variantPricesSet")); diff != "" {
			t.Errorf("%d prices (-want +got):\n%s", len(tt.prices), diff)
		}
	}
	if n := len(c.Must(t, seller(), `{ productVariant(id: "var_b1") { scheduledPrices { isReturn } } }`, nil).At("productVariant", "scheduledPrices").([]any)); n != 200 {
		t.Errorf("%d prices are scheduled, want 200", n)
	}
}

func TestPricesThatNoReductionDependsOnAreDeleted(t *testing.T) {
	t.Parallel()
	c := open(t)
	c.exec(t, `DELETE FROM price_history WHERE variant_id = 'var_b1' AND currency = 'USD'`)
	c.exec(t, `INSERT INTO price_history (variant_id, currency, valid_from, valid_until, price_minor)
		SELECT 'var_b1', 'USD', now() - interval '90 days' + n * interval '1 second', now() - interval '31 days', 1000 FROM generate_series(1, 1200) n`)
	c.exec(t, `INSERT INTO price_history (variant_id, currency, valid_from, valid_until, price_minor)
		VALUES ('var_b1', 'USD', now() - interval '31 days', now() - interval '29 days', 2500), ('var_b1', 'USD', now() - interval '29 days', NULL, 3000)`)
	for _, want := range []int64{1000, 200, 0} {
		if n, err := c.PrunePriceHistory(t.Context()); n != want || err != nil {
			t.Errorf("%d prices are deleted, %v, want %d", n, err, want)
		}
	}
	a := c.setPrices(t, priced("var_b1", "22", "USD", "compareAt", "30"))
	if got := a.At("variantPricesSet", "variants", 0, "lowestPrice30Days", "amount"); got != "25.00" {
		t.Errorf("the lowest price before the reduction is %v, want 25.00", got)
	}
}
