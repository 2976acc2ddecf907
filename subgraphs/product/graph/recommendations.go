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

// viewed is a product whose page the caller views.
func (r *Resolver) viewed(ctx context.Context, id, slug *string) (*product.Product, error) {
	p, err := r.Catalogue.Product(ctx, id, slug)
	if p != nil && p.Status == product.Published {
		r.Recommend.Viewed(ctx, p.ID)
	}
	return p, err
}

// related are products that are viewed together, then others of the category: two
// statements more than those, however many products they are.
func (r *Resolver) related(ctx context.Context, of []*product.Product, n int, details bool) ([][]*product.Product, error) {
	if n == 0 {
		return make([][]*product.Product, len(of)), nil
	}
	viewed, err := r.Recommend.ViewedTogether(ctx, productIDs(of), n)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, list := range viewed {
		ids = append(ids, list...)
	}
	byID, err := r.Catalogue.ProductsByID(ctx, slices.Compact(slices.Sorted(slices.Values(ids))))
	if err != nil {
		return nil, err
	}
	others, err := r.Catalogue.Related(ctx, of, 2*n, details)
	if err != nil {
		return nil, err
	}
	lists := make([][]*product.Product, len(of))
	for i, p := range of {
		list := existing(viewed[p.ID], byID)
		for _, other := range others[i] {
			if len(list) < n && !slices.ContainsFunc(list, func(p *product.Product) bool { return p.ID == other.ID }) {
				list = append(list, other)
			}
		}
		lists[i] = list
	}
	return lists, nil
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
