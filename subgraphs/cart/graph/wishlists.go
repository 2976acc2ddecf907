package graph

import (
	"context"

	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/graph/gen"
)

// wishlistPayload returns the function that answers with the wishlist, or with the errors
// that the customer can fix.
func wishlistPayload(ctx context.Context) func(*cart.Wishlist, error) (*gen.WishlistPayload, error) {
	return func(w *cart.Wishlist, err error) (*gen.WishlistPayload, error) {
		userErrors, err := userErrorsOf(ctx, err)
		if err != nil || len(userErrors) > 0 {
			return &gen.WishlistPayload{UserErrors: userErrors}, err
		}
		return &gen.WishlistPayload{Wishlist: w, UserErrors: userErrors}, nil
	}
}

// movePayload is the same for what moves between a cart and a wishlist.
func movePayload(ctx context.Context) func(*cart.Cart, *cart.Wishlist, error) (*gen.CartWishlistPayload, error) {
	return func(c *cart.Cart, w *cart.Wishlist, err error) (*gen.CartWishlistPayload, error) {
		userErrors, err := userErrorsOf(ctx, err)
		if err != nil || len(userErrors) > 0 {
			return &gen.CartWishlistPayload{UserErrors: userErrors}, err
		}
		return &gen.CartWishlistPayload{Cart: c, Wishlist: w, UserErrors: userErrors}, nil
	}
}

func wishlistItemsOf(page *cart.WishlistItemPage) *gen.WishlistItemConnection {
	c := &gen.WishlistItemConnection{
		Edges: make([]*gen.WishlistItemEdge, len(page.Nodes)), Nodes: page.Nodes, PageInfo: &page.PageInfo, TotalCount: page.TotalCount,
	}
	if c.Nodes == nil {
		c.Nodes = []*cart.WishlistItem{}
	}
	for i, item := range page.Nodes {
		c.Edges[i] = &gen.WishlistItemEdge{Cursor: cart.WishlistItemCursor(item), Node: item}
	}
	return c
}
