package graph

import (
	"context"
	"slices"

	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product"
)

// boughtTogether takes two statements, however many products they are: the IDs and
// the products.
func (r *Resolver) boughtTogether(ctx context.Context, of []*product.Product, first *int) ([][]*product.Product, error) {
	n, err := subgraph.First(first, 4)
	if err != nil {
		return nil, err
	}
	lists := make([][]*product.Product, len(of))
	if n == 0 {
		return lists, nil
	}
	found, err := r.Recommend.Together(ctx, productIDs(of), n)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, list := range found {
		ids = append(ids, list...)
	}
	byID, err := r.Catalogue.ProductsByID(ctx, slices.Compact(slices.Sorted(slices.Values(ids))))
	for i, p := range of {
		lists[i] = existing(found[p.ID], byID)
	}
	return lists, err
}

func (r *Resolver) trending(ctx context.Context, categoryID *string, first *int) ([]*product.Product, error) {
	n, err := subgraph.First(first, 8)
	if err != nil || n == 0 {
		return []*product.Product{}, err
	}
	ids, err := r.Recommend.Trending(ctx, categoryID, n)
	if err != nil {
		return nil, err
	}
	byID, err := r.Catalogue.ProductsByID(ctx, ids)
	return existing(ids, byID), err
}

// existing are the products with the ids, in their order, without those that the
// caller may not see.
func existing(ids []string, byID map[string]*product.Product) []*product.Product {
	products := make([]*product.Product, 0, len(ids))
	for _, id := range ids {
		if p := byID[id]; p != nil {
			products = append(products, p)
		}
	}
	return products
}
