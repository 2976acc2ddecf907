package order

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"cartograph/internal/address"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/promotion"
)

// ShippingMethod is a delivery service to a place.
type ShippingMethod struct {
	ID      string
	NameKey message.Key
	Carrier string
	MinDays int // from order to door
	MaxDays int
}

// Name is the method for the reader of ctx.
func (m ShippingMethod) Name(ctx context.Context) string { return message.Text(ctx, m.NameKey) }

// ShippingQuote is a method with its price and dates for certain goods and a
// certain place.
type ShippingQuote struct {
	Method ShippingMethod
	Price  money.Money // with tax where the currency's price list has it
	Window Window
}

// Window is when a delivery should arrive.
type Window struct {
	Earliest time.Time
	Latest   time.Time
}

// window adds the method's days to the day of from, in UTC. The last day counts
// to its last second.
func (m ShippingMethod) window(from time.Time) Window {
	day := from.UTC().Truncate(24 * time.Hour)
	return Window{day.AddDate(0, 0, m.MinDays), day.AddDate(0, 0, m.MaxDays+1).Add(-time.Second)}
}

// Zones by distance from our warehouses, of which there is one in the United
// States and one in Germany.
const (
	zoneHome = iota
	zoneNear
	zoneFar
)

var (
	homeCountries = []string{"US", "DE"}
	nearCountries = []string{
		"AT", "BE", "BG", "CA", "CH", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE", "IT",
		"LI", "LT", "LU", "LV", "MC", "MT", "MX", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
	}
)

func zoneOf(country string) int {
	switch {
	case slices.Contains(homeCountries, country):
		return zoneHome
	case slices.Contains(nearCountries, country):
		return zoneNear
	default:
		return zoneFar
	}
}

// remote reports whether a postal code is of a place that needs a ship or a
// plane: Alaska and Hawaii, and the German islands.
func remote(country, postalCode string) bool {
	code := strings.TrimSpace(postalCode)
	prefixes := map[string][]string{
		"US": {"995", "996", "997", "998", "999", "967", "968"},
		"DE": {"18565", "25849", "25859", "25863", "25869", "25938", "25946", "25980", "25992", "25996", "25997", "25999", "27498", "26465", "26474", "26486", "26548", "26571", "26579", "26757"},
	}[country]
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(code, p) })
}

// tariff is the price list of a method, by zone, in price points (see points).
// base includes the first kilogram; perKilo is added for each one begun after
// it.
type tariff struct {
	method  ShippingMethod
	base    [3]int64
	perKilo [3]int64
	minDays [3]int
	maxDays [3]int
	limit   int  // most grams; 0 for any weight
	from    int  // fewest grams
	remote  bool // also delivers to remote places
}

const (
	parcelLimit     = 31_500
	expressLimit    = 20_000
	remoteExtraDays = 3 // more for remote places
)

var tariffs = []tariff{
	{
		method: ShippingMethod{ID: "standard", NameKey: "order.shipping.standard", Carrier: "Overland Post"},
		base:   [3]int64{490, 990, 1990}, perKilo: [3]int64{30, 80, 250},
		minDays: [3]int{2, 3, 7}, maxDays: [3]int{4, 6, 14}, limit: parcelLimit, remote: true,
	},
	{
		method: ShippingMethod{ID: "express", NameKey: "order.shipping.express", Carrier: "Swiftline"},
		base:   [3]int64{1490, 2990, 5990}, perKilo: [3]int64{100, 250, 900},
		minDays: [3]int{1, 1, 3}, maxDays: [3]int{1, 2, 5}, limit: expressLimit,
	},
	{
		method: ShippingMethod{ID: "freight", NameKey: "order.shipping.freight", Carrier: "Overland Freight"},
		base:   [3]int64{4900, 9900, 29900}, perKilo: [3]int64{20, 50, 300},
		minDays: [3]int{4, 6, 21}, maxDays: [3]int{8, 12, 42}, from: parcelLimit + 1, remote: true,
	},
}

// points are a currency's minor units for 100 price points. The table is fixed,
// so that shipping prices change by a release and not with the market. A
// currency that is not listed has no delivery.
var points = map[string]int64{
	"AUD": 150, "BHD": 380, "CAD": 140, "CHF": 90, "CNY": 720, "CZK": 2300, "DKK": 690, "EUR": 95, "GBP": 80,
	"HKD": 780, "INR": 8500, "JPY": 150, "KRW": 1400, "KWD": 310, "MXN": 1900, "NOK": 1050, "NZD": 165,
	"PLN": 400, "SEK": 1050, "SGD": 135, "USD": 100,
}

// place is the destination of a delivery.
type place struct {
	country    string
	postalCode string
}

// at is the method with its days to a place; false where it does not deliver.
func (t tariff) at(p place) (ShippingMethod, bool) {
	if !address.IsCountry(p.country) {
		return ShippingMethod{}, false
	}
	m, zone := t.method, zoneOf(p.country)
	m.MinDays, m.MaxDays = t.minDays[zone], t.maxDays[zone]
	if remote(p.country, p.postalCode) {
		m.MinDays, m.MaxDays = m.MinDays+remoteExtraDays, m.MaxDays+remoteExtraDays
		return m, t.remote
	}
	return m, true
}

// quotes lists the methods for a weight and a place, the cheapest first; the
// sequence of the tariffs decides between equal prices.
func quotes(p place, grams int, currency string, now time.Time) []ShippingQuote {
	out := []ShippingQuote{}
	for _, t := range tariffs {
		m, ok := t.at(p)
		if !ok || points[currency] == 0 || grams < t.from || (t.limit > 0 && grams > t.limit) {
			continue
		}
		zone := zoneOf(p.country)
		kilos := int64(max(0, grams-1)) / 1000 // begun after the first: 1,000 g is none, 1,001 g is one
		price := (t.base[zone] + kilos*t.perKilo[zone]) * points[currency] / 100
		out = append(out, ShippingQuote{m, money.Money{Minor: price, Currency: currency}, m.window(now)})
	}
	slices.SortStableFunc(out, func(a, b ShippingQuote) int { return cmp.Compare(a.Price.Minor, b.Price.Minor) })
	return out
}

// ShippingMethods lists the methods to a place for any weight.
func ShippingMethods(country, postalCode string) []ShippingMethod {
	out := []ShippingMethod{}
	for _, t := range tariffs {
		if m, ok := t.at(place{country, postalCode}); ok {
			out = append(out, m)
		}
	}
	return out
}

func (c *Checkout) place() place {
	p := place{country: c.Country}
	if c.ShippingAddress != nil {
		p.postalCode = c.ShippingAddress.PostalCode
	}
	return p
}

// ShippingQuotes lists the methods for the checkout, the cheapest first.
func (c *Checkout) ShippingQuotes(now time.Time) []ShippingQuote {
	offered, _ := c.offered(now)
	return offered
}

// offered lists the methods at what they cost the checkout. Free shipping takes the
// price of the cheapest off each, which is what it saves.
func (c *Checkout) offered(now time.Time) (methods []ShippingQuote, saved money.Money) {
	methods, saved = quotes(c.place(), c.WeightGrams, c.Subtotal.Currency, now), money.Zero(c.Subtotal.Currency)
	if len(methods) == 0 || !slices.ContainsFunc(c.Discounts, onShipping) {
		return methods, saved
	}
	saved = methods[0].Price
	for i := range methods {
		methods[i].Price = methods[i].Price.Sub(saved)
	}
	return methods, saved
}

func onShipping(a promotion.Allocation) bool { return a.Kind == promotion.FreeShipping }

// chooseMethod keeps the chosen method if it is still offered and takes the
// cheapest if not. Where nothing is offered, the checkout has no method and
// cannot be ordered.
func (c *Checkout) chooseMethod() {
	offered, saved := c.offered(time.Time{})
	for i := range c.Discounts {
		if onShipping(c.Discounts[i]) {
			c.Discounts[i].Amount = saved
		}
	}
	chosen := max(0, slices.IndexFunc(offered, func(q ShippingQuote) bool { return q.Method.ID == c.MethodID }))
	c.MethodID = ""
	if len(offered) > 0 {
		c.MethodID, c.Shipping = offered[chosen].Method.ID, offered[chosen].Price
	}
}

// shippingQuote is a method at the price that was quoted. It is found even where
// it is no longer offered: the quote binds.
func shippingQuote(id string, p place, price money.Money, from time.Time) *ShippingQuote {
	for _, t := range tariffs {
		if t.method.ID == id {
			m, _ := t.at(p)
			return &ShippingQuote{m, price, m.window(from)}
		}
	}
	return nil
}

// ShippingMethod is the checkout's method; nil if there is none.
func (c *Checkout) ShippingMethod(now time.Time) *ShippingQuote {
	return shippingQuote(c.MethodID, c.place(), c.Shipping, now)
}

// ShippingMethod is the order's method.
func (o *Order) ShippingMethod() *ShippingQuote {
	to := place{o.ShippingAddress.CountryCode, o.ShippingAddress.PostalCode}
	return shippingQuote(o.MethodID, to, o.Shipping, o.PlacedAt)
}

// EstimatedDelivery is nil for an order that was cancelled or expired.
func (o *Order) EstimatedDelivery() *Window {
	if o.Cancelled != nil {
		return nil
	}
	return &o.ShippingMethod().Window
}

// DeliveryEstimates lists the methods for one unit of a weight, the cheapest
// first.
func DeliveryEstimates(country, postalCode string, grams int, currency string, now time.Time) []ShippingQuote {
	return quotes(place{country, postalCode}, grams, currency, now)
}
