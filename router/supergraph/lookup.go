package supergraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Type returns the type of that name, or nil.
func (sg *Supergraph) Type(name string) *Type { return sg.byName[name] }

// IsRoot reports whether the type is a root operation type.
func (sg *Supergraph) IsRoot(typeName string) bool {
	for _, name := range sg.roots {
		if name == typeName {
			return true
		}
	}
	return false
}

// Root returns the root type of a kind of operation, or "".
func (sg *Supergraph) Root(op ast.Operation) string {
	if name := sg.roots[op]; sg.byName[name] != nil {
		return name
	}
	return ""
}

// Implementors lists the object types that implement an interface.
func (sg *Supergraph) Implementors(iface string) []string {
	return sg.objects(func(t *Type) []string { return t.Interfaces }, iface)
}

// ImplementorsIn lists the object types that implement an interface in one graph.
func (sg *Supergraph) ImplementorsIn(iface, graph string) []string {
	return sg.objects(func(t *Type) []string { return t.implements[graph] }, iface)
}

func (sg *Supergraph) objects(interfaces func(*Type) []string, iface string) []string {
	var names []string
	for _, t := range sg.Types {
		if t.Kind == ast.Object && slices.Contains(interfaces(t), iface) {
			names = append(names, t.Name)
		}
	}
	return names
}

// In reports whether the graph defines the type.
func (t *Type) In(graph string) bool {
	return slices.ContainsFunc(t.Joins, func(j TypeJoin) bool { return j.Graph == graph })
}

// IsInterfaceObject reports whether the graph defines the interface as an
// @interfaceObject: an object type in place of all implementing types.
func (t *Type) IsInterfaceObject(graph string) bool {
	return slices.ContainsFunc(t.Joins, func(j TypeJoin) bool { return j.Graph == graph && j.IsInterfaceObject })
}

// IsExtension reports whether the graph extends the type, in the style of
// Federation 1.
func (t *Type) IsExtension(graph string) bool {
	return slices.ContainsFunc(t.Joins, func(j TypeJoin) bool { return j.Graph == graph && j.Extension })
}

// Keys returns the joins of the graph that have a key.
func (t *Type) Keys(graph string) []TypeJoin {
	var keys []TypeJoin
	for _, j := range t.Joins {
		if j.Graph == graph && j.Key != "" {
			keys = append(keys, j)
		}
	}
	return keys
}

// Field returns the @join__field of a field for a graph; ok is false if the graph
// does not define the field. A field without any @join__field belongs to every
// graph of its type; with some, only to the graphs they name. One that names no
// graph (a field of an interface that only @interfaceObject graphs resolve)
// belongs to none.
func (t *Type) Field(name, graph string) (join FieldJoin, ok bool) {
	joins := t.fields[name]
	if len(joins) == 0 {
		return FieldJoin{Graph: graph}, t.In(graph)
	}
	for _, j := range joins {
		if j.Graph == graph {
			return j, true
		}
	}
	return FieldJoin{}, false
}

// MembersIn lists the members of a union in one graph.
func (t *Type) MembersIn(graph string) []string { return t.members[graph] }

// ImplementsIn lists the interfaces that a type implements in one graph.
func (t *Type) ImplementsIn(graph string) []string { return t.implements[graph] }
