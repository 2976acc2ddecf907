// Package recommend finds products by what customers bought. It holds no personal
// data: a product is recommended for the orders that it is in, whoever placed them.
//
// Orders count from their confirmation on, unless they are cancelled later. What is
// bought together is counted in the latest 500 orders of a product. What trends is
// counted in units that decay with a half-life of a week, as the table
// product_popularity describes.
package recommend

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"

	"cartograph/subgraphs/product/db"
)

// Service recommends products by their IDs.
type Service struct {
	pool *pgxpool.Pool
}

// NewService returns a service over the catalogue's migrated database.
func NewService(pool *pgxpool.Pool) *Service { return &Service{pool: pool} }

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

// Trending are up to first products that sell most, of a category and those below
// it or, without one, of the shop.
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
