// Package pricing computes what a basket costs with its delivery and tax. It is pure:
// the estimate of a cart and the quote of a checkout are computed by it, so that they
// agree wherever their goods, discounts and place do.
package pricing

import (
	"slices"
	"time"

	"cartograph/internal/catalogue"
	"cartograph/internal/money"
	"cartograph/internal/promotion"
)

// Basket is what is priced. Promotions were applied to it before (package promotion): tax
// is due on what is paid.
type Basket struct {
	Currency    string
	TaxIncluded bool // in its prices; see money.PricesIncludeTax
	To          Place
	WeightGrams int
	Lines       []Line
	Discounts   []promotion.Allocation // of the whole; those on goods add up to the lines' Discount
	MethodID    string                 // the chosen delivery; empty: none was chosen
}

// Line is what one line of a basket costs.
type Line struct {
	Subtotal money.Money
	Discount money.Money
	TaxClass catalogue.TaxClass
}

// Costs are what a basket costs. Total is the subtotal less the discount, the shipping
// and, unless it is included in them, the tax.
type Costs struct {
	Subtotal  money.Money
	Discount  money.Money            // off the goods
	Discounts []promotion.Allocation // one on shipping is a part of Shipping, not of Discount
	MethodID  string                 // empty: nothing delivers the basket, and Shipping is zero
	Shipping  money.Money
	Tax       money.Money
	Total     money.Money
	TaxRate   int           // basis points, of the standard class
	Taxes     []RateTax     // the tax by rate, the highest first
	LineTaxes []money.Money // of the lines, in their order
}

// Price computes the costs of a basket. The chosen method is kept if it is offered;
// otherwise the cheapest is taken.
func Price(b Basket) Costs {
	c := Costs{
		Subtotal: money.Zero(b.Currency), Discounts: slices.Clone(b.Discounts), Discount: promotion.OffGoods(b.Discounts, b.Currency),
		Shipping: money.Zero(b.Currency),
	}
	for _, l := range b.Lines {
		c.Subtotal = c.Subtotal.Add(l.Subtotal)
	}
	c.chooseMethod(b)
	c.levy(b)
	c.Total = c.Subtotal.Sub(c.Discount).Add(c.Shipping)
	if !b.TaxIncluded {
		c.Total = c.Total.Add(c.Tax)
	}
	return c
}

func (c *Costs) chooseMethod(b Basket) {
	offered, saved := Offered(b.To, b.WeightGrams, b.Currency, b.Discounts, time.Time{})
	for i := range c.Discounts {
		if OnShipping(c.Discounts[i]) {
			c.Discounts[i].Amount = saved
		}
	}
	if len(offered) == 0 {
		return
	}
	chosen := max(0, slices.IndexFunc(offered, func(q Quote) bool { return q.Method.ID == b.MethodID }))
	c.MethodID, c.Shipping = offered[chosen].Method.ID, offered[chosen].Price
}
