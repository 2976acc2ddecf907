package product

import (
	"slices"
	"time"

	"cartograph/subgraphs/product/db"
)

// slot is what has one price: a variant in a currency.
type slot struct{ variantID, currency string }

// takeEffect returns the prices after those that are due have taken effect, and when
// which of them return to the prices before.
//
// scheduled are those that are due at the time, and all that end another price. A price
// ends the one that is in effect, with its end: when it ends itself, the regular price
// returns, never one that was meant for a part of that time.
func takeEffect(present []db.PriceImport, scheduled []db.ScheduledPrice, at time.Time) (set []db.PriceImport, returns []db.ScheduledPrice) {
	prices := make(map[slot]db.PriceImport, len(present))
	for _, p := range present {
		prices[slot{p.VariantID, p.Currency}] = p
	}
	pending := map[slot]db.ScheduledPrice{}
	var begins []db.ScheduledPrice
	var touched []slot
	for _, p := range scheduled {
		key := slot{p.VariantID, p.Currency}
		if p.IsReturn {
			pending[key] = p
		} else {
			begins = append(begins, p)
		}
		if !slices.Contains(touched, key) {
			touched = append(touched, key)
		}
	}
	finish := func(key slot, until time.Time) {
		if end, ok := pending[key]; ok && !end.EffectiveAt.After(until) {
			prices[key] = priceOf(end)
			delete(pending, key)
		}
	}
	slices.SortStableFunc(begins, func(a, b db.ScheduledPrice) int { return a.EffectiveAt.Compare(b.EffectiveAt) })
	for _, p := range begins {
		key := slot{p.VariantID, p.Currency}
		finish(key, p.EffectiveAt)
		regular, priced := prices[key]
		if end, ok := pending[key]; ok {
			regular = priceOf(end)
			delete(pending, key)
		}
		prices[key] = priceOf(p)
		if p.UntilAt != nil && priced {
			pending[key] = db.ScheduledPrice{
				VariantID: p.VariantID, Currency: p.Currency, PriceMinor: regular.PriceMinor, CompareAtMinor: regular.CompareAtMinor, IsReturn: true,
				EffectiveAt: p.UntilAt.Add(-time.Microsecond), // before one that begins then
			}
		}
	}
	for _, key := range touched {
		finish(key, at)
		if p, ok := prices[key]; ok {
			set = append(set, p)
		}
		if end, ok := pending[key]; ok {
			returns = append(returns, end)
		}
	}
	return set, returns
}

func priceOf(p db.ScheduledPrice) db.PriceImport {
	return db.PriceImport{VariantID: p.VariantID, Currency: p.Currency, PriceMinor: p.PriceMinor, CompareAtMinor: p.CompareAtMinor}
}
