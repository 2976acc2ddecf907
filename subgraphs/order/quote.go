package order

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"

	"cartograph/internal/event"
	"cartograph/internal/message"
	"cartograph/internal/money"
)

// taxes is a table for demonstration, in basis points: each country's standard
// rate, on goods and delivery alike. Whether prices include it is up to the
// currency's price list (money.PricesIncludeTax). It is not tax advice.
// A country that is not listed has none.
var taxes = map[string]struct {
	title message.Key
	rate  int
}{
	"AT": {"order.tax.vat", 2000}, "AU": {"order.tax.gst", 1000}, "BE": {"order.tax.vat", 2100}, "CA": {"order.tax.gst", 500}, "CH": {"order.tax.vat", 810},
	"CZ": {"order.tax.vat", 2100}, "DE": {"order.tax.vat", 1900}, "DK": {"order.tax.vat", 2500}, "ES": {"order.tax.vat", 2100}, "FI": {"order.tax.vat", 2550},
	"FR": {"order.tax.vat", 2000}, "GB": {"order.tax.vat", 2000}, "IE": {"order.tax.vat", 2300}, "IN": {"order.tax.gst", 1800}, "IT": {"order.tax.vat", 2200},
	"JP": {"order.tax.consumption", 1000}, "KR": {"order.tax.vat", 1000}, "MX": {"order.tax.vat", 1600}, "NL": {"order.tax.vat", 2100},
	"NO": {"order.tax.vat", 2500}, "NZ": {"order.tax.gst", 1500}, "PL": {"order.tax.vat", 2300}, "PT": {"order.tax.vat", 2300}, "SE": {"order.tax.vat", 2500},
	"SG": {"order.tax.gst", 900}, "US": {"order.tax.sales", 825},
}

// TaxLine is a tax of a quote.
type TaxLine struct {
	TitleKey message.Key
	Rate     float64 // 0.19
	Amount   money.Money
}

// Title is the tax and its rate for the reader of ctx.
func (l TaxLine) Title(ctx context.Context) string {
	return message.Text(ctx, l.TitleKey, message.Args{"rate": strconv.FormatFloat(math.Round(l.Rate*1e4)/100, 'f', -1, 64)})
}

// taxLines lists the taxes of the quote: none or one.
func (c *Checkout) taxLines() []TaxLine {
	if c.TaxRate == 0 {
		return []TaxLine{}
	}
	return []TaxLine{{
		TitleKey: taxes[c.Country].title, Rate: float64(c.TaxRate) / 10_000, Amount: c.Tax,
	}}
}

// price calculates what the checkout costs from the lines' unit prices, the
// shipping method (see chooseMethod) and the country's tax rate. It is
// deterministic: the same checkout and lines give the same quote. Whether tax is
// included was decided with the unit prices, and remains.
//
// Tax is rounded half away from zero to the minor unit for each line and for the
// shipping, and then summed. Rounding the sum instead could differ from the sum
// of the lines that the customer sees, and a refund of every line would not add
// up to the order. Where prices include tax, the same rule finds the included
// part, and the total has no rounding at all.
func (c *Checkout) price(lines []Line) {
	if c.ShippingAddress != nil {
		c.Country = c.ShippingAddress.CountryCode
	}
	currency := c.Total.Currency
	c.Costs = Costs{
		Subtotal: money.Zero(currency), Shipping: money.Zero(currency), Tax: money.Zero(currency),
		TaxRate: taxes[c.Country].rate, TaxIncluded: c.TaxIncluded,
	}
	for i := range lines {
		l := &lines[i]
		l.Total = l.UnitPrice.Times(l.Quantity)
		l.Tax, l.TaxIncluded = c.taxOn(l.Total), c.TaxIncluded
		c.Subtotal, c.Tax = c.Subtotal.Add(l.Total), c.Tax.Add(l.Tax)
	}
	c.chooseMethod()
	c.Tax = c.Tax.Add(c.taxOn(c.Shipping))
	c.Total = c.Subtotal.Add(c.Shipping)
	if !c.TaxIncluded {
		c.Total = c.Total.Add(c.Tax)
	}
	c.QuoteHash = c.hash(lines)
}

// taxOn is the tax on an amount: a part of it, or to be added.
func (c Costs) taxOn(amount money.Money) money.Money {
	if c.TaxIncluded {
		return amount.PortionIncluded(int64(c.TaxRate))
	}
	return amount.Portion(int64(c.TaxRate))
}

// hash identifies the quote: it differs where anything that the customer was
// shown as its price differs. Clients compare it; orderPlace compares totals.
func (c *Checkout) hash(lines []Line) string {
	quoted := []any{c.Total.Currency, c.Country, c.MethodID, c.Subtotal.Minor, c.Shipping.Minor, c.Tax.Minor, c.TaxRate, c.TaxIncluded}
	for _, l := range lines {
		quoted = append(quoted, l.VariantID, l.Quantity, l.UnitPrice.Minor)
	}
	sum := sha256.Sum256(fmt.Appendln(nil, quoted...))
	return hex.EncodeToString(sum[:12])
}

// quantities adds up the lines by variant, sorted by variant: a hold has one
// quantity for each.
func quantities(lines []Line) []event.Line {
	sums := map[string]int{}
	for _, l := range lines {
		sums[l.VariantID] += l.Quantity
	}
	out := make([]event.Line, 0, len(sums))
	for variant, n := range sums {
		out = append(out, event.Line{VariantID: variant, Quantity: n})
	}
	slices.SortFunc(out, func(a, b event.Line) int { return cmp.Compare(a.VariantID, b.VariantID) })
	return out
}
