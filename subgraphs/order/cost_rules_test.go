package order

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"cartograph/internal/money"
)

// quotedCheckout draws a checkout with prices in one of the currencies.
func quotedCheckout(t *rapid.T, currencies ...string) (*Checkout, []Line) {
	currency := rapid.SampledFrom(currencies).Draw(t, "currency")
	c := &Checkout{
		Country:     rapid.SampledFrom([]string{"US", "DE", "JP", "BR", "GB", "CH"}).Draw(t, "country"),
		WeightGrams: rapid.IntRange(0, 90_000).Draw(t, "grams"),
		Costs:       Costs{Total: money.Zero(currency), TaxIncluded: money.PricesIncludeTax(currency)},
	}
	lines := make([]Line, rapid.IntRange(1, 20).Draw(t, "lines"))
	for i := range lines {
		lines[i].Quantity = rapid.IntRange(1, 100).Draw(t, "quantity")
		lines[i].UnitPrice = money.Money{Minor: rapid.Int64Range(0, 1e9).Draw(t, "price"), Currency: currency}
	}
	c.price(lines)
	return c, lines
}

func TestCostsAddUpInEveryCurrency(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, lines := quotedCheckout(t, "USD", "CAD", "EUR", "GBP", "CHF", "JPY", "KRW", "KWD", "BHD")
		cost := c.Cost()
		goods, taxes := money.Zero(c.Total.Currency), c.taxOn(c.Shipping)
		for _, l := range lines {
			line := l.Cost()
			if line.Total != l.UnitPrice.Times(l.Quantity) || line.Subtotal().Sub(line.Discount()) != line.Total {
				t.Fatalf("a line of %d × %v costs %v, of it %v less %v", l.Quantity, l.UnitPrice, line.Total, line.Subtotal(), line.Discount())
			}
			if line.TaxIncluded != cost.TaxIncluded {
				t.Fatalf("tax is included in a line: %t, in the whole: %t", line.TaxIncluded, cost.TaxIncluded)
			}
			goods, taxes = goods.Add(line.Total), taxes.Add(line.Tax)
		}
		total := cost.Subtotal.Sub(cost.Discount()).Add(*cost.Shipping)
		if !cost.TaxIncluded {
			total = total.Add(cost.Tax)
		}
		if cost.Subtotal != goods || cost.Tax != taxes || cost.Total != total {
			t.Fatalf("costs are %+v for goods of %v and tax of %v", cost, goods, taxes)
		}
		offered := c.ShippingQuotes(time.Now())
		if len(offered) == 0 || c.MethodID != offered[0].Method.ID || c.Shipping != offered[0].Price {
			t.Fatalf("delivery is %s for %v, want the cheapest of %+v", c.MethodID, c.Shipping, offered)
		}
	})
}

func TestAnIncludedTaxIsAPartOfTheShownPrices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, lines := quotedCheckout(t, "EUR", "GBP", "CHF", "JPY", "KRW", "KWD")
		if want := c.Subtotal.Add(c.Shipping); !c.TaxIncluded || c.Total != want {
			t.Fatalf("total is %v, want what was shown: %v", c.Total, want)
		}
		for _, l := range lines {
			net := l.Total.Sub(l.Tax)
			// The tax on the rest is the included part, to the minor unit that rounding may move.
			if again := net.Portion(int64(c.TaxRate)); l.Tax.Minor < 0 || max(again.Minor-l.Tax.Minor, l.Tax.Minor-again.Minor) > 1 {
				t.Fatalf("%v includes tax of %v, but tax on %v is %v", l.Total, l.Tax, net, again)
			}
		}
	})
}

func TestWhoPaysInDollarsPaysTaxOnTop(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		currency, country string
		included          bool
		tax, total        int64
	}{
		{"USD", "US", false, 825 + 40, 10_000 + 490 + 825 + 40},
		{"EUR", "DE", true, 1_597 + 74, 10_000 + 465},
		{"JPY", "JP", true, 909 + 271, 10_000 + 2_985},
	} {
		c := &Checkout{Country: tc.country, WeightGrams: 500, Costs: Costs{Total: money.Zero(tc.currency), TaxIncluded: money.PricesIncludeTax(tc.currency)}}
		lines := []Line{{Quantity: 1, UnitPrice: money.Money{Minor: 10_000, Currency: tc.currency}}}
		c.price(lines)
		if c.TaxIncluded != tc.included || c.Tax.Minor != tc.tax || c.Total.Minor != tc.total {
			t.Errorf("in %s: included %t, tax %v, total %v; want %t, %d, %d",
				tc.currency, c.TaxIncluded, c.Tax, c.Total, tc.included, tc.tax, tc.total)
		}
	}
}

func TestACheckoutWithoutADeliveryHasAnEstimatedTotal(t *testing.T) {
	t.Parallel()
	c := &Checkout{Country: "US", WeightGrams: 500, Costs: Costs{Total: money.Zero("USD")}}
	c.price([]Line{{Quantity: 1, UnitPrice: usd(1000)}})
	if !c.Cost().TotalIsEstimate {
		t.Error("the total without an address is final")
	}
	c.ShippingAddress = &Address{CountryCode: "US"}
	if c.Cost().TotalIsEstimate {
		t.Error("the total with address and method is an estimate")
	}
	if c.MethodID = ""; !c.Cost().TotalIsEstimate || c.Cost().Shipping != nil {
		t.Error("the total without a method is final, or has shipping")
	}
}
