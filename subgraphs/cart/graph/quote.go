package graph

import (
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/graph/gen"
)

func costOf(q cart.Quote) *gen.CartCost {
	return &gen.CartCost{
		Subtotal: &q.Subtotal, Total: &q.Subtotal, TotalIsEstimate: true, PricedAt: q.At, Stale: q.Stale,
	}
}

func lineOf(l cart.QuotedLine) *gen.CartLine {
	unit, added, total := l.Unit, l.Added, l.Total
	line := &gen.CartLine{
		ID: l.ID, Quantity: l.Quantity, AddedAt: l.AddedAt,
		Snapshot: &gen.LineSnapshot{
			Title: l.Snapshot.Title, Sku: l.Snapshot.SKU,
			Subtitle: optional(l.Snapshot.Subtitle), ImageURL: optional(l.Snapshot.ImageURL),
		},
		Cost:     &gen.CartLineCost{UnitPrice: &unit, CompareAtUnitPrice: l.CompareAt, UnitPriceWhenAdded: &added, Total: &total},
		Problems: problemsOf(l.Problems),
		Variant:  &gen.ProductVariant{ID: l.VariantID},
	}
	return line
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func problemsOf(problems []cart.Problem) []gen.CartProblem {
	out := make([]gen.CartProblem, 0, len(problems))
	for _, p := range problems {
		out = append(out, problemOf(p))
	}
	return out
}

func problemOf(p cart.Problem) gen.CartProblem {
	switch p.Kind {
	case cart.InsufficientStock:
		return gen.InsufficientStockProblem{LineID: p.LineID, Requested: p.Requested, Available: p.Available, Message: p.Message}
	case cart.OverLimit:
		return gen.QuantityLimitProblem{LineID: p.LineID, Limit: p.Available, Message: p.Message}
	case cart.PriceChanged:
		return gen.PriceChangedProblem{LineID: p.LineID, Was: new(p.Was), Now: new(p.Now), Message: p.Message}
	default:
		return gen.VariantUnavailableProblem{LineID: p.LineID, Message: p.Message}
	}
}
