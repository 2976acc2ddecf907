package cart

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"cartograph/internal/auth"
	"cartograph/internal/catalogue"
	"cartograph/internal/money"
	rpcv1 "cartograph/internal/rpc/v1"
)

const (
	freshFor         = 2 * time.Second    // after that an offer is fetched again
	cacheTTL         = 7 * 24 * time.Hour // how long the catalogue may be unavailable
	cacheTimeout     = 100 * time.Millisecond
	catalogueTimeout = 700 * time.Millisecond
)

// Catalogue is the pricing RPC of the product subgraph.
type Catalogue interface {
	PriceVariants(context.Context, *rpcv1.PriceVariantsRequest) (*rpcv1.PriceVariantsResponse, error)
}

// Prices looks up offers: in the cache if they are fresh, otherwise in the
// catalogue, and if that is unavailable in the cache again, marked stale. A
// cache that is down only costs calls to the catalogue.
type Prices struct {
	catalogue Catalogue
	cache     redis.UniversalClient
	now       func() time.Time
	log       *slog.Logger
}

// NewPrices returns Prices on a catalogue and a Redis that may be down.
func NewPrices(catalogue Catalogue, cache redis.UniversalClient, log *slog.Logger) *Prices {
	return &Prices{catalogue: catalogue, cache: cache, now: time.Now, log: log}
}

type cached struct {
	Offer Offer
	At    time.Time
}

// Offers looks up the offers of variants in a currency, with texts in the caller's
// language.
func (p *Prices) Offers(ctx context.Context, currency string, variantIDs []string) Offers {
	offers := Offers{byVariant: make(map[string]Offer, len(variantIDs)), notForSale: map[string]bool{}}
	if len(variantIDs) == 0 {
		return offers
	}
	reader := auth.From(ctx).Locale
	known := p.readCache(ctx, currency, variantIDs)
	var missing []string
	for _, id := range variantIDs {
		if c, ok := known[id]; ok && p.now().Sub(c.At) < freshFor {
			offers.byVariant[id] = c.Offer.in(reader)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return offers
	}
	fetched, err := p.fetch(ctx, currency, missing)
	if err != nil && ctx.Err() == nil { // otherwise the client has gone
		p.log.WarnContext(ctx, "catalogue unavailable, using cached prices", "err", err)
	}
	for _, id := range missing {
		offer, found := fetched[id]
		cached, wasKnown := known[id]
		switch {
		case found:
			offers.byVariant[id] = offer.in(reader)
		case err == nil:
			offers.notForSale[id] = true
		case wasKnown:
			cached.Offer.Stale = true
			offers.byVariant[id] = cached.Offer.in(reader)
		}
	}
	if len(fetched) > 0 {
		p.writeCache(ctx, currency, fetched)
	}
	return offers
}

func (p *Prices) fetch(ctx context.Context, currency string, variantIDs []string) (map[string]Offer, error) {
	ctx, cancel := context.WithTimeout(ctx, catalogueTimeout)
	defer cancel()
	res, err := p.catalogue.PriceVariants(ctx, &rpcv1.PriceVariantsRequest{VariantIds: variantIDs, Currency: currency})
	if err != nil {
		return nil, fmt.Errorf("fetch prices of %d variants: %w", len(variantIDs), err)
	}
	offers := make(map[string]Offer, len(res.GetVariants()))
	for _, v := range res.GetVariants() {
		offer := Offer{
			Price:     money.Money{Minor: v.GetPriceMinor(), Currency: v.GetCurrency()},
			Available: int(v.GetAvailable()), CanBuy: v.GetCanBuy(), MaxPerOrder: int(v.GetMaxPerOrder()), CategoryIDs: v.GetCategoryIds(),
			Parcel: &Parcel{int(v.GetWeightGrams()), cmp.Or(catalogue.TaxClass(v.GetTaxClass()), catalogue.TaxStandard)},
			Snapshot: Snapshot{
				ProductID: v.GetProductId(), SKU: v.GetSku(), Title: v.GetTitle(), Subtitle: v.GetSubtitle(), ImageURL: v.GetImageUrl(),
			},
		}
		if v.GetCompareAtMinor() > 0 {
			offer.CompareAt = &money.Money{Minor: v.GetCompareAtMinor(), Currency: v.GetCurrency()}
		}
		for l, texts := range v.GetTranslations() {
			if offer.Translations == nil {
				offer.Translations = make(map[string]LineTexts, len(v.GetTranslations()))
			}
			offer.Translations[l] = LineTexts{texts.GetTitle(), texts.GetSubtitle()}
		}
		offers[v.GetVariantId()] = offer
	}
	return offers, nil
}

func cacheKey(currency, variantID string) string { return "cart:offer:" + currency + ":" + variantID }

func (p *Prices) readCache(ctx context.Context, currency string, variantIDs []string) map[string]cached {
	ctx, cancel := context.WithTimeout(ctx, cacheTimeout)
	defer cancel()
	keys := make([]string, len(variantIDs))
	for i, id := range variantIDs {
		keys[i] = cacheKey(currency, id)
	}
	values, err := p.cache.MGet(ctx, keys...).Result()
	if err != nil {
		p.log.DebugContext(ctx, "read price cache", "err", err)
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

// writeCache outlives the request: a client that leaves early has paid for the
// fetch already.
func (p *Prices) writeCache(ctx context.Context, currency string, offers map[string]Offer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cacheTimeout)
	defer cancel()
	_, err := p.cache.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for id, offer := range offers {
			value, err := json.Marshal(cached{offer, p.now()})
			if err != nil {
				return err
			}
			pipe.Set(ctx, cacheKey(currency, id), value, cacheTTL)
		}
		return nil
	})
	if err != nil {
		p.log.DebugContext(ctx, "write price cache", "err", err)
	}
}

// Expire makes the next lookup of the variants go to the catalogue. The expired
// offers stay in the cache as the fallback for an outage.
func (p *Prices) Expire(ctx context.Context, variantIDs, currencies []string) error {
	for _, currency := range currencies {
		known := p.readCache(ctx, currency, variantIDs)
		_, err := p.cache.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for id, c := range known {
				c.At = time.Time{}
				value, err := json.Marshal(c)
				if err != nil {
					return err
				}
				pipe.Set(ctx, cacheKey(currency, id), value, cacheTTL)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("expire prices: %w", err)
		}
	}
	return nil
}
