package pricing

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"

	"cartograph/internal/catalogue"
	"cartograph/internal/message"
	"cartograph/internal/money"
)

// countryTax is what a country levies on goods, in basis points.
type countryTax struct {
	title                          message.Key
	standard, reduced, books, food int
}

// taxes is a table for demonstration: the general rates of countries and what they
// levy on printed books and on food, in 2026. Where a country has no general reduced
// rate, reduced is the standard one. Whether prices include tax is up to the currency's
// price list (money.PricesIncludeTax). It is not tax advice. A country that is not
// listed has none.
var taxes = map[string]countryTax{
	"AT": {"order.tax.vat", 2000, 1000, 1000, 1000},
	"AU": {"order.tax.gst", 1000, 1000, 1000, 0},
	"BE": {"order.tax.vat", 2100, 600, 600, 600},
	"CA": {"order.tax.gst", 500, 500, 500, 0},
	"CH": {"order.tax.vat", 810, 260, 260, 260},
	"CZ": {"order.tax.vat", 2100, 1200, 0, 1200},
	"DE": {"order.tax.vat", 1900, 700, 700, 700},
	"DK": {"order.tax.vat", 2500, 2500, 2500, 2500},
	"ES": {"order.tax.vat", 2100, 1000, 400, 1000},
	"FI": {"order.tax.vat", 2550, 1350, 1350, 1350},
	"FR": {"order.tax.vat", 2000, 550, 550, 550},
	"GB": {"order.tax.vat", 2000, 500, 0, 0},
	"IE": {"order.tax.vat", 2300, 1350, 0, 0},
	"IN": {"order.tax.gst", 1800, 500, 0, 500},
	"IT": {"order.tax.vat", 2200, 1000, 400, 1000},
	"JP": {"order.tax.consumption", 1000, 800, 1000, 800},
	"KR": {"order.tax.vat", 1000, 1000, 0, 1000},
	"MX": {"order.tax.vat", 1600, 1600, 0, 0},
	"NL": {"order.tax.vat", 2100, 900, 900, 900},
	"NO": {"order.tax.vat", 2500, 1500, 0, 1500},
	"NZ": {"order.tax.gst", 1500, 1500, 1500, 1500},
	"PL": {"order.tax.vat", 2300, 800, 500, 500},
	"PT": {"order.tax.vat", 2300, 600, 600, 600},
	"SE": {"order.tax.vat", 2500, 1200, 600, 600},
	"SG": {"order.tax.gst", 900, 900, 900, 900},
	"US": {"order.tax.sales", 825, 825, 825, 0},
}

// rate is that of goods of a class. One that a newer catalogue has is taxed in full.
func (t countryTax) rate(class catalogue.TaxClass) int {
	switch class {
	case catalogue.TaxReduced:
		return t.reduced
	case catalogue.TaxBooks:
		return t.books
	case catalogue.TaxFood:
		return t.food
	case catalogue.TaxZero:
		return 0
	default:
		return t.standard
	}
}

// RateTax is the tax at one of the rates of a quote.
type RateTax struct {
	Title message.Key `json:"title"`
	Rate  int         `json:"rate"` // basis points
	Minor int64       `json:"minor"`
}

// levy sets the tax of the lines, that of the whole and what each rate has in it.
//
// Tax is rounded half away from zero to the minor unit for each line and for the
// shipping, and then summed. Rounding the sum instead could differ from the sum of the
// lines that the customer sees, and a refund of every line would not add up to the
// order. Where prices include tax, the same rule finds the included part, and the total
// has no rounding at all.
//
// Delivery is taxed as the goods that are delivered: it is divided over their rates in
// proportion to their totals.
func (c *Costs) levy(b Basket) {
	country, goods, byRate := taxes[b.To.Country], map[int]int64{}, map[int]int64{}
	c.LineTaxes = make([]money.Money, len(b.Lines))
	for i, l := range b.Lines {
		rate, total := country.rate(l.TaxClass), l.Subtotal.Sub(l.Discount)
		c.LineTaxes[i] = TaxOn(total, rate, b.TaxIncluded)
		goods[rate] += total.Minor
		byRate[rate] += c.LineTaxes[i].Minor
	}
	if c.Subtotal == c.Discount { // nothing to weigh by
		goods = map[int]int64{country.standard: 1}
	}
	for rate, part := range divide(c.Shipping, goods) {
		byRate[rate] += TaxOn(part, rate, b.TaxIncluded).Minor
	}
	c.Tax, c.TaxRate, c.Taxes = money.Zero(b.Currency), country.standard, []RateTax{}
	for _, rate := range highestFirst(byRate) {
		c.Tax.Minor += byRate[rate]
		if rate > 0 {
			c.Taxes = append(c.Taxes, RateTax{country.title, rate, byRate[rate]})
		}
	}
}

// divide divides an amount in proportion to weights of which one is positive. The parts
// add up to it: each ends at the rounded share of all weights up to it.
func divide(whole money.Money, weights map[int]int64) map[int]money.Money {
	var sum, upTo uint64
	for _, w := range weights {
		sum += uint64(w)
	}
	parts, done := make(map[int]money.Money, len(weights)), int64(0)
	for _, rate := range highestFirst(weights) {
		upTo += uint64(weights[rate])
		high, low := bits.Mul64(uint64(whole.Minor), upTo) // the product may exceed 64 bits
		end, _ := bits.Div64(high, low, sum)
		parts[rate], done = money.Money{Minor: int64(end) - done, Currency: whole.Currency}, int64(end)
	}
	return parts
}

func highestFirst(byRate map[int]int64) []int {
	return slices.SortedFunc(maps.Keys(byRate), func(a, b int) int { return cmp.Compare(b, a) })
}

// TaxOn is the tax on an amount at a rate in basis points: a part of the amount if it is
// included, to be added otherwise.
func TaxOn(amount money.Money, rate int, included bool) money.Money {
	if included {
		return amount.PortionIncluded(int64(rate))
	}
	return amount.Portion(int64(rate))
}

// TaxRate is what a country levies on goods of a class, in basis points.
func TaxRate(country string, class catalogue.TaxClass) int { return taxes[country].rate(class) }

// TaxTitle is the name of a country's tax; empty if it levies none.
func TaxTitle(country string) message.Key { return taxes[country].title }
