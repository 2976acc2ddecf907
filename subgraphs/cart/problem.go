package cart

import (
	"fmt"

	"cartograph/internal/limits"
	"cartograph/internal/money"
)

// A Problem is a reason why a cart cannot be bought as it stands. It lasts until
// the customer or the catalogue resolves it.
type Problem interface{ IsCartProblem() }

// InsufficientStock means that less is available than the line holds.
type InsufficientStock struct {
	LineID    string
	Requested int
	Available int
	Message   string
}

// QuantityLimit means that the line holds more than one order may.
type QuantityLimit struct {
	LineID  string
	Limit   int
	Message string
}

// PriceChanged means that the price differs from the one that the customer last
// acknowledged.
type PriceChanged struct {
	LineID   string
	Was, Now money.Money
	Message  string
}

// VariantUnavailable means that the variant is no longer for sale.
type VariantUnavailable struct {
	LineID  string
	Message string
}

// IsCartProblem marks the members of the union.
func (InsufficientStock) IsCartProblem()  {}
func (QuantityLimit) IsCartProblem()      {}
func (PriceChanged) IsCartProblem()       {}
func (VariantUnavailable) IsCartProblem() {}

// problems compares a line with its offer. Stock is compared only with a fresh
// offer. Prices are compared with the acknowledged one, not with the last
// written one: a price that moves twice stays a problem until it is
// acknowledged, and a price that moves back is none.
func (l Line) problems(offer Offer) []Problem {
	found := []Problem{}
	if !offer.Stale && (!offer.CanBuy || l.Quantity > offer.Available) {
		available := max(offer.Available, 0)
		if !offer.CanBuy {
			available = 0
		}
		message := fmt.Sprintf("Only %d of %s are left.", available, offer.Snapshot.Title)
		if available == 0 {
			message = offer.Snapshot.Title + " is sold out."
		}
		found = append(found, InsufficientStock{LineID: l.ID, Requested: l.Quantity, Available: available, Message: message})
	}
	if limit := min(offer.MaxPerOrder, limits.MaxCartLineQuantity); l.Quantity > limit {
		found = append(found, QuantityLimit{
			LineID: l.ID, Limit: limit, Message: fmt.Sprintf("An order may contain at most %d of %s.", limit, offer.Snapshot.Title),
		})
	}
	if offer.Price != l.Seen {
		found = append(found, PriceChanged{
			LineID: l.ID, Was: l.Seen, Now: offer.Price, Message: fmt.Sprintf("The price of %s has changed.", offer.Snapshot.Title),
		})
	}
	return found
}
