// Package plan turns client operations into plans of subgraph fetches.
//
// The planner is that of graphql-go-tools. The configuration it needs for a
// federated graph is not documented; the rules are in metadata.go and keys.go, each
// where it is applied. The size of an operation is checked before anything else
// (limits.go), because the engine expands fragments and merges fields without a
// bound.
package plan

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"

	"cartograph/router/supergraph"
)

// subgraphMetadata collects the planner's configuration of one subgraph.
type subgraphMetadata struct {
	sg       *supergraph.Supergraph
	graph    string
	resolved map[string][]string // type -> fields that the subgraph resolves
	external map[string][]string // type -> fields that are @external or overridden
	entry    map[string]bool     // types at which a fetch may start
	provided map[supergraph.Coordinate][]engine.KeyCondition
	out      *engine.DataSourceMetadata
}

// metadata derives the planner's configuration of one subgraph. Root nodes are the
// operation types and every type with a key in the graph, declared or implied;
// all other object and interface types are child nodes; unions are neither.
func metadata(sg *supergraph.Supergraph, graph string) (*engine.DataSourceMetadata, error) {
	v := &subgraphMetadata{
		sg: sg, graph: graph,
		resolved: map[string][]string{}, external: map[string][]string{}, entry: map[string]bool{},
		provided: map[supergraph.Coordinate][]engine.KeyCondition{}, out: &engine.DataSourceMetadata{},
	}
	ownKeys, err := v.extensionKeyFields()
	if err != nil {
		return nil, err
	}
	for _, t := range sg.Types {
		if t.In(graph) && (t.Kind == ast.Object || t.Kind == ast.Interface) {
			if err := v.addType(t, ownKeys); err != nil {
				return nil, fmt.Errorf("%s in %s: %w", t.Name, graph, err)
			}
		}
	}
	v.entityInterfaces()
	if err := v.implicitKeys(); err != nil {
		return nil, err
	}
	v.nodes()
	return v.out, nil
}

func (v *subgraphMetadata) addType(t *supergraph.Type, ownKeys map[supergraph.Coordinate]bool) error {
	if v.sg.IsRoot(t.Name) {
		v.entry[t.Name] = true
	}
	for _, f := range t.Fields {
		join, ok := t.Field(f.Name, v.graph)
		if !ok {
			continue
		}
		if join.Resolves() || ownKeys[supergraph.Coordinate{Type: t.Name, Field: f.Name}] {
			v.resolved[t.Name] = append(v.resolved[t.Name], f.Name)
		} else {
			v.external[t.Name] = append(v.external[t.Name], f.Name)
		}
		if join.Requires != "" {
			set, err := v.sg.WithTypeNames(t.Name, join.Requires)
			if err != nil {
				return err
			}
			v.out.Requires = append(v.out.Requires, engine.FederationFieldConfiguration{TypeName: t.Name, FieldName: f.Name, SelectionSet: set})
		}
		if join.Provides != "" {
			if err := v.addProvides(t, f, join.Provides); err != nil {
				return err
			}
		}
	}
	for _, key := range t.Keys(v.graph) {
		v.addKey(engine.FederationFieldConfiguration{TypeName: t.Name, SelectionSet: key.Key, DisableEntityResolver: !key.Resolvable})
	}
	return nil
}

func (v *subgraphMetadata) addProvides(t *supergraph.Type, f *ast.FieldDefinition, provides string) error {
	v.out.Provides = append(v.out.Provides, engine.FederationFieldConfiguration{TypeName: t.Name, FieldName: f.Name, SelectionSet: provides})
	set, err := supergraph.FieldSet(provides)
	if err != nil {
		return err
	}
	v.collectProvided(f.Type.Name(), set, engine.KeyCondition{
		Coordinates: []engine.FieldCoordinate{{TypeName: t.Name, FieldName: f.Name}}, FieldPath: []string{f.Name},
	})
	return nil
}

// collectProvided records the paths on which a @provides makes external fields
// available. On a field of an interface it holds for every implementing type.
func (v *subgraphMetadata) collectProvided(typeName string, set ast.SelectionSet, at engine.KeyCondition) {
	t := v.sg.Type(typeName)
	if t == nil {
		return
	}
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.InlineFragment:
			v.collectProvided(s.TypeCondition, s.SelectionSet, at)
		case *ast.Field:
			def := t.Fields.ForName(s.Name)
			if def == nil {
				continue
			}
			here := engine.KeyCondition{
				Coordinates: append(slices.Clone(at.Coordinates), engine.FieldCoordinate{TypeName: typeName, FieldName: s.Name}),
				FieldPath:   append(slices.Clone(at.FieldPath), s.Name),
			}
			owners := []string{typeName}
			if t.Kind == ast.Interface {
				owners = append(owners, v.sg.ImplementorsIn(typeName, v.graph)...)
			}
			for _, owner := range owners {
				c := supergraph.Coordinate{Type: owner, Field: s.Name}
				v.provided[c] = append(v.provided[c], here)
			}
			v.collectProvided(def.Type.Name(), s.SelectionSet, here)
		}
	}
}

// nodes adds the collected types, sorted, so that plans do not depend on map
// order.
func (v *subgraphMetadata) nodes() {
	names := map[string]bool{}
	for name := range v.resolved {
		names[name] = true
	}
	for name := range v.external {
		names[name] = true
	}
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.Sort(sorted)
	for _, name := range sorted {
		node := engine.TypeField{TypeName: name, FieldNames: v.resolved[name], ExternalFieldNames: v.external[name]}
		if v.entry[name] {
			v.out.RootNodes = append(v.out.RootNodes, node)
		} else {
			v.out.ChildNodes = append(v.out.ChildNodes, node)
		}
	}
}
