package cart

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/money"
	"cartograph/internal/optional"
	"cartograph/internal/promotion"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/cart/db"
)

// Promotion is a promotion with what staff see of it.
type Promotion struct {
	promotion.Promotion
	Status    PromotionStatus
	UsedCount int
}

// PromotionStatus is whether a promotion applies.
type PromotionStatus string

// The statuses.
const (
	PromotionScheduled PromotionStatus = "SCHEDULED"
	PromotionActive    PromotionStatus = "ACTIVE"
	PromotionEnded     PromotionStatus = "ENDED"
	PromotionArchived  PromotionStatus = "ARCHIVED"
)

func promotionOf(row db.Promotion, now time.Time) (*Promotion, error) {
	p := &Promotion{UsedCount: int(row.UsedCount), Status: PromotionActive}
	if err := json.Unmarshal(row.Definition, &p.Promotion); err != nil {
		return nil, fmt.Errorf("read promotion %s: %w", row.ID, err)
	}
	switch {
	case row.ArchivedAt != nil:
		p.Status = PromotionArchived
	case now.Before(p.StartsAt):
		p.Status = PromotionScheduled
	case p.EndsAt != nil && !now.Before(*p.EndsAt), p.UsageLimit > 0 && p.UsedCount >= p.UsageLimit:
		p.Status = PromotionEnded
	}
	return p, nil
}

// IsEntity marks promotions as resolvable by the router, and IsNode by any client.
func (*Promotion) IsEntity() {}
func (*Promotion) IsNode()   {}

// CodeOrNil is nil for a promotion that applies without a code.
func (p *Promotion) CodeOrNil() *string { return optional.Of(p.Code) }

// Percentage is the rate in percent; nil where there is none.
func (p *Promotion) Percentage() *float64 {
	if p.Rate == 0 {
		return nil
	}
	return new(percent(p.Rate))
}

func percent(rate int) float64 { return float64(rate) / 100 }

func (p *Promotion) amount(minor int64) *money.Money {
	if minor == 0 {
		return nil
	}
	return &money.Money{Minor: minor, Currency: p.Currency}
}

// Amount is the amount of FIXED_AMOUNT; nil for other kinds.
func (p *Promotion) Amount() *money.Money { return p.amount(p.AmountMinor) }

// MinimumSubtotal is nil where there is none.
func (p *Promotion) MinimumSubtotal() *money.Money { return p.amount(p.MinimumMinor) }

// BuyQuantity and the following are nil where they do not apply.
func (p *Promotion) BuyQuantity() *int           { return optional.Of(p.Buy) }
func (p *Promotion) GetQuantity() *int           { return optional.Of(p.Get) }
func (p *Promotion) UsageLimitOrNil() *int       { return optional.Of(p.UsageLimit) }
func (p *Promotion) PerCustomerLimitOrNil() *int { return optional.Of(p.PerCustomerLimit) }

// Products and the following are never nil.
func (p *Promotion) Products() []string   { return append([]string{}, p.ProductIDs...) }
func (p *Promotion) Categories() []string { return append([]string{}, p.CategoryIDs...) }
func (p *Promotion) Groups() []string     { return append([]string{}, p.CustomerGroups...) }

// Step is a tier as the graph shows it.
type Step struct {
	MinimumSubtotal *money.Money
	MinimumQuantity *int
	Percentage      float64
}

// Steps are the promotion's tiers.
func (p *Promotion) Steps() []Step {
	steps := make([]Step, len(p.Tiers))
	for i, t := range p.Tiers {
		steps[i] = Step{p.amount(t.MinimumMinor), optional.Of(t.MinimumQuantity), percent(t.Rate)}
	}
	return steps
}

// PromotionPage is a page of promotions.
type PromotionPage struct {
	Nodes      []*Promotion
	PageInfo   subgraph.PageInfo
	TotalCount int
}

const (
	sortPromotions    = "promotions"
	promotionsPerPage = 20
)

// PromotionCursor is the position of a promotion in the list.
func PromotionCursor(p *Promotion) string { return subgraph.EncodeCursor(sortPromotions, p.ID) }

// Promotions lists promotions, the newest first.
func (s *Service) Promotions(ctx context.Context, activeOnly bool, first *int, after *string) (*PromotionPage, error) {
	size, err := subgraph.First(first, promotionsPerPage)
	if err != nil {
		return nil, err
	}
	var afterID string
	given, err := subgraph.DecodeCursor(after, sortPromotions, &afterID)
	if err != nil {
		return nil, err
	}
	now, q := s.now(), db.New(s.pool)
	rows, err := q.PromotionPage(ctx, db.PromotionPageParams{AfterID: afterID, Active: activeOnly, At: now, Size: int32(size + 1)})
	if err != nil {
		return nil, fmt.Errorf("page of promotions: %w", err)
	}
	count, err := q.CountPromotions(ctx, db.CountPromotionsParams{Active: activeOnly, At: now})
	if err != nil {
		return nil, fmt.Errorf("count promotions: %w", err)
	}
	page := &PromotionPage{Nodes: make([]*Promotion, len(rows)), TotalCount: int(count)}
	for i, row := range rows {
		if page.Nodes[i], err = promotionOf(row, now); err != nil {
			return nil, err
		}
	}
	page.Nodes, page.PageInfo = subgraph.Page(page.Nodes, size, given, PromotionCursor)
	return page, nil
}

// PromotionsByID returns promotions in the order of ids, nil for those that do not exist
// or that the caller may not read.
func (s *Service) PromotionsByID(ctx context.Context, ids []string) ([]*Promotion, error) {
	if !auth.From(ctx).Has("promotions:read") {
		return make([]*Promotion, len(ids)), nil
	}
	rows, err := db.New(s.pool).PromotionsByIDs(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("promotions by id: %w", err)
	}
	byID := make(map[string]*Promotion, len(rows))
	for _, row := range rows {
		if byID[row.ID], err = promotionOf(row, s.now()); err != nil {
			return nil, err
		}
	}
	out := make([]*Promotion, len(ids))
	for i, promotionID := range ids {
		out[i] = byID[promotionID]
	}
	return out, nil
}
