package queryplan

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router/supergraph"
)

// maxFetches bounds the requests of one plan before they are merged.
const maxFetches = 256

// fetch is a request to a subgraph: for root fields, or for the objects of a
// position by their keys.
type fetch struct {
	graph string
	step  int // of mutations: the fields of one step are before those of the next
	at    *position
	path  []step
	node  *node

	entityName      string // of an interface, or an interface object
	representations []representation

	before []*fetch
	depth  int // 1 + that of the deepest before it, or 0
	merged *fetch
	id     int
}

// representation is what is sent of the objects of some types.
type representation struct {
	types  []string
	all    bool
	name   string // of the type in the subgraph
	fields []*request
}

func (f *fetch) isRoot() bool { return len(f.representations) == 0 }

func (f *fetch) needs(other *fetch) {
	if other != f && !slices.Contains(f.before, other) {
		f.before = append(f.before, other)
		f.depth = max(f.depth, other.depth+1)
	}
}

// now follows merges.
func (f *fetch) now() *fetch {
	for f.merged != nil {
		f = f.merged
	}
	return f
}

// node is a selection set in a request, of an object type of the subgraph or of
// several.
type node struct {
	typeName string
	typename bool // __typename is selected
	parts    []*part
}

// part is what is selected of the objects of some types.
type part struct {
	types  []string
	fields []*field
}

type field struct {
	response, name string
	arguments      ast.ArgumentList
	node           *node // nil: a leaf
	coordinate     supergraph.Coordinate
}

func (n *node) add(types []string, r *request, o option, c supergraph.Coordinate) *field {
	var in *part
	for _, p := range n.parts {
		if slices.Equal(p.types, types) {
			in = p
		}
	}
	if in == nil {
		in = &part{types: types}
		n.parts = append(n.parts, in)
	}
	for _, f := range in.fields {
		if f.response == r.response {
			return f
		}
	}
	f := &field{response: r.response, name: r.name, arguments: r.arguments, coordinate: c}
	if len(r.sets) > 0 {
		f.node = &node{typeName: o.kind.Name()}
	}
	in.fields = append(in.fields, f)
	return f
}

// merge adds the selections of another node of the same place.
func (n *node) merge(other *node) {
	n.typename = n.typename || other.typename
	for _, p := range other.parts {
		for _, f := range p.fields {
			n.addField(p.types, f)
		}
	}
}

func (n *node) addField(types []string, f *field) {
	for _, p := range n.parts {
		if !slices.Equal(p.types, types) {
			continue
		}
		for _, known := range p.fields {
			if known.response == f.response {
				if known.node != nil && f.node != nil && known.node != f.node {
					known.node.merge(f.node)
				}
				return
			}
		}
		p.fields = append(p.fields, f)
		return
	}
	n.parts = append(n.parts, &part{types: types, fields: []*field{f}})
}

// printer writes the document of a request.
type printer struct {
	*Planner
	graph     string
	suffix    string // of the names of variables
	variables []string
}

// set writes a selection set with its braces.
func (p *printer) set(n *node) string {
	var lines []string
	t := p.sg.Type(n.typeName)
	switch {
	case n.typeName == "_Entity":
		for _, name := range typesOf(n) {
			lines = append(lines, p.fragment(name, p.fieldsOf(n, name)))
		}
	case t.Kind == ast.Object || t.IsInterfaceObject(p.graph):
		for _, part := range n.parts {
			for _, f := range part.fields {
				if text := p.field(f); !slices.Contains(lines, text) {
					lines = append(lines, text)
				}
			}
		}
	default:
		lines = p.abstract(n, t)
	}
	if n.typename || len(lines) == 0 {
		lines = append([]string{"__typename"}, lines...)
	}
	return "{" + strings.Join(lines, " ") + "}"
}

func (p *printer) fragment(name string, fields []string) string {
	return "... on " + name + " {" + strings.Join(fields, " ") + "}"
}

func typesOf(n *node) []string {
	var out []string
	for _, part := range n.parts {
		for _, name := range part.types {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func (p *printer) fieldsOf(n *node, object string) []string {
	var out []string
	for _, part := range n.parts {
		if !slices.Contains(part.types, object) {
			continue
		}
		for _, f := range part.fields {
			if text := p.field(f); !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// abstract writes what is selected of all objects on an interface itself, and the
// rest by fragments on object types.
func (p *printer) abstract(n *node, t *supergraph.Type) []string {
	types, _ := p.possibleIn(n.typeName, p.graph)
	texts := map[string][]string{}
	for _, object := range types {
		texts[object] = p.fieldsOf(n, object)
	}
	var lines []string
	if t.Kind == ast.Interface && len(types) > 0 {
		for _, part := range n.parts {
			for _, f := range part.fields {
				text := p.field(f)
				if p.isOnInterface(t, f) && !slices.Contains(lines, text) && !slices.ContainsFunc(types, func(object string) bool { return !slices.Contains(texts[object], text) }) {
					lines = append(lines, text)
				}
			}
		}
	}
	common := len(lines)
	for _, object := range types {
		rest := slices.DeleteFunc(texts[object], func(text string) bool { return slices.Contains(lines[:common], text) })
		if len(rest) > 0 {
			lines = append(lines, p.fragment(object, rest))
		}
	}
	return lines
}

// isOnInterface reports that a field may be selected on the interface in place of
// each object, which may narrow its type.
func (p *printer) isOnInterface(t *supergraph.Type, f *field) bool {
	join, ok := t.Field(f.name, p.graph)
	def := t.Fields.ForName(f.name)
	if !ok || def == nil {
		return false
	}
	kind := def.Type
	if join.Type != "" {
		kind = p.typeOf(join.Type)
	}
	return f.node == nil || f.node.typeName == kind.Name()
}

func (p *printer) field(f *field) string {
	text := f.name
	if f.response != f.name {
		text = f.response + ": " + f.name
	}
	if len(f.arguments) > 0 {
		var arguments []string
		for _, a := range f.arguments {
			arguments = append(arguments, a.Name+": "+p.value(a.Value))
		}
		text += "(" + strings.Join(arguments, ", ") + ")"
	}
	if f.node != nil {
		text += p.set(f.node)
	}
	return text
}

func (p *printer) value(v *ast.Value) string {
	var items []string
	switch v.Kind {
	case ast.Variable:
		if !slices.Contains(p.variables, v.Raw) {
			p.variables = append(p.variables, v.Raw)
		}
		return "$" + v.Raw + p.suffix
	case ast.ListValue:
		for _, child := range v.Children {
			items = append(items, p.value(child.Value))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case ast.ObjectValue:
		for _, child := range v.Children {
			items = append(items, child.Name+": "+p.value(child.Value))
		}
		return "{" + strings.Join(items, ", ") + "}"
	default:
		return v.String()
	}
}
