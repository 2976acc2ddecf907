package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// fields are names of fields with those below them; nil stands for all.
type fields map[string]fields

// cardFields are what a search can tell of a product without the catalogue
// being asked.
func cardFields() fields {
	return fields{
		"__typename": nil, "id": nil, "slug": nil, "title": nil, "subtitle": nil, "status": nil, "tags": nil, "createdAt": nil,
		"brand":      {"__typename": nil, "id": nil, "slug": nil, "name": nil},
		"priceRange": nil, "compareAtPriceRange": nil, "availability": nil, "featuredImage": nil,
	}
}

// selected are the fields below the one that is being resolved, following a
// path of names.
func selected(ctx context.Context, path ...string) []graphql.CollectedField {
	op := graphql.GetOperationContext(ctx)
	all := graphql.CollectFields(op, graphql.GetFieldContext(ctx).Field.Selections, nil)
	for _, name := range path {
		var below ast.SelectionSet
		for _, f := range all {
			if f.Name == name {
				below = append(below, f.Selections...)
			}
		}
		all = graphql.CollectFields(op, below, nil)
	}
	return all
}

// selects reports whether the field at the end of the path is asked for.
func selects(ctx context.Context, path ...string) bool {
	last := len(path) - 1
	for _, f := range selected(ctx, path[:last]...) {
		if f.Name == path[last] {
			return true
		}
	}
	return false
}

// needsDetails reports whether of the products at the end of the path more is
// asked for than a card has.
func needsDetails(ctx context.Context, path ...string) bool {
	return exceeds(graphql.GetOperationContext(ctx), selected(ctx, path...), cardFields())
}

func exceeds(op *graphql.OperationContext, asked []graphql.CollectedField, known fields) bool {
	for _, f := range asked {
		below, ok := known[f.Name]
		if !ok || below != nil && exceeds(op, graphql.CollectFields(op, f.Selections, nil), below) {
			return true
		}
	}
	return false
}
