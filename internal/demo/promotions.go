package demo

import "cartograph/internal/promotion"

// Promotions are the discount codes of the demo shop. None applies without a code, so
// that prices are those of the catalogue.
func Promotions() []promotion.Promotion {
	all := []promotion.Promotion{
		{Title: "Welcome", Code: "WELCOME10", Kind: promotion.Percentage, Rate: 1000, Combines: true},
		{Title: "Free shipping from $50", Code: "SHIPFREE", Kind: promotion.FreeShipping, Currency: "USD", MinimumMinor: 5000},
		{Title: "Three coffee things for two", Code: "COFFEE3FOR2", Kind: promotion.BuyXGetY, Buy: 2, Get: 1, Rate: 10_000, CategoryIDs: []string{categoryID("kitchen")}},
		{
			Title: "The more, the less", Code: "MORE", Kind: promotion.Tiered,
			Tiers: []promotion.Tier{{MinimumQuantity: 3, Rate: 500}, {MinimumQuantity: 6, Rate: 1000}, {MinimumQuantity: 10, Rate: 1500}},
		},
		{Title: "$20 off a first order", Code: "FIRST20", Kind: promotion.FixedAmount, Currency: "USD", AmountMinor: 2000, MinimumMinor: 10_000, FirstOrder: true, Combines: true},
		{Title: "Half price for the first hundred", Code: "FIRST100", Kind: promotion.Percentage, Rate: 5000, UsageLimit: 100, PerCustomerLimit: 1},
	}
	for i := range all {
		all[i].ID, all[i].StartsAt = stableID("prm_", all[i].Code), epoch()
	}
	return all
}
