// Package promotion decides which promotions reduce the price of a basket, and
// by how much on each of its lines. It is pure: cart and checkout call it with the
// same promotions and get the same amounts.
//
// # What combines
//
// Promotions on goods either combine or are exclusive. Those that reduce a basket
// are all combining ones together, or one promotion alone: whichever takes off more.
// Of equal amounts the combination is taken, then the promotion with the lower ID.
// So no customer pays more with a further promotion than without it.
//
// In a combination, BUY_X_GET_Y comes first, then percentages, then fixed amounts,
// each by ID and each on what the one before has left. The order in which codes were
// entered has no effect. Conditions are compared with the undiscounted basket.
//
// One promotion on shipping comes on top of those on goods.
package promotion

import (
	"cmp"
	"slices"
	"time"
)

// Kind is how a promotion reduces prices.
type Kind string

// The kinds.
const (
	Percentage   Kind = "PERCENTAGE"
	FixedAmount  Kind = "FIXED_AMOUNT"
	FreeShipping Kind = "FREE_SHIPPING"
	BuyXGetY     Kind = "BUY_X_GET_Y" // of every Buy+Get units, the Get cheapest are reduced by Rate
	Tiered       Kind = "TIERED"      // the Rate of the highest tier that is reached
)

// Promotion is a reduction of prices under conditions. Its JSON is stored with
// carts and checkouts, and sent between services.
type Promotion struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Code  string `json:"code,omitempty"` // in capitals; empty: it needs none
	Kind  Kind   `json:"kind"`

	Currency    string `json:"currency,omitempty"` // of all its amounts; empty: it has none
	Rate        int    `json:"rate,omitempty"`     // basis points
	AmountMinor int64  `json:"amountMinor,omitempty"`
	Buy         int    `json:"buy,omitempty"`
	Get         int    `json:"get,omitempty"`
	Tiers       []Tier `json:"tiers,omitempty"`
	Combines    bool   `json:"combines,omitempty"` // with other promotions on goods

	// What it reduces: lines of one of the products or categories; both empty: every line.
	ProductIDs  []string `json:"productIds,omitempty"`
	CategoryIDs []string `json:"categoryIds,omitempty"`

	MinimumMinor   int64      `json:"minimumMinor,omitempty"`   // of the basket's subtotal
	CustomerGroups []string   `json:"customerGroups,omitempty"` // the customer is in one of them; empty: anybody
	FirstOrder     bool       `json:"firstOrder,omitempty"`
	StartsAt       time.Time  `json:"startsAt"`
	EndsAt         *time.Time `json:"endsAt,omitempty"` // the end itself is past

	UsageLimit       int `json:"usageLimit,omitempty"`       // orders in all; 0: no limit
	PerCustomerLimit int `json:"perCustomerLimit,omitempty"` // orders of one customer
}

// Tier is a step of a TIERED promotion. One of its minimums is set.
type Tier struct {
	MinimumMinor    int64 `json:"minimumMinor,omitempty"`    // of the subtotal of the lines that it reduces
	MinimumQuantity int   `json:"minimumQuantity,omitempty"` // of their units
	Rate            int   `json:"rate"`                      // basis points
}

// Limited reports whether an order takes one of a limited number of uses, or is
// the customer's only one: whoever places it has to be the first to do so.
func (p Promotion) Limited() bool { return p.UsageLimit > 0 || p.PerCustomerLimit > 0 || p.FirstOrder }

// Reason is why a promotion reduces nothing.
type Reason string

// The reasons.
const (
	NotStarted      Reason = "NOT_STARTED"
	Ended           Reason = "ENDED"
	LimitReached    Reason = "LIMIT_REACHED"
	CustomerLimit   Reason = "CUSTOMER_LIMIT_REACHED"
	NotFirstOrder   Reason = "NOT_FIRST_ORDER"
	OtherCustomers  Reason = "OTHER_CUSTOMERS"
	OtherCurrency   Reason = "OTHER_CURRENCY"
	MinimumNotMet   Reason = "MINIMUM_NOT_MET"
	NothingEligible Reason = "NOTHING_ELIGIBLE"
	NotCombined     Reason = "NOT_COMBINED" // what is applied instead takes off as much or more
)

// Customer is what conditions are compared with.
type Customer struct {
	Groups     []string
	HasOrdered bool
}

// Uses is how often a promotion was used.
type Uses struct {
	InAll, OfCustomer int
}

// CheckCustomer returns why a customer cannot use the promotion at a time; empty
// if they can.
func (p Promotion) CheckCustomer(c Customer, used Uses, at time.Time) Reason {
	switch {
	case at.Before(p.StartsAt):
		return NotStarted
	case p.EndsAt != nil && !at.Before(*p.EndsAt):
		return Ended
	case p.UsageLimit > 0 && used.InAll >= p.UsageLimit:
		return LimitReached
	case p.PerCustomerLimit > 0 && used.OfCustomer >= p.PerCustomerLimit:
		return CustomerLimit
	case p.FirstOrder && c.HasOrdered:
		return NotFirstOrder
	case len(p.CustomerGroups) > 0 && !intersect(p.CustomerGroups, c.Groups):
		return OtherCustomers
	default:
		return ""
	}
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// sequence compares promotions by their place in a combination.
func sequence(a, b Promotion) int {
	return cmp.Or(cmp.Compare(a.Kind.place(), b.Kind.place()), cmp.Compare(a.ID, b.ID))
}

func (k Kind) place() int {
	switch k {
	case BuyXGetY:
		return 0
	case FixedAmount:
		return 2
	default:
		return 1
	}
}
