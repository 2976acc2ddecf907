package order

import (
	"maps"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cartograph/internal/catalogue"
	"cartograph/internal/money"
	"cartograph/internal/pricing"
	"cartograph/internal/promotion"
)

// quotedCheckout draws a checkout with prices in one of the currencies.
func quotedCheckout(t *rapid.T, currencies ...string) (*Checkout, []Line) {
	currency := rapid.SampledFrom(currencies).Draw(t, "currency")
	c := &Checkout{
		Country:     rapid.SampledFrom([]string{"US", "DE", "JP", "BR", "GB", "CH", "AT", "FR"}).Draw(t, "country"),
		WeightGrams: rapid.IntRange(0, 90_000).Draw(t, "grams"),
		Costs:       Costs{Total: money.Zero(currency), TaxIncluded: money.PricesIncludeTax(currency)},
	}
	lines := make([]Line, rapid.IntRange(1, 20).Draw(t, "lines"))
	for i := range lines {
		lines[i].Quantity = rapid.IntRange(1, 100).Draw(t, "quantity")
		lines[i].UnitPrice = money.Money{Minor: rapid.Int64Range(0, 1e9).Draw(t, "price"), Currency: currency}
		lines[i].TaxClass = rapid.SampledFrom(catalogue.TaxClasses()).Draw(t, "class")
	}
	var promotions []promotion.Promotion
	if rapid.Bool().Draw(t, "discounted") {
		promotions = []promotion.Promotion{
			{ID: "prm_a", Kind: promotion.Percentage, Rate: rapid.IntRange(1, 10_000).Draw(t, "rate"), Combines: true},
			{ID: "prm_b", Kind: promotion.FixedAmount, Currency: currency, AmountMinor: rapid.Int64Range(1, 1e8).Draw(t, "amount"), Combines: true},
		}
		if rapid.Bool().Draw(t, "free shipping") {
			promotions = append(promotions, promotion.Promotion{ID: "prm_c", Kind: promotion.FreeShipping})
		}
	}
	c.discount(lines, nil, promotions)
	c.price(lines)
	return c, lines
}

func TestCostsAddUpInEveryCurrency(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, lines := quotedCheckout(t, "USD", "CAD", "EUR", "GBP", "CHF", "JPY", "KRW", "KWD", "BHD")
		cost := c.Cost()
		goods, off, taxed := money.Zero(c.Total.Currency), money.Zero(c.Total.Currency), money.Zero(c.Total.Currency)
		for _, l := range lines {
			line := l.Cost()
			if line.Subtotal() != l.UnitPrice.Times(l.Quantity) || line.Subtotal().Sub(line.Discount()) != line.Total || line.Total.Minor < 0 {
				t.Fatalf("a line of %d × %v costs %v, of it %v less %v", l.Quantity, l.UnitPrice, line.Total, line.Subtotal(), line.Discount())
			}
			if line.TaxIncluded != cost.TaxIncluded {
				t.Fatalf("tax is included in a line: %t, in the whole: %t", line.TaxIncluded, cost.TaxIncluded)
			}
			goods, off, taxed = goods.Add(line.Subtotal()), off.Add(line.Discount()), taxed.Add(line.Tax)
		}
		taxed = taxed.Add(shippingTax(c, lines))
		total := cost.Subtotal.Sub(cost.Discount()).Add(*cost.Shipping)
		if !cost.TaxIncluded {
			total = total.Add(cost.Tax)
		}
		if cost.Discount() != off {
			t.Fatalf("the discount is %v, its lines have %v", cost.Discount(), off)
		}
		if cost.Subtotal != goods || cost.Tax != taxed || cost.Total != total {
			t.Fatalf("costs are %+v for goods of %v and tax of %v", cost, goods, taxed)
		}
		offered := c.ShippingQuotes(time.Now())
		if len(offered) == 0 || c.MethodID != offered[0].Method.ID || c.Shipping != offered[0].Price {
			t.Fatalf("delivery is %s for %v, want the cheapest of %+v", c.MethodID, c.Shipping, offered)
		}
	})
}

// shippingTax is the tax on the delivery: on the part of it that goes with the goods of
// each rate. The parts are added up here, by lines that are sorted by their rates.
func shippingTax(c *Checkout, lines []Line) money.Money {
	goods, whole := map[int]int64{}, new(big.Int)
	for _, l := range lines {
		goods[pricing.TaxRate(c.Country, l.TaxClass)] += l.Total.Minor
		whole.Add(whole, big.NewInt(l.Total.Minor))
	}
	if whole.Sign() == 0 {
		return pricing.TaxOn(c.Shipping, pricing.TaxRate(c.Country, catalogue.TaxStandard), c.TaxIncluded)
	}
	tax, upTo, done := money.Zero(c.Total.Currency), new(big.Int), int64(0)
	for _, rate := range slices.Backward(slices.Sorted(maps.Keys(goods))) {
		upTo.Add(upTo, big.NewInt(goods[rate]))
		end := new(big.Int).Mul(big.NewInt(c.Shipping.Minor), upTo)
		part := money.Money{Minor: end.Div(end, whole).Int64() - done, Currency: tax.Currency}
		tax, done = tax.Add(pricing.TaxOn(part, rate, c.TaxIncluded)), done+part.Minor
	}
	return tax
}

func TestTheTaxByRateAddsUpToTheTax(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, lines := quotedCheckout(t, "USD", "EUR", "GBP", "CHF", "JPY", "KWD")
		byRate, shown := map[int]int64{}, int64(0)
		for _, l := range lines {
			byRate[pricing.TaxRate(c.Country, l.TaxClass)] += l.Tax.Minor
		}
		for i, tax := range c.Taxes {
			shown += tax.Minor
			if goods := byRate[tax.Rate]; tax.Minor < goods || tax.Minor > goods+c.Shipping.Minor {
				t.Fatalf("tax at %d is %d, of it %d on goods and delivery costs %v", tax.Rate, tax.Minor, goods, c.Shipping)
			}
			if tax.Rate <= 0 || i > 0 && c.Taxes[i-1].Rate <= tax.Rate {
				t.Fatalf("the rates are %v, want the highest first and none of zero", c.Taxes)
			}
		}
		if shown != c.Tax.Minor {
			t.Fatalf("the taxes %v add up to %d, want %v", c.Taxes, shown, c.Tax)
		}
	})
}

func TestBooksAndFoodHaveTheirOwnRates(t *testing.T) {
	t.Parallel()
	eur, gbp := "EUR", "GBP"
	for _, tc := range []struct {
		country, currency string
		class             catalogue.TaxClass
		rate              int
		tax               int64 // on 10.00
	}{
		{"DE", eur, catalogue.TaxStandard, 1900, 160},
		{"DE", eur, catalogue.TaxBooks, 700, 65},
		{"DE", eur, catalogue.TaxFood, 700, 65},
		{"DE", eur, catalogue.TaxZero, 0, 0},
		{"AT", eur, catalogue.TaxBooks, 1000, 91},
		{"FR", eur, catalogue.TaxFood, 550, 52},
		{"GB", gbp, catalogue.TaxBooks, 0, 0},
		{"GB", gbp, catalogue.TaxReduced, 500, 48},
		{"CH", "CHF", catalogue.TaxFood, 260, 25},
		{"US", "USD", catalogue.TaxFood, 0, 0},
		{"US", "USD", catalogue.TaxBooks, 825, 83},
		{"DE", eur, "VINTAGE", 1900, 160}, // a class of a newer catalogue
		{"BR", eur, catalogue.TaxStandard, 0, 0},
	} {
		c := &Checkout{Country: tc.country, Costs: Costs{Total: money.Zero(tc.currency), TaxIncluded: money.PricesIncludeTax(tc.currency)}}
		lines := []Line{{Quantity: 1, UnitPrice: money.Money{Minor: 1000, Currency: tc.currency}, TaxClass: tc.class}}
		c.price(lines)
		if got := lines[0].Tax.Minor; got != tc.tax {
			t.Errorf("%s in %s is taxed %d, want %d", tc.class, tc.country, got, tc.tax)
		}
		if rate := pricing.TaxRate(tc.country, tc.class); rate != tc.rate || rate > 0 && (len(c.Taxes) != 1 || c.Taxes[0].Rate != rate) {
			t.Errorf("%s in %s has rate %d and taxes %v, want %d", tc.class, tc.country, rate, c.Taxes, tc.rate)
		}
	}
}

// TestDeliveryIsTaxedAsTheGoods has a book of 30.00 and a lamp of 10.00 at 4.65 of delivery.
func TestDeliveryIsTaxedAsTheGoods(t *testing.T) {
	t.Parallel()
	c := &Checkout{Country: "DE", WeightGrams: 500, Costs: Costs{Total: money.Zero("EUR"), TaxIncluded: true}}
	c.price([]Line{
		{Quantity: 1, UnitPrice: money.Money{Minor: 3000, Currency: "EUR"}, TaxClass: catalogue.TaxBooks},
		{Quantity: 1, UnitPrice: money.Money{Minor: 1000, Currency: "EUR"}, TaxClass: catalogue.TaxStandard},
	})
	// 1.16 of the delivery goes with the lamp and 3.49 with the book.
	want := []pricing.RateTax{{Title: "order.tax.vat", Rate: 1900, Minor: 160 + 19}, {Title: "order.tax.vat", Rate: 700, Minor: 196 + 23}}
	if !slices.Equal(c.Taxes, want) || c.Shipping.Minor != 465 || c.Total.Minor != 4465 {
		t.Errorf("taxes are %v for a delivery of %v and a total of %v, want %v", c.Taxes, c.Shipping, c.Total, want)
	}
}

func TestAnIncludedTaxIsAPartOfTheShownPrices(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, lines := quotedCheckout(t, "EUR", "GBP", "CHF", "JPY", "KRW", "KWD")
		if want := c.Subtotal.Sub(c.Discount()).Add(c.Shipping); !c.TaxIncluded || c.Total != want {
			t.Fatalf("total is %v, want what was shown: %v", c.Total, want)
		}
		for _, l := range lines {
			net := l.Total.Sub(l.Tax)
			// The tax on the rest is the included part, to the minor unit that rounding may move.
			if again := net.Portion(int64(pricing.TaxRate(c.Country, l.TaxClass))); l.Tax.Minor < 0 || max(again.Minor-l.Tax.Minor, l.Tax.Minor-again.Minor) > 1 {
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
