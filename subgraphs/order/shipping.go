package order

import (
	"time"

	"cartograph/internal/pricing"
)

func (c *Checkout) place() pricing.Place {
	p := pricing.Place{Country: c.Country}
	if c.ShippingAddress != nil {
		p.PostalCode = c.ShippingAddress.PostalCode
	}
	return p
}

// ShippingQuotes lists the methods for the checkout, the cheapest first.
func (c *Checkout) ShippingQuotes(now time.Time) []pricing.Quote {
	offered, _ := pricing.Offered(c.place(), c.WeightGrams, c.Subtotal.Currency, c.Discounts, now)
	return offered
}

// ShippingMethod is the checkout's method; nil if there is none.
func (c *Checkout) ShippingMethod(now time.Time) *pricing.Quote {
	return pricing.Quoted(c.MethodID, c.place(), c.Shipping, now)
}

// ShippingMethod is the order's method.
func (o *Order) ShippingMethod() *pricing.Quote { return o.shippingMethod(o.PlacedAt) }

func (o *Order) shippingMethod(from time.Time) *pricing.Quote {
	to := pricing.Place{Country: o.ShippingAddress.CountryCode, PostalCode: o.ShippingAddress.PostalCode}
	return pricing.Quoted(o.MethodID, to, o.Shipping, from)
}

// EstimatedDelivery is nil for an order that was cancelled or expired.
func (o *Order) EstimatedDelivery() *pricing.Window {
	if o.Cancelled != nil {
		return nil
	}
	return &o.ShippingMethod().Window
}
