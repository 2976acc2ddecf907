package queryplan

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router/supergraph"
)

// slot is where an object stands in the merged responses of subgraphs. It gives
// each field a name of its own there: the client's, unless that is taken by another
// field, or by one of another type, which could not stand in one request.
type slot struct {
	names    map[string]string // name -> signature
	children map[string]*slot
}

func newSlot() *slot {
	return &slot{names: map[string]string{"__typename": "__typename"}, children: map[string]*slot{}}
}

// otherAlias starts the names of fields that cannot have the client's. ClientName of
// package plan removes it from the paths of errors.
const otherAlias = "_alias_"

func (s *slot) name(preferred, signature string) string {
	for {
		known, taken := s.names[preferred]
		if known == signature {
			return preferred
		}
		if !taken {
			s.names[preferred] = signature
			s.children[preferred] = newSlot()
			return preferred
		}
		preferred = otherAlias + preferred
	}
}

// request is a field that is needed of the objects of one group, and after planning
// where it is.
type request struct {
	name, alias string
	parent      string // the type that it is selected on
	arguments   ast.ArgumentList
	sets        []ast.SelectionSet
	hidden      bool // not the client's

	response string    // its name in the merged responses
	static   bool      // a __typename that is known
	child    *position // of a composite value
	fetches  []*fetch  // that return it
	done     bool
	tried    map[*source]bool
	graphs   map[string]bool // where it was planned
}

func argumentsText(list ast.ArgumentList) string {
	if len(list) == 0 {
		return ""
	}
	var out []string
	for _, a := range list {
		out = append(out, a.Name+": "+a.Value.String())
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// collect lists the fields that are selected of an object type, in the order of the
// response (CollectFields of the specification).
func (p *Planner) collect(object, declared string, sets []ast.SelectionSet) []*request {
	var out []*request
	byAlias := map[string]*request{}
	var walk func(set ast.SelectionSet, parent string)
	walk = func(set ast.SelectionSet, parent string) {
		for _, selection := range set {
			switch s := selection.(type) {
			case *ast.Field:
				if isPlaceholder(s.Alias) {
					continue
				}
				r := byAlias[s.Alias]
				if r == nil {
					r = &request{name: s.Name, alias: s.Alias, arguments: s.Arguments, parent: parent}
					byAlias[s.Alias] = r
					out = append(out, r)
				}
				if _, ok := p.rules[supergraph.Coordinate{Type: parent, Field: s.Name}]; ok && p.sg.Type(parent).Kind == ast.Interface {
					r.parent = parent // its rule is that of all objects
				}
				if len(s.SelectionSet) > 0 {
					r.sets = append(r.sets, s.SelectionSet)
				}
			case *ast.InlineFragment:
				switch {
				case s.TypeCondition == "":
					walk(s.SelectionSet, parent)
				case p.isA(object, s.TypeCondition):
					walk(s.SelectionSet, s.TypeCondition)
				}
			}
		}
	}
	for _, set := range sets {
		walk(set, declared)
	}
	return out
}

// signature is equal for two object types of a position if the same is selected of
// them and all subgraphs treat them alike.
func (p *Planner) signature(object string, requests []*request) string {
	var b strings.Builder
	t := p.sg.Type(object)
	for _, r := range requests {
		b.WriteString(r.alias + ":" + r.name + argumentsText(r.arguments) + "/" + r.parent)
		for _, set := range r.sets {
			b.WriteString(pointer(set))
		}
		def := t.Fields.ForName(r.name)
		if def == nil {
			continue
		}
		b.WriteString("/" + def.Type.String())
		for _, graph := range p.graphs {
			if o, ok := p.option(object, r.name, graph, nil); ok {
				b.WriteString("/" + graph + o.kind.String() + pointer(o.requires) + pointer(o.provided))
				if o.typeName != object {
					b.WriteString(o.typeName)
				}
			}
		}
	}
	for _, graph := range p.graphs {
		b.WriteString("|" + graph)
		name := p.nameIn(object, graph)
		if name != "" && name != object {
			b.WriteString(name)
		}
		for _, k := range p.keys(object, graph) {
			b.WriteString("=" + k.text)
		}
	}
	return b.String()
}
