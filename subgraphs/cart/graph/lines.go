package graph

import (
	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/subgraph"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/graph/gen"
)

// linesOf cuts a page out of a cart's lines; a cart is small enough to be read
// whole.
func linesOf(q cart.Quote, first int, after *string) (*gen.CartLineConnection, error) {
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
		Edges: []*gen.CartLineEdge{}, Nodes: []*gen.CartLine{}, PageInfo: &info, TotalCount: len(q.Lines),
	}
	for _, row := range rows {
		line := lineOf(row)
		page.Nodes = append(page.Nodes, line)
		page.Edges = append(page.Edges, &gen.CartLineEdge{Cursor: cursor(row), Node: line})
	}
	return page, nil
}

func wantsOf(lines []*gen.CartLineAddInput) []cart.Want {
	wants := make([]cart.Want, len(lines))
	for i, l := range lines {
		wants[i] = cart.Want{VariantID: l.VariantID, Quantity: l.Quantity}
	}
	return wants
}

func value(o graphql.Omittable[*string]) string {
	if v := o.Value(); v != nil {
		return *v
	}
	return ""
}
