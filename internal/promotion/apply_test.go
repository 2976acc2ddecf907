package promotion_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"cartograph/internal/promotion"
)

// basket has mugs for 12.50, pens for 3.00 and a lamp for 80.00.
func basket(mugs, pens, lamps int) promotion.Basket {
	b := promotion.Basket{Currency: "EUR"}
	for _, l := range []promotion.Line{
		{ProductID: "prd_mug", CategoryIDs: []string{"cat_kitchen", "cat_home"}, Unit: 1250, Quantity: mugs},
		{ProductID: "prd_pen", CategoryIDs: []string{"cat_office"}, Unit: 300, Quantity: pens},
		{ProductID: "prd_lamp", CategoryIDs: []string{"cat_light", "cat_home"}, Unit: 8000, Quantity: lamps},
	} {
		if l.Quantity > 0 {
			b.Lines = append(b.Lines, l)
		}
	}
	return b
}

func TestEachKindTakesOffItsAmount(t *testing.T) {
	for name, tt := range map[string]struct {
		promotion promotion.Promotion
		basket    promotion.Basket
		want      []int64
	}{
		"a percentage":                        {promotion.Promotion{Kind: promotion.Percentage, Rate: 1000}, basket(1, 1, 0), []int64{125, 30}},
		"a percentage of products":            {promotion.Promotion{Kind: promotion.Percentage, Rate: 1000, ProductIDs: []string{"prd_pen"}}, basket(1, 1, 0), []int64{0, 30}},
		"a percentage of a category above":    {promotion.Promotion{Kind: promotion.Percentage, Rate: 1000, CategoryIDs: []string{"cat_home"}}, basket(1, 1, 1), []int64{125, 0, 800}},
		"an amount":                           {promotion.Promotion{Kind: promotion.FixedAmount, Currency: "EUR", AmountMinor: 500}, basket(1, 1, 0), []int64{403, 97}},
		"an amount of more than the basket":   {promotion.Promotion{Kind: promotion.FixedAmount, Currency: "EUR", AmountMinor: 5000}, basket(0, 2, 0), []int64{600}},
		"three for two":                       {promotion.Promotion{Kind: promotion.BuyXGetY, Buy: 2, Get: 1, Rate: 10_000}, basket(7, 0, 0), []int64{2500}},
		"the cheapest is the free one":        {promotion.Promotion{Kind: promotion.BuyXGetY, Buy: 2, Get: 1, Rate: 10_000}, basket(2, 1, 0), []int64{0, 300}},
		"two free of five, from two lines":    {promotion.Promotion{Kind: promotion.BuyXGetY, Buy: 3, Get: 2, Rate: 10_000}, basket(4, 1, 0), []int64{1250, 300}},
		"the second at half the price":        {promotion.Promotion{Kind: promotion.BuyXGetY, Buy: 1, Get: 1, Rate: 5000}, basket(2, 0, 0), []int64{625}},
		"the highest tier that is reached":    {promotion.Promotion{Kind: promotion.Tiered, Currency: "EUR", Tiers: []promotion.Tier{{MinimumMinor: 5000, Rate: 500}, {MinimumMinor: 10_000, Rate: 1000}}}, basket(2, 0, 1), []int64{250, 800}},
		"the lower tier below the higher one": {promotion.Promotion{Kind: promotion.Tiered, Currency: "EUR", Tiers: []promotion.Tier{{MinimumMinor: 5000, Rate: 500}, {MinimumMinor: 10_001, Rate: 1000}}}, basket(0, 0, 1), []int64{400}},
		"a tier of units":                     {promotion.Promotion{Kind: promotion.Tiered, Tiers: []promotion.Tier{{MinimumQuantity: 3, Rate: 1000}}}, basket(0, 3, 0), []int64{90}},
		"a minimum that is just reached":      {promotion.Promotion{Kind: promotion.Percentage, Currency: "EUR", MinimumMinor: 1250, Rate: 1000}, basket(1, 0, 0), []int64{125}},
	} {
		tt.promotion.ID = "prm_1"
		r := promotion.Apply(tt.basket, []promotion.Promotion{tt.promotion})
		if len(r.Discounts) != 1 {
			t.Errorf("%s: not applied: %v", name, r.Refused)
		} else if got := r.Discounts[0].Lines; !slices.Equal(got, tt.want) {
			t.Errorf("%s takes %v off the lines, want %v", name, got, tt.want)
		}
	}
}

func TestWhatIsNotAppliedHasAReason(t *testing.T) {
	for name, tt := range map[string]struct {
		promotion promotion.Promotion
		want      promotion.Reason
	}{
		"an amount of another currency": {promotion.Promotion{Kind: promotion.FixedAmount, Currency: "USD", AmountMinor: 500}, promotion.OtherCurrency},
		"a minimum that is missed":      {promotion.Promotion{Kind: promotion.FreeShipping, Currency: "EUR", MinimumMinor: 1551}, promotion.MinimumNotMet},
		"a tier that is missed":         {promotion.Promotion{Kind: promotion.Tiered, Tiers: []promotion.Tier{{MinimumQuantity: 3, Rate: 1000}}}, promotion.MinimumNotMet},
		"too few for three for two":     {promotion.Promotion{Kind: promotion.BuyXGetY, Buy: 2, Get: 1, Rate: 10_000}, promotion.MinimumNotMet},
		"products that are not in it":   {promotion.Promotion{Kind: promotion.Percentage, Rate: 1000, ProductIDs: []string{"prd_lamp"}}, promotion.NothingEligible},
		"a worse one beside a better":   {promotion.Promotion{Kind: promotion.Percentage, Rate: 900}, promotion.NotCombined},
	} {
		tt.promotion.ID = "prm_1"
		all := []promotion.Promotion{tt.promotion, {ID: "prm_2", Kind: promotion.Percentage, Rate: 1000}}
		if got := promotion.Apply(basket(1, 1, 0), all).Refused["prm_1"]; got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestACustomerCanUseWhatTheyMay(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		promotion promotion.Promotion
		customer  promotion.Customer
		used      promotion.Uses
		want      promotion.Reason
	}{
		"from its start on":        {promotion.Promotion{StartsAt: now}, promotion.Customer{}, promotion.Uses{}, ""},
		"not before it":            {promotion.Promotion{StartsAt: now.Add(1)}, promotion.Customer{}, promotion.Uses{}, promotion.NotStarted},
		"until its end":            {promotion.Promotion{EndsAt: new(now.Add(1))}, promotion.Customer{}, promotion.Uses{}, ""},
		"not at its end":           {promotion.Promotion{EndsAt: &now}, promotion.Customer{}, promotion.Uses{}, promotion.Ended},
		"the last use":             {promotion.Promotion{UsageLimit: 3}, promotion.Customer{}, promotion.Uses{InAll: 2}, ""},
		"no further one":           {promotion.Promotion{UsageLimit: 3}, promotion.Customer{}, promotion.Uses{InAll: 3}, promotion.LimitReached},
		"as often as a customer":   {promotion.Promotion{PerCustomerLimit: 1}, promotion.Customer{}, promotion.Uses{InAll: 9}, ""},
		"and not more often":       {promotion.Promotion{PerCustomerLimit: 1}, promotion.Customer{}, promotion.Uses{InAll: 9, OfCustomer: 1}, promotion.CustomerLimit},
		"with the first order":     {promotion.Promotion{FirstOrder: true}, promotion.Customer{}, promotion.Uses{}, ""},
		"not with a second":        {promotion.Promotion{FirstOrder: true}, promotion.Customer{HasOrdered: true}, promotion.Uses{}, promotion.NotFirstOrder},
		"in one of the groups":     {promotion.Promotion{CustomerGroups: []string{"vip", "staff"}}, promotion.Customer{Groups: []string{"staff"}}, promotion.Uses{}, ""},
		"and in none of the other": {promotion.Promotion{CustomerGroups: []string{"vip"}}, promotion.Customer{Groups: []string{"staff"}}, promotion.Uses{}, promotion.OtherCustomers},
	} {
		if got := tt.promotion.CheckCustomer(tt.customer, tt.used, now); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestOnePromotionOnShippingComesOnTop(t *testing.T) {
	r := promotion.Apply(basket(1, 0, 0), []promotion.Promotion{
		{ID: "prm_1", Kind: promotion.FreeShipping, UsageLimit: 5},
		{ID: "prm_2", Kind: promotion.FreeShipping},
		{ID: "prm_3", Kind: promotion.Percentage, Rate: 1000},
	})
	got := make([]string, 0, 2)
	for _, d := range r.Discounts {
		got = append(got, d.Promotion.ID)
	}
	if want := []string{"prm_3", "prm_2"}; !slices.Equal(got, want) || !r.FreeShipping() || r.LineMinor(0) != 125 {
		t.Errorf("applied %v, want %v: an unlimited promotion on shipping keeps the limited one", got, want)
	}
}

func drawBasket(t *rapid.T) promotion.Basket {
	return promotion.Basket{Currency: "JPY", Lines: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) promotion.Line {
		return promotion.Line{
			ProductID:   rapid.SampledFrom([]string{"prd_a", "prd_b", "prd_c"}).Draw(t, "product"),
			CategoryIDs: rapid.SliceOfN(rapid.SampledFrom([]string{"cat_a", "cat_b"}), 0, 2).Draw(t, "categories"),
			Unit:        rapid.OneOf(rapid.Int64Range(0, 10), rapid.Int64Range(0, 1e9)).Draw(t, "unit"),
			Quantity:    rapid.IntRange(1, 99).Draw(t, "quantity"),
		}
	}), 1, 12).Draw(t, "lines")}
}

func drawPromotions(t *rapid.T) []promotion.Promotion {
	all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) promotion.Promotion {
		p := promotion.Promotion{
			Kind:        rapid.SampledFrom([]promotion.Kind{promotion.Percentage, promotion.FixedAmount, promotion.FreeShipping, promotion.BuyXGetY, promotion.Tiered}).Draw(t, "kind"),
			Rate:        rapid.IntRange(1, 10_000).Draw(t, "rate"),
			Buy:         rapid.IntRange(1, 3).Draw(t, "buy"),
			Get:         rapid.IntRange(1, 3).Draw(t, "get"),
			Combines:    rapid.Bool().Draw(t, "combines"),
			ProductIDs:  rapid.SliceOfN(rapid.SampledFrom([]string{"prd_a", "prd_b"}), 0, 1).Draw(t, "products"),
			CategoryIDs: rapid.SliceOfN(rapid.SampledFrom([]string{"cat_a"}), 0, 1).Draw(t, "scope"),
		}
		switch p.Kind {
		case promotion.FixedAmount:
			p.Currency, p.AmountMinor = "JPY", rapid.Int64Range(1, 1e9).Draw(t, "amount")
		case promotion.Tiered:
			p.Tiers = []promotion.Tier{{MinimumQuantity: rapid.IntRange(1, 20).Draw(t, "units"), Rate: p.Rate}}
		default:
		}
		return p
	}), 1, 6).Draw(t, "promotions")
	for i := range all {
		all[i].ID = "prm_" + string(rune('a'+i))
	}
	return all
}

func total(r promotion.Result) (n int64) {
	for _, d := range r.Discounts {
		n += d.AmountMinor
	}
	return n
}

func TestDiscountsAddUpAndNoPriceFallsBelowZero(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBasket(t)
		all := drawPromotions(t)
		r := promotion.Apply(b, all)
		for i, l := range b.Lines {
			if off := r.LineMinor(i); off < 0 || off > l.Unit*int64(l.Quantity) {
				t.Fatalf("%d off a line of %d", off, l.Unit*int64(l.Quantity))
			}
		}
		for _, d := range r.Discounts {
			var sum int64
			for _, n := range d.Lines {
				sum += n
			}
			if sum != d.AmountMinor {
				t.Fatalf("%s takes off %d, its lines %d", d.Promotion.ID, d.AmountMinor, sum)
			}
		}
		if len(r.Discounts)+len(r.Refused) != len(all) {
			t.Fatalf("%d applied and %d refused of %d", len(r.Discounts), len(r.Refused), len(all))
		}
	})
}

func TestTheOrderOfPromotionsHasNoEffect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, all := drawBasket(t), drawPromotions(t)
		want := promotion.Apply(b, all)
		if got := promotion.Apply(b, rapid.Permutation(all).Draw(t, "entered")); !cmp.Equal(got, want) {
			t.Fatalf("another order of codes: %s", cmp.Diff(want, got))
		}
	})
}

func TestNoCustomerLosesByAFurtherPromotion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, all := drawBasket(t), drawPromotions(t)
		together := total(promotion.Apply(b, all))
		for _, p := range all {
			if alone := total(promotion.Apply(b, []promotion.Promotion{p})); alone > together {
				t.Fatalf("%s takes off %d alone, %d with the others", p.ID, alone, together)
			}
		}
	})
}

func TestExclusivePromotionsApplyAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var goods []promotion.Promotion
		for _, d := range promotion.Apply(drawBasket(t), drawPromotions(t)).Discounts {
			if d.Promotion.Kind != promotion.FreeShipping {
				goods = append(goods, d.Promotion)
			}
		}
		for _, p := range goods {
			if !p.Combines && len(goods) > 1 {
				t.Fatalf("%s is exclusive and was applied with others", p.ID)
			}
		}
	})
}
