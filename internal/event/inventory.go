package event

import "time"

// LevelChanged reports the stock level of a variant. Its topic is compacted: a
// new consumer that reads it once has every level.
type LevelChanged struct {
	VariantID string    `json:"variantId"`
	OnHand    int       `json:"onHand"` // available + reserved
	Reserved  int       `json:"reserved"`
	Available int       `json:"available"`
	Version   int64     `json:"version"` // a consumer ignores an older version than it has
	At        time.Time `json:"at"`
}

// Type, Topic and Subject make it a Payload.
func (LevelChanged) Type() string      { return typeName("inventory", "levelChanged") }
func (LevelChanged) Topic() Topic      { return InventoryLevels }
func (e LevelChanged) Subject() string { return e.VariantID }

// FlashSaleClaimed reports how much of a flash sale's item is held and sold, and that
// Inventory has the terms of the sale. Its topic is compacted: a new consumer that reads
// it once has the figures of every item.
type FlashSaleClaimed struct {
	SaleID      string    `json:"saleId"`
	VariantID   string    `json:"variantId"`
	SaleVersion int64     `json:"saleVersion"` // of the terms by which Inventory decides
	Allocated   int       `json:"allocated"`   // held and sold never exceed it
	Held        int       `json:"held"`        // in open checkouts and unpaid orders
	Sold        int       `json:"sold"`
	Version     int64     `json:"version"` // a consumer ignores an older version than it has
	At          time.Time `json:"at"`
}

// Type, Topic and Subject make it a Payload.
func (FlashSaleClaimed) Type() string      { return typeName("inventory", "flashSaleClaimed") }
func (FlashSaleClaimed) Topic() Topic      { return InventoryLevels }
func (e FlashSaleClaimed) Subject() string { return e.SaleID + "/" + e.VariantID }

// Line is a quantity of a variant.
type Line struct {
	VariantID   string `json:"variantId"`
	Quantity    int    `json:"quantity"`
	FlashSaleID string `json:"flashSaleId,omitempty"` // whose price it has; it counts towards the sale's quota
}

// Shortage is a line that cannot be held in its quantity.
type Shortage struct {
	VariantID string    `json:"variantId"`
	Requested int       `json:"requested"`
	Available int       `json:"available"`        // with a limit: how much of it the holder may hold
	Limit     HoldLimit `json:"limit,omitempty"`  // the limit that refuses it; empty: so few are available
	RetryAt   time.Time `json:"retryAt,omitzero"` // when the limit, or the waiting line, admits more; zero: it is too much at any time

	// Without a limit:
	Reserved    int       `json:"reserved,omitempty"`   // units that others have reserved or are about to buy
	AvailableAt time.Time `json:"availableAt,omitzero"` // when the first of them may become available, at the latest
	Position    int       `json:"position,omitempty"`   // in the waiting line, from 1; 0: none
}

// HoldLimit is a limit of what is held at once, or of a flash sale.
type HoldLimit string

// The limits.
const (
	LimitOfHolder       HoldLimit = "HOLDER"        // all units of one guest or customer
	LimitOfNetwork      HoldLimit = "NETWORK"       // all units of the guests at one address
	LimitOfNetworkShare HoldLimit = "NETWORK_SHARE" // units of a variant by the guests at one address
	LimitOfGuestShare   HoldLimit = "GUEST_SHARE"   // units of a variant by all guests

	LimitOfFlashSale         HoldLimit = "FLASH_SALE"          // units at the sale's price; the sale has ended or has fewer left
	LimitOfFlashSaleCustomer HoldLimit = "FLASH_SALE_CUSTOMER" // units at the sale's price by one guest or customer
)

// HoldPlaced reports that all lines of a checkout are held.
type HoldPlaced struct {
	CheckoutID     string    `json:"checkoutId"`
	Lines          []Line    `json:"lines"`
	ExpiresAt      time.Time `json:"expiresAt"`
	ExtensionsLeft int       `json:"extensionsLeft"`
}

// Type, Topic and Subject make it a Payload.
func (HoldPlaced) Type() string      { return typeName("inventory", "holdPlaced") }
func (HoldPlaced) Topic() Topic      { return Inventory }
func (e HoldPlaced) Subject() string { return e.CheckoutID }

// HoldRejected reports that a checkout's lines could not all be held, so none is.
type HoldRejected struct {
	CheckoutID string     `json:"checkoutId"`
	Shortages  []Shortage `json:"shortages"`
}

// Type, Topic and Subject make it a Payload.
func (HoldRejected) Type() string      { return typeName("inventory", "holdRejected") }
func (HoldRejected) Topic() Topic      { return Inventory }
func (e HoldRejected) Subject() string { return e.CheckoutID }

// HoldExtended reports the new end of a hold.
type HoldExtended struct {
	CheckoutID     string    `json:"checkoutId"`
	ExpiresAt      time.Time `json:"expiresAt"`
	ExtensionsLeft int       `json:"extensionsLeft"`
}

// Type, Topic and Subject make it a Payload.
func (HoldExtended) Type() string      { return typeName("inventory", "holdExtended") }
func (HoldExtended) Topic() Topic      { return Inventory }
func (e HoldExtended) Subject() string { return e.CheckoutID }

// HoldCommitted reports that the lines of a hold are sold.
type HoldCommitted struct {
	CheckoutID string `json:"checkoutId"`
}

// Type, Topic and Subject make it a Payload.
func (HoldCommitted) Type() string      { return typeName("inventory", "holdCommitted") }
func (HoldCommitted) Topic() Topic      { return Inventory }
func (e HoldCommitted) Subject() string { return e.CheckoutID }

// HoldCommitFailed reports that there was no live hold to sell.
type HoldCommitFailed struct {
	CheckoutID string `json:"checkoutId"`
	Status     string `json:"status"` // what the hold is: EXPIRED, RELEASED, REJECTED or UNKNOWN
}

// Type, Topic and Subject make it a Payload.
func (HoldCommitFailed) Type() string      { return typeName("inventory", "holdCommitFailed") }
func (HoldCommitFailed) Topic() Topic      { return Inventory }
func (e HoldCommitFailed) Subject() string { return e.CheckoutID }

// HoldReleased reports that a hold was released before its end.
type HoldReleased struct {
	CheckoutID string `json:"checkoutId"`
}

// Type, Topic and Subject make it a Payload.
func (HoldReleased) Type() string      { return typeName("inventory", "holdReleased") }
func (HoldReleased) Topic() Topic      { return Inventory }
func (e HoldReleased) Subject() string { return e.CheckoutID }

// HoldExpired reports that a hold expired.
type HoldExpired struct {
	CheckoutID string `json:"checkoutId"`
}

// Type, Topic and Subject make it a Payload.
func (HoldExpired) Type() string      { return typeName("inventory", "holdExpired") }
func (HoldExpired) Topic() Topic      { return Inventory }
func (e HoldExpired) Subject() string { return e.CheckoutID }

// StockReturned reports that a sale was undone and its stock returned.
type StockReturned struct {
	CheckoutID string `json:"checkoutId"`
}

// Type, Topic and Subject make it a Payload.
func (StockReturned) Type() string      { return typeName("inventory", "stockReturned") }
func (StockReturned) Topic() Topic      { return Inventory }
func (e StockReturned) Subject() string { return e.CheckoutID }
