package supergraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// executableDirectives returns the definitions of a supergraph's own directives
// that clients may write in operations, with their executable locations only:
// schemas for clients do not show where a directive is applied to types.
// Directives of federation specs and those that GraphQL itself defines are left
// out. The latter exist in every schema, and a subgraph's definition of them
// must not change what they mean.
func executableDirectives(definitions ast.DirectiveDefinitionList, names map[string]string) []*ast.DirectiveDefinition {
	var out []*ast.DirectiveDefinition
	for _, d := range definitions {
		if _, ofSpec := names[d.Name]; ofSpec || isFederationName(d.Name) || isBuiltIn(d.Name) {
			continue
		}
		own := *d
		own.Locations = slices.DeleteFunc(slices.Clone(d.Locations), func(l ast.DirectiveLocation) bool { return !isExecutable(l) })
		if len(own.Locations) > 0 {
			out = append(out, &own)
		}
	}
	return out
}

// isBuiltIn reports a directive that a server defines, be it of GraphQL's
// specification or of its proposals for incremental delivery.
func isBuiltIn(name string) bool {
	return slices.Contains([]string{"skip", "include", "deprecated", "specifiedBy", "oneOf", "defer", "stream"}, name)
}

func isExecutable(location ast.DirectiveLocation) bool {
	switch location {
	case ast.LocationQuery, ast.LocationMutation, ast.LocationSubscription, ast.LocationField, ast.LocationFragmentDefinition,
		ast.LocationFragmentSpread, ast.LocationInlineFragment, ast.LocationVariableDefinition:
		return true
	default:
		return false
	}
}
