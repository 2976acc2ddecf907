package cart

import (
	"reflect"
	"time"

	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/pricing"
	"cartograph/internal/promotion"
)

// Quote is the cost of a cart at a moment. It is not binding: checkout prices
// the cart again.
type Quote struct {
	Lines     []QuotedLine
	Subtotal  money.Money
	Discounts []promotion.Allocation
	Shipping  *money.Money // of the cheapest method; nil: nothing delivers the cart, or that is not known
	Tax       *money.Money // nil: it is not known
	Total     money.Money  // with shipping and tax as far as they are known
	Codes     []AppliedCode
	Problems  []Problem
	Stale     bool // at least one price is the last known one
	At        time.Time
}

// TotalIsEstimate is true of every cart: the address, which decides on delivery and tax,
// is given at checkout.
func (*Quote) TotalIsEstimate() bool { return true }

// Discount is what promotions take off the goods.
func (q *Quote) Discount() money.Money { return promotion.OffGoods(q.Discounts, q.Subtotal.Currency) }

// TaxIncluded reports whether the prices include tax.
func (q *Quote) TaxIncluded() bool { return money.PricesIncludeTax(q.Subtotal.Currency) }

// QuotedLine is a line with its cost.
type QuotedLine struct {
	Line
	Cost     LineCost
	Problems []Problem

	categoryIDs []string
	parcel      *Parcel // nil: it is not known
}

// LineCost is the cost of a line.
type LineCost struct {
	Unit      money.Money
	CompareAt *money.Money
	WhenAdded money.Money
	Discounts []promotion.Allocation
	Tax       *money.Money // nil: it is not known
	Total     money.Money  // Subtotal less Discount

	quantity int
}

// Subtotal is the total without the discount.
func (c LineCost) Subtotal() money.Money { return c.Unit.Times(c.quantity) }

// Discount is what promotions take off the line.
func (c LineCost) Discount() money.Money { return promotion.OffGoods(c.Discounts, c.Unit.Currency) }

// TaxIncluded reports whether the price includes tax.
func (c LineCost) TaxIncluded() bool { return money.PricesIncludeTax(c.Total.Currency) }

// price computes the quote of the cart, after which promotions apply to it. Three cases per line:
//
//   - The catalogue offers the variant: price, snapshot and problems follow the
//     offer.
//   - The catalogue answered without the variant: it is no longer for sale. The
//     last known price still counts, so that the total does not drop before the
//     customer removes the line.
//   - The catalogue was unavailable and the cache does not have the variant:
//     nothing is known, so the line has its last known price and no problem. A
//     problem here would block every cart during an outage of the catalogue.
func (c *Cart) price(offers Offers, codes []string, o offered, now time.Time) Quote {
	q := Quote{Subtotal: money.Zero(c.Currency), Problems: []Problem{}, At: now}
	for _, l := range c.Lines {
		quoted, stale := l.price(offers)
		q.Stale = q.Stale || stale
		q.Lines = append(q.Lines, quoted)
		q.Problems = append(q.Problems, quoted.Problems...)
		q.Subtotal = q.Subtotal.Add(quoted.Cost.Subtotal())
	}
	q.discount(codes, o)
	q.estimate(pricing.Place{Country: c.Country, PostalCode: optional.Value(c.PostalCode)})
	return q
}

func (l Line) price(offers Offers) (quoted QuotedLine, stale bool) {
	quoted = QuotedLine{Line: l, Cost: LineCost{Unit: l.Last, WhenAdded: l.Added, quantity: l.Quantity}, Problems: []Problem{}}
	offer, found := offers.byVariant[l.VariantID]
	switch {
	case found:
		quoted.Cost.Unit, quoted.Cost.CompareAt, quoted.Snapshot = offer.Price, offer.CompareAt, offer.Snapshot
		quoted.categoryIDs, quoted.parcel = offer.CategoryIDs, offer.Parcel
		quoted.Problems, stale = l.problems(offer), offer.Stale
	case offers.notForSale[l.VariantID]:
		quoted.Problems = []Problem{VariantUnavailable{LineID: l.ID, Title: l.Snapshot.Title}}
	default:
		stale = true
	}
	return quoted, stale
}

// estimate adds delivery and tax to a quote whose lines are priced and discounted, by the
// rules of a checkout. It does so for all lines or for none: a delivery without one of
// them costs something else.
func (q *Quote) estimate(to pricing.Place) {
	q.Total = q.Subtotal.Sub(q.Discount())
	b := pricing.Basket{
		Currency: q.Subtotal.Currency, TaxIncluded: q.TaxIncluded(), To: to, Lines: make([]pricing.Line, len(q.Lines)), Discounts: q.Discounts,
	}
	for i, l := range q.Lines {
		if l.parcel == nil {
			return
		}
		b.WeightGrams += l.parcel.Grams * l.Quantity
		b.Lines[i] = pricing.Line{Subtotal: l.Cost.Subtotal(), Discount: l.Cost.Discount(), TaxClass: l.parcel.TaxClass}
	}
	if len(q.Lines) == 0 {
		return
	}
	costs := pricing.Price(b)
	q.Discounts, q.Tax, q.Total = costs.Discounts, &costs.Tax, costs.Total
	if costs.MethodID != "" {
		q.Shipping = &costs.Shipping
	}
	for i := range q.Lines {
		q.Lines[i].Cost.Tax = &costs.LineTaxes[i]
	}
}

// ShippingUnknown reports whether the delivery of what is in the cart has no estimate.
func (q *Quote) ShippingUnknown() bool { return len(q.Lines) > 0 && q.Shipping == nil }

// equal reports whether a customer sees the same in both quotes, whenever they
// were computed.
func (q *Quote) equal(other *Quote) bool {
	a, b := *q, *other
	a.At, b.At = time.Time{}, time.Time{}
	return reflect.DeepEqual(a, b)
}
