package demo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPricesLookLikePrices(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cents int64
		want  map[string]int64
	}{
		{1800, map[string]int64{"USD": 1800, "EUR": 1645, "GBP": 1399, "JPY": 2680, "KWD": 5500}},
		{5900, map[string]int64{"USD": 5900, "EUR": 5390, "GBP": 4695, "JPY": 8980, "KWD": 18000}},
		{27900, map[string]int64{"USD": 27900, "EUR": 25400, "GBP": 21900, "JPY": 41980, "KWD": 85750}},
	} {
		if diff := cmp.Diff(test.want, priceList(test.cents, tariffs())); diff != "" {
			t.Errorf("price of %d US cents (-want +got):\n%s", test.cents, diff)
		}
	}
}

func TestTheDearerThingIsNeverTheCheaperElsewhere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cheap := rapid.Int64Range(1, 300_000).Draw(t, "cheap")
		dear := cheap + rapid.Int64Range(0, 3_000).Draw(t, "more")
		for _, tariff := range tariffs() {
			a, b := tariff.convert(cheap), tariff.convert(dear)
			if a <= 0 || a > b {
				t.Errorf("%d and %d cents cost %d and %d in %s", cheap, dear, a, b, tariff.currency)
			}
		}
	})
}
