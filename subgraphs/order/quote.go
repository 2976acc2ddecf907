package order

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"cartograph/internal/event"
	"cartograph/internal/money"
)

// taxes is a table for demonstration, in basis points: each country's usual
// rate, on goods and delivery alike, on top of prices. It is not tax advice. A
// country that is not listed pays none.
var taxes = map[string]struct {
	name string
	rate int
}{
	"AT": {"VAT", 2000}, "AU": {"GST", 1000}, "BE": {"VAT", 2100}, "CA": {"GST", 500}, "CH": {"VAT", 810},
	"CZ": {"VAT", 2100}, "DE": {"VAT", 1900}, "DK": {"VAT", 2500}, "ES": {"VAT", 2100}, "FI": {"VAT", 2550},
	"FR": {"VAT", 2000}, "GB": {"VAT", 2000}, "IE": {"VAT", 2300}, "IN": {"GST", 1800}, "IT": {"VAT", 2200},
	"JP": {"Consumption tax", 1000}, "KR": {"VAT", 1000}, "MX": {"VAT", 1600}, "NL": {"VAT", 2100},
	"NO": {"VAT", 2500}, "NZ": {"GST", 1500}, "PL": {"VAT", 2300}, "PT": {"VAT", 2300}, "SE": {"VAT", 2500},
	"SG": {"GST", 900}, "US": {"Sales tax", 825},
}

// TaxLine is a tax of a quote.
type TaxLine struct {
	Title  string
	Rate   float64 // 0.19
	Amount money.Money
}

// taxLines lists the taxes that are due; none or one.
func (c *Checkout) taxLines() []TaxLine {
	if c.TaxRate == 0 {
		return []TaxLine{}
	}
	percent := strconv.FormatFloat(float64(c.TaxRate)/100, 'f', -1, 64)
	return []TaxLine{{
		Title: fmt.Sprintf("%s %s %%", taxes[c.Country].name, percent), Rate: float64(c.TaxRate) / 10_000, Amount: c.Tax,
	}}
}

// price binds what the checkout costs: its lines at their unit prices, the
// cheapest way to deliver unless one that works was chosen, and the country's
// tax. Tax is rounded per line and for delivery, then added up, so that every
// line's share is exact.
func (c *Checkout) price(lines []Line) {
	if c.ShippingAddress != nil {
		c.Country = c.ShippingAddress.CountryCode
	}
	currency := c.Total.Currency
	rate := taxes[c.Country].rate
	c.Costs = Costs{
		Subtotal: money.Zero(currency), Shipping: money.Zero(currency), Tax: money.Zero(currency), TaxRate: rate,
	}
	for i := range lines {
		l := &lines[i]
		l.Total = l.UnitPrice.Times(l.Quantity)
		l.Tax = l.Total.Portion(int64(rate))
		c.Subtotal, c.Tax = c.Subtotal.Add(l.Total), c.Tax.Add(l.Tax)
	}
	c.chooseMethod()
	c.Tax = c.Tax.Add(c.Shipping.Portion(int64(rate)))
	c.Total = c.Subtotal.Add(c.Shipping).Add(c.Tax)
	c.QuoteHash = c.hash(lines)
}

// hash is short and differs wherever anything that is quoted differs.
func (c *Checkout) hash(lines []Line) string {
	quoted := []any{c.Total.Currency, c.Country, c.MethodID, c.Subtotal.Minor, c.Shipping.Minor, c.Tax.Minor, c.TaxRate}
	for _, l := range lines {
		quoted = append(quoted, l.VariantID, l.Quantity, l.UnitPrice.Minor)
	}
	sum := sha256.Sum256(fmt.Appendln(nil, quoted...))
	return hex.EncodeToString(sum[:12])
}

// wanted is how many of each variant the lines need, sorted by variant.
func wanted(lines []Line) []event.Line {
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
