package product

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/inbox"
	"cartograph/internal/limiter"
	"cartograph/internal/message"
	"cartograph/internal/outbox"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/search"
	"cartograph/internal/wakeup"
	"cartograph/subgraphs/product/db"
)

// MaxIDs bounds how many objects are read by ID at once.
const MaxIDs = 100

// Stock is the part of Inventory's API that the service uses.
type Stock interface {
	Levels(context.Context, *rpcv1.LevelsRequest) (*rpcv1.LevelsResponse, error)
	Adjust(context.Context, *rpcv1.AdjustRequest) (*rpcv1.AdjustResponse, error)
	Receive(context.Context, *rpcv1.ReceiveRequest) (*rpcv1.ReceiveResponse, error)
	Receipts(context.Context, *rpcv1.ReceiptsRequest) (*rpcv1.ReceiptsResponse, error)
}

// Backlog is the changes of the catalogue that the search index does not have.
type Backlog interface {
	// Age is that of the oldest one; of those that the embedded index does not have, if
	// it stands in for another.
	Age(ctx context.Context, embedded bool) (time.Duration, error)
}

// Service reads and changes the catalogue.
type Service struct {
	pool   *pgxpool.Pool
	outbox *outbox.Outbox
	events *inbox.Mux
	index  search.Searcher
	behind Backlog
	stock  Stock
	cfg    Config
	watch  *hub
	sales  *saleHub
	queued *wakeup.Signal // products are in the snapshot queue

	synonyms atomic.Pointer[synonyms] // nil until they are read

	searching *limiter.Fair
	now       func() time.Time
	log       *slog.Logger
}

// NewService returns a service over a migrated database and the index of its
// products.
func NewService(cfg Config, pool *pgxpool.Pool, o *outbox.Outbox, index search.Searcher, backlog Backlog, stock Stock, now func() time.Time, log *slog.Logger) *Service {
	s := &Service{
		pool: pool, outbox: o, events: inbox.NewMux("product", o), index: index, behind: backlog, stock: stock, cfg: cfg, watch: newHub(), sales: newSaleHub(), queued: wakeup.New(), now: now, log: log,
		searching: newSearchSlots(cfg.MaxConcurrentSearches),
	}
	s.registerEvents()
	return s
}

// currency is the currency of the prices that the caller is shown.
func (s *Service) currency(ctx context.Context) string {
	if c := auth.From(ctx).Currency; slices.Contains(s.cfg.Currencies, c) {
		return c
	}
	return search.FallbackCurrency
}

// buyersCurrency is the currency in which the caller buys. The router replaces one
// that the shop does not sell in; of a caller that comes another way it is not
// replaced here, so that nothing seems to be for sale at a price in another.
func (s *Service) buyersCurrency(ctx context.Context) string {
	return cmp.Or(auth.From(ctx).Currency, s.currency(ctx))
}

// ProductsByID returns the products with the ids, by id, without those that the
// caller may not see.
func (s *Service) ProductsByID(ctx context.Context, ids []string) (map[string]*Product, error) {
	products, err := s.products(ctx, db.ByID, ids)
	byID := make(map[string]*Product, len(products))
	for _, p := range products {
		byID[p.ID] = p
	}
	return byID, err
}

// Product returns the product with the id or the slug, or nil. Exactly one of
// them must be given.
func (s *Service) Product(ctx context.Context, id, slug *string) (*Product, error) {
	by, value := db.ByID, id
	switch {
	case (id == nil) == (slug == nil):
		return nil, exactlyOne("slug")
	case slug != nil:
		by, value = db.BySlug, slug
	}
	products, err := s.products(ctx, by, []string{*value})
	if err != nil || len(products) == 0 {
		return nil, err
	}
	return products[0], nil
}

func exactlyOne(other string) error {
	return fault.Localized(fault.Invalid, "product.exactly_one", message.Args{"first": "id", "second": other})
}

// VariantsByID returns the variants with the ids, by id, with their products.
func (s *Service) VariantsByID(ctx context.Context, ids []string) (map[string]*Variant, error) {
	products, err := s.products(ctx, db.ByVariantID, ids)
	byID := make(map[string]*Variant, len(ids))
	for _, p := range products {
		for _, v := range p.Variants {
			if slices.Contains(ids, v.ID) {
				byID[v.ID] = v
			}
		}
	}
	return byID, err
}

// Variant returns the variant with the id or the SKU, or nil. Exactly one of
// them must be given.
func (s *Service) Variant(ctx context.Context, id, sku *string) (*Variant, error) {
	by, value := db.ByVariantID, id
	switch {
	case (id == nil) == (sku == nil):
		return nil, exactlyOne("sku")
	case sku != nil:
		by, value = db.ByVariantSKU, sku
	}
	products, err := s.products(ctx, by, []string{*value})
	for _, p := range products {
		for _, v := range p.Variants {
			if v.ID == *value || v.SKU == *value {
				return v, nil
			}
		}
	}
	return nil, err
}

// storable returns the values without those that Postgres cannot store as text:
// no id and no slug contains a NUL character.
func storable(values []string) []string {
	unstorable := func(s string) bool { return strings.ContainsRune(s, 0) }
	if !slices.ContainsFunc(values, unstorable) {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), unstorable)
}

// products reads whole products in one statement.
func (s *Service) products(ctx context.Context, by db.Key, values []string) ([]*Product, error) {
	if values = storable(values); len(values) == 0 {
		return nil, nil
	}
	currency, reader := s.currency(ctx), s.reader(ctx)
	graphs, err := db.New(s.pool).Graphs(ctx, by, values, []string{currency, search.FallbackCurrency}, reader.locales)
	if err != nil {
		return nil, fmt.Errorf("read %d products: %w", len(values), err)
	}
	products, shared := make([]*Product, 0, len(graphs)), &levels{}
	for i := range graphs {
		p := productOf(&graphs[i], reader, currency, s.buyersCurrency(ctx), s.now())
		if p.Status == Unpublished && !maySeeDraft(ctx, p) {
			continue
		}
		for _, v := range p.Variants {
			v.levels, shared.variantIDs = shared, append(shared.variantIDs, v.ID)
		}
		products = append(products, p)
	}
	return products, nil
}
