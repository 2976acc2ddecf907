package product

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
	"cartograph/internal/outbox"
	rpcv1 "cartograph/internal/rpc/v1"
	"cartograph/internal/search"
	"cartograph/subgraphs/product/db"
)

// MaxIDs is how many things may be asked for by id at once.
const MaxIDs = 100

// Stock is what the catalogue asks of stock's one writer.
type Stock interface {
	Levels(context.Context, *rpcv1.LevelsRequest) (*rpcv1.LevelsResponse, error)
	Adjust(context.Context, *rpcv1.AdjustRequest) (*rpcv1.AdjustResponse, error)
}

// Service reads and changes the catalogue.
type Service struct {
	pool   *pgxpool.Pool
	outbox *outbox.Outbox
	index  search.Searcher
	stock  Stock
	cfg    Config
	watch  *hub
	now    func() time.Time
	log    *slog.Logger
}

// NewService returns the service of a migrated database and the index of its
// products.
func NewService(cfg Config, pool *pgxpool.Pool, o *outbox.Outbox, index search.Searcher, stock Stock, now func() time.Time, log *slog.Logger) *Service {
	return &Service{pool: pool, outbox: o, index: index, stock: stock, cfg: cfg, watch: newHub(), now: now, log: log}
}

// currency is what the caller is shown prices in.
func (s *Service) currency(ctx context.Context) string {
	if c := auth.From(ctx).Currency; slices.Contains(s.cfg.Currencies, c) {
		return c
	}
	return search.FallbackCurrency
}

// ProductsByID are the products of the ids, by id. What the caller may not see
// is left out.
func (s *Service) ProductsByID(ctx context.Context, ids []string) (map[string]*Product, error) {
	products, err := s.products(ctx, db.ByID, ids)
	byID := make(map[string]*Product, len(products))
	for _, p := range products {
		byID[p.ID] = p
	}
	return byID, err
}

// Product is the product with the id or else the slug, or nil. Exactly one of
// them is given.
func (s *Service) Product(ctx context.Context, id, slug *string) (*Product, error) {
	by, value := db.ByID, id
	switch {
	case (id == nil) == (slug == nil):
		return nil, exactlyOne("id", "slug")
	case slug != nil:
		by, value = db.BySlug, slug
	}
	products, err := s.products(ctx, by, []string{*value})
	if err != nil || len(products) == 0 {
		return nil, err
	}
	return products[0], nil
}

func exactlyOne(a, b string) error {
	return fault.New(fault.Invalid, "Give exactly one of %s and %s.", a, b)
}

// VariantsByID are the variants of the ids, by id, with their products.
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

// Variant is the variant with the id or else the sku, or nil. Exactly one of
// them is given.
func (s *Service) Variant(ctx context.Context, id, sku *string) (*Variant, error) {
	by, value := db.ByVariantID, id
	switch {
	case (id == nil) == (sku == nil):
		return nil, exactlyOne("id", "sku")
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

// storable are those of the values that the database can hold: nothing has an
// id or a slug with a zero character in it.
func storable(values []string) []string {
	broken := func(s string) bool { return strings.ContainsRune(s, 0) }
	if !slices.ContainsFunc(values, broken) {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), broken)
}

// products reads whole products in one statement.
func (s *Service) products(ctx context.Context, by db.Key, values []string) ([]*Product, error) {
	if values = storable(values); len(values) == 0 {
		return nil, nil
	}
	currency := s.currency(ctx)
	graphs, err := db.New(s.pool).Graphs(ctx, by, values, []string{currency, search.FallbackCurrency})
	if err != nil {
		return nil, fmt.Errorf("read %d products: %w", len(values), err)
	}
	sellers := auth.From(ctx).Has("catalog:write")
	products, together := make([]*Product, 0, len(graphs)), &levels{}
	for i := range graphs {
		p := productOf(&graphs[i], currency, s.now())
		if p == nil || p.Status == Unpublished && !sellers {
			continue
		}
		for _, v := range p.Variants {
			v.levels, together.variantIDs = together, append(together.variantIDs, v.ID)
		}
		products = append(products, p)
	}
	return products, nil
}
