// Package recommend finds products by what customers bought and viewed. It keeps no
// personal data: a product is recommended for the orders that it is in, and for the
// viewers that it had, whoever they are.
//
// Orders count from their confirmation on, unless they are cancelled later. What is
// bought together is counted in the latest 500 orders of a product. Views count once for
// each viewer, product and window of half an hour. Units that are sold, views, and pairs
// that are viewed together decay with a half-life of a week, as the table
// product_popularity describes. Fifty views are as much as a unit that is sold.
//
// The product role counts views and publishes ranks in tasks of its own: they are a few
// statements a second, and no other service has the catalogue.
package recommend

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/internal/outbox"
	"cartograph/subgraphs/product/db"
)

// Service recommends products by their IDs.
type Service struct {
	pool   *pgxpool.Pool
	outbox *outbox.Outbox
	views  views
	now    func() time.Time
	log    *slog.Logger
}

// NewService returns a service over the catalogue's migrated database.
func NewService(pool *pgxpool.Pool, o *outbox.Outbox, now func() time.Time, log *slog.Logger) *Service {
	return &Service{pool: pool, outbox: o, now: now, log: log}
}

// Together are, for each product, up to first others that are bought with it, the
// most frequent first.
func (s *Service) Together(ctx context.Context, productIDs []string, first int) (map[string][]string, error) {
	rows, err := db.New(s.pool).BoughtTogether(ctx, db.BoughtTogetherParams{ProductIDs: productIDs, Limit: int32(first)}) //nolint:gosec // a page
	if err != nil {
		return nil, fmt.Errorf("products bought together: %w", err)
	}
	together := map[string][]string{}
	for _, row := range rows {
		together[row.OfID] = append(together[row.OfID], row.ProductID)
	}
	return together, nil
}

// ViewedTogether are, for each product, up to first others that its viewers viewed, those
// that most did first.
func (s *Service) ViewedTogether(ctx context.Context, productIDs []string, first int) (map[string][]string, error) {
	rows, err := db.New(s.pool).ViewedTogether(ctx, db.ViewedTogetherParams{ProductIDs: productIDs, Limit: int32(first)}) //nolint:gosec // a page
	if err != nil {
		return nil, fmt.Errorf("products viewed together: %w", err)
	}
	together := map[string][]string{}
	for _, row := range rows {
		together[row.OfID] = append(together[row.OfID], row.OtherID)
	}
	return together, nil
}

// Trending are up to first products that sell and are viewed most, of a category and
// those below it or, without one, of the shop.
func (s *Service) Trending(ctx context.Context, categoryID *string, first int) ([]string, error) {
	if categoryID != nil && strings.ContainsRune(*categoryID, 0) {
		return nil, nil // no ID contains a NUL character
	}
	ids, err := db.New(s.pool).Trending(ctx, db.TrendingParams{CategoryID: categoryID, Limit: int32(first)}) //nolint:gosec // a page
	if err != nil {
		return nil, fmt.Errorf("trending products: %w", err)
	}
	return ids, nil
}
