package order

import (
	"time"

	"cartograph/internal/money"
	"cartograph/internal/promotion"
)

// Cost is the graph's view of what a checkout or an order costs, of the same
// shape as a cart's.
type Cost struct {
	Costs
	Shipping        *money.Money // nil while there is no shipping method
	TotalIsEstimate bool         // the delivery, which decides on shipping and tax, is not known yet
	PricedAt        time.Time
}

// Cost is what the checkout costs.
func (c *Checkout) Cost() Cost {
	cost := Cost{Costs: c.Costs, TotalIsEstimate: c.ShippingAddress == nil || c.MethodID == "", PricedAt: c.CreatedAt}
	if c.MethodID != "" {
		cost.Shipping = &c.Shipping
	}
	return cost
}

// Cost is what the order costs.
func (o *Order) Cost() Cost {
	return Cost{Costs: o.Costs, Shipping: &o.Shipping, PricedAt: o.PlacedAt}
}

// Discount is what promotions take off the goods.
func (c Costs) Discount() money.Money { return promotion.OffGoods(c.Discounts, c.Subtotal.Currency) }

// Stale is false: a checkout's prices are read from the catalogue or not at all.
func (Cost) Stale() bool { return false }

// LineCost is the graph's view of what a line costs, of the same shape as that
// of a cart's line.
type LineCost struct{ Line }

// Cost is what the line costs.
func (l Line) Cost() LineCost { return LineCost{l} }

// CompareAtUnitPrice is nil: the checkout binds the price that is paid only.
func (LineCost) CompareAtUnitPrice() *money.Money { return nil }

// Subtotal is the total without the discount.
func (l Line) Subtotal() money.Money { return l.UnitPrice.Times(l.Quantity) }

// Discount is what promotions take off the line.
func (l Line) Discount() money.Money { return promotion.OffGoods(l.Discounts, l.UnitPrice.Currency) }
