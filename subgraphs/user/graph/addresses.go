package graph

import (
	"context"
	"slices"

	"cartograph/internal/subgraph"
	"cartograph/subgraphs/user"
	"cartograph/subgraphs/user/graph/gen"
)

const addressesPerPage = 20

// addressPages are the same page of several users' addresses. An address book
// is small: it is read whole, whatever the page.
func (r *Resolver) addressPages(ctx context.Context, users []*user.User, first *int, after *string) ([]*gen.AddressConnection, error) {
	size, err := subgraph.First(first, addressesPerPage)
	if err != nil {
		return nil, err
	}
	var last string
	given, err := subgraph.DecodeCursor(after, "addresses", &last)
	if err != nil {
		return nil, err
	}
	books, err := r.Accounts.AddressBooks(ctx, users)
	if err != nil {
		return nil, err
	}
	pages := make([]*gen.AddressConnection, len(users))
	for i, book := range books {
		if book != nil {
			pages[i] = addressPage(book, size, given, last)
		}
	}
	return pages, nil
}

func addressPage(book []*user.Address, size int, after bool, last string) *gen.AddressConnection {
	total := len(book)
	rest := slices.DeleteFunc(slices.Clone(book), func(a *user.Address) bool { return a.ID <= last })
	page, info := subgraph.Page(rest, size, after, addressCursor)
	connection := &gen.AddressConnection{
		Nodes: page, Edges: make([]*gen.AddressEdge, len(page)), PageInfo: &info, TotalCount: &total,
	}
	for i, a := range page {
		connection.Edges[i] = &gen.AddressEdge{Cursor: addressCursor(a), Node: a}
	}
	return connection
}

func addressCursor(a *user.Address) string { return subgraph.EncodeCursor("addresses", a.ID) }
