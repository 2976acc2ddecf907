package promotion

import (
	"cmp"
	"slices"

	"cartograph/internal/money"
)

// Basket is what promotions are applied to. All of its prices have its currency
// and are not negative.
type Basket struct {
	Currency string
	Lines    []Line
}

// Line is a quantity of one variant.
type Line struct {
	ProductID   string
	CategoryIDs []string // its product's category and those above it
	Unit        int64    // minor units
	Quantity    int
}

func (l Line) subtotal() int64 { return l.Unit * int64(l.Quantity) }

// Discount is what a promotion takes off a basket. Lines add up to AmountMinor;
// they are zero for FREE_SHIPPING, whose amount depends on the shipping method.
type Discount struct {
	Promotion   Promotion
	AmountMinor int64
	Lines       []int64 // for each line of the basket
}

// Result is what promotions do to a basket.
type Result struct {
	Discounts []Discount        // in the order in which they were applied
	Refused   map[string]Reason // the promotions that take off nothing, by ID
}

// FreeShipping reports whether one of the discounts is on shipping.
func (r Result) FreeShipping() bool {
	return slices.ContainsFunc(r.Discounts, func(d Discount) bool { return d.Promotion.Kind == FreeShipping })
}

// LineMinor is what all discounts together take off a line of the basket.
func (r Result) LineMinor(line int) int64 {
	var sum int64
	for _, d := range r.Discounts {
		sum += d.Lines[line]
	}
	return sum
}

// Apply applies the best of promotions whose customer may use them (CheckCustomer).
// The package's comment has the rule.
func Apply(b Basket, promotions []Promotion) Result {
	r := Result{Refused: map[string]Reason{}}
	var goods, shipping []Promotion
	for _, p := range promotions {
		switch reason := p.check(b); {
		case reason != "":
			r.Refused[p.ID] = reason
		case p.Kind == FreeShipping:
			shipping = append(shipping, p)
		default:
			goods = append(goods, p)
		}
	}
	slices.SortFunc(goods, sequence)
	r.Discounts = best(b, goods)
	if len(shipping) > 0 {
		// An unlimited one first: the other keeps its use.
		p := slices.MinFunc(shipping, func(p, q Promotion) int {
			if p.Limited() != q.Limited() {
				if p.Limited() {
					return 1
				}
				return -1
			}
			return cmp.Compare(p.ID, q.ID)
		})
		r.Discounts = append(r.Discounts, Discount{Promotion: p, Lines: make([]int64, len(b.Lines))})
	}
	for _, p := range slices.Concat(goods, shipping) {
		if !slices.ContainsFunc(r.Discounts, func(d Discount) bool { return d.Promotion.ID == p.ID }) {
			r.Refused[p.ID] = NotCombined
		}
	}
	return r
}

// best applies all combining promotions or one alone, whichever takes off more.
func best(b Basket, goods []Promotion) []Discount {
	var combining []Promotion
	for _, p := range goods {
		if p.Combines {
			combining = append(combining, p)
		}
	}
	chosen := applyAll(b, combining)
	byID := slices.SortedFunc(slices.Values(goods), func(p, q Promotion) int { return cmp.Compare(p.ID, q.ID) })
	for _, p := range byID {
		if alone := applyAll(b, []Promotion{p}); sum(alone) > sum(chosen) {
			chosen = alone
		}
	}
	return chosen
}

func sum(discounts []Discount) int64 {
	var n int64
	for _, d := range discounts {
		n += d.AmountMinor
	}
	return n
}

// applyAll applies promotions in their order, each on what the one before has left.
// One that takes off nothing is left out.
func applyAll(b Basket, promotions []Promotion) []Discount {
	left := make([]int64, len(b.Lines))
	for i, l := range b.Lines {
		left[i] = l.subtotal()
	}
	var discounts []Discount
	for _, p := range promotions {
		d := Discount{Promotion: p}
		d.AmountMinor, d.Lines = p.take(b, left)
		if d.AmountMinor == 0 {
			continue
		}
		for i, minor := range d.Lines {
			left[i] -= minor
		}
		discounts = append(discounts, d)
	}
	return discounts
}

// take returns what the promotion takes off the lines, of which so much is left.
func (p Promotion) take(b Basket, left []int64) (amount int64, lines []int64) {
	base := p.base(b, left)
	var whole int64
	for _, n := range base {
		whole += n
	}
	amount = min(p.AmountMinor, whole)
	if p.Kind != FixedAmount {
		amount = money.Money{Minor: whole, Currency: b.Currency}.Portion(int64(p.rate(b))).Minor
	}
	return amount, Allocate(amount, base)
}

// base is the part of each line that the promotion reduces.
func (p Promotion) base(b Basket, left []int64) []int64 {
	base := make([]int64, len(b.Lines))
	for i, l := range b.Lines {
		if p.eligible(l) {
			base[i] = left[i]
		}
	}
	if p.Kind != BuyXGetY {
		return base
	}
	cheapest := make([]int, 0, len(b.Lines))
	units := 0
	for i, l := range b.Lines {
		if p.eligible(l) {
			cheapest, units = append(cheapest, i), units+l.Quantity
		}
	}
	slices.SortStableFunc(cheapest, func(i, j int) int { return cmp.Compare(b.Lines[i].Unit, b.Lines[j].Unit) })
	reduced := units / (p.Buy + p.Get) * p.Get
	for _, i := range cheapest {
		n := min(reduced, b.Lines[i].Quantity)
		base[i] = min(b.Lines[i].Unit*int64(n), left[i])
		reduced -= n
	}
	return base
}

// rate is the promotion's rate for a basket whose tier is reached (check).
func (p Promotion) rate(b Basket) int {
	if p.Kind != Tiered {
		return p.Rate
	}
	subtotal, units := p.reach(b)
	rate := 0
	for _, t := range p.Tiers {
		if subtotal >= t.MinimumMinor && units >= t.MinimumQuantity {
			rate = max(rate, t.Rate)
		}
	}
	return rate
}

// reach is the subtotal and the number of units of the lines that it reduces.
func (p Promotion) reach(b Basket) (subtotal int64, units int) {
	for _, l := range b.Lines {
		if p.eligible(l) {
			subtotal, units = subtotal+l.subtotal(), units+l.Quantity
		}
	}
	return subtotal, units
}

func (p Promotion) eligible(l Line) bool {
	return len(p.ProductIDs) == 0 && len(p.CategoryIDs) == 0 ||
		slices.Contains(p.ProductIDs, l.ProductID) || intersect(p.CategoryIDs, l.CategoryIDs)
}

// check returns why the promotion takes off nothing of the basket; empty if it does.
func (p Promotion) check(b Basket) Reason {
	var subtotal int64
	for _, l := range b.Lines {
		subtotal += l.subtotal()
	}
	eligible, units := p.reach(b)
	switch {
	case p.Currency != "" && p.Currency != b.Currency:
		return OtherCurrency
	case units == 0:
		return NothingEligible
	case subtotal < p.MinimumMinor, p.Kind == Tiered && p.rate(b) == 0:
		return MinimumNotMet
	case p.Kind == BuyXGetY && units < p.Buy+p.Get:
		return MinimumNotMet
	case eligible == 0 && p.Kind != FreeShipping:
		return NothingEligible
	default:
		return ""
	}
}
