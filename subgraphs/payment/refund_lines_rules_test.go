package payment

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"cartograph/internal/catalogue"
	"cartograph/internal/money"
	"cartograph/internal/pricing"
	"cartograph/internal/promotion"
)

// checkMany checks a property with runs × 100 draws.
func checkMany(t *testing.T, runs int, property func(*rapid.T)) {
	for range runs {
		rapid.Check(t, property)
		if t.Failed() {
			return
		}
	}
}

// drawOrder is an order with lines of any price, discount and tax class, delivered
// anywhere, and what was paid for each of its lines.
func drawOrder(t *rapid.T) (total int64, lines map[string]pricing.PaidUnits) {
	b := pricing.Basket{
		Currency:    rapid.SampledFrom([]string{"USD", "EUR", "JPY", "KWD", "BHD"}).Draw(t, "currency"),
		To:          pricing.Place{Country: rapid.SampledFrom([]string{"US", "DE", "JP", "CH", "GB"}).Draw(t, "country")},
		WeightGrams: rapid.IntRange(1, 30_000).Draw(t, "grams"),
	}
	b.TaxIncluded = money.PricesIncludeTax(b.Currency)
	of := func(minor int64) money.Money { return money.Money{Minor: minor, Currency: b.Currency} }
	off := of(0)
	quantities := rapid.SliceOfN(rapid.IntRange(1, 7), 1, 4).Draw(t, "quantities")
	for _, quantity := range quantities {
		price := rapid.Int64Range(0, 1_000_00).Draw(t, "price") * int64(quantity)
		l := pricing.Line{
			Subtotal: of(price), Discount: of(rapid.Int64Range(0, price).Draw(t, "discount")),
			TaxClass: rapid.SampledFrom([]catalogue.TaxClass{catalogue.TaxStandard, catalogue.TaxFood, catalogue.TaxBooks}).Draw(t, "class"),
		}
		off = off.Add(l.Discount)
		b.Lines = append(b.Lines, l)
	}
	b.Discounts = []promotion.Allocation{{Amount: off}}
	costs := pricing.Price(b)
	paidLines := make([]pricing.PaidLine, len(b.Lines))
	for i, l := range b.Lines {
		paidLines[i] = pricing.PaidLine{Quantity: quantities[i], Minor: l.Subtotal.Sub(l.Discount).Minor}
		if !b.TaxIncluded {
			paidLines[i].Minor += costs.LineTaxes[i].Minor
		}
	}
	lines = map[string]pricing.PaidUnits{}
	var sum int64
	for i, paid := range pricing.Paid(paidLines, costs.Total.Minor) {
		id := fmt.Sprint("line ", i)
		lines[id] = pricing.PaidUnits{Quantity: quantities[i], PaidMinor: paid}
		sum += paid
	}
	if sum != costs.Total.Minor {
		t.Fatalf("the lines add up to %d, paid was %d: %+v", sum, costs.Total.Minor, lines)
	}
	return sum, lines
}

// Whatever is refunded in whatever steps, by line or as an amount, some of which the
// gateway refuses: never more than was paid, in all and for a line, and exactly what was
// paid once everything is returned.
func TestRefundsOfEverythingAddUpToWhatWasPaid(t *testing.T) {
	t.Parallel()
	checkMany(t, 50, func(t *rapid.T) {
		captured, lines := drawOrder(t)
		left := captured
		refund := func(requested []LineUnits) (parts []lineShare, sum int64) {
			parts, sum = shares(lines, requested, left)
			for _, p := range parts {
				if p.minor < 0 {
					t.Fatalf("%d is refunded for %d of %+v", p.minor, p.units, lines[p.lineID])
				}
			}
			return parts, sum
		}
		apply := func(parts []lineShare, sum int64, sign int) {
			for _, p := range parts {
				l := lines[p.lineID]
				l.Refunded, l.RefundedMinor = l.Refunded+sign*p.units, l.RefundedMinor+int64(sign)*p.minor
				lines[p.lineID] = l
			}
			left -= int64(sign) * sum
		}
		var pending [][]lineShare
		for range rapid.IntRange(0, 12).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"return", "return", "amount", "fail"}).Draw(t, "step") {
			case "return":
				id := fmt.Sprint("line ", rapid.IntRange(0, len(lines)-1).Draw(t, "line"))
				parts, sum := refund([]LineUnits{{id, rapid.IntRange(1, 7).Draw(t, "units")}})
				apply(parts, sum, +1)
				pending = append(pending, parts)
			case "amount":
				left -= rapid.Int64Range(0, left).Draw(t, "amount")
			case "fail": // the last one is refused by the gateway
				if n := len(pending); n > 0 {
					var sum int64
					for _, p := range pending[n-1] {
						sum += p.minor
					}
					apply(pending[n-1], sum, -1)
					pending = pending[:n-1]
				}
			}
			for _, l := range lines {
				if l.RefundedMinor < 0 || l.RefundedMinor > l.PaidMinor || l.Refunded > l.Quantity || left < 0 {
					t.Fatalf("%d is left, line %+v", left, l)
				}
			}
		}
		var rest []LineUnits
		for i := range len(lines) {
			rest = append(rest, LineUnits{fmt.Sprint("line ", i), 7})
		}
		parts, sum := refund(rest)
		apply(parts, sum, +1)
		if left != 0 {
			t.Fatalf("everything is returned, and %d of %d was not refunded: %+v", left, captured, lines)
		}
	})
}
