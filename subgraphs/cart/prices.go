package cart

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/redis/go-redis/v9"

	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
)

const (
	priceFresh   = 2 * time.Second    // then the catalogue is asked again
	priceKept    = 7 * 24 * time.Hour // for when the catalogue cannot be asked
	cacheBudget  = 100 * time.Millisecond
	pricesBudget = 700 * time.Millisecond
)

// Catalogue is what carts ask the product subgraph.
type Catalogue interface {
	PriceVariants(context.Context, *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error)
}

// Prices answers what variants cost, from what was asked a moment ago, else
// from the catalogue, else, marked stale, from memory.
type Prices struct {
	catalogue Catalogue
	cache     redis.UniversalClient
	now       func() time.Time
	log       *slog.Logger
}

// NewPrices returns Prices on a catalogue and a Redis that may be away.
func NewPrices(catalogue Catalogue, cache redis.UniversalClient, log *slog.Logger) *Prices {
	return &Prices{catalogue: catalogue, cache: cache, now: time.Now, log: log}
}

type cached struct {
	Offer Offer
	At    time.Time
}

// Offers maps variants to their offers in the currency. One that is not for
// sale has none. nil means that nobody could be asked and nothing is known.
func (p *Prices) Offers(ctx context.Context, currency string, variantIDs []string) map[string]Offer {
	if len(variantIDs) == 0 {
		return map[string]Offer{}
	}
	known := p.recall(ctx, currency, variantIDs)
	offers := make(map[string]Offer, len(variantIDs))
	var ask []string
	for _, id := range variantIDs {
		if c, ok := known[id]; ok && p.now().Sub(c.At) < priceFresh {
			offers[id] = c.Offer
		} else {
			ask = append(ask, id)
		}
	}
	if len(ask) == 0 {
		return offers
	}
	asked, err := p.ask(ctx, currency, ask)
	if err != nil {
		if ctx.Err() == nil { // else nobody waits for them any more
			p.log.WarnContext(ctx, "prices from memory", "err", err)
		}
		return remembered(offers, known)
	}
	maps.Copy(offers, asked)
	p.remember(ctx, currency, asked)
	return offers
}

// remembered adds the last known offers, marked stale.
func remembered(offers map[string]Offer, known map[string]cached) map[string]Offer {
	for id, c := range known {
		if _, fresh := offers[id]; !fresh {
			c.Offer.Stale = true
			offers[id] = c.Offer
		}
	}
	if len(offers) == 0 {
		return nil
	}
	return offers
}

func (p *Prices) ask(ctx context.Context, currency string, variantIDs []string) (map[string]Offer, error) {
	ctx, cancel := context.WithTimeout(ctx, pricesBudget)
	defer cancel()
	answer, err := p.catalogue.PriceVariants(ctx, &rpcv1.PriceVariantsRequest{VariantIds: variantIDs, Currency: currency})
	if err != nil {
		return nil, fmt.Errorf("ask prices of %d variants: %w", len(variantIDs), err)
	}
	offers := make(map[string]Offer, len(answer.GetVariants()))
	for _, v := range answer.GetVariants() {
		offer := Offer{
			Price:     money.Money{Minor: v.GetPriceMinor(), Currency: v.GetCurrency()},
			Available: int(v.GetAvailable()), CanBuy: v.GetCanBuy(), MaxPerOrder: int(v.GetMaxPerOrder()),
			Snapshot: Snapshot{
				ProductID: v.GetProductId(), SKU: v.GetSku(), Title: v.GetTitle(), Subtitle: v.GetSubtitle(), ImageURL: v.GetImageUrl(),
			},
		}
		if v.GetCompareAtMinor() > 0 {
			offer.CompareAt = &money.Money{Minor: v.GetCompareAtMinor(), Currency: v.GetCurrency()}
		}
		offers[v.GetVariantId()] = offer
	}
	return offers, nil
}

func cacheKey(currency, variantID string) string { return "cart:offer:" + currency + ":" + variantID }

func (p *Prices) recall(ctx context.Context, currency string, variantIDs []string) map[string]cached {
	ctx, cancel := context.WithTimeout(ctx, cacheBudget)
	defer cancel()
	keys := make([]string, len(variantIDs))
	for i, id := range variantIDs {
		keys[i] = cacheKey(currency, id)
	}
	values, err := p.cache.MGet(ctx, keys...).Result()
	if err != nil {
		p.log.DebugContext(ctx, "price cache", "err", err)
		return nil
	}
	known := make(map[string]cached, len(values))
	for i, v := range values {
		var c cached
		if s, ok := v.(string); ok && json.Unmarshal([]byte(s), &c) == nil {
			known[variantIDs[i]] = c
		}
	}
	return known
}

func (p *Prices) remember(ctx context.Context, currency string, offers map[string]Offer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cacheBudget)
	defer cancel()
	_, err := p.cache.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for id, offer := range offers {
			value, err := json.Marshal(cached{offer, p.now()})
			if err != nil {
				return err
			}
			pipe.Set(ctx, cacheKey(currency, id), value, priceKept)
		}
		return nil
	})
	if err != nil {
		p.log.DebugContext(ctx, "price cache", "err", err)
	}
}

// Forget makes the next reader of the variants ask the catalogue. What is
// known stays, for when the catalogue cannot be asked.
func (p *Prices) Forget(ctx context.Context, variantIDs, currencies []string) error {
	for _, currency := range currencies {
		known := p.recall(ctx, currency, variantIDs)
		_, err := p.cache.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for id, c := range known {
				c.At = time.Time{}
				value, err := json.Marshal(c)
				if err != nil {
					return err
				}
				pipe.Set(ctx, cacheKey(currency, id), value, priceKept)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("forget prices: %w", err)
		}
	}
	return nil
}
