package subgraph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/internal/auth"
	"cartograph/internal/fault"
)

// A requirement is that of @authenticated and @requiresScopes: of every group
// the caller needs all scopes of at least one set.
type requirement struct {
	signedIn bool
	groups   [][][]string
}

// authorization enforces the schema's directives on every field, including those
// reached through _entities; gqlgen itself ignores them.
type authorization struct {
	fields map[string]map[string]requirement // type, field
}

var _ interface {
	graphql.HandlerExtension
	graphql.FieldInterceptor
} = authorization{}

func newAuthorization(schema *ast.Schema) authorization {
	a := authorization{fields: map[string]map[string]requirement{}}
	for _, t := range schema.Types {
		for _, f := range t.Fields {
			var r requirement
			r.read(t.Directives) // _entities resolves objects without a field that returns them
			r.read(f.Directives)
			if ofType := schema.Types[f.Type.Name()]; ofType != nil {
				r.read(ofType.Directives)
			}
			if !r.signedIn && len(r.groups) == 0 {
				continue
			}
			if a.fields[t.Name] == nil {
				a.fields[t.Name] = map[string]requirement{}
			}
			a.fields[t.Name][f.Name] = r
		}
	}
	return a
}

func (r *requirement) read(directives ast.DirectiveList) {
	if directives.ForName("authenticated") != nil {
		r.signedIn = true
	}
	for _, d := range directives.ForNames("requiresScopes") {
		var sets [][]string
		for _, set := range d.Arguments.ForName("scopes").Value.Children {
			var scopes []string
			for _, scope := range set.Value.Children {
				scopes = append(scopes, scope.Value.Raw)
			}
			sets = append(sets, scopes)
		}
		r.groups = append(r.groups, sets)
	}
}

// check returns an error if the actor may not read the field.
func (r requirement) check(actor auth.Actor) error {
	if actor.Kind == auth.Service {
		return nil
	}
	allowed := actor.SignedIn() || !r.signedIn
	for _, sets := range r.groups {
		allowed = allowed && anySet(actor, sets)
	}
	switch {
	case allowed:
		return nil
	case actor.SignedIn():
		return fault.Localized(fault.Forbidden, "common.forbidden")
	default:
		return fault.Localized(fault.Unauthenticated, "common.sign_in")
	}
}

func anySet(actor auth.Actor, sets [][]string) bool {
	for _, set := range sets {
		held := true
		for _, scope := range set {
			held = held && actor.Has(scope)
		}
		if held {
			return true
		}
	}
	return false
}

func (authorization) ExtensionName() string { return "Authorization" }

func (authorization) Validate(graphql.ExecutableSchema) error { return nil }

func (a authorization) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	field := graphql.GetFieldContext(ctx)
	if r, restricted := a.fields[field.Object][field.Field.Name]; restricted {
		if err := r.check(auth.From(ctx).Actor); err != nil {
			return nil, err
		}
	}
	return next(ctx)
}
