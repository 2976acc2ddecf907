// Package plain writes objects to JSON without gqlgen's cost per field: a context, a
// chain of interceptors and often a goroutine. internal/gqlgen generates the code that
// uses it.
//
// A field is plain if it is read from a Go value, without a resolver, a directive at run
// time or a scope that its reader needs. A selection is plain if all its fields are, at
// every depth. Everything else, and a plain selection of which a value turns out to be an
// error or a null that the schema does not allow, is left to gqlgen: it has the one
// implementation of errors, their paths and the propagation of null.
package plain

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Schema has the plain fields of types by their names. E is the type of gqlgen's
// execution context.
type Schema[E any] map[string]Type[E]

// Type is an object type, or an interface or union.
type Type[E any] struct {
	Satisfies []string // conditions of fragments that an object meets
	Fields    map[string]Field[E]
	Possible  []string // object types of an interface or union
}

// Field is a plain field of a type.
type Field[E any] struct {
	Of   string // the type of the objects that it returns; empty: none
	Args func(E, context.Context, map[string]any) (map[string]any, error)
}

// Selection is a plain selection set.
type Selection struct {
	Fields []Selected
	ByType map[string]*Selection // of an interface or union
}

// Selected is a field of a Selection.
type Selected struct {
	Name string
	Of   *Selection
	Args map[string]any

	key []byte // with quotes and a colon
}

// Select returns the selection set of a type, or nil if it is not plain.
func (s Schema[E]) Select(ctx context.Context, ec E, op *graphql.OperationContext, name string, set ast.SelectionSet) *Selection {
	t, known := s[name]
	if !known {
		return nil
	}
	if t.Possible != nil {
		return s.selectAbstract(ctx, ec, op, t, set)
	}
	fields := graphql.CollectFields(op, set, t.Satisfies)
	selection := &Selection{Fields: make([]Selected, len(fields))}
	for i := range fields {
		f := &fields[i]
		if len(f.Deferrables) > 0 || repeated(fields[:i], f.Alias) {
			return nil
		}
		selected := &selection.Fields[i]
		selected.Name = f.Name
		selected.key = append(appendQuoted(make([]byte, 0, len(f.Alias)+3), f.Alias), ':')
		if f.Name == "__typename" {
			continue
		}
		field, plain := t.Fields[f.Name]
		if !plain {
			return nil
		}
		if field.Of != "" {
			if selected.Of = s.Select(ctx, ec, op, field.Of, f.Selections); selected.Of == nil {
				return nil
			}
		}
		if field.Args != nil {
			args, err := field.Args(ec, ctx, f.ArgumentMap(op.Variables))
			if err != nil {
				return nil
			}
			selected.Args = args
		}
	}
	return selection
}

// repeated reports whether an earlier field has the alias: a field that was selected from
// two interfaces of an object, which gqlgen answers once.
func repeated(earlier []graphql.CollectedField, alias string) bool {
	return slices.ContainsFunc(earlier, func(f graphql.CollectedField) bool { return f.Alias == alias })
}

// selectAbstract returns the selection of an interface or union: one for each type that
// an object may have.
func (s Schema[E]) selectAbstract(ctx context.Context, ec E, op *graphql.OperationContext, t Type[E], set ast.SelectionSet) *Selection {
	selection := &Selection{ByType: make(map[string]*Selection, len(t.Possible))}
	for _, name := range t.Possible {
		if selection.ByType[name] = s.Select(ctx, ec, op, name, set); selection.ByType[name] == nil {
			return nil
		}
	}
	return selection
}
