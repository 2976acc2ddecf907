package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph/gen"
	"cartograph/subgraphs/product/review"
)

func reviewPayload(ctx context.Context, r *review.Review, err error) (*gen.ReviewPayload, error) {
	userErrors, err := userErrorsOf(ctx, err)
	return &gen.ReviewPayload{Review: r, UserErrors: userErrors}, err
}

func changesOf(in gen.ReviewUpdateInput) review.Changes {
	c := review.Changes{Rating: in.Rating.Value(), Title: in.Title.Value(), Body: in.Body.Value()}
	if removed(in.Title) {
		c.Title = new("")
	}
	if in.ImageUploadIds.IsSet() {
		c.Uploads = new(in.ImageUploadIds.Value())
	}
	return c
}

// removed reports whether the value is given as null.
func removed[T any](o graphql.Omittable[*T]) bool { return o.IsSet() && o.Value() == nil }

func productIDs(products []*product.Product) []string {
	ids := make([]string, len(products))
	for i, p := range products {
		ids[i] = p.ID
	}
	return ids
}

func reviewListing(first *int, otherwise int, after *string) (review.Listing, error) {
	n, err := subgraph.First(first, otherwise)
	return review.Listing{First: n, After: after}, err
}

func reviewConnection(p *review.Page, total *int) *gen.ReviewConnection {
	c := &gen.ReviewConnection{Nodes: p.Nodes, PageInfo: &p.PageInfo, TotalCount: total, Edges: make([]*gen.ReviewEdge, len(p.Edges))}
	for i, e := range p.Edges {
		c.Edges[i] = &gen.ReviewEdge{Cursor: e.Cursor, Node: e.Node}
	}
	return c
}

// reviewsOfProducts takes one statement: the totals are read with the products.
func (r *Resolver) reviewsOfProducts(ctx context.Context, products []*product.Product, sort review.Sort, rating, first *int, after *string) ([]*gen.ReviewConnection, error) {
	listing, err := reviewListing(first, 10, after)
	if err != nil {
		return nil, err
	}
	pages, err := r.Reviews.OfProducts(ctx, productIDs(products), sort, rating, listing)
	if err != nil {
		return nil, err
	}
	connections := make([]*gen.ReviewConnection, len(products))
	for i, p := range products {
		total := p.ReviewSummary.Count()
		if rating != nil {
			total = p.ReviewSummary.Counts[*rating-1]
		}
		connections[i] = reviewConnection(pages[i], &total)
	}
	return connections, nil
}

func (r *Resolver) reviewQueue(ctx context.Context, first *int, after *string) (*gen.ReviewConnection, error) {
	listing, err := reviewListing(first, 20, after)
	if err != nil {
		return nil, err
	}
	page, err := r.Reviews.Pending(ctx, listing)
	if err != nil {
		return nil, err
	}
	total, err := totalIfSelected(ctx, func() (int, error) { return r.Reviews.CountPending(ctx) })
	return reviewConnection(page, total), err
}

func (r *Resolver) reviewsOfAuthor(ctx context.Context, authorID string, first *int, after *string) (*gen.ReviewConnection, error) {
	listing, err := reviewListing(first, 10, after)
	if err != nil {
		return nil, err
	}
	page, err := r.Reviews.OfAuthor(ctx, authorID, listing)
	if err != nil || page == nil {
		return nil, err
	}
	total, err := totalIfSelected(ctx, func() (int, error) { return r.Reviews.CountOfAuthor(ctx, authorID) })
	return reviewConnection(page, total), err
}

// totalIfSelected counts only where the client selects totalCount.
func totalIfSelected(ctx context.Context, count func() (int, error)) (*int, error) {
	if !selects(ctx, "totalCount") {
		return nil, nil
	}
	n, err := count()
	return &n, err
}
