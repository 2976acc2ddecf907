package cart

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"cartograph/internal/fault"
	rpcv1 "cartograph/internal/rpc/v1"
)

// pricedMug counts the calls of a catalogue that sells one variant.
type pricedMug struct {
	calls int
	down  bool
}

func (p *pricedMug) PriceVariants(_ context.Context, r *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error) {
	p.calls++
	if p.down {
		return nil, fault.New(fault.Unavailable, "down")
	}
	return &rpcv1.PriceVariantsResponse{Variants: []*rpcv1.PricedVariant{{
		VariantId: "var_mug", PriceMinor: 1250, CompareAtMinor: 1, Currency: r.GetCurrency(), CanBuy: true, Available: 5, MaxPerOrder: 10,
	}}}, nil
}

func TestAnOfferIsFetchedAgainWhenItIsNoLongerFresh(t *testing.T) {
	t.Parallel()
	client := redis.NewClient(&redis.Options{Addr: miniredis.RunT(t).Addr(), MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	catalogue, now := &pricedMug{}, time.Now()
	prices := NewPrices(catalogue, client, slog.New(slog.DiscardHandler))
	prices.now = func() time.Time { return now }
	for _, step := range []struct {
		claim    string
		after    time.Duration
		currency string
		down     bool
		calls    int
		stale    bool
	}{
		{"the first time it is fetched", 0, "USD", false, 1, false},
		{"while it is fresh the cache has it", freshFor - time.Millisecond, "USD", true, 0, false},
		{"then the catalogue is called, and if it is down the cached offer is stale", time.Millisecond, "USD", true, 1, true},
		{"a stale offer stays one", time.Millisecond, "USD", true, 1, true},
		{"until the catalogue answers", time.Millisecond, "USD", false, 1, false},
		{"the cache has an offer for each currency", 0, "EUR", false, 1, false},
	} {
		now = now.Add(step.after)
		catalogue.calls, catalogue.down = 0, step.down
		offers := prices.Offers(t.Context(), step.currency, []string{"var_mug"})
		offer, ok := offers.byVariant["var_mug"]
		if !ok || offer.Stale != step.stale || offer.Price.Minor != 1250 || offer.Price.Currency != step.currency || catalogue.calls != step.calls {
			t.Errorf("%s: %d calls, offer %+v (%v), want %d calls and stale: %v", step.claim, catalogue.calls, offer, ok, step.calls, step.stale)
		}
		if offer.CompareAt == nil || offer.CompareAt.Minor != 1 {
			t.Errorf("%s: compared with %v, want the former price", step.claim, offer.CompareAt)
		}
	}
}

func TestALineIsRaisedUpToTheLimitAndTheStock(t *testing.T) {
	t.Parallel()
	offer := func(available, most int, canBuy, stale bool) Offer {
		return Offer{Available: available, MaxPerOrder: most, CanBuy: canBuy, Stale: stale}
	}
	for _, c := range []struct {
		claim  string
		offer  Offer
		n      int
		refuse bool
	}{
		{"all of the stock", offer(5, 10, true, false), 5, false},
		{"one more than the stock", offer(5, 10, true, false), 6, true},
		{"the limit", offer(500, 10, true, false), 10, false},
		{"one more than the limit", offer(500, 10, true, false), 11, true},
		{"what is not for sale, although there is stock", offer(5, 10, false, false), 1, true},
		{"beyond the stock of a stale offer", offer(5, 10, true, true), 6, false},
		{"beyond the limit of a stale offer", offer(5, 10, true, true), 11, true},
	} {
		if err := c.offer.check("var_mug", c.n); (err != nil) != c.refuse {
			t.Errorf("%s: %v, want it refused: %v", c.claim, err, c.refuse)
		}
	}
}
