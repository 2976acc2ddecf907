// Package cart owns what customers intend to buy.
//
// A cart holds variants and quantities. It reserves no stock and fixes no
// price: both happen at checkout, and until then every quote is computed from
// the catalogue's current offers.
//
// Invariants:
//
//   - An owner has at most one active cart (unique index carts_one_active), and
//     a cart at most one line per variant (cart_lines_one_per_variant).
//   - A change and its CartChanged event commit together, and the version grows
//     by one with each.
//   - A cart is emptied by the confirmation of its order, never earlier: a
//     failed or abandoned checkout loses nothing.
package cart

import (
	"sync"
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/optional"
)

// Status is the state of a cart. Only an active cart changes; Converted and Merged are
// final.
type Status string

// The statuses. The last two are what customers see of an active cart: see Shown.
const (
	Active      Status = "ACTIVE"
	Converted   Status = "CONVERTED" // bought
	Merged      Status = "MERGED"    // into another cart
	CheckingOut Status = "CHECKING_OUT"
	Abandoned   Status = "ABANDONED"
)

// Cart is the list of variants that an owner intends to buy.
type Cart struct {
	ID            string
	OwnerID       string
	Status        Status
	Currency      string
	Country       string
	PostalCode    *string // of the country; nil: none was given
	Note          *string
	Version       int      // grows with every change
	CheckoutIDs   []string // open checkouts
	Abandoned     bool     // not changed for some time
	Lines         []Line
	DiscountCodes []string // in capitals, in the order in which they were entered
	CreatedAt     time.Time
	UpdatedAt     time.Time

	hidesPostalCode bool // from the caller, who may not see who the customer is; the estimate depends on it all the same

	pricing    sync.Once // prices a Cart value once, on first use, for all its fields
	quote      Quote
	quoteErr   error
	promotions []byte // that were read with the cart; nil: none were

	warnings []Warning
}

// Line is one variant in a cart.
type Line struct {
	ID        string
	VariantID string
	Quantity  int
	Added     money.Money // unit price when the line was created
	Seen      money.Money // unit price that the customer last acknowledged
	Last      money.Money // unit price when the line was last written, the fallback of quotes
	Snapshot  Snapshot
	AddedAt   time.Time
}

// Snapshot is the display data of a line while the catalogue is unavailable.
type Snapshot struct {
	ProductID string
	SKU       string
	Title     string
	Subtitle  string
	ImageURL  string
}

// SubtitleOrNil is nil for a variant without a subtitle.
func (s Snapshot) SubtitleOrNil() *string { return optional.Of(s.Subtitle) }

// ImageURLOrNil is nil for a variant without an image.
func (s Snapshot) ImageURLOrNil() *string { return optional.Of(s.ImageURL) }

// Shown is the status as customers see it. A cart that is checked out can be changed: its
// checkout has bound the prices of what it had, and what was bought is taken out of it.
func (c *Cart) Shown() Status {
	switch {
	case c.Status != Active:
		return c.Status
	case len(c.CheckoutIDs) > 0:
		return CheckingOut
	case c.Abandoned:
		return Abandoned
	default:
		return Active
	}
}

// PostalCodeOrNil is nil without a postal code, and for callers who may not see it.
func (c *Cart) PostalCodeOrNil() *string {
	if c.hidesPostalCode {
		return nil
	}
	return c.PostalCode
}

// TotalQuantity is the number of items, not of lines.
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

// checkOpen returns an error if the cart can no longer change.
func (c *Cart) checkOpen() error {
	if c.Status == Active {
		return nil
	}
	key := message.Key("cart.bought")
	if c.Status == Merged {
		key = "cart.merged"
	}
	return fault.Localized(fault.Conflict, key).WithCode("CART_CONVERTED")
}

// checkVersion returns an error if the cart has another version than expected;
// nil expects none.
func (c *Cart) checkVersion(expected *int) error {
	if expected == nil || *expected == c.Version {
		return nil
	}
	return &VersionError{Current: c.Version}
}

// IsEntity marks carts as resolvable by the router, and IsNode by any client.
func (*Cart) IsEntity() {}
func (*Cart) IsNode()   {}
