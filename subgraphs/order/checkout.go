package order

import (
	"context"
	"math"
	"time"

	"cartograph/internal/address"
	"cartograph/internal/catalogue"
	"cartograph/internal/event"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/promotion"
)

// CheckoutStatus is the state of a checkout.
type CheckoutStatus string

// The states of a checkout.
const (
	CheckoutOpen      CheckoutStatus = "OPEN"
	CheckoutPlacing   CheckoutStatus = "PLACING" // it has an order that is not paid yet
	CheckoutCompleted CheckoutStatus = "COMPLETED"
	CheckoutExpired   CheckoutStatus = "EXPIRED"
	CheckoutCancelled CheckoutStatus = "CANCELLED"
)

// HoldStatus is the state of a checkout's hold as last reported by inventory.
type HoldStatus string

// The states of a hold.
const (
	// A guest's stock is held once there is contact data: an e-mail address and an
	// address. Until then nothing is requested.
	HoldAwaitsContact HoldStatus = "AWAITING_CONTACT"

	HoldPending   HoldStatus = "PENDING"
	Held          HoldStatus = "HELD"
	HoldCommitted HoldStatus = "COMMITTED"
	HoldReleased  HoldStatus = "RELEASED" // also: committed and returned
	HoldExpired   HoldStatus = "EXPIRED"
	HoldRejected  HoldStatus = "REJECTED"
)

// Checkout is a cart with bound prices and held stock. Its lines are read
// separately, by the checkout's id.
type Checkout struct {
	ID          string
	OwnerID     string
	CartID      string
	CartVersion int
	Status      CheckoutStatus
	Version     int // incremented by every change
	Locale      string
	Country     string // of the address; before there is one, of the cart
	Email       *string

	Costs
	QuoteHash       string
	WeightGrams     int
	ShippingAddress *address.Address
	BillingAddress  *address.Address
	MethodID        string

	Applied   []AppliedGiftCard // in the order of their use
	Hold      Hold
	CreatedAt time.Time

	ReplacedOrderID string // the unpaid order of the cart that it cancelled; empty if there was none
	Continued       bool   // checkoutCreate returned it in place of a new one: its order is being paid

	ReadAt time.Time // by the database's clock, which alone decides expiry
}

// Hold is our copy of the stock that inventory holds for a checkout.
type Hold struct {
	Status         HoldStatus
	ExpiresAt      time.Time // the quote's end as well
	ExtensionsLeft int
	Shortages      []Shortage // why it was rejected
}

// Shortage is a variant that inventory does not reserve in the requested quantity.
type Shortage struct {
	VariantID string          `json:"variantId"`
	Requested int             `json:"requested"`
	Available int             `json:"available"`
	Limit     event.HoldLimit `json:"limit,omitempty"`  // the limit that refuses it; empty: so few are available
	RetryAt   time.Time       `json:"retryAt,omitzero"` // when the limit, or the waiting line, admits more; zero: never so many at once

	// Without a limit:
	Reserved    int       `json:"reserved,omitempty"`   // units that others have reserved or are about to buy
	AvailableAt time.Time `json:"availableAt,omitzero"` // when the first of them may become available, at the latest
	Position    int       `json:"position,omitempty"`   // in the waiting line, from 1; 0: none
}

// Line is a line of a checkout, and of the order that copies it.
type Line struct {
	ID          string
	ProductID   string
	VariantID   string
	Snapshot    Snapshot
	Quantity    int
	UnitPrice   money.Money
	Discounts   []promotion.Allocation
	Tax         money.Money
	TaxIncluded bool // Tax is a part of Total; otherwise it is not in Total
	TaxClass    catalogue.TaxClass
	Total       money.Money // Subtotal less Discount
	FlashSaleID string      // whose price UnitPrice is; of a checkout's line only

	// Of an order's line: its units in parcels, with the carrier and delivered; each
	// counts the ones after it too. Of the delivered ones, those that are being returned
	// and those that came back.
	Packed, Shipped, Delivered int
	Returning, Returned        int

	RefundedUnits int   // of an order's line: refunded by line
	RefundedMinor int64 // what was refunded for them
}

// Snapshot is the catalogue data of a line at the time it was priced.
type Snapshot struct {
	Title    string
	Subtitle *string
	SKU      string
	ImageURL *string
}

// live reports whether the checkout had not expired when it was read. The end
// itself counts as expired, as it does for the sweeper.
func (c *Checkout) live() bool { return c.ReadAt.Before(c.Hold.ExpiresAt) }

// hasContact reports whether there is an e-mail address and an address of delivery:
// whoever has given both is about to pay.
func hasContact(email *string, shipping *Address) bool { return email != nil && shipping != nil }

// Quote is the graph's view of what a checkout costs.
type Quote struct {
	Costs
	TaxLines  []TaxLine
	Hash      string
	ExpiresAt time.Time
}

// Quote is what the checkout costs.
func (c *Checkout) Quote() Quote {
	return Quote{Costs: c.Costs, TaxLines: c.TaxLines(), Hash: c.QuoteHash, ExpiresAt: c.Hold.ExpiresAt}
}

// Reservation is the graph's view of a checkout's hold.
type Reservation struct {
	ID             string
	Status         HoldStatus
	Lines          []ReservationLine
	ExpiresAt      time.Time
	SecondsLeft    int
	ExtensionsLeft int
}

// ReservationLine is a variant of a Reservation.
type ReservationLine struct {
	VariantID string
	Requested int
	Held      int
}

// Reservation is the stock that is held for the checkout's lines.
func (c *Checkout) Reservation(lines []Line) *Reservation {
	r := &Reservation{ID: c.ID, Status: c.Hold.Status, ExpiresAt: c.Hold.ExpiresAt, ExtensionsLeft: c.Hold.ExtensionsLeft}
	reserved := c.Hold.Status == Held || c.Hold.Status == HoldCommitted
	for _, l := range quantities(lines) {
		line := ReservationLine{VariantID: l.VariantID, Requested: l.Quantity}
		if reserved {
			line.Held = l.Quantity
		}
		r.Lines = append(r.Lines, line)
	}
	if c.Hold.Status == Held || c.Hold.Status == HoldPending {
		r.SecondsLeft = max(0, int(math.Ceil(c.Hold.ExpiresAt.Sub(c.ReadAt).Seconds())))
	}
	return r
}

// Step is an input that a checkout needs from the customer.
type Step string

// The steps.
const (
	StepEmail           Step = "EMAIL"
	StepShippingAddress Step = "SHIPPING_ADDRESS"
	StepShippingMethod  Step = "SHIPPING_METHOD"
)

// Problem is a reason why a checkout cannot be ordered.
type Problem interface{ problem() }

// StockLostProblem reports a variant that was short.
type StockLostProblem struct {
	Shortage
}

// QuoteExpiredProblem reports that the checkout has expired.
type QuoteExpiredProblem struct {
	ExpiredAt time.Time
}

// Message is the problem for the reader of ctx.
func (QuoteExpiredProblem) Message(ctx context.Context) string {
	return message.Text(ctx, "order.quote_expired")
}

// MissingStepProblem reports a missing input.
type MissingStepProblem struct {
	Step Step
}

// Message is the problem for the reader of ctx.
func (p MissingStepProblem) Message(ctx context.Context) string {
	return message.Text(ctx, map[Step]message.Key{
		StepEmail: "order.email_required", StepShippingAddress: "order.shipping_address_required", StepShippingMethod: "order.shipping_method_required",
	}[p.Step])
}

func (StockLostProblem) problem()    {}
func (QuoteExpiredProblem) problem() {}
func (MissingStepProblem) problem()  {}

// Problems lists why the checkout cannot be ordered; empty means that it can.
// A checkout that was ordered has none.
func (c *Checkout) Problems() []Problem {
	problems := []Problem{}
	if c.Status == CheckoutPlacing || c.Status == CheckoutCompleted {
		return problems
	}
	for _, s := range c.Hold.Shortages {
		problems = append(problems, StockLostProblem{s})
	}
	if c.Status == CheckoutExpired || (c.Status == CheckoutOpen && !c.live()) {
		problems = append(problems, QuoteExpiredProblem{c.Hold.ExpiresAt})
	}
	if c.Email == nil {
		problems = append(problems, MissingStepProblem{StepEmail})
	}
	if c.ShippingAddress == nil {
		problems = append(problems, MissingStepProblem{StepShippingAddress})
	}
	if c.MethodID == "" {
		problems = append(problems, MissingStepProblem{StepShippingMethod})
	}
	return problems
}
