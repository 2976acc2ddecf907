package order

import (
	"time"

	"cartograph/internal/money"
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

// Discount is zero: there are no reductions apart from those of unit prices.
func (c Costs) Discount() money.Money { return money.Zero(c.Total.Currency) }

// Stale is false: a checkout's prices are read from the catalogue or not at all.
func (Cost) Stale() bool { return false }

// LineCost is the graph's view of what a line costs, of the same shape as that
// of a cart's line.
type LineCost struct{ Line }

// Cost is what the line costs.
func (l Line) Cost() LineCost { return LineCost{l} }

// CompareAtUnitPrice is nil: the checkout binds the price that is paid only.
func (LineCost) CompareAtUnitPrice() *money.Money { return nil }

// Subtotal is the total without reductions, of which there are none.
func (l LineCost) Subtotal() money.Money { return l.Total }

// Discount is zero, as for Costs.
func (l LineCost) Discount() money.Money { return money.Zero(l.Total.Currency) }
