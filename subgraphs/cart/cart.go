// Package cart owns what customers intend to buy.
//
// A cart holds variants and quantities and no stock; what a line costs is
// asked of the catalogue whenever the cart is shown, and bound only at
// checkout. Each owner has at most one active cart; the database enforces it.
// A cart is emptied when its order is confirmed, never earlier.
package cart

import (
	"sync"
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/money"
)

// The most that a line and a cart may hold.
const (
	MaxQuantity = 99
	MaxLines    = 100
)

// Status is where a cart stands in its life.
type Status string

// The statuses.
const (
	Active    Status = "ACTIVE"
	Converted Status = "CONVERTED" // bought
	Merged    Status = "MERGED"    // into another cart
)

// Cart is a list of variants that an owner intends to buy.
type Cart struct {
	ID        string
	OwnerID   string
	Status    Status
	Currency  string
	Country   string
	Note      *string
	Version   int // grows with every change
	Lines     []Line
	CreatedAt time.Time
	UpdatedAt time.Time

	pricing sync.Once // a Cart value is priced once, when first asked
	quote   Quote
}

// Line is one variant in a cart.
type Line struct {
	ID        string
	VariantID string
	Quantity  int
	Added     money.Money // unit price when it was put in
	Seen      money.Money // unit price that the customer last agreed to
	Last      money.Money // unit price when it was last priced
	Snapshot  Snapshot
	AddedAt   time.Time
}

// Snapshot is what a line shows while the catalogue is away.
type Snapshot struct {
	ProductID string
	SKU       string
	Title     string
	Subtitle  string
	ImageURL  string
}

// TotalQuantity counts the items, not the lines.
func (c *Cart) TotalQuantity() int {
	n := 0
	for _, l := range c.Lines {
		n += l.Quantity
	}
	return n
}

func (c *Cart) line(match func(Line) bool) *Line {
	for i := range c.Lines {
		if match(c.Lines[i]) {
			return &c.Lines[i]
		}
	}
	return nil
}

func (c *Cart) lineOf(variantID string) *Line {
	return c.line(func(l Line) bool { return l.VariantID == variantID })
}

func (c *Cart) lineByID(id string) *Line {
	return c.line(func(l Line) bool { return l.ID == id })
}

func (c *Cart) variantIDs() []string {
	ids := make([]string, len(c.Lines))
	for i, l := range c.Lines {
		ids[i] = l.VariantID
	}
	return ids
}

// checkOpen returns why the cart can no longer be changed.
func (c *Cart) checkOpen() error {
	if c.Status == Active {
		return nil
	}
	return fault.New(fault.Conflict, "This cart was %s and can no longer be changed.", map[Status]string{
		Converted: "bought", Merged: "merged into another",
	}[c.Status]).WithCode("CART_CONVERTED")
}

// checkVersion returns why a change that was meant for another version is
// refused; without an expectation there is none.
func (c *Cart) checkVersion(expected *int) error {
	if expected == nil || *expected == c.Version {
		return nil
	}
	return &VersionError{Current: c.Version}
}

// checkQuantity returns why a line may not hold n of a variant.
func checkQuantity(n, limit int) error {
	switch {
	case n < 1:
		return fault.New(fault.Invalid, "Quantity must be at least 1.")
	case n > min(limit, MaxQuantity):
		return fault.New(fault.Invalid, "One order may hold at most %d of this.", min(limit, MaxQuantity)).WithCode("QUANTITY_LIMIT")
	default:
		return nil
	}
}

// checkWant returns why the cart may not hold n of a variant that the
// catalogue describes as offer. A stale offer says nothing about stock.
func checkWant(variantID string, n int, offer Offer) error {
	if err := checkQuantity(n, offer.MaxPerOrder); err != nil {
		return err
	}
	if offer.Stale {
		return nil
	}
	if !offer.CanBuy || n > offer.Available {
		return &StockError{VariantID: variantID, Requested: n, Available: offer.Available}
	}
	return nil
}

// IsEntity lets the router fetch carts by their key, and IsNode any client.
func (*Cart) IsEntity() {}
func (*Cart) IsNode()   {}
