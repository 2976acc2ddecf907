package product

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cartograph/internal/audit"
	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/subgraphs/product/db"
)

// ScheduledPrice is a price that takes effect later.
type ScheduledPrice struct {
	Price       money.Money
	CompareAt   *money.Money
	EffectiveAt time.Time
	Until       *time.Time
	IsReturn    bool // of the regular price, after another one
}

// Schedules are the scheduled prices of each of the variants, the earliest first; nil
// for what the caller may not change. They are read in one statement.
func (s *Service) Schedules(ctx context.Context, variants []*Variant) ([][]*ScheduledPrice, error) {
	by, err := editorOf(ctx)
	if err != nil {
		return nil, err
	}
	byVariant, ids := map[string][]*ScheduledPrice{}, []string{}
	for _, v := range variants {
		if by.all || by.sellerID == v.Product.SellerID {
			ids, byVariant[v.ID] = append(ids, v.ID), []*ScheduledPrice{}
		}
	}
	rows, err := db.New(s.pool).ScheduledPrices(ctx, ids)
	for _, row := range rows {
		p := &ScheduledPrice{
			Price: money.Money{Minor: row.PriceMinor, Currency: row.Currency}, EffectiveAt: row.EffectiveAt, Until: row.UntilAt, IsReturn: row.IsReturn,
		}
		if row.CompareAtMinor != nil {
			p.CompareAt = &money.Money{Minor: *row.CompareAtMinor, Currency: row.Currency}
		}
		byVariant[row.VariantID] = append(byVariant[row.VariantID], p)
	}
	all := make([][]*ScheduledPrice, len(variants))
	for i, v := range variants {
		all[i] = byVariant[v.ID]
	}
	return all, wrap("read scheduled prices", err)
}

// CancelPrices cancels scheduled prices, and returns the variants. Those that are not
// scheduled, or are in effect already, are ignored: repeating a call has no effect.
func (s *Service) CancelPrices(ctx context.Context, prices []ScheduledPriceKey) ([]*Variant, error) {
	if len(prices) == 0 || len(prices) > MaxPriceChanges {
		return nil, fault.Localized(fault.Invalid, "product.price_changes_limit", message.Args{"limit": MaxPriceChanges}).At("prices")
	}
	rows, ids := make([]db.ScheduledPrice, len(prices)), make([]string, len(prices))
	for i, p := range prices {
		ids[i] = p.VariantID
		rows[i] = db.ScheduledPrice{VariantID: p.VariantID, Currency: p.Currency, EffectiveAt: p.EffectiveAt.UTC().Truncate(time.Microsecond)}
	}
	productOf, err := s.productsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	err = s.change(ctx, slices.Collect(maps.Values(productOf)), nil, func(tx pgx.Tx, locked []db.Product) ([]edit, error) {
		cancelled, err := db.New(tx).CancelScheduled(ctx, rows)
		if err != nil || len(cancelled) == 0 {
			return nil, err
		}
		var edits []edit
		for _, p := range locked {
			if before := scheduledValues(cancelled, productOf, p.ID); before != nil {
				edits = append(edits, edit{productID: p.ID, action: audit.PricesSet, internal: true, before: before})
			}
		}
		return edits, nil
	})
	return s.pricedVariants(ctx, ids, "cancel prices", err)
}

// ScheduledPriceKey identifies a scheduled price.
type ScheduledPriceKey struct {
	VariantID, Currency string
	EffectiveAt         time.Time
}

// scheduledValues are those of the scheduled prices that are a product's, as the audit
// log has them, by variant: "19.99 USD from 2027-03-01T00:00:00Z". Nil without any.
func scheduledValues(prices []db.ScheduledPrice, productOf map[string]string, productID string) audit.Values {
	values := map[string][]string{}
	for _, p := range prices {
		if productOf[p.VariantID] != productID {
			continue
		}
		text := priceText(priceOf(p)) + " from " + p.EffectiveAt.UTC().Format(time.RFC3339)
		if p.UntilAt != nil {
			text += " until " + p.UntilAt.UTC().Format(time.RFC3339)
		}
		values[p.VariantID] = append(values[p.VariantID], text)
	}
	if len(values) == 0 {
		return nil
	}
	return audit.Values{"scheduled": values}
}

// productsOf are the products of variants, by variant: the caller may change all of
// them.
func (s *Service) productsOf(ctx context.Context, variantIDs []string) (map[string]string, error) {
	productOf, err := s.editable(ctx, variantIDs)
	if err != nil {
		return nil, err
	}
	var c checks
	for i, id := range variantIDs {
		if productOf[id] == "" {
			c.add(fault.Localized(fault.NotFound, "product.unknown_variant"), "prices", strconv.Itoa(i), "variantId")
		}
	}
	return productOf, c.err()
}

// pricedVariants are the variants after a change of their prices, each once.
func (s *Service) pricedVariants(ctx context.Context, ids []string, doing string, err error) ([]*Variant, error) {
	if err != nil {
		return nil, wrap(doing, err)
	}
	byID, err := s.VariantsByID(ctx, ids)
	var variants []*Variant
	for _, id := range ids {
		if v := byID[id]; v != nil && !slices.Contains(variants, v) {
			variants = append(variants, v)
		}
	}
	return variants, err
}
