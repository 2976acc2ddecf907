package graph

import (
	"context"
	"strings"

	"cartograph/internal/id"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/product"
	"cartograph/subgraphs/product/graph/gen"
)

const (
	sortManaged  = "managed"
	sortLowStock = "lowStock"
	sortReceipts = "receipts"
)

func (r *Resolver) managedPage(ctx context.Context, status *product.Status, first *int, after *string) (*gen.ProductConnection, error) {
	n, err := subgraph.First(first, 20)
	if err != nil {
		return nil, err
	}
	var id string
	given, err := subgraph.DecodeCursor(after, sortManaged, &id)
	if err != nil {
		return nil, err
	}
	products, err := r.Catalogue.Managed(ctx, status, n+1, id)
	if err != nil {
		return nil, err
	}
	cursor := func(p *product.Product) string { return subgraph.EncodeCursor(sortManaged, p.ID) }
	rows, info := subgraph.Page(products, n, given, cursor)
	c := &gen.ProductConnection{Nodes: rows, PageInfo: &info, Edges: make([]*gen.ProductEdge, len(rows))}
	for i, p := range rows {
		c.Edges[i] = &gen.ProductEdge{Cursor: cursor(p), Node: p}
	}
	return c, nil
}

func (r *Resolver) lowStockPage(ctx context.Context, threshold, first *int, after *string) (*gen.ProductVariantConnection, error) {
	n, err := subgraph.First(first, 20)
	if err != nil {
		return nil, err
	}
	atMost := product.LowStock
	if threshold != nil {
		atMost = *threshold
	}
	available, id := -1, ""
	given, err := subgraph.DecodeCursor(after, sortLowStock, &available, &id)
	if err != nil {
		return nil, err
	}
	variants, err := r.Catalogue.LowStock(ctx, atMost, n+1, available, id)
	if err != nil {
		return nil, err
	}
	cursor := func(v *product.Variant) string { return subgraph.EncodeCursor(sortLowStock, v.Available(), v.ID) }
	rows, info := subgraph.Page(variants, n, given, cursor)
	c := &gen.ProductVariantConnection{Nodes: rows, PageInfo: &info, Edges: make([]*gen.ProductVariantEdge, len(rows))}
	for i, v := range rows {
		c.Edges[i] = &gen.ProductVariantEdge{Cursor: cursor(v), Node: v}
	}
	return c, nil
}

func (r *Resolver) receiptsPage(ctx context.Context, first *int, after *string) (*gen.StockReceiptConnection, error) {
	n, err := subgraph.First(first, 20)
	if err != nil {
		return nil, err
	}
	var last string
	given, err := subgraph.DecodeCursor(after, sortReceipts, &last)
	if err != nil {
		return nil, err
	}
	receipts, err := r.Catalogue.Receipts(ctx, n+1, last)
	if err != nil {
		return nil, err
	}
	cursor := func(s *product.Receipt) string { return subgraph.EncodeCursor(sortReceipts, s.ID) }
	rows, info := subgraph.Page(receipts, n, given, cursor)
	c := &gen.StockReceiptConnection{Nodes: rows, PageInfo: &info, Edges: make([]*gen.StockReceiptEdge, len(rows))}
	for i, s := range rows {
		c.Edges[i] = &gen.StockReceiptEdge{Cursor: cursor(s), Node: s}
	}
	return c, nil
}

// receivedBy is the user who received a delivery; nil for an API client.
func receivedBy(s *product.Receipt) *gen.User {
	if !strings.HasPrefix(s.ReceivedByID, string(id.User)+"_") {
		return nil
	}
	return &gen.User{ID: s.ReceivedByID}
}
