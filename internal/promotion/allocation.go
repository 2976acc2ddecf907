package promotion

import (
	"cartograph/internal/money"
	"cartograph/internal/optional"
)

// Allocation is what a promotion takes off a basket or off one of its lines. That of
// a line has only the promotion's name.
type Allocation struct {
	Promotion
	Amount money.Money `json:"amount"`
}

// CodeOrNil is nil for an automatic promotion.
func (a Allocation) CodeOrNil() *string { return optional.Of(a.Code) }

// Allocations are the discounts of the basket. One on shipping has no amount yet.
func (r Result) Allocations(currency string) []Allocation {
	out := make([]Allocation, len(r.Discounts))
	for i, d := range r.Discounts {
		out[i] = Allocation{d.Promotion, money.Money{Minor: d.AmountMinor, Currency: currency}}
	}
	return out
}

// OfLine are the discounts of a line.
func (r Result) OfLine(line int, currency string) []Allocation {
	out := []Allocation{}
	for _, d := range r.Discounts {
		if d.Lines[line] > 0 {
			p := Promotion{ID: d.Promotion.ID, Title: d.Promotion.Title, Code: d.Promotion.Code, Kind: d.Promotion.Kind}
			out = append(out, Allocation{p, money.Money{Minor: d.Lines[line], Currency: currency}})
		}
	}
	return out
}

// OffGoods is what discounts take off the goods, shipping apart.
func OffGoods(discounts []Allocation, currency string) money.Money {
	sum := money.Zero(currency)
	for _, a := range discounts {
		if a.Kind != FreeShipping {
			sum = sum.Add(a.Amount)
		}
	}
	return sum
}
