package order

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"cartograph/internal/event"
	"cartograph/internal/pricing"
)

// price calculates what the checkout costs from the lines' unit prices, discounts and
// tax classes, by the rules that estimate a cart (package pricing). It is deterministic:
// the same checkout and lines give the same quote. Whether tax is included was decided
// with the unit prices, and remains.
func (c *Checkout) price(lines []Line) {
	if c.ShippingAddress != nil {
		c.Country = c.ShippingAddress.CountryCode
	}
	b := pricing.Basket{
		Currency: c.Total.Currency, TaxIncluded: c.TaxIncluded, To: c.place(), WeightGrams: c.WeightGrams,
		Lines: make([]pricing.Line, len(lines)), Discounts: c.Discounts, MethodID: c.MethodID,
	}
	for i, l := range lines {
		b.Lines[i] = pricing.Line{Subtotal: l.Subtotal(), Discount: l.Discount(), TaxClass: l.TaxClass}
	}
	p := pricing.Price(b)
	for i := range lines {
		l := &lines[i]
		l.Total, l.Tax, l.TaxIncluded = l.Subtotal().Sub(l.Discount()), p.LineTaxes[i], c.TaxIncluded
	}
	c.MethodID = p.MethodID
	c.Costs = Costs{
		Subtotal: p.Subtotal, Discounts: p.Discounts, Shipping: p.Shipping, Tax: p.Tax, Total: p.Total,
		TaxRate: p.TaxRate, Taxes: p.Taxes, TaxIncluded: c.TaxIncluded,
	}
	c.QuoteHash = c.hash(lines)
}

// hash identifies the quote: it differs where anything that the customer was
// shown as its price differs. Clients compare it; orderPlace compares totals.
func (c *Checkout) hash(lines []Line) string {
	quoted := []any{c.Total.Currency, c.Country, c.MethodID, c.Subtotal.Minor, c.Discount().Minor, c.Shipping.Minor, c.Tax.Minor, c.Taxes, c.TaxIncluded}
	for _, l := range lines {
		quoted = append(quoted, l.VariantID, l.Quantity, l.UnitPrice.Minor, l.Discount().Minor)
	}
	sum := sha256.Sum256(fmt.Appendln(nil, quoted...))
	return hex.EncodeToString(sum[:12])
}

// quantities adds up the lines by variant, sorted by variant: a hold has one
// quantity for each.
func quantities(lines []Line) []event.Line {
	sums := map[string]event.Line{}
	for _, l := range lines {
		sum := sums[l.VariantID]
		sums[l.VariantID] = event.Line{
			VariantID: l.VariantID, Quantity: sum.Quantity + l.Quantity, FlashSaleID: cmp.Or(sum.FlashSaleID, l.FlashSaleID),
		}
	}
	out := make([]event.Line, 0, len(sums))
	for _, sum := range sums {
		out = append(out, sum)
	}
	slices.SortFunc(out, func(a, b event.Line) int { return cmp.Compare(a.VariantID, b.VariantID) })
	return out
}
