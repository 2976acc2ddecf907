package cart_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"cartograph/internal/auth"
	"cartograph/internal/event"
	"cartograph/internal/eventtest"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/db"
)

// shelf is the product subgraph, scripted: it is another service.
type shelf struct {
	mu       sync.Mutex
	down     bool
	asked    int
	variants map[string]*rpcv1.PricedVariant
}

func newShelf() *shelf {
	return &shelf{variants: map[string]*rpcv1.PricedVariant{
		"var_mug": {VariantId: "var_mug", ProductId: "prd_mug", Sku: "MUG", Title: "Mug", PriceMinor: 1250, Available: 500, CanBuy: true, MaxPerOrder: 99},
		"var_pen": {VariantId: "var_pen", ProductId: "prd_pen", Sku: "PEN", Title: "Pen", PriceMinor: 300, Available: 5, CanBuy: true, MaxPerOrder: 10},
		"var_old": {VariantId: "var_old", ProductId: "prd_old", Sku: "OLD", Title: "Old radio", PriceMinor: 9900, MaxPerOrder: 10},
	}}
}

func (s *shelf) PriceVariants(_ context.Context, req *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.down {
		return nil, fault.New(fault.Unavailable, "down")
	}
	answer := &rpcv1.PriceVariantsResponse{}
	for _, id := range req.GetVariantIds() {
		if v, ok := s.variants[id]; ok {
			priced := &rpcv1.PricedVariant{
				VariantId: v.VariantId, ProductId: v.ProductId, Sku: v.Sku, Title: v.Title, PriceMinor: v.PriceMinor,
				Available: v.Available, CanBuy: v.CanBuy, MaxPerOrder: v.MaxPerOrder, Currency: req.GetCurrency(),
			}
			answer.Variants = append(answer.Variants, priced)
		}
	}
	return answer, nil
}

func (s *shelf) set(change func(*shelf)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

type fixture struct {
	*cart.Service
	shelf *shelf
	pool  *pgxpool.Pool
	redis *miniredis.Miniredis
	sql   *pgtest.Statements
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	pool, statements := pgtest.NewCounted(t, db.Migrations())
	mini := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: mini.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	log, s := slog.New(slog.DiscardHandler), newShelf()
	return fixture{cart.NewService(pool, outbox.New(pool), cart.NewPrices(s, client, log), log), s, pool, mini, statements}
}

func as(t *testing.T, actor auth.Actor) context.Context {
	t.Helper()
	return auth.With(t.Context(), auth.Caller{Actor: actor, Locale: "en-US", Currency: "USD", Country: "US"})
}

func ada(t *testing.T) context.Context {
	t.Helper()
	return as(t, auth.Actor{Kind: auth.User, ID: "usr_ada"})
}

func (f fixture) add(ctx context.Context, t *testing.T, variant string, n int) *cart.Cart {
	t.Helper()
	c, err := f.AddLines(ctx, cart.Addition{Wants: []cart.Want{{VariantID: variant, Quantity: n}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func quantities(c *cart.Cart) map[string]int {
	held := map[string]int{}
	for _, l := range c.Lines {
		held[l.VariantID] = l.Quantity
	}
	return held
}

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
	many := make([]cart.Want, cart.MaxLines+1)
	for i := range many {
		many[i] = cart.Want{VariantID: "var_mug", Quantity: 1}
	}
	foreign := f.add(as(t, auth.Actor{Kind: auth.User, ID: "usr_eve"}), t, "var_pen", 1).ID
	for name, tt := range map[string]struct {
		cartID *string
		wants  []cart.Want
		code   string
	}{
		"unknown variant":      {nil, []cart.Want{{"var_nosuch", 1}}, "VARIANT_UNAVAILABLE"},
		"sold out":             {nil, []cart.Want{{"var_old", 1}}, "INSUFFICIENT_STOCK"},
		"more than there are":  {nil, []cart.Want{{"var_pen", 5}}, "INSUFFICIENT_STOCK"},
		"none":                 {nil, []cart.Want{{"var_mug", 0}}, "INVALID_INPUT"},
		"negative":             {nil, []cart.Want{{"var_mug", -1}}, "INVALID_INPUT"},
		"a billion":            {nil, []cart.Want{{"var_mug", 1_000_000_000}}, "QUANTITY_LIMIT"},
		"over the line's most": {nil, []cart.Want{{"var_mug", 60}, {"var_mug", 60}}, "QUANTITY_LIMIT"},
		"second of two is bad": {nil, []cart.Want{{"var_mug", 1}, {"var_nosuch", 1}}, "VARIANT_UNAVAILABLE"},
		"too many lines":       {nil, many, "QUANTITY_LIMIT"},
		"somebody else's cart": {&foreign, []cart.Want{{"var_mug", 1}}, "NOT_FOUND"},
	} {
		_, err := f.AddLines(ada(t), cart.Addition{CartID: tt.cartID, Wants: tt.wants})
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

func TestNobodyHasNoCart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := as(t, auth.Actor{Kind: auth.Anonymous})
	if _, err := f.AddLines(ctx, cart.Addition{}); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("AddLines = %v, want it refused", err)
	}
	if c, err := f.ActiveCart(ctx); c != nil || err != nil {
		t.Errorf("ActiveCart = %v, %v, want none", c, err)
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

func TestAnAdditionSentTwiceIsMadeOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	key := "k1"
	send := func(n int) (*cart.Cart, error) {
		return f.AddLines(ada(t), cart.Addition{Wants: []cart.Want{{"var_mug", n}}, IdempotencyKey: &key})
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
		t.Errorf("the same key with other lines = %v, want it refused", err)
	}
}

func TestSigningInMergesTheGuestCart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	guest := as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"})
	f.add(guest, t, "var_mug", 60)
	f.add(guest, t, "var_pen", 1)
	f.add(ada(t), t, "var_mug", 60)

	both := as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"})
	var wg sync.WaitGroup
	for range 4 { // the first page asks several things at once
		wg.Go(func() {
			if _, err := f.ActiveCart(both); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c, err := f.ActiveCart(both)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_mug": cart.MaxQuantity, "var_pen": 1}, quantities(c)); diff != "" {
		t.Errorf("merged lines (-want +got):\n%s", diff)
	}
	if left, err := f.ActiveCart(guest); left != nil || err != nil {
		t.Errorf("the guest still has %v, %v, want none", left, err)
	}
}

func TestAGuestCartBecomesTheAccounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	was := f.add(as(t, auth.Actor{Kind: auth.Guest, ID: "gst_1"}), t, "var_pen", 2)
	c, err := f.ActiveCart(as(t, auth.Actor{Kind: auth.User, ID: "usr_ada", GuestID: "gst_1"}))
	if err != nil || c == nil {
		t.Fatal(c, err)
	}
	if c.ID != was.ID || c.OwnerID != "usr_ada" {
		t.Errorf("cart %s of %s, want %s of usr_ada", c.ID, c.OwnerID, was.ID)
	}
}

func TestPricesComeFromMemoryWhileTheCatalogueIsAway(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_mug", 2)
	f.shelf.set(func(s *shelf) { s.down = true })
	f.redis.FlushAll()

	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(ada(t), c); !q.Stale || q.Subtotal.Minor != 2500 || q.Lines[0].Snapshot.Title != "Mug" {
		t.Errorf("quote = %+v, want a stale one of $25.00 with its snapshot", q)
	}
	if _, err := f.AddLines(ada(t), cart.Addition{Wants: []cart.Want{{"var_pen", 1}}}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("adding = %v, want it refused for now", err)
	}
}

func TestWithoutRedisTheCatalogueIsAsked(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.redis.Close()
	c := f.add(ada(t), t, "var_mug", 1)
	if q := f.Quote(ada(t), c); q.Stale || q.Subtotal.Minor != 1250 {
		t.Errorf("quote = %+v, want a fresh one of $12.50", q)
	}
}

func TestAMovedPriceIsAProblemUntilAcknowledged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.add(ada(t), t, "var_mug", 1)
	f.shelf.set(func(s *shelf) { s.variants["var_mug"].PriceMinor = 1500 })
	handle(t, f, event.ProductChanged{ProductSnapshot: event.ProductSnapshot{
		ProductID: "prd_mug", Variants: []event.VariantSnapshot{{VariantID: "var_mug", Prices: []event.Price{{Currency: "USD", Minor: 1500}}}},
	}})

	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	q := f.Quote(ada(t), c)
	if len(q.Problems) != 1 || q.Problems[0].Kind != cart.PriceChanged || q.Problems[0].Was.Minor != 1250 || q.Problems[0].Now.Minor != 1500 {
		t.Fatalf("problems = %+v, want a price that moved from 1250 to 1500", q.Problems)
	}
	if _, err := f.AcknowledgePrices(ada(t), c.ID, c.Version-1); fault.CodeOf(err) != "CART_VERSION_MISMATCH" {
		t.Errorf("acknowledging an older version = %v, want it refused", err)
	}
	if c, err = f.AcknowledgePrices(ada(t), c.ID, c.Version); err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(ada(t), c); len(q.Problems) != 0 {
		t.Errorf("problems = %+v, want none", q.Problems)
	}
}

func handle(t *testing.T, f fixture, p event.Payload) {
	t.Helper()
	if err := f.Handle(t.Context(), eventtest.Envelope(p)); err != nil {
		t.Fatal(err)
	}
}

func TestAConfirmedOrderEmptiesItsCart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 3)
	confirmed := event.OrderConfirmed{
		OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: c.ID, CartVersion: c.Version},
		Lines:      []event.OrderLine{{VariantID: "var_mug", Quantity: 3}},
	}
	handle(t, f, confirmed)
	handle(t, f, confirmed) // told again, as another event
	if left, err := f.ActiveCart(ada(t)); left != nil || err != nil {
		t.Errorf("active cart = %v, %v, want none", left, err)
	}
}

func TestWhatWasAddedAfterCheckoutStays(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	bought := f.add(ada(t), t, "var_mug", 3)
	f.add(ada(t), t, "var_mug", 1)
	f.add(ada(t), t, "var_pen", 2)
	handle(t, f, event.OrderConfirmed{
		OrderFacts: event.OrderFacts{OrderID: "ord_1", CheckoutID: "chk_1", CartID: bought.ID, CartVersion: bought.Version},
		Lines:      []event.OrderLine{{VariantID: "var_mug", Quantity: 3}},
	})
	c, err := f.ActiveCart(ada(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_mug": 1, "var_pen": 2}, quantities(c)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
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
		set      []cart.Quantity
		expected *int
		code     string
	}{
		"unknown line":     {[]cart.Quantity{{mug, 1}, {"lin_nosuch", 1}}, nil, "NOT_FOUND"},
		"negative":         {[]cart.Quantity{{mug, 1}, {pen, -1}}, nil, "INVALID_INPUT"},
		"more than exist":  {[]cart.Quantity{{mug, 1}, {pen, 6}}, nil, "INSUFFICIENT_STOCK"},
		"a billion":        {[]cart.Quantity{{pen, 1_000_000_000}}, nil, "QUANTITY_LIMIT"},
		"an older version": {[]cart.Quantity{{mug, 1}}, &stale, "CART_VERSION_MISMATCH"},
	} {
		if _, err := f.UpdateLines(ada(t), c.ID, tt.set, tt.expected); fault.CodeOf(err) != tt.code {
			t.Errorf("%s: %v, want code %s", name, err, tt.code)
		}
	}
	c, err := f.UpdateLines(ada(t), c.ID, []cart.Quantity{{mug, 0}, {pen, 5}}, &c.Version)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"var_pen": 5}, quantities(c)); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

func TestAnotherCurrencyHasItsOwnPrices(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 1)
	euro, germany := "EUR", "DE"
	c, err := f.UpdateContext(ada(t), c.ID, &euro, &germany)
	if err != nil {
		t.Fatal(err)
	}
	if q := f.Quote(ada(t), c); q.Subtotal.Currency != "EUR" || len(q.Problems) != 0 || c.Country != "DE" {
		t.Errorf("quote %v with %v in %s, want euros without problems in DE", q.Subtotal, q.Problems, c.Country)
	}
}

func TestASubscriberSeesEveryChange(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 1)
	ctx, cancel := context.WithTimeout(ada(t), 20*time.Second)
	defer cancel()
	changes, err := f.Changes(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	if first := <-changes; first.Version != c.Version {
		t.Errorf("starts with version %d, want %d", first.Version, c.Version)
	}
	f.add(ada(t), t, "var_pen", 1)
	if next := <-changes; next == nil || next.Version != c.Version+1 {
		t.Errorf("then sent %v, want version %d", next, c.Version+1)
	}
	if _, err := f.Changes(as(t, auth.Actor{Kind: auth.User, ID: "usr_eve"}), c.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody else's subscription = %v, want not found", err)
	}
	cancel()
	for range changes { // ends
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Error("the subscription outlived its test")
	}
}
