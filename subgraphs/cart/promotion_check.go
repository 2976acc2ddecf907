package cart

import (
	"strings"
	"unicode/utf8"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/money"
	"cartograph/internal/promotion"
)

// checkPromotion returns an error if a promotion is not one that package promotion can
// apply.
func checkPromotion(p promotion.Promotion) error {
	switch {
	case p.Title == "" || utf8.RuneCountInString(p.Title) > maxTitle || strings.ContainsRune(p.Title, 0):
		return invalidPromotion("cart.promotion.title", "title")
	case p.Code != "" && !storableCode(p.Code):
		return invalidPromotion("cart.promotion.code", "code")
	case p.EndsAt != nil && !p.EndsAt.After(p.StartsAt):
		return invalidPromotion("cart.promotion.end", "endsAt")
	case p.UsageLimit < 0 || p.UsageLimit > maxUses:
		return invalidPromotion("cart.promotion.limit", "usageLimit")
	case p.PerCustomerLimit < 0 || p.PerCustomerLimit > maxUses:
		return invalidPromotion("cart.promotion.limit", "perCustomerLimit")
	case p.MinimumMinor < 0:
		return invalidPromotion("cart.promotion.amount", "minimumSubtotal")
	case p.Currency != "" && !money.Known(p.Currency):
		return invalidPromotion("cart.promotion.currencies")
	}
	for _, list := range []struct {
		ids   []string
		limit int
		field string
	}{
		{p.ProductIDs, maxPromoProducts, "productIds"},
		{p.CategoryIDs, maxPromoCategories, "categoryIds"},
		{p.CustomerGroups, maxPromoGroups, "customerGroups"},
	} {
		if len(list.ids) > list.limit {
			return fault.Localized(fault.Invalid, "cart.promotion.too_many", message.Args{"limit": list.limit}).At("input", list.field)
		}
		for _, s := range list.ids {
			if s == "" || len(s) > maxCodeLength || strings.ContainsRune(s, 0) {
				return invalidPromotion("cart.promotion.malformed", list.field)
			}
		}
	}
	return checkKind(p)
}

// checkKind returns an error if a promotion lacks what its kind needs, or has what
// another kind needs: staff meant something else then.
func checkKind(p promotion.Promotion) error {
	percentage := p.Kind == promotion.Percentage || p.Kind == promotion.BuyXGetY
	fixed, buys, tiered := p.Kind == promotion.FixedAmount, p.Kind == promotion.BuyXGetY, p.Kind == promotion.Tiered
	switch {
	case percentage != (p.Rate != 0), !validRate(p.Rate, percentage):
		return invalidPromotion("cart.promotion.percentage", "percentage")
	case fixed != (p.AmountMinor != 0), p.AmountMinor < 0:
		return invalidPromotion("cart.promotion.amount", "amount")
	case buys != (p.Buy != 0), p.Buy < 0, p.Buy > 99:
		return invalidPromotion("cart.promotion.quantity", "buyQuantity")
	case buys != (p.Get != 0), p.Get < 0, p.Get > 99:
		return invalidPromotion("cart.promotion.quantity", "getQuantity")
	case tiered != (len(p.Tiers) != 0), len(p.Tiers) > maxTiers:
		return invalidPromotion("cart.promotion.tiers", "tiers")
	}
	for _, t := range p.Tiers {
		if (t.MinimumMinor > 0) == (t.MinimumQuantity > 0) || t.MinimumMinor < 0 || t.MinimumQuantity < 0 || !validRate(t.Rate, true) {
			return invalidPromotion("cart.promotion.tiers", "tiers")
		}
	}
	return nil
}

func validRate(rate int, needed bool) bool { return !needed || rate > 0 && rate <= 10_000 }

func invalidPromotion(key message.Key, path ...string) error {
	return fault.Localized(fault.Invalid, key).At(append([]string{"input"}, path...)...)
}
