package graph

import (
	"github.com/99designs/gqlgen/graphql"

	"cartograph/internal/optional"
)

// changeOf is nil for an absent value, which stays unchanged, and empty for
// null, which removes it.
func changeOf(in graphql.Omittable[*string]) *string {
	if !in.IsSet() {
		return nil
	}
	value := optional.Value(in.Value())
	return &value
}
