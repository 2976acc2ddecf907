package queryplan

import (
	"cmp"
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"
)

// authorizationCoordinates lists the fields with access rules of a plan, by
// subgraph. The engine's resolver decides about them before it makes a request.
func authorizationCoordinates(response *resolve.GraphQLResponse) []resolve.AuthorizationCoordinate {
	var out []resolve.AuthorizationCoordinate
	add := func(graph, typeName, field string) {
		c := resolve.AuthorizationCoordinate{DataSourceID: graph, Coordinate: resolve.GraphCoordinate{TypeName: typeName, FieldName: field}}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, item := range response.RawFetches {
		info := item.Fetch.FetchInfo()
		for _, c := range info.RootFields {
			if c.HasAuthorizationRule {
				add(info.DataSourceID, c.TypeName, c.FieldName)
			}
		}
	}
	var walk func(node resolve.Node)
	walk = func(node resolve.Node) {
		switch n := node.(type) {
		case *resolve.Object:
			for _, f := range n.Fields {
				if f.Info != nil && f.Info.HasAuthorizationRule {
					for _, graph := range f.Info.Source.IDs {
						add(graph, f.Info.ExactParentTypeName, f.Info.Name)
					}
				}
				walk(f.Value)
			}
		case *resolve.Array:
			walk(n.Item)
		}
	}
	walk(response.Data)
	slices.SortFunc(out, func(a, b resolve.AuthorizationCoordinate) int {
		return cmp.Or(cmp.Compare(a.DataSourceID, b.DataSourceID), cmp.Compare(a.Coordinate.TypeName, b.Coordinate.TypeName), cmp.Compare(a.Coordinate.FieldName, b.Coordinate.FieldName))
	})
	return out
}
