package cart_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/subgraphs/cart"
)

func TestACustomerChoosesWhatToKeepOfTwoCarts(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		mode        cart.MergeMode
		guest, own  map[string]int
		want        map[string]int
		keepsTheOwn bool
		warnings    []cart.WarningCode
	}{
		"both":                          {cart.MergeBoth, map[string]int{"var_mug": 1, "var_pen": 2}, map[string]int{"var_mug": 2}, map[string]int{"var_mug": 3, "var_pen": 2}, true, []cart.WarningCode{cart.LinesMerged}},
		"the guest's":                   {cart.KeepGuest, map[string]int{"var_mug": 1, "var_pen": 2}, map[string]int{"var_mug": 2}, map[string]int{"var_mug": 1, "var_pen": 2}, false, nil},
		"the account's":                 {cart.KeepAccount, map[string]int{"var_mug": 1, "var_pen": 2}, map[string]int{"var_mug": 2}, map[string]int{"var_mug": 2}, true, nil},
		"the account's without any":     {cart.KeepAccount, map[string]int{"var_pen": 2}, nil, map[string]int{"var_pen": 2}, false, nil},
		"the account's, which is empty": {cart.KeepAccount, map[string]int{"var_pen": 2}, map[string]int{}, map[string]int{"var_pen": 2}, false, nil},
		"the guest's, which is empty":   {cart.KeepGuest, map[string]int{}, map[string]int{"var_mug": 2}, map[string]int{"var_mug": 2}, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			fill := func(actor auth.Actor, lines map[string]int) *cart.Cart {
				ctx := as(t, actor)
				c := f.add(ctx, t, "var_mug", 1)
				c, err := f.Clear(ctx, c.ID)
				if err != nil {
					t.Fatal(err)
				}
				for variant, n := range lines {
					c = f.add(ctx, t, variant, n)
				}
				return c
			}
			guest, own := fill(auth.Actor{Kind: auth.Guest, ID: "gst_1"}, tt.guest), &cart.Cart{}
			if tt.own != nil {
				own = fill(auth.Actor{Kind: auth.User, ID: "usr_ada"}, tt.own)
			}
			both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})
			for range 2 { // the answer of the first request may have been lost
				c, err := f.Merge(both, guest.ID, tt.mode)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, quantities(c)); diff != "" {
					t.Errorf("lines (-want +got):\n%s", diff)
				}
				if kept := c.ID == own.ID; kept != tt.keepsTheOwn || c.OwnerID != "usr_ada" {
					t.Errorf("cart %s of %s stays, the account's was %s and the guest's %s", c.ID, c.OwnerID, own.ID, guest.ID)
				}
				var codes []cart.WarningCode
				for _, w := range c.Warnings() {
					codes = append(codes, w.Code)
				}
				if diff := cmp.Diff(tt.warnings, codes); diff != "" {
					t.Errorf("warnings (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestTheFirstUseOfACartMergesAsTheSignInChose(t *testing.T) {
	t.Parallel()
	for choice, want := range map[string]map[string]int{
		"":             {"var_mug": 1, "var_pen": 1},
		"MERGE":        {"var_mug": 1, "var_pen": 1},
		"KEEP_GUEST":   {"var_mug": 1},
		"KEEP_ACCOUNT": {"var_pen": 1},
	} {
		f := newFixture(t)
		f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 1)
		f.add(ada(t), t, "var_pen", 1)
		c, err := f.ActiveCart(as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1", CartMerge: choice}))
		if err != nil || c == nil {
			t.Fatal(c, err)
		}
		if diff := cmp.Diff(want, quantities(c)); diff != "" {
			t.Errorf("%q: lines (-want +got):\n%s", choice, diff)
		}
	}
}

// A guest has an order that is being paid, and keeps the account's cart.
func TestAnOrderOfACartThatWasNotKeptTakesNothingOutOfTheOther(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 1)
	f.add(ada(t), t, "var_mug", 1)
	both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})
	if _, err := f.Merge(both, guest.ID, cart.KeepAccount); err != nil {
		t.Fatal(err)
	}
	handle(t, f, event.OrderConfirmed{
		OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: guest.ID, CartVersion: guest.Version},
		Lines:      []event.OrderLine{{VariantID: "var_mug", Quantity: 1}},
	})
	c, err := f.ActiveCart(both)
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	if diff := cmp.Diff(map[string]int{"var_mug": 1}, quantities(c)); diff != "" {
		t.Errorf("lines of the account's cart (-want +got):\n%s", diff)
	}
}

func TestNobodyMergesTheCartOfAnother(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_mug", 1)
	for name, tt := range map[string]struct {
		actor auth.Actor
		want  fault.Kind
	}{
		"another user":  {auth.Actor{Kind: auth.User, ID: "usr_eve", GuestID: "gst_2"}, fault.NotFound},
		"staff":         {auth.Actor{Kind: auth.User, ID: "usr_kim", Scopes: []string{"carts:read"}}, fault.NotFound},
		"the guest":     {auth.Actor{Kind: auth.Guest, ID: "gst_1"}, fault.Unauthenticated},
		"nobody at all": {auth.Actor{Kind: auth.Anonymous}, fault.Unauthenticated},
	} {
		if _, err := f.Merge(as(t, tt.actor), guest.ID, cart.KeepGuest); fault.KindOf(err) != tt.want {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestAPayloadWarnsOfPricesAndCodes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.save(t, tenPercent)
	c := f.add(ada(t), t, "var_mug", 1)
	c, err := f.ApplyDiscountCodes(ada(t), c.ID, []string{"WELCOME10"})
	if err != nil {
		t.Fatal(err)
	}
	warned := func() (codes []cart.WarningCode) {
		t.Helper()
		warnings, err := f.WarningsNow(ada(t), c)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range warnings {
			codes = append(codes, w.Code)
			if w.Message(ada(t)) == "" {
				t.Errorf("%s has no message", w.Code)
			}
		}
		return codes
	}
	if got := warned(); len(got) != 0 {
		t.Errorf("warnings = %v, want none", got)
	}
	f.catalogue.set(func(s *catalogue) { s.variants["var_mug"].PriceMinor = 1000 })
	f.redis.FlushAll()
	if _, err := f.pool.Exec(t.Context(), "UPDATE promotions SET archived_at = now()"); err != nil {
		t.Fatal(err)
	}
	if c, err = f.ActiveCart(ada(t)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]cart.WarningCode{cart.PriceDiffers, cart.DiscountNotApplicable}, warned()); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}
