package plan

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"

	"cartograph/router/supergraph"
)

func (v *subgraphMetadata) hasKey(typeName, set string) bool {
	return slices.ContainsFunc(v.out.Keys, func(k engine.FederationFieldConfiguration) bool {
		return k.TypeName == typeName && k.SelectionSet == set
	})
}

// addKey makes the type an entry point of fetches. Duplicates are ignored.
func (v *subgraphMetadata) addKey(key engine.FederationFieldConfiguration) {
	if v.hasKey(key.TypeName, key.SelectionSet) {
		return
	}
	v.entry[key.TypeName] = true
	v.out.Keys = append(v.out.Keys, key)
}

// extensionKeyFields returns the key fields of types that the subgraph extends.
// Federation 1 marked them @external, although the subgraph always resolves them.
func (v *subgraphMetadata) extensionKeyFields() (map[supergraph.Coordinate]bool, error) {
	fields := map[supergraph.Coordinate]bool{}
	for _, t := range v.sg.Types {
		if !t.IsExtension(v.graph) {
			continue
		}
		for _, key := range t.Keys(v.graph) {
			set, err := supergraph.FieldSet(key.Key)
			if err != nil {
				return nil, err
			}
			v.collectKeyFields(t.Name, set, fields)
		}
	}
	return fields, nil
}

func (v *subgraphMetadata) collectKeyFields(typeName string, set ast.SelectionSet, into map[supergraph.Coordinate]bool) {
	t := v.sg.Type(typeName)
	for _, selection := range set {
		f, ok := selection.(*ast.Field)
		if !ok || t == nil {
			continue
		}
		into[supergraph.Coordinate{Type: typeName, Field: f.Name}] = true
		if def := t.Fields.ForName(f.Name); def != nil {
			v.collectKeyFields(def.Type.Name(), f.SelectionSet, into)
		}
	}
}

// entityInterfaces adds the interfaces with a key, and those that the subgraph
// defines as an @interfaceObject.
func (v *subgraphMetadata) entityInterfaces() {
	for _, t := range v.sg.Types {
		if t.Kind != ast.Interface || len(t.Keys(v.graph)) == 0 {
			continue
		}
		if t.IsInterfaceObject(v.graph) {
			v.interfaceObject(t)
			continue
		}
		v.out.EntityInterfaces = append(v.out.EntityInterfaces, engine.EntityInterfaceConfiguration{
			InterfaceTypeName: t.Name, ConcreteTypeNames: v.sg.ImplementorsIn(t.Name, v.graph),
		})
	}
}

// interfaceObject adds the fields and keys of an @interfaceObject to every
// implementing type: to the planner each of them is resolved by this subgraph.
func (v *subgraphMetadata) interfaceObject(t *supergraph.Type) {
	concrete := v.sg.Implementors(t.Name)
	v.out.InterfaceObjects = append(v.out.InterfaceObjects, engine.EntityInterfaceConfiguration{
		InterfaceTypeName: t.Name, ConcreteTypeNames: concrete,
	})
	keys := slices.Clone(v.out.Keys)
	for _, name := range concrete {
		v.entry[name] = true
		for _, f := range v.resolved[t.Name] {
			if !slices.Contains(v.resolved[name], f) {
				v.resolved[name] = append(v.resolved[name], f)
			}
		}
		for _, f := range v.external[t.Name] {
			if !slices.Contains(v.resolved[name], f) && !slices.Contains(v.external[name], f) {
				v.external[name] = append(v.external[name], f)
			}
		}
		for _, key := range keys {
			if key.TypeName == t.Name {
				key.TypeName = name
				v.addKey(key)
			}
		}
	}
}

// implicitKeys adds keys that other subgraphs resolve and whose fields this one
// has: a plan can use them to leave this subgraph, but not to enter it. Composition
// does not write them into the supergraph.
func (v *subgraphMetadata) implicitKeys() error {
	for _, t := range v.sg.Types {
		if t.Kind != ast.Object && !t.IsInterfaceObject(v.graph) {
			continue
		}
		if v.resolved[t.Name] == nil && v.external[t.Name] == nil {
			continue
		}
		sources := []*supergraph.Type{t}
		for _, name := range t.Interfaces {
			if iface := v.sg.Type(name); iface != nil {
				sources = append(sources, iface)
			}
		}
		for _, source := range sources {
			if err := v.implicitKeysFrom(t, source); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *subgraphMetadata) implicitKeysFrom(t, source *supergraph.Type) error {
	for _, join := range source.Joins {
		if join.Graph == v.graph || join.Key == "" || !join.Resolvable || v.hasKey(t.Name, join.Key) {
			continue
		}
		set, err := supergraph.FieldSet(join.Key)
		if err != nil {
			return err
		}
		if conditions, ok := v.reaches(t.Name, set); ok {
			v.addKey(engine.FederationFieldConfiguration{
				TypeName: t.Name, SelectionSet: join.Key, DisableEntityResolver: true, Conditions: conditions,
			})
		}
	}
	return nil
}

// reaches reports whether the subgraph resolves the whole field set, and on which
// paths it does so only by a @provides.
func (v *subgraphMetadata) reaches(typeName string, set ast.SelectionSet) (conditions []engine.KeyCondition, ok bool) {
	t := v.sg.Type(typeName)
	if t == nil {
		return nil, false
	}
	for _, selection := range set {
		f, isField := selection.(*ast.Field)
		if !isField {
			return nil, false
		}
		if f.Name == "__typename" {
			continue
		}
		provided := v.provided[supergraph.Coordinate{Type: typeName, Field: f.Name}]
		switch {
		case slices.Contains(v.resolved[typeName], f.Name):
		case slices.Contains(v.external[typeName], f.Name) && len(provided) > 0:
			conditions = append(conditions, provided...)
		default:
			return nil, false
		}
		if len(f.SelectionSet) == 0 {
			continue
		}
		inner := v.sg.Type(t.Fields.ForName(f.Name).Type.Name())
		if inner == nil || inner.Kind != ast.Object {
			return nil, false
		}
		more, ok := v.reaches(inner.Name, f.SelectionSet)
		if !ok {
			return nil, false
		}
		conditions = append(conditions, more...)
	}
	return conditions, true
}
