package cart_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/fault"
	"cartograph/internal/limits"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart"
)

func TestAddingTheSameVariantAgainGrowsItsLine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_mug", 2)
	c := f.add(ada(t), t, "var_mug", 3)
	if diff := cmp.Diff(map[string]int{"var_mug": 5}, quantities(c)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if q := f.Quote(ada(t), c); q.Subtotal.Minor != 6250 || len(q.Problems) != 0 {
		t.Errorf("costs %v with problems %v, want $62.50 without", q.Subtotal, q.Problems)
	}
}

func TestBadAdditionsChangeNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_pen", 1)
	many := make([]*cart.LineInput, limits.MaxCartLines+1)
	for i := range many {
		many[i] = &cart.LineInput{VariantID: "var_mug", Quantity: 1}
	}
	foreign := f.add(as(t, auth.Actor{Kind: auth.User, ID: "usr_eve"}), t, "var_pen", 1).ID
	for name, tt := range map[string]struct {
		cartID *string
		lines  []*cart.LineInput
		code   string
	}{
		"unknown variant":         {nil, []*cart.LineInput{{"var_nosuch", 1}}, "VARIANT_UNAVAILABLE"},
		"sold out":                {nil, []*cart.LineInput{{"var_old", 1}}, "INSUFFICIENT_STOCK"},
		"more than there are":     {nil, []*cart.LineInput{{"var_pen", 5}}, "INSUFFICIENT_STOCK"},
		"none":                    {nil, []*cart.LineInput{{"var_mug", 0}}, "INVALID_INPUT"},
		"negative":                {nil, []*cart.LineInput{{"var_mug", -1}}, "INVALID_INPUT"},
		"a billion":               {nil, []*cart.LineInput{{"var_mug", 1_000_000_000}}, "QUANTITY_LIMIT"},
		"over the line's most":    {nil, []*cart.LineInput{{"var_mug", 60}, {"var_mug", 60}}, "QUANTITY_LIMIT"},
		"second of two is bad":    {nil, []*cart.LineInput{{"var_mug", 1}, {"var_nosuch", 1}}, "VARIANT_UNAVAILABLE"},
		"too many lines":          {nil, many, "QUANTITY_LIMIT"},
		"another customer's cart": {&foreign, []*cart.LineInput{{"var_mug", 1}}, "NOT_FOUND"},
	} {
		_, err := f.AddLines(ada(t), cart.AddLinesRequest{CartID: tt.cartID, Lines: tt.lines})
		if got := fault.CodeOf(err); got != tt.code {
			t.Errorf("%s: %v has code %q, want %q", name, err, got, tt.code)
		}
	}
	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_pen": 1}, quantities(c)); diff != "" || c.Version != 2 {
		t.Errorf("version %d, lines (-want +got):\n%s", c.Version, diff)
	}
}

func TestConcurrentFirstAddsShareOneCart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { f.add(ada(t), t, "var_mug", 1) })
	}
	wg.Wait()
	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.TotalQuantity(); got != 8 {
		t.Errorf("TotalQuantity = %d, want 8", got)
	}
}

func TestARepeatedRequestAddsOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	key := "k1"
	send := func(n int) (*cart.Cart, error) {
		return f.AddLines(ada(t), cart.AddLinesRequest{Lines: []*cart.LineInput{{"var_mug", n}}, IdempotencyKey: &key})
	}
	for range 2 {
		c, err := send(2)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.TotalQuantity(); got != 2 {
			t.Errorf("TotalQuantity = %d, want 2", got)
		}
	}
	if _, err := send(3); fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" {
		t.Errorf("the same key with other lines = %v, want an error", err)
	}
}

func TestLinesAreChangedAllOrNone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_mug", 3)
	c := f.add(ada(t), t, "var_pen", 2)
	mug, pen := c.Lines[0].ID, c.Lines[1].ID
	stale := c.Version - 1
	for name, tt := range map[string]struct {
		set      []*cart.LineUpdate
		expected *int
		code     string
	}{
		"unknown line":     {[]*cart.LineUpdate{{mug, 1}, {"lin_nosuch", 1}}, nil, "NOT_FOUND"},
		"negative":         {[]*cart.LineUpdate{{mug, 1}, {pen, -1}}, nil, "INVALID_INPUT"},
		"more than exist":  {[]*cart.LineUpdate{{mug, 1}, {pen, 6}}, nil, "INSUFFICIENT_STOCK"},
		"a billion":        {[]*cart.LineUpdate{{pen, 1_000_000_000}}, nil, "QUANTITY_LIMIT"},
		"an older version": {[]*cart.LineUpdate{{mug, 1}}, &stale, "CART_VERSION_MISMATCH"},
	} {
		if _, err := f.UpdateLines(ada(t), c.ID, tt.set, tt.expected); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want code %s", name, err, tt.code)
		}
	}
	c, err := f.UpdateLines(ada(t), c.ID, []*cart.LineUpdate{{mug, 0}, {pen, 5}}, &c.Version)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_pen": 5}, quantities(c)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestAKeyStandsForItsCartToo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	key, lines := "k1", []*cart.LineInput{{"var_mug", 2}}
	c, err := f.AddLines(ada(t), cart.AddLinesRequest{Lines: lines, IdempotencyKey: &key})
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.AddLines(ada(t), cart.AddLinesRequest{CartID: &c.ID, Lines: lines, IdempotencyKey: &key})
	if fault.CodeOf(err) != "IDEMPOTENCY_KEY_REUSED" || !slices.Equal(cart.PathOf(err), []string{"idempotencyKey"}) {
		t.Errorf("the same key with a cart = %v at %v, want an error at the key", err, cart.PathOf(err))
	}
}

func TestAReplayShowsTheCartUnchanged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	key, lines := "k1", []*cart.LineInput{{"var_mug", 2}}
	first, err := f.AddLines(ada(t), cart.AddLinesRequest{Lines: lines, IdempotencyKey: &key})
	if err != nil {
		t.Fatal(err)
	}
	confirmed := event.OrderConfirmed{OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: first.ID, CartVersion: first.Version}}
	for _, status := range []cart.Status{cart.Active, cart.Converted} {
		again, err := f.AddLines(ada(t), cart.AddLinesRequest{Lines: lines, IdempotencyKey: &key})
		if err != nil {
			t.Fatal(err)
		}
		if again.ID != first.ID || again.Status != status || again.TotalQuantity() != 2 || (status == cart.Active && again.Version != first.Version) {
			t.Errorf("replay = %s cart %s at version %d with %d, want %s %s at %d with 2", again.Status, again.ID, again.Version, again.TotalQuantity(), status, first.ID, first.Version)
		}
		handle(t, f, confirmed)
	}
}

func TestALineNoLongerForSaleIsOnlyLowered(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 3)
	f.catalogue.set(func(s *catalogue) { delete(s.variants, "var_mug") })
	f.redis.FlushAll()
	for _, tt := range []struct {
		quantity int
		code     string
	}{{4, "VARIANT_UNAVAILABLE"}, {3, ""}, {2, ""}, {0, ""}} {
		_, err := f.UpdateLines(ada(t), c.ID, []*cart.LineUpdate{{c.Lines[0].ID, tt.quantity}}, nil)
		if fault.CodeOf(err) != tt.code || (err != nil) != (tt.code != "") {
			t.Errorf("quantity %d: %v, want code %q", tt.quantity, err, tt.code)
		}
	}
}

func TestAnUnknownPriceIsNotAnItemThatIsNotForSale(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_pen", 1)
	c := f.add(ada(t), t, "var_mug", 3)
	f.redis.Del("cart:offer:USD:var_mug")
	f.catalogue.set(func(s *catalogue) { s.down = true })
	if q := f.Quote(ada(t), c); !q.Stale || len(q.Problems) != 0 {
		t.Errorf("stale %v, problems %+v, want a stale quote without problems", q.Stale, q.Problems)
	}
	_, err := f.UpdateLines(ada(t), c.ID, []*cart.LineUpdate{{c.Lines[1].ID, 4}}, nil)
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("raising = %v, want it unavailable", err)
	}
}

func TestAQuantityMessageNamesTheLimitThatApplies(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_pen", 1)
	f.catalogue.set(func(s *catalogue) { s.variants["var_mug"].MaxPerOrder = 500 })
	add := func(variant string) error {
		_, err := f.AddLines(ada(t), cart.AddLinesRequest{Lines: []*cart.LineInput{{variant, 1000}}})
		return err
	}
	_, updated := f.UpdateLines(ada(t), c.ID, []*cart.LineUpdate{{c.Lines[0].ID, 1000}}, nil)
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"added, the variant's":   {add("var_pen"), "An order may contain at most 10 of this."},
		"updated, the variant's": {updated, "An order may contain at most 10 of this."},
		"the cart's":             {add("var_mug"), "An order may contain at most 99 of this."},
	} {
		if f := fault.Of(tt.err); f == nil || f.Message != tt.want || f.Code != "QUANTITY_LIMIT" {
			t.Errorf("%s: %v, want %q", name, tt.err, tt.want)
		}
	}
}

func TestACartMayHaveAsManyLinesAsTheLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	lines := make([]*cart.LineInput, limits.MaxCartLines)
	f.catalogue.set(func(s *catalogue) {
		for i := range lines {
			id := fmt.Sprintf("var_%d", i)
			lines[i] = &cart.LineInput{VariantID: id, Quantity: 1}
			s.variants[id] = &rpcv1.PricedVariant{VariantId: id, PriceMinor: 100, Available: 5, CanBuy: true, MaxPerOrder: 10}
		}
	})
	c, err := f.AddLines(ada(t), cart.AddLinesRequest{Lines: lines})
	if err != nil || len(c.Lines) != limits.MaxCartLines {
		t.Fatalf("adding %d lines: %v", len(lines), err)
	}
	if _, err := f.AddLines(ada(t), cart.AddLinesRequest{Lines: []*cart.LineInput{{"var_mug", 1}}}); err == nil {
		t.Error("one more line is accepted")
	}
}
