package money

import "slices"

// netPriceLists are the currencies whose price lists have prices before tax, as
// is the custom where they are paid; tax is added at checkout. Everywhere else a
// shown price is what the customer pays, and tax is a part of it.
var netPriceLists = []string{"CAD", "USD"}

// PricesIncludeTax reports whether the shop's prices in a currency, of goods and
// of delivery alike, include tax.
func PricesIncludeTax(currency string) bool { return !slices.Contains(netPriceLists, currency) }

// PortionIncluded is the part of m that is an added portion of the rest:
// m × basisPoints / (10,000 + basisPoints), half a minor unit rounded away from
// zero. PortionIncluded(1900) of €1.19 is €0.19. m less the portion is what the
// portion was added to, so no minor unit is lost. The bounds are Portion's.
func (m Money) PortionIncluded(basisPoints int64) Money {
	whole := 10_000 + basisPoints
	product, half := m.Minor*basisPoints, whole/2
	if product < 0 {
		half = -half
	}
	return Money{(product + half) / whole, m.Currency}
}
