package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// fields are names of fields with their subfields; nil stands for all.
type fields map[string]fields

// cardFields are the fields of a product that the search index has.
func cardFields() fields {
	return fields{
		"__typename": nil, "id": nil, "slug": nil, "title": nil, "subtitle": nil, "status": nil, "tags": nil, "createdAt": nil,
		"brand":      {"__typename": nil, "id": nil, "slug": nil, "name": nil},
		"priceRange": nil, "compareAtPriceRange": nil, "availability": nil, "featuredImage": nil,
	}
}

// selected returns the subfields of the field that is being resolved, at a path
// of names.
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

// selects reports whether the field at the end of the path is selected.
func selects(ctx context.Context, path ...string) bool {
	last := len(path) - 1
	for _, f := range selected(ctx, path[:last]...) {
		if f.Name == path[last] {
			return true
		}
	}
	return false
}

// needsDetails reports whether fields of the products at the end of the path are
// selected that a card does not have.
func needsDetails(ctx context.Context, path ...string) bool {
	return exceeds(graphql.GetOperationContext(ctx), selected(ctx, path...), cardFields())
}

func exceeds(op *graphql.OperationContext, selection []graphql.CollectedField, known fields) bool {
	for _, f := range selection {
		below, ok := known[f.Name]
		if !ok || below != nil && exceeds(op, graphql.CollectFields(op, f.Selections, nil), below) {
			return true
		}
	}
	return false
}
