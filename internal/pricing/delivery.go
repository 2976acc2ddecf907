package pricing

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

// Method is a delivery service to a place.
type Method struct {
	ID      string
	NameKey message.Key
	Carrier string
	MinDays int // from order to door
	MaxDays int
}

// Name is the method for the reader of ctx.
func (m Method) Name(ctx context.Context) string { return message.Text(ctx, m.NameKey) }

// Quote is a method with its price and dates for certain goods and a certain place.
type Quote struct {
	Method Method
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
func (m Method) window(from time.Time) Window {
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
	method  Method
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
		method: Method{ID: "standard", NameKey: "order.shipping.standard", Carrier: "Overland Post"},
		base:   [3]int64{490, 990, 1990}, perKilo: [3]int64{30, 80, 250},
		minDays: [3]int{2, 3, 7}, maxDays: [3]int{4, 6, 14}, limit: parcelLimit, remote: true,
	},
	{
		method: Method{ID: "express", NameKey: "order.shipping.express", Carrier: "Swiftline"},
		base:   [3]int64{1490, 2990, 5990}, perKilo: [3]int64{100, 250, 900},
		minDays: [3]int{1, 1, 3}, maxDays: [3]int{1, 2, 5}, limit: expressLimit,
	},
	{
		method: Method{ID: "freight", NameKey: "order.shipping.freight", Carrier: "Overland Freight"},
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

// Place is the destination of a delivery.
type Place struct {
	Country    string
	PostalCode string // empty while it is not known
}

// at is the method with its days to a place; false where it does not deliver.
func (t tariff) at(p Place) (Method, bool) {
	if !address.IsCountry(p.Country) {
		return Method{}, false
	}
	m, zone := t.method, zoneOf(p.Country)
	m.MinDays, m.MaxDays = t.minDays[zone], t.maxDays[zone]
	if remote(p.Country, p.PostalCode) {
		m.MinDays, m.MaxDays = m.MinDays+remoteExtraDays, m.MaxDays+remoteExtraDays
		return m, t.remote
	}
	return m, true
}

// Quotes lists the methods for a weight and a place, the cheapest first; the
// sequence of the tariffs decides between equal prices.
func Quotes(p Place, grams int, currency string, now time.Time) []Quote {
	out := []Quote{}
	for _, t := range tariffs {
		m, ok := t.at(p)
		if !ok || points[currency] == 0 || grams < t.from || (t.limit > 0 && grams > t.limit) {
			continue
		}
		zone := zoneOf(p.Country)
		kilos := int64(max(0, grams-1)) / 1000 // begun after the first: 1,000 g is none, 1,001 g is one
		price := (t.base[zone] + kilos*t.perKilo[zone]) * points[currency] / 100
		out = append(out, Quote{m, money.Money{Minor: price, Currency: currency}, m.window(now)})
	}
	slices.SortStableFunc(out, func(a, b Quote) int { return cmp.Compare(a.Price.Minor, b.Price.Minor) })
	return out
}

// Methods lists the methods to a place for any weight.
func Methods(p Place) []Method {
	out := []Method{}
	for _, t := range tariffs {
		if m, ok := t.at(p); ok {
			out = append(out, m)
		}
	}
	return out
}

// Quoted is a method at the price that was quoted; nil for an unknown one. It is found
// even where it is no longer offered: the quote binds.
func Quoted(id string, p Place, price money.Money, from time.Time) *Quote {
	for _, t := range tariffs {
		if t.method.ID == id {
			m, _ := t.at(p)
			return &Quote{m, price, m.window(from)}
		}
	}
	return nil
}

// Offered lists the methods at what they cost a basket with the discounts, the cheapest
// first. Free shipping takes the price of the cheapest off each, which is what it saves.
func Offered(p Place, grams int, currency string, discounts []promotion.Allocation, now time.Time) (methods []Quote, saved money.Money) {
	methods, saved = Quotes(p, grams, currency, now), money.Zero(currency)
	if len(methods) == 0 || !slices.ContainsFunc(discounts, OnShipping) {
		return methods, saved
	}
	saved = methods[0].Price
	for i := range methods {
		methods[i].Price = methods[i].Price.Sub(saved)
	}
	return methods, saved
}

// OnShipping reports whether a discount is on the delivery.
func OnShipping(a promotion.Allocation) bool { return a.Kind == promotion.FreeShipping }
