package graph

import (
	"context"
	"math"

	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/promotion"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/graph/gen"
)

// promotionPayload returns the function that answers with the promotion, or with the
// errors that the caller can fix.
func promotionPayload(ctx context.Context) func(*cart.Promotion, error) (*gen.PromotionPayload, error) {
	return func(p *cart.Promotion, err error) (*gen.PromotionPayload, error) {
		userErrors, err := userErrorsOf(ctx, err)
		if err != nil {
			return nil, err
		}
		return &gen.PromotionPayload{Promotion: p, UserErrors: userErrors}, nil
	}
}

func promotionsOf(page *cart.PromotionPage) *gen.PromotionConnection {
	c := &gen.PromotionConnection{
		Edges: make([]*gen.PromotionEdge, len(page.Nodes)), Nodes: page.Nodes, PageInfo: &page.PageInfo, TotalCount: page.TotalCount,
	}
	for i, p := range page.Nodes {
		c.Edges[i] = &gen.PromotionEdge{Cursor: cart.PromotionCursor(p), Node: p}
	}
	return c
}

// promotionInputOf reads a promotion. Percentages are stored as basis points and amounts
// as minor units of one currency.
func promotionInputOf(in gen.PromotionInput) (promotion.Promotion, error) {
	p := promotion.Promotion{
		ID: optional.Value(in.ID.Value()), Title: in.Title, Code: optional.Value(in.Code.Value()), Kind: in.Kind,
		Buy: optional.Value(in.BuyQuantity.Value()), Get: optional.Value(in.GetQuantity.Value()), Combines: in.Combines,
		ProductIDs: in.ProductIds.Value(), CategoryIDs: in.CategoryIds.Value(), CustomerGroups: in.CustomerGroups.Value(),
		FirstOrder: in.FirstOrder, StartsAt: in.StartsAt, EndsAt: in.EndsAt.Value(),
	}
	var err error
	if p.UsageLimit, err = limitOf(in.UsageLimit.Value(), "usageLimit"); err != nil {
		return p, err
	}
	if p.PerCustomerLimit, err = limitOf(in.PerCustomerLimit.Value(), "perCustomerLimit"); err != nil {
		return p, err
	}
	if percentage := in.Percentage.Value(); percentage != nil {
		if p.Rate, err = rateOf(*percentage, "percentage"); err != nil {
			return p, err
		}
	} else if p.Kind == promotion.BuyXGetY {
		p.Rate = 10_000
	}
	if p.AmountMinor, err = amountOf(&p, in.Amount.Value(), "amount"); err != nil {
		return p, err
	}
	if p.MinimumMinor, err = amountOf(&p, in.MinimumSubtotal.Value(), "minimumSubtotal"); err != nil {
		return p, err
	}
	for _, t := range in.Tiers.Value() {
		tier := promotion.Tier{MinimumQuantity: optional.Value(t.MinimumQuantity.Value())}
		if tier.Rate, err = rateOf(t.Percentage, "tiers"); err != nil {
			return p, err
		}
		if tier.MinimumMinor, err = amountOf(&p, t.MinimumSubtotal.Value(), "tiers"); err != nil {
			return p, err
		}
		p.Tiers = append(p.Tiers, tier)
	}
	return p, nil
}

// limitOf is 0 without a limit, which a limit itself cannot be.
func limitOf(limit *int, field string) (int, error) {
	if limit != nil && *limit < 1 {
		return 0, fault.Localized(fault.Invalid, "cart.promotion.limit").At("input", field)
	}
	return optional.Value(limit), nil
}

func rateOf(percentage float64, field string) (int, error) {
	rate := math.Round(percentage * 100)
	if !(percentage > 0 && percentage <= 100) || math.Abs(rate-percentage*100) > 1e-6 {
		return 0, fault.Localized(fault.Invalid, "cart.promotion.percentage").At("input", field)
	}
	return int(rate), nil
}

// amountOf is an amount in minor units; 0 if there is none. The first sets the
// promotion's currency.
func amountOf(p *promotion.Promotion, in *gen.MoneyInput, field string) (int64, error) {
	if in == nil {
		return 0, nil
	}
	amount, err := money.Parse(in.Amount, in.CurrencyCode)
	if f := fault.Of(err); f != nil {
		return 0, f.At("input", field)
	}
	if amount.Minor < 1 || amount.Minor > maxAmount {
		return 0, fault.Localized(fault.Invalid, "cart.promotion.amount").At("input", field)
	}
	if p.Currency != "" && p.Currency != amount.Currency {
		return 0, fault.Localized(fault.Invalid, "cart.promotion.currencies").At("input", field)
	}
	p.Currency = amount.Currency
	return amount.Minor, nil
}

// maxAmount bounds amounts in minor units as prices are bounded.
const maxAmount = 100_000_000_000
