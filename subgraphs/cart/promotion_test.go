package cart_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/promotion"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart"
)

func admin(t *testing.T) context.Context {
	t.Helper()
	return as(t, auth.Actor{Kind: auth.User, ID: "usr_admin", Scopes: []string{"promotions:read", "promotions:write"}})
}

// save stores a promotion that applies now.
func (f fixture) save(t *testing.T, p promotion.Promotion) *cart.Promotion {
	t.Helper()
	if p.Title = "Spring"; p.StartsAt.IsZero() {
		p.StartsAt = time.Now().Add(-time.Hour)
	}
	saved, err := f.SavePromotion(admin(t), p)
	if err != nil {
		t.Fatalf("save promotion: %v", err)
	}
	return saved
}

var tenPercent = promotion.Promotion{Code: "welcome10", Kind: promotion.Percentage, Rate: 1000, Combines: true}

func codeOf(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Code
	}
	return ""
}

func TestACodeTakesItsShareOffEveryLine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.save(t, tenPercent)
	f.add(ada(t), t, "var_mug", 2)
	c := f.add(ada(t), t, "var_pen", 1)
	c, err := f.ApplyDiscountCodes(ada(t), c.ID, []string{" Welcome10 "})
	if err != nil {
		t.Fatal(err)
	}
	q := f.Quote(ada(t), c)
	if q.Subtotal.Minor != 2800 || q.Discount().Minor != 280 || len(q.Problems) != 0 {
		t.Errorf("%v less %v with problems %v, want 28.00 less 2.80", q.Subtotal, q.Discount(), q.Problems)
	}
	if mug := q.Lines[0].Cost; mug.Discount().Minor != 250 || mug.Total.Minor != 2250 || mug.Discounts[0].Code != "WELCOME10" {
		t.Errorf("the mugs cost %+v, want 2.50 off", mug)
	}
	if a := q.Codes[0]; a.Code != "WELCOME10" || !a.Applicable() || a.Amount.Minor != 280 || a.Reason(ada(t)) != nil {
		t.Errorf("the code is %+v, want it applied", a)
	}
	c, err = f.RemoveDiscountCodes(ada(t), c.ID, []string{"welcome10", "NOSUCH"})
	if err != nil || len(c.DiscountCodes) != 0 || f.Quote(ada(t), c).Discount().Minor != 0 {
		t.Errorf("after the removal the cart has %v, %v", c.DiscountCodes, err)
	}
}

func TestCodesThatCannotBeUsedAreRefusedTogether(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.save(t, tenPercent)
	ended := time.Now().Add(-time.Minute)
	f.save(t, promotion.Promotion{Code: "ENDED", Kind: promotion.Percentage, Rate: 1000, EndsAt: &ended})
	f.save(t, promotion.Promotion{Code: "LATER", Kind: promotion.Percentage, Rate: 1000, StartsAt: time.Now().Add(time.Hour)})
	f.save(t, promotion.Promotion{Code: "VIP-ONLY", Kind: promotion.Percentage, Rate: 1000, CustomerGroups: []string{"vip"}})
	f.save(t, promotion.Promotion{Code: "EURO", Kind: promotion.FixedAmount, Currency: "EUR", AmountMinor: 500})
	archived := f.save(t, promotion.Promotion{Code: "ARCHIVED", Kind: promotion.Percentage, Rate: 1000})
	if _, err := f.ArchivePromotion(admin(t), archived.ID); err != nil {
		t.Fatal(err)
	}
	c := f.add(ada(t), t, "var_mug", 1)
	for code, want := range map[string]string{
		"NOSUCH": "DISCOUNT_INVALID", "ENDED": "DISCOUNT_EXPIRED", "LATER": "DISCOUNT_INVALID", "VIP-ONLY": "DISCOUNT_INVALID",
		"EURO": "CURRENCY_MISMATCH", "ARCHIVED": "DISCOUNT_INVALID", "no code\x00": "DISCOUNT_INVALID", "": "DISCOUNT_INVALID",
	} {
		if _, err := f.ApplyDiscountCodes(ada(t), c.ID, []string{"WELCOME10", code}); codeOf(err) != want {
			t.Errorf("apply %q: %v, want %s", code, err, want)
		}
	}
	if c, err := f.Cart(ada(t), c.ID); err != nil || len(c.DiscountCodes) != 0 {
		t.Errorf("the cart has %v, want no code of a refused request", c.DiscountCodes)
	}
	if _, err := f.UpdateCustomerGroup(admin(t), "vip", []string{"usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, nil); err != nil {
		t.Fatal(err)
	}
	member := as(t, auth.Actor{Kind: auth.User, ID: "usr_01ARZ3NDEKTSV4RRFFQ69G5FAV"})
	if _, err := f.ApplyDiscountCodes(member, f.add(member, t, "var_mug", 1).ID, []string{"vip-only"}); err != nil {
		t.Errorf("a member of the group: %v", err)
	}
}

func TestACodeAppliesAsSoonAsItsMinimumIsReached(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := tenPercent
	p.Currency, p.MinimumMinor = "USD", 2500
	f.save(t, p)
	c := f.add(ada(t), t, "var_mug", 1)
	c, err := f.ApplyDiscountCodes(ada(t), c.ID, []string{"WELCOME10"})
	if err != nil {
		t.Fatal(err)
	}
	q := f.Quote(ada(t), c)
	if reason := q.Codes[0].Reason(ada(t)); reason == nil || *reason != "The discount code WELCOME10 needs a subtotal of $25.00." || len(q.Problems) != 0 {
		t.Errorf("reason %v, problems %v, want the minimum and no problem", reason, q.Problems)
	}
	c = f.add(ada(t), t, "var_mug", 1)
	if q := f.Quote(ada(t), c); q.Discount().Minor != 250 {
		t.Errorf("discount %v, want 2.50", q.Discount())
	}
}

// confirm is the event of an order of a cart that used promotions.
func confirm(orderID string, c *cart.Cart, promotions ...*cart.Promotion) event.Envelope {
	o := event.OrderConfirmed{OrderFacts: event.OrderFacts{OrderID: orderID, CheckoutID: "chk_" + orderID, CartID: c.ID, CartVersion: c.Version, OwnerID: c.OwnerID}}
	for _, p := range promotions {
		o.Discounts = append(o.Discounts, event.OrderDiscount{PromotionID: p.ID, Title: p.Title, Code: p.Code})
	}
	return eventtest.Envelope(o)
}

func (f fixture) handle(t *testing.T, events ...event.Envelope) {
	t.Helper()
	for _, e := range events {
		if err := f.Handle(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func (f fixture) used(t *testing.T, p *cart.Promotion) int {
	t.Helper()
	found, err := f.PromotionsByID(admin(t), []string{p.ID})
	if err != nil {
		t.Fatal(err)
	}
	return found[0].UsedCount
}

func TestUsesCountAtConfirmationAndReturnAtCancellation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	p := tenPercent
	p.PerCustomerLimit, p.UsageLimit = 1, 5
	saved := f.save(t, p)
	c := f.add(ada(t), t, "var_mug", 1)
	confirmed := confirm("ord_1", c, saved)
	f.handle(t, confirmed, confirmed, confirm("ord_1", c, saved))
	if n := f.used(t, saved); n != 1 {
		t.Fatalf("used %d times, want once however often the event comes", n)
	}
	next := f.add(ada(t), t, "var_mug", 1)
	if _, err := f.ApplyDiscountCodes(ada(t), next.ID, []string{"WELCOME10"}); codeOf(err) != "DISCOUNT_LIMIT_REACHED" {
		t.Errorf("a second use: %v, want DISCOUNT_LIMIT_REACHED", err)
	}
	cancelled := event.OrderCancelled{OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_ord_1"}}
	f.handle(t, eventtest.Envelope(cancelled), eventtest.Envelope(cancelled), confirmed)
	if n := f.used(t, saved); n != 0 {
		t.Fatalf("used %d times after the cancellation, want 0", n)
	}
	if _, err := f.ApplyDiscountCodes(ada(t), next.ID, []string{"WELCOME10"}); err != nil {
		t.Errorf("the use was not returned: %v", err)
	}
}

func TestOrdersOfSeveralPromotionsAreCountedAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	a := f.save(t, promotion.Promotion{Code: "AAA", Kind: promotion.Percentage, Rate: 1000, Combines: true})
	b := f.save(t, promotion.Promotion{Code: "BBB", Kind: promotion.Percentage, Rate: 1000, Combines: true})
	var wg sync.WaitGroup
	for i := range 8 {
		owner := as(t, auth.Actor{Kind: auth.User, ID: "usr_" + string(rune('a'+i))})
		c := f.add(owner, t, "var_mug", 1)
		e := confirm("ord_"+string(rune('a'+i)), c, a, b)
		if i%2 == 0 {
			e = confirm("ord_"+string(rune('a'+i)), c, b, a)
		}
		wg.Go(func() { f.handle(t, e) })
	}
	wg.Wait()
	if f.used(t, a) != 8 || f.used(t, b) != 8 {
		t.Errorf("used %d and %d times, want 8 each", f.used(t, a), f.used(t, b))
	}
}

func TestCheckoutReadsWhatTheOwnerMayUse(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	saved := f.save(t, tenPercent)
	automatic := f.save(t, promotion.Promotion{Kind: promotion.FreeShipping})
	f.save(t, promotion.Promotion{Code: "OTHER", Kind: promotion.FreeShipping})
	c := f.add(ada(t), t, "var_mug", 1)
	c, err := f.ApplyDiscountCodes(ada(t), c.ID, []string{"WELCOME10"})
	if err != nil {
		t.Fatal(err)
	}
	query := rpcv1.CartQuery{CartId: c.ID, OwnerIds: []string{"usr_ada"}}
	read := func(refused ...string) *rpcv1.Cart { return readCart(t, f, &query, refused...) }
	res := read()
	var got []string
	for _, definition := range res.GetPromotions() {
		var p promotion.Promotion
		if err := json.Unmarshal([]byte(definition), &p); err != nil {
			t.Fatal(err)
		}
		got = append(got, p.ID)
	}
	if len(got) != 2 || got[0] != saved.ID || got[1] != automatic.ID || len(res.GetUnusableCodes()) != 0 {
		t.Errorf("promotions %v, unusable %v, want the code's and the automatic one", got, res.GetUnusableCodes())
	}
	if res := read("var_mug"); len(res.GetPromotions()) != 0 || len(res.GetLines()) != 1 || !res.GetPromotionsLeftOut() {
		t.Errorf("of a cart that is probably refused: %v, want its lines only", res)
	}
	query.WithPromotions = true
	if res := read("var_mug"); len(res.GetPromotions()) != 2 || res.GetPromotionsLeftOut() {
		t.Errorf("where promotions are wanted: %v, want both", res)
	}
	if _, err := f.ArchivePromotion(admin(t), saved.ID); err != nil {
		t.Fatal(err)
	}
	if res := read("var_lamp"); len(res.GetPromotions()) != 1 || len(res.GetUnusableCodes()) != 1 {
		t.Errorf("after the end of the code: %v", res)
	}
	q := f.Quote(ada(t), c)
	if len(q.Problems) != 1 || q.Problems[0].(cart.DiscountProblem).Code != "WELCOME10" {
		t.Errorf("problems %v, want the code that ended", q.Problems)
	}
}

func TestOnlyPromotionsThatCanApplyAreSaved(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	now := time.Now()
	for name, p := range map[string]promotion.Promotion{
		"no title":                    {Kind: promotion.Percentage, Rate: 1000},
		"no percentage":               {Title: "A", Kind: promotion.Percentage},
		"more than everything":        {Title: "A", Kind: promotion.Percentage, Rate: 10_001},
		"a percentage of an amount":   {Title: "A", Kind: promotion.FixedAmount, Rate: 1000, Currency: "USD", AmountMinor: 5},
		"no amount":                   {Title: "A", Kind: promotion.FixedAmount},
		"an amount of free shipping":  {Title: "A", Kind: promotion.FreeShipping, Currency: "USD", AmountMinor: 5},
		"nothing to buy":              {Title: "A", Kind: promotion.BuyXGetY, Rate: 10_000, Get: 1},
		"no tiers":                    {Title: "A", Kind: promotion.Tiered},
		"a tier with two minimums":    {Title: "A", Kind: promotion.Tiered, Currency: "USD", Tiers: []promotion.Tier{{MinimumMinor: 1, MinimumQuantity: 1, Rate: 5}}},
		"a malformed code":            {Title: "A", Code: "TWO WORDS", Kind: promotion.Percentage, Rate: 1000},
		"an end before its start":     {Title: "A", Kind: promotion.Percentage, Rate: 1000, StartsAt: now, EndsAt: &now},
		"a currency that is not sold": {Title: "A", Kind: promotion.FixedAmount, Currency: "XXX", AmountMinor: 5},
	} {
		if _, err := f.SavePromotion(admin(t), p); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v, want it refused", name, err)
		}
	}
	f.save(t, tenPercent)
	again := tenPercent
	again.Title = "Again"
	if _, err := f.SavePromotion(admin(t), again); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a code that another has: %v, want a conflict", err)
	}
}

func TestStaffChangesOfPromotionsAreAudited(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	saved := f.save(t, tenPercent)
	changed := saved.Promotion
	changed.Rate = 2000
	if got := f.save(t, changed); got.ID != saved.ID || *got.Percentage() != 20 || got.Status != cart.PromotionActive {
		t.Errorf("saved %+v, want the same promotion with 20 %%", got)
	}
	if p, err := f.ArchivePromotion(admin(t), saved.ID); err != nil || p.Status != cart.PromotionArchived {
		t.Errorf("archived: %+v, %v", p, err)
	}
	if _, err := f.SavePromotion(admin(t), changed); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a change after its end: %v, want none", err)
	}
	var actions int
	if err := f.pool.QueryRow(t.Context(), `SELECT count(*) FROM outbox WHERE data->>'action' LIKE 'promotion.%'`).Scan(&actions); err != nil {
		t.Fatal(err)
	}
	if actions != 3 {
		t.Errorf("%d audit entries, want 3", actions)
	}
}
