package cart_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
	"cartograph/internal/pgtest"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/db"
)

// catalogue is a scripted product subgraph, which is another service.
type catalogue struct {
	mu       sync.Mutex
	down     bool
	calls    int
	variants map[string]*rpcv1.PricedVariant
}

func newCatalogue() *catalogue {
	return &catalogue{variants: map[string]*rpcv1.PricedVariant{
		"var_mug": {VariantId: "var_mug", ProductId: "prd_mug", Sku: "MUG", Title: "Mug", PriceMinor: 1250, Available: 500, CanBuy: true, MaxPerOrder: 99},
		"var_pen": {VariantId: "var_pen", ProductId: "prd_pen", Sku: "PEN", Title: "Pen", PriceMinor: 300, Available: 5, CanBuy: true, MaxPerOrder: 10},
		"var_old": {VariantId: "var_old", ProductId: "prd_old", Sku: "OLD", Title: "Old radio", PriceMinor: 9900, MaxPerOrder: 10},
	}}
}

func (s *catalogue) PriceVariants(_ context.Context, req *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	if s.down {
		return nil, fault.New(fault.Unavailable, "down")
	}
	res := &rpcv1.PriceVariantsResponse{}
	for _, id := range req.GetVariantIds() {
		if v, ok := s.variants[id]; ok {
			priced := &rpcv1.PricedVariant{
				VariantId: v.VariantId, ProductId: v.ProductId, Sku: v.Sku, Title: v.Title, PriceMinor: v.PriceMinor,
				Available: v.Available, CanBuy: v.CanBuy, MaxPerOrder: v.MaxPerOrder, Currency: req.GetCurrency(), Translations: v.Translations,
				WeightGrams: v.WeightGrams, TaxClass: v.TaxClass,
			}
			res.Variants = append(res.Variants, priced)
		}
	}
	return res, nil
}

func (s *catalogue) set(change func(*catalogue)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

type fixture struct {
	*cart.Service
	catalogue *catalogue
	pool      *pgxpool.Pool
	redis     *miniredis.Miniredis
	sql       *pgtest.Statements
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	pool, statements := pgtest.NewCounted(t, db.Migrations())
	mini := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: mini.Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	log, s := slog.New(slog.DiscardHandler), newCatalogue()
	return fixture{cart.NewService(pool, outbox.New(pool), cart.NewPrices(s, client, log), cart.Config{AbandonAfter: time.Hour, AbandonEvery: time.Minute}, []string{"USD", "EUR", "JPY", "GBP"}, "https://shop.test", log), s, pool, mini, statements}
}

// Quote is the quote of a cart; reading it does not fail here.
func (f fixture) Quote(ctx context.Context, c *cart.Cart) *cart.Quote {
	q, err := f.Service.Quote(ctx, c)
	if err != nil {
		panic(err)
	}
	return q
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
	c, err := f.AddLines(ctx, cart.AddLinesRequest{Lines: []*cart.LineInput{{VariantID: variant, Quantity: n}}})
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

func TestAnonymousCallersHaveNoCart(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	ctx := as(t, auth.Actor{Kind: auth.Anonymous})
	if _, err := f.AddLines(ctx, cart.AddLinesRequest{}); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("AddLines = %v, want an error", err)
	}
	if c, err := f.ActiveCart(ctx); c != nil || err != nil {
		t.Errorf("ActiveCart = %v, %v, want none", c, err)
	}
}

func TestAnotherCurrencyHasItsOwnPrices(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	c := f.add(ada(t), t, "var_mug", 1)
	euro, germany := "EUR", "DE"
	c, err := f.UpdateContext(ada(t), c.ID, cart.ContextInput{Currency: &euro, Country: &germany})
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
		t.Errorf("another customer's subscription = %v, want not found", err)
	}
	cancel()
	for range changes { // ends
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Error("the subscription outlived its test")
	}
}
