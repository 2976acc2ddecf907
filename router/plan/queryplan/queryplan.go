// Package queryplan is the query planner: it divides an operation into requests to
// subgraphs.
//
// The response of an operation is a tree of positions: the places of objects. At
// each, objects of types for which the operation selects the same and subgraphs
// resolve the same are planned as one group. A group has sources, which are
// requests that return its objects: the one that leads there, and those that fetch
// them by a key. Planning takes each field from the first source that resolves it,
// and where none does adds the source that resolves most of what is missing, at
// the lowest depth. What a source needs (its key, and what its fields require) is
// planned in the same way before it.
//
// Requests are then scheduled in stages by what they need, and those of one
// subgraph and stage are one. The result is a plan in the engine's form.
//
// Planning is bounded by maxSteps, whatever the operation and the supergraph.
package queryplan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/supergraph"
)

// maxSteps bounds the work of planning one operation.
const maxSteps = 50_000

// Source is a subgraph as requests to it need it.
type Source struct {
	Name, URL string
	Data      resolve.DataSource
}

// Planner plans operations over one supergraph. It is read only after New.
type Planner struct {
	sg            *supergraph.Supergraph
	sources       map[string]Source // by graph
	rules         map[supergraph.Coordinate]supergraph.Access
	fieldSets     map[string]ast.SelectionSet
	types         map[string]*ast.Type
	possibleTypes map[string][]string
	graphs        []string
}

// New builds a planner. rules are the access rules of the supergraph.
func New(sg *supergraph.Supergraph, sources map[string]Source, rules map[supergraph.Coordinate]supergraph.Access) (*Planner, error) {
	p := &Planner{
		sg: sg, sources: sources, rules: rules,
		fieldSets: map[string]ast.SelectionSet{}, types: map[string]*ast.Type{}, possibleTypes: map[string][]string{},
	}
	for _, s := range sg.Subgraphs {
		p.graphs = append(p.graphs, s.ID)
	}
	for _, t := range sg.Types {
		p.possibleTypes[t.Name] = p.possible(t.Name)
		for _, join := range t.Joins {
			if err := p.read(join.Key); err != nil {
				return nil, err
			}
		}
		for _, f := range t.Fields {
			for _, graph := range p.graphs {
				join, ok := t.Field(f.Name, graph)
				if !ok {
					continue
				}
				if err := errors.Join(p.read(join.Requires), p.read(join.Provides)); err != nil {
					return nil, err
				}
				if join.Type != "" {
					p.types[join.Type] = parseType(join.Type)
				}
			}
		}
	}
	return p, nil
}

func (p *Planner) read(fieldSet string) error {
	if fieldSet == "" {
		return nil
	}
	set, err := supergraph.FieldSet(fieldSet)
	p.fieldSets[fieldSet] = set
	return err
}

// UnsupportedError is the reason for which an operation is not planned here.
type UnsupportedError struct{ Reason string }

func (e *UnsupportedError) Error() string { return "unsupported by the planner: " + e.Reason }

func unsupported(format string, args ...any) error {
	return &UnsupportedError{fmt.Sprintf(format, args...)}
}

// Plan plans a valid operation in normal form: without named fragments, @skip,
// @include and literals. It leaves subscriptions, introspection and @defer, and
// what it finds no way for, with an *UnsupportedError.
func (p *Planner) Plan(text string) (made *engine.SynchronousResponsePlan, err error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return nil, unsupported("normal form: %v", err)
	}
	if len(doc.Operations) != 1 || len(doc.Fragments) > 0 {
		return nil, unsupported("normal form of %d operations", len(doc.Operations))
	}
	op := doc.Operations[0]
	if op.Operation == ast.Subscription {
		return nil, unsupported("subscription")
	}
	if err := check(op.SelectionSet); err != nil {
		return nil, err
	}
	x := &planning{Planner: p, operation: op, open: map[openField]bool{}}
	if err := x.plan(); err != nil {
		return nil, err
	}
	return x.emit()
}

// check finds what is left to the engine. The depth of a document is bounded.
func check(set ast.SelectionSet) error {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Name == "__schema" || s.Name == "__type" {
				return unsupported("introspection")
			}
			if len(s.Directives) > 0 {
				return unsupported("directive @%s", s.Directives[0].Name)
			}
			if err := check(s.SelectionSet); err != nil {
				return err
			}
		case *ast.InlineFragment:
			if len(s.Directives) > 0 {
				return unsupported("directive @%s", s.Directives[0].Name)
			}
			if err := check(s.SelectionSet); err != nil {
				return err
			}
		case *ast.FragmentSpread:
			return unsupported("named fragment")
		}
	}
	return nil
}

// isPlaceholder reports the engine's stand-in for a selection that is skipped
// completely.
func isPlaceholder(alias string) bool { return strings.HasPrefix(alias, "__internal") }
