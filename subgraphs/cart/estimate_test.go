package cart_test

import (
	"encoding/json"
	"slices"
	"testing"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/money"
	"cartograph/internal/promotion"
	"cartograph/subgraphs/cart"
)

// shipped makes a mug weigh 700 g and a pen a book's tax class.
func shipped(s *catalogue) {
	s.variants["var_mug"].WeightGrams = 700
	s.variants["var_pen"].TaxClass = "BOOKS"
}

func TestACartIsEstimatedByTheRulesOfACheckout(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.catalogue.set(shipped)
	f.add(ada(t), t, "var_mug", 2)
	c := f.add(ada(t), t, "var_pen", 1)
	euro, germany, code := "EUR", "DE", " 10437 "
	c, err := f.UpdateContext(ada(t), c.ID, cart.ContextInput{Currency: &euro, Country: &germany, PostalCode: &code})
	if err != nil {
		t.Fatal(err)
	}
	// 1,400 g are 4.90 and 0.30 points in Germany, at 95 cents. The included tax is that of
	// 25.00 and of 4.41 of the delivery at 19 %, of 3.00 and of 0.53 of it at 7 %.
	q := f.Quote(ada(t), c)
	if q.Shipping == nil || q.Shipping.Minor != 494 || q.Tax == nil || q.Tax.Minor != 399+70+20+3 || q.Total.Minor != 2800+494 || !q.TotalIsEstimate() {
		t.Errorf("shipping %v, tax %v, total %v; want 4.94, 4.92, 32.94", q.Shipping, q.Tax, q.Total)
	}
	if tax := q.Lines[1].Cost.Tax; tax == nil || tax.Minor != 20 {
		t.Errorf("the tax on the pen is %v, want 0.20", tax)
	}
	if warnings := warningsOf(t, f, c); len(warnings) != 0 {
		t.Errorf("warnings %v, want none", warnings)
	}
	if *c.PostalCode != "10437" {
		t.Errorf("the postal code is %q", *c.PostalCode)
	}
}

func warningsOf(t *testing.T, f fixture, c *cart.Cart) []cart.WarningCode {
	t.Helper()
	warnings, err := f.Warnings(ada(t), c)
	if err != nil {
		t.Fatal(err)
	}
	var codes []cart.WarningCode
	for _, w := range warnings {
		if w.Message(ada(t)) == "" || w.KeptOrNil() != nil {
			t.Errorf("the warning %+v has no text, or a quantity", w)
		}
		codes = append(codes, w.Code)
	}
	return codes
}

func TestFreeShippingIsInTheEstimate(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.save(t, promotion.Promotion{Code: "SHIPFREE", Kind: promotion.FreeShipping})
	c, err := f.Create(ada(t), cart.AddLinesRequest{Lines: []*cart.LineInput{{VariantID: "var_mug", Quantity: 1}}, Codes: []string{"shipfree"}})
	if err != nil {
		t.Fatal(err)
	}
	q := f.Quote(ada(t), c)
	if q.Shipping == nil || q.Shipping.Minor != 0 || q.Discount().Minor != 0 || len(q.Discounts) != 1 || q.Discounts[0].Amount.Minor != 490 {
		t.Errorf("shipping %v with %+v, want none of 4.90", q.Shipping, q.Discounts)
	}
}

func TestWithoutTheWeightOfEveryLineDeliveryIsUnknown(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*testing.T, fixture){
		"the catalogue and its cache are away": func(_ *testing.T, f fixture) { f.redis.FlushAll() },
		"the cache is of an earlier release": func(t *testing.T, f fixture) {
			var entry map[string]any
			stored, err := f.redis.Get("cart:offer:USD:var_mug")
			if err != nil || json.Unmarshal([]byte(stored), &entry) != nil {
				t.Fatalf("cached %q, %v", stored, err)
			}
			delete(entry["Offer"].(map[string]any), "Parcel")
			earlier, err := json.Marshal(entry)
			if err != nil {
				t.Fatal(err)
			}
			if err := f.redis.Set("cart:offer:USD:var_mug", string(earlier)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.add(ada(t), t, "var_pen", 1)
			c := f.add(ada(t), t, "var_mug", 2)
			f.catalogue.set(func(s *catalogue) { s.down = true })
			lose(t, f)
			q := f.Quote(ada(t), c)
			if q.Shipping != nil || q.Tax != nil || q.Total.Minor != 2800 || q.Lines[0].Cost.Tax != nil {
				t.Errorf("shipping %v, tax %v, total %v, tax of a line %v; want the goods alone", q.Shipping, q.Tax, q.Total, q.Lines[0].Cost.Tax)
			}
			if codes := warningsOf(t, f, c); !slices.Equal(codes, []cart.WarningCode{cart.ShippingUnknown}) {
				t.Errorf("warnings %v, want that delivery is unknown", codes)
			}
		})
	}
}

func TestAnEmptyCartCostsNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c, err := f.Create(ada(t), cart.AddLinesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(ada(t), c); q.Total != money.Zero("USD") || q.Shipping != nil || len(warningsOf(t, f, c)) != 0 {
		t.Errorf("it costs %v with %v of shipping and warnings %v", q.Total, q.Shipping, warningsOf(t, f, c))
	}
}

func TestAPostalCodeIsOfTheCountry(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 1)
	set := func(in cart.ContextInput) (*cart.Cart, error) { return f.UpdateContext(ada(t), c.ID, in) }
	of := func(s string) *string { return &s }
	for _, wrong := range []string{"ABC", "1234", "97205-12345678", "97\n205"} {
		if _, err := set(cart.ContextInput{PostalCode: &wrong}); fault.KindOf(err) != fault.Invalid || !slices.Equal(cart.PathOf(err), []string{"input", "postalCode"}) {
			t.Errorf("%q in the United States: %v at %v, want it refused", wrong, err, cart.PathOf(err))
		}
	}
	for _, step := range []struct {
		claim string
		in    cart.ContextInput
		want  *string
	}{
		{"a code is stored", cart.ContextInput{PostalCode: of("97205")}, of("97205")},
		{"the same country keeps it", cart.ContextInput{Country: of("US")}, of("97205")},
		{"another country removes it", cart.ContextInput{Country: of("DE")}, nil},
		{"both are set together", cart.ContextInput{Country: of("CA"), PostalCode: of("k1a 0b1")}, of("K1A 0B1")},
		{"an empty one removes it", cart.ContextInput{PostalCode: of("")}, nil},
		{"it is there again", cart.ContextInput{PostalCode: of("K1A 0B1")}, of("K1A 0B1")},
	} {
		got, err := set(step.in)
		if err != nil {
			t.Fatalf("%s: %v", step.claim, err)
		}
		if (got.PostalCode == nil) != (step.want == nil) || got.PostalCode != nil && *got.PostalCode != *step.want {
			t.Errorf("%s: %v", step.claim, got.PostalCode)
		}
	}
	client := as(t, auth.Actor{Kind: auth.APIClient, ID: "app_1", Scopes: []string{"carts:read"}})
	if seen, err := f.Cart(client, c.ID); err != nil || seen.PostalCodeOrNil() != nil {
		t.Errorf("without customers:read the postal code is %v, %v", seen.PostalCodeOrNil(), err)
	}
	handle(t, f, event.UserErased{UserID: "usr_ada", DisplayName: "Deleted account"})
	if left, err := f.Cart(ada(t), c.ID); err != nil || left.PostalCode != nil {
		t.Errorf("after the erasure the postal code is %v, %v", left.PostalCode, err)
	}
}

func TestACartIsCreatedWithItsCodesOrNotAtAll(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.save(t, tenPercent)
	f.save(t, promotion.Promotion{Code: "EUROS", Kind: promotion.FixedAmount, Currency: "EUR", AmountMinor: 100})
	mug := []*cart.LineInput{{VariantID: "var_mug", Quantity: 1}}
	for _, tt := range []struct {
		codes []string
		code  string
		path  []string
	}{
		{[]string{"WELCOME10", "NOSUCH"}, "DISCOUNT_INVALID", []string{"input", "discountCodes", "1"}},
		{[]string{"no such!"}, "DISCOUNT_INVALID", []string{"input", "discountCodes", "0"}},
		{[]string{"EUROS"}, "CURRENCY_MISMATCH", []string{"input", "discountCodes", "0"}},
		{[]string{"A1A", "B1B", "C1C", "D1D", "E1E", "F1F"}, "INVALID_INPUT", []string{"input", "discountCodes"}},
	} {
		_, err := f.Create(ada(t), cart.AddLinesRequest{Lines: mug, Codes: tt.codes})
		if codeOf(err) != tt.code || !slices.Equal(cart.PathOf(err), tt.path) {
			t.Errorf("%v: %s at %v, want %s at %v", tt.codes, codeOf(err), cart.PathOf(err), tt.code, tt.path)
		}
	}
	if c, err := f.ActiveCart(ada(t)); c != nil || err != nil {
		t.Fatalf("refused codes left the cart %+v, %v", c, err)
	}
	_, err := f.Create(ada(t), cart.AddLinesRequest{Lines: []*cart.LineInput{{VariantID: "var_nosuch", Quantity: 1}}, Codes: []string{"WELCOME10"}})
	if !slices.Equal(cart.PathOf(err), []string{"input", "lines", "0"}) {
		t.Errorf("an unknown variant is refused at %v", cart.PathOf(err))
	}
	c, err := f.Create(ada(t), cart.AddLinesRequest{Lines: mug, Codes: []string{" welcome10", "WELCOME10"}})
	if err != nil || !slices.Equal(c.DiscountCodes, []string{"WELCOME10"}) || f.Quote(ada(t), c).Discount().Minor != 125 {
		t.Errorf("the cart has %v, %v, want the code applied", c, err)
	}
}

func TestACancelledOrderIsNoEarlierOrder(t *testing.T) {
	t.Parallel()
	first := promotion.Promotion{Code: "FIRST", Kind: promotion.Percentage, Rate: 1000, FirstOrder: true}
	for name, whole := range map[string]bool{"the whole cart was bought": true, "a part of the cart was bought": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.save(t, first)
			c := f.add(ada(t), t, "var_mug", 1)
			facts := event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: c.ID, CartVersion: c.Version, OwnerID: "usr_ada"}
			if !whole {
				f.add(ada(t), t, "var_pen", 1)
			}
			handle(t, f, event.OrderConfirmed{OrderFacts: facts, Lines: []event.OrderLine{{VariantID: "var_mug", Quantity: 1}}})
			c = f.add(ada(t), t, "var_pen", 1)
			if _, err := f.ApplyDiscountCodes(ada(t), c.ID, []string{"FIRST"}); codeOf(err) != "DISCOUNT_INVALID" {
				t.Fatalf("after an order: %v, want the code refused", err)
			}
			handle(t, f, event.OrderCancelled{OrderFacts: facts, Reason: "CUSTOMER_REQUEST"})
			if _, err := f.ApplyDiscountCodes(ada(t), c.ID, []string{"FIRST"}); err != nil {
				t.Errorf("after the order was cancelled: %v, want the code accepted", err)
			}
		})
	}
}
