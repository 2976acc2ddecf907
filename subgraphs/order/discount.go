package order

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/promotion"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/order/db"
)

// promotionsOf reads the promotions of a cart. A code of the cart that can no longer be
// used is refused: the customer saw a price without knowing that.
func promotionsOf(cart *rpcv1.Cart) ([]promotion.Promotion, error) {
	if codes := cart.GetUnusableCodes(); len(codes) > 0 {
		return nil, notReady("order.code_unusable", message.Args{"code": codes[0]})
	}
	out := make([]promotion.Promotion, len(cart.GetPromotions()))
	for i, definition := range cart.GetPromotions() {
		if err := json.Unmarshal([]byte(definition), &out[i]); err != nil {
			return nil, fmt.Errorf("read promotion of %s: %w", cart.GetCartId(), err)
		}
	}
	return out, nil
}

// applyPromotions discounts the lines of a new checkout.
func (s *Service) applyPromotions(ctx context.Context, c *Checkout, lines []Line, o *opening, prices *rpcv1.PriceVariantsResponse, email *string) error {
	promotions, err := promotionsOf(o.cart)
	if err != nil {
		return err
	}
	c.Email = email
	promotions, err = s.usable(ctx, promotions, c, o.state.ids())
	if err != nil {
		return err
	}
	categories := map[string][]string{}
	for _, p := range prices.GetVariants() {
		categories[p.GetVariantId()] = p.GetCategoryIds()
	}
	c.discount(lines, categories, promotions)
	return nil
}

// usable leaves out the promotions whose uses are taken, by the orders that were
// placed: the cart counts them later, when they are confirmed. A code is refused, and
// an automatic promotion just does not apply.
func (s *Service) usable(ctx context.Context, all []promotion.Promotion, c *Checkout, cartIDs []string) ([]promotion.Promotion, error) {
	refused, err := refusedPromotions(ctx, s.pool, all, c, cartIDs)
	if err != nil {
		return nil, err
	}
	for _, p := range all {
		if p.Code != "" && refused[p.ID] != "" {
			return nil, notReady("order.code_unusable", message.Args{"code": p.Code})
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p promotion.Promotion) bool { return refused[p.ID] != "" }), nil
}

// refusedPromotions are the promotions that the customer of the checkout cannot use, by
// ID: those whose uses are taken. It reads nothing for promotions without a limit.
func refusedPromotions(ctx context.Context, q db.DBTX, all []promotion.Promotion, c *Checkout, cartIDs []string) (map[string]promotion.Reason, error) {
	ids := idsOf(all, promotion.Promotion.Limited)
	if len(ids) == 0 {
		return map[string]promotion.Reason{}, nil
	}
	rows, err := db.New(q).PromotionUses(ctx, db.PromotionUsesParams{
		IDs: ids, CountedIDs: idsOf(all, counted), OwnerID: c.OwnerID, Email: emailKey(c), CartIDs: cartIDs,
	})
	if err != nil {
		return nil, fmt.Errorf("count uses of promotions: %w", err)
	}
	refused := map[string]promotion.Reason{}
	for _, row := range rows {
		for _, p := range all {
			if p.ID != row.ID {
				continue
			}
			// The cart compared schedule and groups when it was read, and the quote binds.
			p.CustomerGroups, p.StartsAt, p.EndsAt = nil, time.Time{}, nil
			used := promotion.Uses{InAll: int(row.InAll), OfCustomer: int(row.OfCustomer)}
			if reason := p.CheckCustomer(promotion.Customer{HasOrdered: row.HasOrdered}, used, c.ReadAt); reason != "" {
				refused[p.ID] = reason
			}
		}
	}
	return refused, nil
}

// emailKey is what the uses of one e-mail address have in common.
func emailKey(c *Checkout) string { return strings.ToLower(optional.Value(c.Email)) }

// counted reports whether the uses of a promotion are limited in all.
func counted(p promotion.Promotion) bool { return p.UsageLimit > 0 }

func idsOf(all []promotion.Promotion, which func(promotion.Promotion) bool) []string {
	ids := []string{} // not nil, which is NULL
	for _, p := range all {
		if which(p) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// discount applies promotions to the lines, whose prices are set.
func (c *Checkout) discount(lines []Line, categories map[string][]string, promotions []promotion.Promotion) {
	currency := c.Total.Currency
	b := promotion.Basket{Currency: currency, Lines: make([]promotion.Line, len(lines))}
	for i, l := range lines {
		b.Lines[i] = promotion.Line{ProductID: l.ProductID, CategoryIDs: categories[l.VariantID], Unit: l.UnitPrice.Minor, Quantity: l.Quantity}
	}
	r := promotion.Apply(b, promotions)
	c.Discounts = r.Allocations(currency)
	for i := range lines {
		lines[i].Discounts = r.OfLine(i, currency)
	}
}

// takeUses makes sure, under a lock that lasts until the order is written, that the
// promotions of a checkout can still be used. PlaceOrder writes the uses.
func (l *locked) takeUses(ctx context.Context) error {
	all := make([]promotion.Promotion, len(l.Checkout.Discounts))
	for i, d := range l.Checkout.Discounts {
		all[i] = d.Promotion
	}
	if !slices.ContainsFunc(all, promotion.Promotion.Limited) {
		return nil
	}
	keys := []string{"customer " + l.Checkout.OwnerID, "customer " + emailKey(&l.Checkout)}
	for _, id := range idsOf(all, counted) {
		keys = append(keys, "promotion "+id)
	}
	if err := l.q.LockUses(ctx, keys); err != nil {
		return fmt.Errorf("lock uses of promotions: %w", err)
	}
	// A statement of its own: one that waited for the lock would count what was before.
	refused, err := refusedPromotions(ctx, l.tx, all, &l.Checkout, []string{l.Checkout.CartID})
	if err != nil {
		return err
	}
	for _, p := range all {
		if refused[p.ID] != "" {
			return fault.Localized(fault.Conflict, "order.discount_used_up", message.Args{"title": p.Title}).
				WithCode("DISCOUNT_LIMIT_REACHED").At("input", "checkoutId")
		}
	}
	return nil
}

// encodeDiscounts is allocations as a JSON array, never null.
func encodeDiscounts(discounts []promotion.Allocation) ([]byte, error) {
	return json.Marshal(append([]promotion.Allocation{}, discounts...))
}

func discountsOf(stored []byte) ([]promotion.Allocation, error) {
	var out []promotion.Allocation
	if err := json.Unmarshal(stored, &out); err != nil {
		return nil, fmt.Errorf("read discounts: %w", err)
	}
	return out, nil
}
