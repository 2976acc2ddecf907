package graph

import (
	"cartograph/internal/subgraph"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/graph/gen"
)

// linesOf is a page of a cart's lines. A cart is small enough to be read whole.
func linesOf(q *cart.Quote, first int, after *string) (*gen.CartLineConnection, error) {
	const sort = "added"
	var last string
	given, err := subgraph.DecodeCursor(after, sort, &last)
	if err != nil {
		return nil, err
	}
	rest := q.Lines
	if given {
		for i, l := range q.Lines {
			if l.ID == last {
				rest = q.Lines[i+1:]
				break
			}
		}
	}
	cursor := func(l cart.QuotedLine) string { return subgraph.EncodeCursor(sort, l.ID) }
	rows, info := subgraph.Page(rest, first, given, cursor)
	page := &gen.CartLineConnection{
		Edges: []*gen.CartLineEdge{}, Nodes: []*cart.QuotedLine{}, PageInfo: &info, TotalCount: len(q.Lines),
	}
	for i := range rows {
		page.Nodes = append(page.Nodes, &rows[i])
		page.Edges = append(page.Edges, &gen.CartLineEdge{Cursor: cursor(rows[i]), Node: &rows[i]})
	}
	return page, nil
}
