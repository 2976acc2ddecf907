package product

import "time"

const (
	// LowStock is the highest quantity that is shown exactly.
	LowStock = 5
	// MaxPerOrder is the maximum quantity of a variant per order.
	MaxPerOrder = 10
)

// AvailabilityStatus summarises an Availability; the values are the schema's.
type AvailabilityStatus string

// The statuses. There are no backorders: only what is in stock can be bought.
const (
	InStock      AvailabilityStatus = "IN_STOCK"
	LowInStock   AvailabilityStatus = "LOW_STOCK"
	OutOfStock   AvailabilityStatus = "OUT_OF_STOCK"
	ComingSoon   AvailabilityStatus = "COMING_SOON" // out of stock, with a restock date
	Discontinued AvailabilityStatus = "DISCONTINUED"
)

// Availability is whether something can be bought, as shown to customers.
type Availability struct {
	Status      AvailabilityStatus
	CanBuy      bool
	Quantity    *int // exact, when LowStock or fewer
	MaxPerOrder int
	RestockAt   *time.Time
	AsOf        time.Time
}

// stock is that of a variant, or of all variants of a product together.
type stock struct {
	sold      bool
	priced    bool // in the currency of the caller; otherwise it is shown and cannot be bought
	available int
	restockAt *time.Time
	asOf      time.Time
}

// add adds the stock of another variant. The first sets asOf.
func (s *stock) add(o stock, first bool) {
	s.available += o.available
	if first || o.asOf.After(s.asOf) {
		s.asOf = o.asOf
	}
	if o.restockAt != nil && (s.restockAt == nil || o.restockAt.Before(*s.restockAt)) {
		s.restockAt = o.restockAt
	}
}

// availability is how s is shown to a caller who buys in a currency. A restock date
// in the past is ignored. What has no price in that currency cannot be bought,
// although it is shown with a price in another one: a cart has one currency.
func (s *stock) availability(now time.Time) Availability {
	a := Availability{MaxPerOrder: MaxPerOrder, AsOf: s.asOf, Status: OutOfStock}
	if s.restockAt != nil && s.restockAt.After(now) {
		a.RestockAt = s.restockAt
	}
	switch left := s.available; {
	case !s.sold:
		a.Status, a.RestockAt = Discontinued, nil
	case left > LowStock:
		a.Status, a.CanBuy = InStock, s.priced
	case left > 0:
		a.Status, a.CanBuy, a.Quantity = LowInStock, s.priced, &left
	case a.RestockAt != nil:
		a.Status, a.Quantity = ComingSoon, new(int)
	default:
		a.Quantity = new(int)
	}
	return a
}
