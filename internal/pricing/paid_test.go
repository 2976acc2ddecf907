package pricing_test

import (
	"slices"
	"testing"

	"cartograph/internal/pricing"
)

func TestTheDeliveryIsAPartOfEachLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		claim string
		lines []pricing.PaidLine
		total int64
		want  []int64
	}{
		{"in proportion to what they cost", []pricing.PaidLine{{Quantity: 1, Minor: 300}, {Quantity: 5, Minor: 100}}, 500, []int64{375, 125}},
		{"without delivery", []pricing.PaidLine{{Quantity: 1, Minor: 300}, {Quantity: 5, Minor: 100}}, 400, []int64{300, 100}},
		{"more delivery than goods", []pricing.PaidLine{{Quantity: 1, Minor: 1}, {Quantity: 1, Minor: 1}}, 1003, []int64{502, 501}},
		{"goods for nothing", []pricing.PaidLine{{Quantity: 1}, {Quantity: 3}}, 400, []int64{100, 300}},
		{"nothing", []pricing.PaidLine{{Quantity: 2}}, 0, []int64{0}},
	} {
		if got := pricing.Paid(c.lines, c.total); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.claim, got, c.want)
		}
	}
}

func TestTheUnitsOfALineAddUpToIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		claim string
		line  pricing.PaidUnits
		units int
		want  int // refunded units
		minor int64
	}{
		{"the first", pricing.PaidUnits{Quantity: 3, PaidMinor: 100}, 1, 1, 33},
		{"the second", pricing.PaidUnits{Quantity: 3, PaidMinor: 100, Refunded: 1, RefundedMinor: 33}, 1, 1, 33},
		{"the last", pricing.PaidUnits{Quantity: 3, PaidMinor: 100, Refunded: 2, RefundedMinor: 66}, 1, 1, 34},
		{"all", pricing.PaidUnits{Quantity: 3, PaidMinor: 100}, 3, 3, 100},
		{"more than there are", pricing.PaidUnits{Quantity: 3, PaidMinor: 100, Refunded: 2, RefundedMinor: 66}, 3, 1, 34},
		{"none is left", pricing.PaidUnits{Quantity: 3, PaidMinor: 100, Refunded: 3, RefundedMinor: 100}, 1, 0, 0},
		{"less was left at first", pricing.PaidUnits{Quantity: 3, PaidMinor: 100, Refunded: 1, RefundedMinor: 20}, 1, 1, 46},
		{"for nothing", pricing.PaidUnits{Quantity: 2}, 1, 1, 0},
		{"a large amount", pricing.PaidUnits{Quantity: 99, PaidMinor: 1 << 60}, 99, 99, 1 << 60},
	} {
		if units, minor := c.line.Refund(c.units); units != c.want || minor != c.minor {
			t.Errorf("%s: %d for %d units, want %d for %d", c.claim, minor, units, c.minor, c.want)
		}
	}
}
