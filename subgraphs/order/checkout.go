package order

import (
	"math"
	"time"

	"cartograph/internal/money"
)

// CheckoutStatus is how far a checkout got.
type CheckoutStatus string

// The states of a checkout.
const (
	CheckoutOpen      CheckoutStatus = "OPEN"
	CheckoutPlacing   CheckoutStatus = "PLACING" // it has an order that is not paid yet
	CheckoutCompleted CheckoutStatus = "COMPLETED"
	CheckoutExpired   CheckoutStatus = "EXPIRED"
	CheckoutCancelled CheckoutStatus = "CANCELLED"
)

// HoldStatus is how the stock of a checkout stands, as far as we were told.
type HoldStatus string

// The states of a hold.
const (
	HoldPending   HoldStatus = "PENDING"
	Held          HoldStatus = "HELD"
	HoldCommitted HoldStatus = "COMMITTED"
	HoldReleased  HoldStatus = "RELEASED" // also: sold and taken back
	HoldExpired   HoldStatus = "EXPIRED"
	HoldRejected  HoldStatus = "REJECTED"
)

// Checkout is a cart that is priced and held. Its lines are read apart, by
// their checkout's id.
type Checkout struct {
	ID          string
	OwnerID     string
	CartID      string
	CartVersion int
	Status      CheckoutStatus
	Version     int // grows with every change
	Locale      string
	Country     string // where the quote delivers to: the address's, before that the cart's
	Email       *string

	Costs
	QuoteHash       string
	WeightGrams     int
	ShippingAddress *Address
	BillingAddress  *Address
	MethodID        string

	Hold      Hold
	CreatedAt time.Time
	ReadAt    time.Time // by the database's clock, which alone decides what is over
}

// Hold is what we know of the stock that is held for a checkout.
type Hold struct {
	Status         HoldStatus
	ExpiresAt      time.Time // the quote's end as well
	ExtensionsLeft int
	Shortages      []Shortage // why it was rejected
}

// Shortage is a variant of which there is too little.
type Shortage struct {
	VariantID string `json:"variantId"`
	Requested int    `json:"requested"`
	Available int    `json:"available"`
}

// Line is a line of a checkout, and later of its order.
type Line struct {
	ID        string
	ProductID string
	VariantID string
	Snapshot  Snapshot
	Quantity  int
	UnitPrice money.Money
	Tax       money.Money
	Total     money.Money // before tax
}

// Snapshot is what a line showed when it was priced.
type Snapshot struct {
	Title    string
	Subtitle *string
	SKU      string
	ImageURL *string
}

// live reports whether the checkout's time is not over.
func (c *Checkout) live() bool { return c.ReadAt.Before(c.Hold.ExpiresAt) }

// Quote is what a checkout will cost.
type Quote struct {
	Costs
	TaxLines  []TaxLine
	Hash      string
	ExpiresAt time.Time
}

// Quote is what the checkout will cost.
func (c *Checkout) Quote() Quote {
	return Quote{Costs: c.Costs, TaxLines: c.taxLines(), Hash: c.QuoteHash, ExpiresAt: c.Hold.ExpiresAt}
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
	set := c.Hold.Status == Held || c.Hold.Status == HoldCommitted
	for _, l := range wanted(lines) {
		line := ReservationLine{VariantID: l.VariantID, Requested: l.Quantity}
		if set {
			line.Held = l.Quantity
		}
		r.Lines = append(r.Lines, line)
	}
	if c.Hold.Status == Held || c.Hold.Status == HoldPending {
		r.SecondsLeft = max(0, int(math.Ceil(c.Hold.ExpiresAt.Sub(c.ReadAt).Seconds())))
	}
	return r
}

// Step is a step of a checkout that the customer takes.
type Step string

// The steps.
const (
	StepEmail           Step = "EMAIL"
	StepShippingAddress Step = "SHIPPING_ADDRESS"
	StepShippingMethod  Step = "SHIPPING_METHOD"
)

// Problem is what stands in the way of placing an order.
type Problem interface{ problem() }

// StockLostProblem tells that there was too little of a variant.
type StockLostProblem struct {
	Shortage
	Message string
}

// QuoteExpiredProblem tells that the time is over.
type QuoteExpiredProblem struct {
	ExpiredAt time.Time
	Message   string
}

// MissingStepProblem tells what is still to be said.
type MissingStepProblem struct {
	Step    Step
	Message string
}

func (StockLostProblem) problem()    {}
func (QuoteExpiredProblem) problem() {}
func (MissingStepProblem) problem()  {}

// Problems lists what stands in the way of placing an order; empty means
// ready. A checkout that was ordered has none.
func (c *Checkout) Problems() []Problem {
	problems := []Problem{}
	if c.Status == CheckoutPlacing || c.Status == CheckoutCompleted {
		return problems
	}
	for _, s := range c.Hold.Shortages {
		problems = append(problems, StockLostProblem{s, s.Message()})
	}
	if c.Status == CheckoutExpired || (c.Status == CheckoutOpen && !c.live()) {
		problems = append(problems, QuoteExpiredProblem{c.Hold.ExpiresAt, "The prices were bound and the stock was held until then."})
	}
	if c.Email == nil {
		problems = append(problems, MissingStepProblem{StepEmail, "Where should the confirmation go?"})
	}
	if c.ShippingAddress == nil {
		problems = append(problems, MissingStepProblem{StepShippingAddress, "Where should we deliver?"})
	}
	if c.MethodID == "" {
		problems = append(problems, MissingStepProblem{StepShippingMethod, "How should we deliver?"})
	}
	return problems
}
