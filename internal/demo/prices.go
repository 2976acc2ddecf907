package demo

// Currencies are those in which every demo variant has a price, the one that
// prices are written in first. JPY has no minor unit, KWD has a thousand.
func Currencies() []string { return []string{"USD", "EUR", "GBP", "JPY", "KWD"} }

// tariff turns US cents into another currency as a shop would: not by the rate
// of the hour but by a fixed one, rounded to prices that look like prices.
type tariff struct {
	currency   string
	perHundred int64 // minor units for one US dollar
	tiers      []tier
}

// tier rounds amounts below its bound to a multiple of step, less a little:
// {10000, 100, 10} makes 44.37 into 43.90.
type tier struct {
	below, step, less int64
}

const noBound = int64(1) << 60

func tariffs() []tariff {
	return []tariff{
		{"EUR", 92, []tier{{2000, 50, 5}, {10_000, 100, 10}, {noBound, 500, 100}}},
		{"GBP", 79, []tier{{2000, 50, 1}, {10_000, 100, 5}, {noBound, 500, 100}}},
		{"JPY", 150, []tier{{3000, 100, 20}, {noBound, 500, 20}}},
		{"KWD", 307, []tier{{noBound, 250, 0}}},
	}
}

// priceList is the price in every currency, of what costs this many US cents.
func priceList(cents int64, list []tariff) map[string]int64 {
	prices := make(map[string]int64, len(list)+1)
	prices["USD"] = cents
	for _, t := range list {
		prices[t.currency] = t.convert(cents)
	}
	return prices
}

// convert never makes the dearer of two things the cheaper one: where a tier
// begins, its prices start from the last one of the tier before.
func (t tariff) convert(cents int64) int64 {
	amount := (cents*t.perHundred + 50) / 100
	var lowest int64
	for _, tier := range t.tiers {
		if amount < tier.below {
			rounded := (amount+tier.step/2)/tier.step*tier.step - tier.less
			return max(rounded, lowest, tier.step-tier.less)
		}
		lowest = tier.below - tier.less
	}
	return amount
}
