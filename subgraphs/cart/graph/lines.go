package graph

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"cartograph/internal/subgraph"
	"cartograph/subgraphs/cart"
	"cartograph/subgraphs/cart/graph/gen"
)

const sortLines = "added"

const linesPerPage = 20

// linesOf is a page of a cart's lines. A cart is small enough to be read whole. A
// cursor is a position in the order of the lines, and outlives its line.
func linesOf(q *cart.Quote, first int, after *string) (*gen.CartLineConnection, error) {
	var last lineKey
	given, err := subgraph.DecodeCursor(after, sortLines, &last.addedAt, &last.id)
	if err != nil {
		return nil, err
	}
	rest := q.Lines
	if given {
		rest = slices.DeleteFunc(slices.Clone(rest), func(l cart.QuotedLine) bool { return keyOf(l).compare(last) <= 0 })
	}
	cursor := func(l cart.QuotedLine) string { return subgraph.EncodeCursor(sortLines, l.AddedAt.UTC(), l.ID) }
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

// lineKey is what lines are sorted by.
type lineKey struct {
	addedAt time.Time
	id      string
}

func keyOf(l cart.QuotedLine) lineKey { return lineKey{l.AddedAt, l.ID} }

func (k lineKey) compare(other lineKey) int {
	return cmp.Or(k.addedAt.Compare(other.addedAt), strings.Compare(k.id, other.id))
}

// contextOf reads the context of a cart. A postal code of null removes the cart's.
func contextOf(in gen.CartContextInput) cart.ContextInput {
	out := cart.ContextInput{Currency: in.CurrencyCode.Value(), Country: in.CountryCode.Value(), PostalCode: in.PostalCode.Value()}
	if in.PostalCode.IsSet() && out.PostalCode == nil {
		out.PostalCode = new("")
	}
	return out
}
