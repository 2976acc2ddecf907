// Package world is an oracle for the router: a federation whose data is known.
//
// A World has one right value for every field of every object. Its subgraphs
// answer from these values, strictly: they refuse what their schema does not
// allow, fields that are external to them, and representations without a key or
// without what a field requires. Execute answers an operation from the same values
// by the composed schema, as one plain server would. Whatever the router makes of
// an operation, its response must be equal, byte for byte.
//
// RandomOperation makes up valid operations, and Shrink reduces one that fails.
package world

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"cartograph/router/supergraph"
)

// instances is how many objects there are of each type.
const instances = 5

// World is the data of one federation. It is read only after New.
type World struct {
	Schema *ast.Schema // for clients

	sg      *supergraph.Supergraph
	graphs  []*Subgraph
	keys    map[string]map[string]bool // type -> fields of keys, at any depth
	numbers map[string]int             // of the object types
	single  map[string]bool            // types of one object: their key is __typename
}

// New builds the world of a supergraph.
func New(sdl string) (*World, error) {
	sg, err := supergraph.Parse(sdl)
	if err != nil {
		return nil, err
	}
	w := &World{sg: sg, keys: map[string]map[string]bool{}, numbers: map[string]int{}, single: map[string]bool{}}
	if w.Schema, err = loadSchema(sg.ClientSchema()); err != nil {
		return nil, fmt.Errorf("client schema: %w", err)
	}
	for i, t := range sg.Types {
		w.numbers[t.Name] = i
		for _, join := range t.Joins {
			w.single[t.Name] = w.single[t.Name] || join.Key == "__typename"
			if join.Key != "" {
				set, err := supergraph.FieldSet(join.Key)
				if err != nil {
					return nil, err
				}
				w.addKeys(t.Name, set)
			}
		}
	}
	for _, s := range sg.Subgraphs {
		graph, err := newSubgraph(w, s)
		if err != nil {
			return nil, fmt.Errorf("subgraph %s: %w", s.Name, err)
		}
		w.graphs = append(w.graphs, graph)
	}
	return w, nil
}

func (w *World) addKeys(typeName string, set ast.SelectionSet) {
	names := append(w.sg.Implementors(typeName), typeName)
	for _, selection := range set {
		f, ok := selection.(*ast.Field)
		if !ok {
			continue
		}
		for _, name := range names {
			if w.keys[name] == nil {
				w.keys[name] = map[string]bool{}
			}
			w.keys[name][f.Name] = true
		}
		if def := w.sg.Type(typeName).Fields.ForName(f.Name); def != nil && len(f.SelectionSet) > 0 {
			w.addKeys(def.Type.Name(), f.SelectionSet)
		}
	}
}

// object is one object of the world.
type object struct {
	typeName string
	n        int
}

// declared is a field as one graph declares it.
type declared struct {
	graph *Subgraph
	kind  *ast.Type
}

// declarations lists how the graphs that resolve a field declare it.
func (w *World) declarations(typeName, field string) []declared {
	t := w.sg.Type(typeName)
	def := t.Fields.ForName(field)
	var out []declared
	for _, g := range w.graphs {
		join, ok := t.Field(field, g.ID)
		if !ok || !join.Resolves() {
			continue
		}
		kind := def.Type
		if join.Type != "" {
			kind = parseType(join.Type)
		}
		out = append(out, declared{g, kind})
	}
	for _, name := range t.Interfaces { // a field that only an interface object has
		if iface := w.sg.Type(name); len(out) == 0 && iface != nil && iface.Fields.ForName(field) != nil {
			out = w.declarations(name, field)
		}
	}
	return out
}

func parseType(text string) *ast.Type {
	doc, err := parser.ParseSchema(&ast.Source{Input: "type T { f: " + text + " }"})
	if err != nil {
		panic(err) // of a supergraph that was composed
	}
	return doc.Definitions[0].Fields[0].Type
}

// value is the right value of a field: nil, an object, a []any, or the text of a
// scalar as json.RawMessage.
func (w *World) value(o object, field string, arguments map[string]any) any {
	def := w.sg.Type(o.typeName).Fields.ForName(field)
	text := ""
	if len(arguments) > 0 {
		encoded, _ := json.Marshal(arguments)
		text = string(encoded)
	}
	g := generation{world: w, object: o, field: field, arguments: text, declarations: w.declarations(o.typeName, field)}
	g.key = w.keys[o.typeName][field]
	return g.value(def.Type, 0, 0)
}

// generation makes up one value.
type generation struct {
	world        *World
	object       object
	field        string
	arguments    string
	key          bool
	declarations []declared
}

func (g *generation) hash(parts ...any) int {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, g.object.typeName, "/", g.object.n, "/", g.field, "/", g.arguments, "/", parts)
	sum := h.Sum64()
	return int((sum ^ sum>>29) & 0xffffff) //nolint:gosec // 24 bits
}

// nullable reports that all declarations allow null at a depth of lists.
func (g *generation) nullable(depth int) bool {
	for _, d := range g.declarations {
		kind := d.kind
		for range depth {
			if kind.Elem != nil {
				kind = kind.Elem
			}
		}
		if kind.NonNull {
			return false
		}
	}
	return true
}

func (g *generation) value(t *ast.Type, depth, index int) any {
	if !g.key && !t.NonNull && g.nullable(depth) && g.hash("null", depth, index)%7 == 0 {
		return nil
	}
	if t.Elem != nil {
		out := make([]any, g.hash("length", depth, index)%4)
		for i := range out {
			out[i] = g.value(t.Elem, depth+1, index*10+i)
		}
		return out
	}
	def := g.world.sg.Type(t.NamedType)
	if def == nil {
		return g.scalar(t.NamedType, index)
	}
	switch def.Kind {
	case ast.Enum:
		return g.enum(def, index)
	case ast.Object, ast.Interface, ast.Union:
		possible := g.possible(def.Name)
		if len(possible) == 0 {
			return nil
		}
		at := g.hash("object", index)
		if g.key {
			at = g.object.n
		}
		name := possible[at/instances%len(possible)]
		if g.world.sg.IsRoot(name) || g.world.single[name] {
			return object{name, 0}
		}
		return object{name, at % instances}
	default:
		return g.scalar(t.NamedType, index)
	}
}

// possible lists the types that an object may have: those that all graphs that
// resolve the field know, so that each can give the same object.
func (g *generation) possible(typeName string) []string {
	var out []string
	for _, t := range g.world.sg.Types {
		if t.Kind != ast.Object || g.world.Schema.Types[t.Name] == nil {
			continue
		}
		if !slices.ContainsFunc(g.declarations, func(d declared) bool { return !d.graph.canReturn(d.kind.Name(), t.Name) }) && g.world.isA(t.Name, typeName) {
			out = append(out, t.Name)
		}
	}
	return out
}

// isA reports whether an object type is of a type in the supergraph.
func (w *World) isA(name, of string) bool {
	t := w.sg.Type(of)
	return name == of || t != nil && (t.Kind == ast.Union && slices.Contains(t.Types, name) || t.Kind == ast.Interface && slices.Contains(w.sg.Implementors(of), name))
}

func (g *generation) enum(t *supergraph.Type, index int) any {
	var values []string
	for _, v := range t.EnumValues {
		known := v.Directives.ForName("inaccessible") == nil
		for _, d := range g.declarations {
			def := d.graph.schema.Types[t.Name]
			known = known && def != nil && def.EnumValues.ForName(v.Name) != nil
		}
		if known {
			values = append(values, v.Name)
		}
	}
	if len(values) == 0 {
		return nil
	}
	at := g.hash("enum", index)
	if g.key {
		at = g.object.n
	}
	return json.RawMessage(`"` + values[at%len(values)] + `"`)
}

// scalar makes a value that no other field and no other object has, as far as its
// type allows.
func (g *generation) scalar(typeName string, index int) any {
	o := g.object
	salt := 0
	if g.arguments != "" {
		salt = g.hash("arguments")%89 + 1
	}
	number := (fieldNumber(g.field)*100+g.world.numbers[o.typeName])*100 + o.n + 10*index + salt*10_000_000
	switch typeName {
	case "Int":
		return json.RawMessage(fmt.Sprint(number))
	case "Float":
		return json.RawMessage(fmt.Sprintf("%d.5", number))
	case "Boolean":
		return json.RawMessage(fmt.Sprint(g.hash("flag", index)%2 == 0))
	default:
		text := fmt.Sprintf("%s-%s-%d", o.typeName, g.field, o.n)
		if index > 0 {
			text += fmt.Sprintf(".%d", index)
		}
		if salt > 0 {
			text += fmt.Sprintf("?%d", salt)
		}
		return json.RawMessage(`"` + text + `"`)
	}
}

func fieldNumber(name string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(name))
	return int(h.Sum32() % 97)
}
