package product

import "time"

const (
	// LowStock is the most that is told exactly.
	LowStock = 5
	// MaxPerOrder is the most that one order may have of a variant.
	MaxPerOrder = 10
)

// AvailabilityStatus says in one word whether something can be bought.
type AvailabilityStatus string

// The statuses. Nothing can be ordered that is not there: stock holds units,
// not promises.
const (
	InStock      AvailabilityStatus = "IN_STOCK"
	LowInStock   AvailabilityStatus = "LOW_STOCK"
	OutOfStock   AvailabilityStatus = "OUT_OF_STOCK"
	ComingSoon   AvailabilityStatus = "COMING_SOON" // none, but there is a date
	Discontinued AvailabilityStatus = "DISCONTINUED"
)

// Availability is whether something can be bought, as shown.
type Availability struct {
	Status      AvailabilityStatus
	CanBuy      bool
	Quantity    *int // exact, when LowStock or fewer
	MaxPerOrder int
	RestockAt   *time.Time
	AsOf        time.Time
}

// stock is what is known of a variant, or of all variants of a product.
type stock struct {
	sold      bool
	available int
	restockAt *time.Time
	asOf      time.Time
}

// add takes another variant in. The first sets the time.
func (s *stock) add(o stock, first bool) {
	s.available += o.available
	if first || o.asOf.After(s.asOf) {
		s.asOf = o.asOf
	}
	if o.restockAt != nil && (s.restockAt == nil || o.restockAt.Before(*s.restockAt)) {
		s.restockAt = o.restockAt
	}
}

// availability is how s is shown. A date that has passed is none.
func (s *stock) availability(now time.Time) Availability {
	a := Availability{MaxPerOrder: MaxPerOrder, AsOf: s.asOf, Status: OutOfStock}
	if s.restockAt != nil && s.restockAt.After(now) {
		a.RestockAt = s.restockAt
	}
	switch left := s.available; {
	case !s.sold:
		a.Status, a.RestockAt = Discontinued, nil
	case left > LowStock:
		a.Status, a.CanBuy = InStock, true
	case left > 0:
		a.Status, a.CanBuy, a.Quantity = LowInStock, true, &left
	case a.RestockAt != nil:
		a.Status, a.Quantity = ComingSoon, new(int)
	default:
		a.Quantity = new(int)
	}
	return a
}
