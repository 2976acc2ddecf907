package graph

import (
	"cmp"
	"context"
	"time"

	"cartograph/internal/fault"
	"cartograph/internal/message"
	"cartograph/internal/optional"
	"cartograph/internal/search"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph/gen"
)

// found runs the search of the field's arguments and computes only what its
// selection needs.
func (r *Resolver) found(ctx context.Context, q product.Search, filter *product.Filter, sort *search.Sort, first *int, after *string) (*gen.ProductSearchConnection, error) {
	n, err := subgraph.First(first, 20)
	if err != nil {
		return nil, err
	}
	if filter != nil {
		q.Filter = *filter
	}
	q.Sort, q.First, q.After = *cmp.Or(sort, &q.Sort), n, after
	q.Total, q.Facets, q.More = selects(ctx, "totalCount"), selects(ctx, "facets"), selects(ctx, "pageInfo", "hasNextPage")
	q.Lag = selects(ctx, "indexLagMs")
	q.Highlights = selects(ctx, "edges", "highlights")
	q.Details = needsDetails(ctx, "nodes") || needsDetails(ctx, "edges", "node")
	found, err := r.Catalogue.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	return connectionOf(found, after), nil
}

// milliseconds rounds up, so that only 0 is nothing.
func milliseconds(d time.Duration) int { return int((d + time.Millisecond - 1) / time.Millisecond) }

func connectionOf(found *product.Found, after *string) *gen.ProductSearchConnection {
	c := &gen.ProductSearchConnection{
		Edges: make([]*gen.ProductSearchEdge, len(found.Hits)), Nodes: make([]*product.Product, len(found.Hits)),
		TotalCount: found.Total, Facets: optional.Pointers(found.Facets), DidYouMean: found.DidYouMean, Match: found.Match, TookMs: int(found.Took.Milliseconds()), IndexLagMs: milliseconds(found.Lag),
		PageInfo: &subgraph.PageInfo{HasNextPage: found.More, HasPreviousPage: after != nil && *after != ""},
	}
	for i, h := range found.Hits {
		c.Nodes[i] = h.Product
		c.Edges[i] = &gen.ProductSearchEdge{Cursor: h.Cursor, Node: h.Product, Score: h.Score, Highlights: optional.Pointers(h.Highlights)}
	}
	if n := len(found.Hits); n > 0 {
		c.PageInfo.StartCursor, c.PageInfo.EndCursor = &found.Hits[0].Cursor, &found.Hits[n-1].Cursor
	}
	return c
}

// variantPage is a page of a product's variants, which are read with it.
func variantPage(p *product.Product, first *int, after *string) (*gen.ProductVariantConnection, error) {
	n, err := subgraph.First(first, 10)
	if err != nil {
		return nil, err
	}
	var position int
	var id string
	given, err := subgraph.DecodeCursor(after, "variants", &position, &id)
	if err != nil {
		return nil, err
	}
	rest := p.Variants
	if given {
		rest = p.VariantsAfter(position, id)
	}
	cursor := func(v *product.Variant) string { return subgraph.EncodeCursor("variants", v.Position, v.ID) }
	rows, info := subgraph.Page(rest[:min(len(rest), n+1)], n, given, cursor)
	total := len(p.Variants)
	c := &gen.ProductVariantConnection{Nodes: rows, PageInfo: &info, TotalCount: &total, Edges: make([]*gen.ProductVariantEdge, len(rows))}
	for i, v := range rows {
		c.Edges[i] = &gen.ProductVariantEdge{Cursor: cursor(v), Node: v}
	}
	return c, nil
}

func (r *Resolver) brandPage(ctx context.Context, first *int, after *string) (*gen.BrandConnection, error) {
	n, err := subgraph.First(first, 20)
	if err != nil {
		return nil, err
	}
	var name, id string
	given, err := subgraph.DecodeCursor(after, "brands", &name, &id)
	if err != nil {
		return nil, err
	}
	brands, err := r.Catalogue.Brands(ctx, n+1, name, id)
	if err != nil {
		return nil, err
	}
	cursor := func(b *product.Brand) string { return subgraph.EncodeCursor("brands", b.Name, b.ID) }
	rows, info := subgraph.Page(brands, n, given, cursor)
	c := &gen.BrandConnection{Nodes: rows, PageInfo: &info, Edges: make([]*gen.BrandEdge, len(rows))}
	for i, b := range rows {
		c.Edges[i] = &gen.BrandEdge{Cursor: cursor(b), Node: b}
	}
	return c, nil
}

// maxSuggestions bounds the suggestions of each kind.
const maxSuggestions = 20

// inOrder returns the objects in the order of the ids, nil for missing ones.
func inOrder[T any](ids []string, byID map[string]*T) []*T {
	list := make([]*T, len(ids))
	for i, id := range ids {
		list[i] = byID[id]
	}
	return list
}

// tooMany refuses a list of more than product.MaxIDs ids.
func tooMany(ids []string) error {
	if len(ids) > product.MaxIDs {
		return fault.Localized(fault.Invalid, "product.too_many_ids", message.Args{"limit": product.MaxIDs})
	}
	return nil
}
