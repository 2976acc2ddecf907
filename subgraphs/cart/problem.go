package cart

import (
	"context"

	"cartograph/internal/message"
	"cartograph/internal/money"
)

// A Problem is a reason why a cart cannot be bought as it stands. It lasts until
// the customer or the catalogue resolves it.
type Problem interface{ IsCartProblem() }

// InsufficientStock means that less is available than the line holds.
type InsufficientStock struct {
	LineID    string
	Title     string
	Requested int
	Available int
}

// QuantityLimit means that the line holds more than one order may.
type QuantityLimit struct {
	LineID string
	Title  string
	Limit  int
}

// PriceChanged means that the price is higher than the one that the customer last
// acknowledged. A lower price needs no consent.
type PriceChanged struct {
	LineID   string
	Title    string
	Was, Now money.Money
}

// VariantUnavailable means that the variant is no longer for sale.
type VariantUnavailable struct {
	LineID string
	Title  string
}

// IsCartProblem marks the members of the union.
func (InsufficientStock) IsCartProblem()  {}
func (QuantityLimit) IsCartProblem()      {}
func (PriceChanged) IsCartProblem()       {}
func (VariantUnavailable) IsCartProblem() {}

// Message is the problem for the reader of ctx.
func (p InsufficientStock) Message(ctx context.Context) string {
	if p.Available == 0 {
		return message.Text(ctx, "cart.problem.sold_out", message.Args{"title": p.Title})
	}
	return message.Text(ctx, "cart.problem.few_left", message.Args{"title": p.Title, "available": p.Available})
}

// Message is the problem for the reader of ctx.
func (p QuantityLimit) Message(ctx context.Context) string {
	return message.Text(ctx, "cart.problem.quantity_limit", message.Args{"title": p.Title, "limit": p.Limit})
}

// Message is the problem for the reader of ctx.
func (p PriceChanged) Message(ctx context.Context) string {
	return message.Text(ctx, "cart.problem.price_changed", message.Args{"title": p.Title, "was": p.Was, "now": p.Now})
}

// Message is the problem for the reader of ctx.
func (p VariantUnavailable) Message(ctx context.Context) string {
	return message.Text(ctx, "cart.problem.not_for_sale", message.Args{"title": p.Title})
}

// problems compares a line with its offer. Stock is compared only with a fresh
// offer. Prices are compared with the acknowledged one, not with the last
// written one: a price that rises twice stays a problem until it is
// acknowledged, and a price that moves back is none.
func (l Line) problems(offer Offer) []Problem {
	found, title := []Problem{}, offer.Snapshot.Title
	if !offer.Stale && (!offer.CanBuy || l.Quantity > offer.Available) {
		available := max(offer.Available, 0)
		if !offer.CanBuy {
			available = 0
		}
		found = append(found, InsufficientStock{LineID: l.ID, Title: title, Requested: l.Quantity, Available: available})
	}
	if l.Quantity > offer.limit() {
		found = append(found, QuantityLimit{LineID: l.ID, Title: title, Limit: offer.limit()})
	}
	if offer.Price.Minor > l.Seen.Minor {
		found = append(found, PriceChanged{LineID: l.ID, Title: title, Was: l.Seen, Now: offer.Price})
	}
	return found
}
