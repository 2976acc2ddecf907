package graph

import (
	"context"

	"cartograph/internal/optional"
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/order"
	"cartograph/subgraphs/order/graph/gen"
)

const (
	defaultLines    = 20
	defaultTimeline = 20
	sortLines       = "line"
	sortTimeline    = "timeline"
)

// linesOf pages through the lines of orders: all orders from the same
// position, in one statement.
func (r *Resolver) linesOf(ctx context.Context, orders []*order.Order, first *int, after *string) ([]*gen.OrderLineConnection, error) {
	size, err := subgraph.First(first, defaultLines)
	if err != nil {
		return nil, err
	}
	position := 0
	if _, err := subgraph.DecodeCursor(after, sortLines, &position); err != nil {
		return nil, err
	}
	lines, err := r.Orders.OrderLines(ctx, subgraph.Keys(orders, orderID), position, position+size+1)
	if err != nil {
		return nil, err
	}
	out := make([]*gen.OrderLineConnection, len(orders))
	for i, o := range orders {
		out[i] = linePage(lines[i], size, position, o.LineCount)
	}
	return out, nil
}

func linePage(lines []order.Line, size, after, total int) *gen.OrderLineConnection {
	positions := map[string]int{}
	for i, l := range lines {
		positions[l.ID] = after + i + 1
	}
	cursor := func(l order.Line) string { return subgraph.EncodeCursor(sortLines, positions[l.ID]) }
	page, info := subgraph.Page(lines, size, after > 0, cursor)
	c := &gen.OrderLineConnection{Nodes: optional.Pointers(page), PageInfo: &info, TotalCount: total}
	c.Edges = each(c.Nodes, func(l *order.Line) *gen.OrderLineEdge { return &gen.OrderLineEdge{Cursor: cursor(*l), Node: l} })
	return c
}

// timelinesOf pages through the timelines of orders, in one statement.
func (r *Resolver) timelinesOf(ctx context.Context, orders []*order.Order, first *int, after *string) ([]*gen.TimelineConnection, error) {
	size, err := subgraph.First(first, defaultTimeline)
	if err != nil {
		return nil, err
	}
	var number int64
	if _, err := subgraph.DecodeCursor(after, sortTimeline, &number); err != nil {
		return nil, err
	}
	timelines, err := r.Orders.Timelines(ctx, subgraph.Keys(orders, orderID), number)
	if err != nil {
		return nil, err
	}
	for i, entries := range timelines {
		if orders[i].CustomerVisible(ctx) {
			continue
		}
		for j := range entries { // notes are free text, which may name the customer
			entries[j].Note = ""
		}
	}
	return each(timelines, func(entries []order.Entry) *gen.TimelineConnection {
		cursor := func(e order.Entry) string { return subgraph.EncodeCursor(sortTimeline, e.Number) }
		page, info := subgraph.Page(entries, size, number > 0, cursor)
		c := &gen.TimelineConnection{Nodes: optional.Pointers(page), PageInfo: &info}
		c.Edges = each(c.Nodes, func(e *order.Entry) *gen.TimelineEdge { return &gen.TimelineEdge{Cursor: cursor(*e), Node: e} })
		return c
	}), nil
}

func orderID(o *order.Order) string { return o.ID }
