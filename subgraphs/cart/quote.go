package cart

import (
	"fmt"
	"time"

	"cartograph/internal/money"
)

// An Offer is what the catalogue says of a variant now.
type Offer struct {
	Price       money.Money
	CompareAt   *money.Money
	Available   int
	CanBuy      bool
	MaxPerOrder int
	Snapshot    Snapshot
	Stale       bool // from memory: the catalogue could not be asked
}

// Quote is what a cart costs at a moment. It binds nobody.
type Quote struct {
	Lines    []QuotedLine
	Subtotal money.Money
	Problems []Problem
	Stale    bool // some price is the last known one
	At       time.Time
}

// QuotedLine is a line and what it costs.
type QuotedLine struct {
	Line
	Unit      money.Money
	CompareAt *money.Money
	Total     money.Money
	Problems  []Problem
	Available bool // the catalogue answered for it
}

// ProblemKind is why a cart cannot be bought.
type ProblemKind string

// The kinds of problem.
const (
	Unavailable       ProblemKind = "UNAVAILABLE"
	InsufficientStock ProblemKind = "INSUFFICIENT_STOCK"
	OverLimit         ProblemKind = "QUANTITY_LIMIT"
	PriceChanged      ProblemKind = "PRICE_CHANGED"
)

// A Problem keeps a cart from being bought until it is dealt with.
type Problem struct {
	Kind      ProblemKind
	LineID    string
	Requested int
	Available int // or the limit
	Was, Now  money.Money
	Message   string
}

// price works out what the cart costs. A variant without an offer is no longer
// for sale; where the catalogue could not be asked at all (offers is nil), the
// last known prices stand in.
func (c *Cart) price(offers map[string]Offer, now time.Time) Quote {
	q := Quote{Subtotal: money.Zero(c.Currency), Stale: offers == nil && len(c.Lines) > 0, At: now}
	for _, l := range c.Lines {
		quoted := l.price(offers)
		q.Stale = q.Stale || offers[l.VariantID].Stale
		q.Lines = append(q.Lines, quoted)
		q.Problems = append(q.Problems, quoted.Problems...)
		q.Subtotal = q.Subtotal.Add(quoted.Total)
	}
	return q
}

func (l Line) price(offers map[string]Offer) QuotedLine {
	quoted := QuotedLine{Line: l, Unit: l.Last}
	offer, found := offers[l.VariantID]
	switch {
	case found:
		quoted.Unit, quoted.CompareAt, quoted.Snapshot = offer.Price, offer.CompareAt, offer.Snapshot
		quoted.Problems, quoted.Available = l.problems(offer), true
	case offers != nil:
		quoted.Problems = []Problem{{Kind: Unavailable, LineID: l.ID, Message: l.Snapshot.Title + " is no longer for sale."}}
	}
	quoted.Total = quoted.Unit.Times(l.Quantity)
	return quoted
}

func (l Line) problems(offer Offer) []Problem {
	var found []Problem
	if !offer.Stale && (!offer.CanBuy || l.Quantity > offer.Available) {
		available := max(offer.Available, 0)
		if !offer.CanBuy {
			available = 0
		}
		message := fmt.Sprintf("Only %d of %s are left.", available, offer.Snapshot.Title)
		if available == 0 {
			message = offer.Snapshot.Title + " is sold out."
		}
		found = append(found, Problem{Kind: InsufficientStock, LineID: l.ID, Requested: l.Quantity, Available: available, Message: message})
	}
	if limit := min(offer.MaxPerOrder, MaxQuantity); l.Quantity > limit {
		found = append(found, Problem{
			Kind: OverLimit, LineID: l.ID, Requested: l.Quantity, Available: limit,
			Message: fmt.Sprintf("One order may hold at most %d of %s.", limit, offer.Snapshot.Title),
		})
	}
	if offer.Price != l.Seen {
		found = append(found, Problem{
			Kind: PriceChanged, LineID: l.ID, Was: l.Seen, Now: offer.Price,
			Message: fmt.Sprintf("The price of %s has changed.", offer.Snapshot.Title),
		})
	}
	return found
}
