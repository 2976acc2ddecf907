package order

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cartograph/internal/money"
)

// ShippingMethod is a way to deliver to a place.
type ShippingMethod struct {
	ID      string
	Name    string
	Carrier string
	MinDays int // from order to door
	MaxDays int
}

// ShippingQuote is a way to deliver certain goods to a certain place.
type ShippingQuote struct {
	Method ShippingMethod
	Price  money.Money // before tax
	Window Window
}

// Window is when something should arrive.
type Window struct {
	Earliest time.Time
	Latest   time.Time
}

// window counts the method's days from the day that follows from.
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

// remote reports whether a postal code belongs to a place that lorries do not
// reach: Alaska and Hawaii, and the German islands.
func remote(country, postalCode string) bool {
	code := strings.TrimSpace(postalCode)
	prefixes := map[string][]string{
		"US": {"995", "996", "997", "998", "999", "967", "968"},
		"DE": {"18565", "25849", "25859", "25863", "25869", "25938", "25946", "25980", "25992", "25996", "25997", "25999", "27498", "26465", "26474", "26486", "26548", "26571", "26579", "26757"},
	}[country]
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(code, p) })
}

// tariff is what a method costs in the currency's price points (see points):
// base and perKilo by zone, the first kilogram included.
type tariff struct {
	method  ShippingMethod
	base    [3]int64
	perKilo [3]int64
	minDays [3]int
	maxDays [3]int
	limit   int  // grams that it carries at most; 0: any weight
	from    int  // grams from which it is offered
	remote  bool // also goes where lorries do not
}

const (
	parcelLimit  = 31_500
	expressLimit = 20_000
	farthest     = 3 // days more to remote places
)

var tariffs = []tariff{
	{
		method: ShippingMethod{ID: "standard", Name: "Standard", Carrier: "Overland Post"},
		base:   [3]int64{490, 990, 1990}, perKilo: [3]int64{30, 80, 250},
		minDays: [3]int{2, 3, 7}, maxDays: [3]int{4, 6, 14}, limit: parcelLimit, remote: true,
	},
	{
		method: ShippingMethod{ID: "express", Name: "Express", Carrier: "Swiftline"},
		base:   [3]int64{1490, 2990, 5990}, perKilo: [3]int64{100, 250, 900},
		minDays: [3]int{1, 1, 3}, maxDays: [3]int{1, 2, 5}, limit: expressLimit,
	},
	{
		method: ShippingMethod{ID: "freight", Name: "Freight, to the kerb", Carrier: "Overland Freight"},
		base:   [3]int64{4900, 9900, 29900}, perKilo: [3]int64{20, 50, 300},
		minDays: [3]int{4, 6, 21}, maxDays: [3]int{8, 12, 42}, from: parcelLimit + 1, remote: true,
	},
}

// points is what 100 price points cost in a currency's minor units. Shipping
// is priced once and converted by this fixed table, so that a price moves when
// we say so and not with the market.
var points = map[string]int64{
	"AUD": 150, "BHD": 380, "CAD": 140, "CHF": 90, "CNY": 720, "CZK": 2300, "DKK": 690, "EUR": 95, "GBP": 80,
	"HKD": 780, "INR": 8500, "JPY": 150, "KRW": 1400, "KWD": 310, "MXN": 1900, "NOK": 1050, "NZD": 165,
	"PLN": 400, "SEK": 1050, "SGD": 135, "USD": 100,
}

// place is where goods go.
type place struct {
	country    string
	postalCode string
}

// at is the method as it serves a place; false where it does not.
func (t tariff) at(p place) (ShippingMethod, bool) {
	m, zone := t.method, zoneOf(p.country)
	m.MinDays, m.MaxDays = t.minDays[zone], t.maxDays[zone]
	if remote(p.country, p.postalCode) {
		m.MinDays, m.MaxDays = m.MinDays+farthest, m.MaxDays+farthest
		return m, t.remote
	}
	return m, true
}

// quotes lists every way to bring a weight to a place, the cheapest first.
func quotes(p place, grams int, currency string, now time.Time) []ShippingQuote {
	out := []ShippingQuote{}
	for _, t := range tariffs {
		m, ok := t.at(p)
		if !ok || points[currency] == 0 || grams < t.from || (t.limit > 0 && grams > t.limit) {
			continue
		}
		zone := zoneOf(p.country)
		kilos := int64(max(0, grams-1)) / 1000 // begun after the first
		price := (t.base[zone] + kilos*t.perKilo[zone]) * points[currency] / 100
		out = append(out, ShippingQuote{m, money.Money{Minor: price, Currency: currency}, m.window(now)})
	}
	slices.SortStableFunc(out, func(a, b ShippingQuote) int { return cmp.Compare(a.Price.Minor, b.Price.Minor) })
	return out
}

// ShippingMethods lists every way to deliver to a place, whatever the weight.
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

// ShippingQuotes lists every way to deliver the checkout, the cheapest first.
func (c *Checkout) ShippingQuotes(now time.Time) []ShippingQuote {
	return quotes(c.place(), c.WeightGrams, c.Total.Currency, now)
}

// chooseMethod keeps the chosen method while it works and else takes the
// cheapest; none where we do not deliver.
func (c *Checkout) chooseMethod() {
	offered := quotes(c.place(), c.WeightGrams, c.Subtotal.Currency, time.Time{})
	chosen := max(0, slices.IndexFunc(offered, func(q ShippingQuote) bool { return q.Method.ID == c.MethodID }))
	c.MethodID = ""
	if len(offered) > 0 {
		c.MethodID, c.Shipping = offered[chosen].Method.ID, offered[chosen].Price
	}
}

// shippingQuote is a bound method: known, at the price that was agreed.
func shippingQuote(id string, p place, price money.Money, from time.Time) *ShippingQuote {
	for _, t := range tariffs {
		if t.method.ID == id {
			m, _ := t.at(p)
			return &ShippingQuote{m, price, m.window(from)}
		}
	}
	return nil
}

// ShippingMethod is how the checkout will be delivered; nil if that is open.
func (c *Checkout) ShippingMethod(now time.Time) *ShippingQuote {
	return shippingQuote(c.MethodID, c.place(), c.Shipping, now)
}

// ShippingMethod is how the order is delivered.
func (o *Order) ShippingMethod() *ShippingQuote {
	to := place{o.ShippingAddress.CountryCode, o.ShippingAddress.PostalCode}
	return shippingQuote(o.MethodID, to, o.Shipping, o.PlacedAt)
}

// EstimatedDelivery is when the order should come; nil once it ended.
func (o *Order) EstimatedDelivery() *Window {
	if o.Cancelled != nil {
		return nil
	}
	return &o.ShippingMethod().Window
}

// DeliveryEstimates lists every way to bring one thing of a weight to a place,
// the cheapest first.
func DeliveryEstimates(country, postalCode string, grams int, currency string, now time.Time) []ShippingQuote {
	return quotes(place{country, postalCode}, grams, currency, now)
}
