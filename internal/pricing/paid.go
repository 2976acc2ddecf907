package pricing

import (
	"math/bits"

	"cartograph/internal/promotion"
)

// PaidLine is what a line of an order costs by itself.
type PaidLine struct {
	Quantity int
	Minor    int64 // after discounts, and with the tax that is not included in it
}

// Paid is what was paid for each line of an order: the line itself, and its share of the
// delivery, in proportion to what the lines cost; to their units, if they cost nothing.
// The amounts add up to total, which is at least the sum of the lines.
func Paid(lines []PaidLine, total int64) []int64 {
	weights, units, delivery := make([]int64, len(lines)), make([]int64, len(lines)), total
	for i, l := range lines {
		weights[i], units[i] = l.Minor, int64(l.Quantity)
		delivery -= l.Minor
	}
	if delivery == total {
		weights = units
	}
	paid := promotion.Allocate(delivery, weights)
	for i, l := range lines {
		paid[i] += l.Minor
	}
	return paid
}

// PaidUnits is what was paid for the units of a line, and what of it is refunded.
type PaidUnits struct {
	Quantity, Refunded       int // units
	PaidMinor, RefundedMinor int64
}

// Refund is how many of more units can be refunded, and what that returns: what was paid
// for that many of the first units, less what is refunded. So the parts of a line, in
// whatever steps, add up to the line.
func (p PaidUnits) Refund(units int) (refunded int, minor int64) {
	if refunded = max(0, min(units, p.Quantity-p.Refunded)); refunded == 0 {
		return 0, 0
	}
	high, low := bits.Mul64(uint64(p.PaidMinor), uint64(p.Refunded+refunded)) //nolint:gosec // neither is negative
	upTo, _ := bits.Div64(high, low, uint64(p.Quantity))                      //nolint:gosec // at least 1
	return refunded, max(0, int64(upTo)-p.RefundedMinor)                      //nolint:gosec // at most PaidMinor
}
