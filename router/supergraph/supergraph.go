// Package supergraph reads a composed schema: an Apollo Federation supergraph
// SDL of join spec v0.3 to v0.5.
//
// It has which subgraph defines what, in the terms of the join spec, and prints
// the schemas derived from it: for clients, for planning, and of each subgraph.
// A supergraph that uses a security or execution feature it does not support is
// rejected, so that no field is served without a rule of its schema.
//
// In this package and in plan a "graph" is a value of the enum join__Graph, the
// identifier of a subgraph in directives.
package supergraph

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Supergraph is a composed schema with an index of its join directives. It is
// read only after Parse.
type Supergraph struct {
	Subgraphs []Subgraph
	Types     []*Type // in the order of the SDL

	directives []*ast.DirectiveDefinition // for operations; see executableDirectives

	byName map[string]*Type
	roots  map[ast.Operation]string
}

// Subgraph is one of the services behind the graph.
type Subgraph struct {
	ID   string // the value of join__Graph that names it in directives
	Name string
	URL  string
}

// Type is a type of the supergraph and the subgraphs that define it.
type Type struct {
	*ast.Definition
	Joins []TypeJoin

	implements map[string][]string // graph -> interfaces
	members    map[string][]string // graph -> members of the union
	fields     map[string][]FieldJoin
}

// TypeJoin is one @join__type.
type TypeJoin struct {
	Graph             string
	Key               string // a field set in canonical form, or ""
	Extension         bool
	Resolvable        bool
	IsInterfaceObject bool
}

// FieldJoin is one @join__field.
type FieldJoin struct {
	Graph              string
	Requires, Provides string // field sets in canonical form, or ""
	Type               string // the field's type in that graph, if it differs
	External           bool
	UsedOverridden     bool
}

// Resolves reports whether the graph resolves the field itself.
func (j FieldJoin) Resolves() bool { return !j.External && !j.UsedOverridden }

// Parse reads a supergraph SDL.
func Parse(sdl string) (*Supergraph, error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: "supergraph", Input: sdl})
	if err != nil {
		return nil, fmt.Errorf("parse supergraph: %w", err)
	}
	sg := &Supergraph{byName: map[string]*Type{}, roots: map[ast.Operation]string{}}
	schemas := slices.Concat(doc.Schema, doc.SchemaExtension)
	for _, schema := range schemas {
		for _, op := range schema.OperationTypes {
			sg.roots[op.Operation] = op.Type
		}
	}
	names, err := readLinks(schemas)
	if err != nil {
		return nil, err
	}
	sg.directives = executableDirectives(doc.Directives, names)
	for _, def := range doc.Definitions {
		renameDirectives(def, names)
		if err := sg.add(def); err != nil {
			return nil, err
		}
	}
	if len(sg.Subgraphs) == 0 {
		return nil, errors.New("not a supergraph: join__Graph has no values")
	}
	if len(sg.roots) == 0 {
		sg.roots = map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}
	}
	return sg, nil
}

func (sg *Supergraph) add(def *ast.Definition) error {
	if def.Name == "join__Graph" {
		for _, value := range def.EnumValues {
			graph := value.Directives.ForName("join__graph")
			if graph == nil {
				return fmt.Errorf("join__Graph.%s has no @join__graph", value.Name)
			}
			sg.Subgraphs = append(sg.Subgraphs, Subgraph{value.Name, argument(graph, "name"), argument(graph, "url")})
		}
		return nil
	}
	if isFederationName(def.Name) {
		return nil
	}
	t, err := readType(def)
	if err != nil {
		return err
	}
	sg.Types = append(sg.Types, t)
	sg.byName[def.Name] = t
	return nil
}

// isFederationName reports a type of the federation specs, as opposed to one of
// the API.
func isFederationName(name string) bool {
	prefix, _, ok := strings.Cut(name, "__")
	return ok && prefix != "" || name == "_Entity" || name == "_Any" || name == "_Service"
}

func readType(def *ast.Definition) (*Type, error) {
	t := &Type{Definition: def, implements: map[string][]string{}, members: map[string][]string{}, fields: map[string][]FieldJoin{}}
	for _, d := range def.Directives {
		graph := argument(d, "graph")
		switch d.Name {
		case "join__type":
			key, err := canonical(argument(d, "key"))
			if err != nil {
				return nil, fmt.Errorf("key of %s in %s: %w", def.Name, graph, err)
			}
			t.Joins = append(t.Joins, TypeJoin{
				Graph: graph, Key: key,
				Extension: argument(d, "extension") == "true", Resolvable: argument(d, "resolvable") != "false",
				IsInterfaceObject: argument(d, "isInterfaceObject") == "true",
			})
		case "join__implements":
			t.implements[graph] = append(t.implements[graph], argument(d, "interface"))
		case "join__unionMember":
			t.members[graph] = append(t.members[graph], argument(d, "member"))
		}
	}
	for _, f := range def.Fields {
		for _, d := range f.Directives.ForNames("join__field") {
			join, err := readField(d)
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", def.Name, f.Name, err)
			}
			t.fields[f.Name] = append(t.fields[f.Name], join)
		}
	}
	return t, nil
}

func readField(d *ast.Directive) (FieldJoin, error) {
	if label := argument(d, "overrideLabel"); label != "" {
		return FieldJoin{}, fmt.Errorf("progressive override %q is not supported", label)
	}
	if d.Arguments.ForName("contextArguments") != nil {
		return FieldJoin{}, errors.New("@fromContext is not supported")
	}
	requires, err := canonical(argument(d, "requires"))
	if err != nil {
		return FieldJoin{}, err
	}
	provides, err := canonical(argument(d, "provides"))
	if err != nil {
		return FieldJoin{}, err
	}
	return FieldJoin{
		Graph: argument(d, "graph"), Requires: requires, Provides: provides, Type: argument(d, "type"),
		External: argument(d, "external") == "true", UsedOverridden: argument(d, "usedOverridden") == "true",
	}, nil
}

func argument(d *ast.Directive, name string) string {
	if a := d.Arguments.ForName(name); a != nil && a.Value != nil && a.Value.Kind != ast.NullValue {
		return a.Value.Raw
	}
	return ""
}
