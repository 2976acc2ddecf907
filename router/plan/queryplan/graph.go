package queryplan

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"cartograph/router/supergraph"
)

// This file is the query graph: what each subgraph can resolve of an object. Its
// nodes are pairs of a subgraph and an object type; interfaces and unions are
// expanded to the object types below them, so that no rule about abstract types is
// needed besides those that print a selection.

// possible lists the object types that a value of the type may have.
func (p *Planner) possible(typeName string) []string {
	if list, ok := p.possibleTypes[typeName]; ok {
		return list
	}
	t := p.sg.Type(typeName)
	if t == nil {
		return nil
	}
	switch t.Kind {
	case ast.Interface:
		return p.sg.Implementors(typeName)
	case ast.Union:
		return t.Types
	default:
		return []string{typeName}
	}
}

func (p *Planner) isA(object, typeName string) bool {
	return object == typeName || slices.Contains(p.possible(typeName), object)
}

// possibleIn is the same for one subgraph. Where that has an interface object, the
// types are not known to it.
func (p *Planner) possibleIn(typeName, graph string) (types []string, isKnown bool) {
	t := p.sg.Type(typeName)
	if t == nil || !t.In(graph) {
		return nil, true
	}
	switch {
	case t.IsInterfaceObject(graph):
		return p.possible(typeName), false
	case t.Kind == ast.Interface:
		return p.sg.ImplementorsIn(typeName, graph), true
	case t.Kind == ast.Union:
		return t.MembersIn(graph), true
	default:
		return []string{typeName}, true
	}
}

// nameIn is the name under which a subgraph has an object type: its own, or that
// of an interface object. It is "" if it does not have it.
func (p *Planner) nameIn(object, graph string) string {
	t := p.sg.Type(object)
	if t.In(graph) {
		return object
	}
	for _, name := range t.Interfaces {
		if i := p.sg.Type(name); i != nil && i.IsInterfaceObject(graph) {
			return name
		}
	}
	return ""
}

// option is how a subgraph resolves a field of an object type.
type option struct {
	typeName string // see nameIn
	kind     *ast.Type
	requires ast.SelectionSet // nil: nothing
	provided ast.SelectionSet // what it may resolve below although it is external
}

// option returns how the subgraph resolves a field of an object, on a way that
// provides the given fields.
func (p *Planner) option(object, field, graph string, provided ast.SelectionSet) (option, bool) {
	name := p.nameIn(object, graph)
	if name == "" {
		return option{}, false
	}
	t := p.sg.Type(name)
	join, ok := t.Field(field, graph)
	def := t.Fields.ForName(field)
	if !ok || def == nil {
		return option{}, false
	}
	below, isProvided := p.find(provided, field, object)
	key, isKey := p.keyBelow(name, field, graph)
	if !join.Resolves() && !isProvided && !isKey {
		return option{}, false
	}
	out := option{typeName: name, kind: def.Type, provided: slices.Concat(below, key)}
	if join.Type != "" {
		out.kind = p.typeOf(join.Type)
	}
	if !isProvided {
		out.requires = p.set(join.Requires)
	}
	out.provided = slices.Concat(out.provided, p.set(join.Provides))
	return out, true
}

// find returns what a field set selects below a field of an object.
func (p *Planner) find(set ast.SelectionSet, field, object string) (below ast.SelectionSet, ok bool) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Name == field {
				below, ok = slices.Concat(below, s.SelectionSet), true
			}
		case *ast.InlineFragment:
			if s.TypeCondition != "" && !p.isA(object, s.TypeCondition) {
				continue
			}
			if more, found := p.find(s.SelectionSet, field, object); found {
				below, ok = slices.Concat(below, more), true
			}
		}
	}
	return below, ok
}

// keyBelow reports a field of one of the type's keys in a subgraph, which resolves
// those even if it declares them external, and what the keys select below it.
func (p *Planner) keyBelow(typeName, field, graph string) (below ast.SelectionSet, ok bool) {
	for _, key := range p.sg.Type(typeName).Keys(graph) {
		if more, found := p.find(p.set(key.Key), field, typeName); found {
			below, ok = slices.Concat(below, more), true
		}
	}
	return below, ok
}

// resolves reports whether the subgraph alone resolves a whole field set of an
// object.
func (p *Planner) resolves(object string, set ast.SelectionSet, graph string, provided ast.SelectionSet) bool {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Name == "__typename" {
				continue
			}
			o, ok := p.option(object, s.Name, graph, provided)
			if !ok || o.requires != nil {
				return false
			}
			if len(s.SelectionSet) == 0 {
				continue
			}
			types, _ := p.possibleIn(o.kind.Name(), graph)
			for _, below := range types {
				if !p.resolves(below, s.SelectionSet, graph, o.provided) {
					return false
				}
			}
		case *ast.InlineFragment:
			if (s.TypeCondition == "" || p.isA(object, s.TypeCondition)) && !p.resolves(object, s.SelectionSet, graph, provided) {
				return false
			}
		}
	}
	return true
}

// key is a key by which a subgraph resolves entities.
type key struct {
	text string
	set  ast.SelectionSet
}

// keys lists the resolvable keys that the subgraph has for an object.
func (p *Planner) keys(object, graph string) []key {
	name := p.nameIn(object, graph)
	if name == "" {
		return nil
	}
	var out []key
	for _, join := range p.sg.Type(name).Keys(graph) {
		if join.Resolvable {
			out = append(out, key{join.Key, p.set(join.Key)})
		}
	}
	return out
}

// interfaceIn returns an interface that the subgraph defines as such, with a
// resolvable key, of which it knows all the objects: by it the subgraph finds out
// the type of an object.
func (p *Planner) interfaceIn(types []string, graph string) string {
	for _, name := range p.sg.Type(types[0]).Interfaces {
		t := p.sg.Type(name)
		if t == nil || t.IsInterfaceObject(graph) || !t.In(graph) || slices.ContainsFunc(types, func(object string) bool { return !p.isA(object, name) }) {
			continue
		}
		if slices.ContainsFunc(t.Keys(graph), func(k supergraph.TypeJoin) bool { return k.Resolvable }) {
			return name
		}
	}
	return ""
}

// set parses a field set; the supergraph's are parsed once.
func (p *Planner) set(text string) ast.SelectionSet {
	if text == "" {
		return nil
	}
	if set, ok := p.fieldSets[text]; ok {
		return set
	}
	set, _ := supergraph.FieldSet(text) // valid: New has read them all
	return set
}

func (p *Planner) typeOf(text string) *ast.Type {
	if t, ok := p.types[text]; ok {
		return t
	}
	return parseType(text)
}

func parseType(text string) *ast.Type {
	doc, err := parser.ParseSchema(&ast.Source{Input: "type T { f: " + text + " }"})
	if err != nil || len(doc.Definitions) != 1 || len(doc.Definitions[0].Fields) != 1 {
		return ast.NamedType(text, nil)
	}
	return doc.Definitions[0].Fields[0].Type
}
