package world

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"cartograph/router/supergraph"
)

// Subgraph answers requests from the world's data, within its own schema.
type Subgraph struct {
	supergraph.Subgraph
	world  *World
	schema *ast.Schema

	mu       sync.Mutex
	requests []string
	faults   []string
}

// Subgraphs returns the subgraphs by name.
func (w *World) Subgraphs() map[string]*Subgraph {
	out := map[string]*Subgraph{}
	for _, g := range w.graphs {
		out[g.Name] = g
	}
	return out
}

// Drain returns the requests since the last call, and what was wrong with them.
func (g *Subgraph) Drain() (requests, faults []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	requests, faults = g.requests, g.faults
	g.requests, g.faults = nil, nil
	return requests, faults
}

func loadSchema(sources ...string) (*ast.Schema, error) {
	list := []*ast.Source{validator.Prelude}
	for i, text := range sources {
		list = append(list, &ast.Source{Name: fmt.Sprint(i), Input: text})
	}
	doc, err := parser.ParseSchemas(list...)
	if err != nil {
		return nil, err
	}
	schema, err := validator.ValidateSchemaDocument(doc)
	if err != nil {
		return nil, err
	}
	return schema, nil
}

func parseQuery(schema *ast.Schema, text string) (*ast.QueryDocument, gqlerror.List) {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return nil, gqlerror.List{gqlerror.WrapIfUnwrapped(err)}
	}
	return doc, validator.ValidateWithRules(schema, doc, nil)
}

func newSubgraph(w *World, s supergraph.Subgraph) (*Subgraph, error) {
	g := &Subgraph{Subgraph: s, world: w}
	var entities []string
	hasQuery := false
	for _, t := range w.sg.Types {
		if !t.In(s.ID) {
			continue
		}
		if len(t.Keys(s.ID)) > 0 && (t.Kind == ast.Object || t.IsInterfaceObject(s.ID)) {
			entities = append(entities, t.Name)
		}
	}
	sdl := w.sg.SubgraphSchema(s.ID)
	query := w.sg.Root(ast.Query)
	hasQuery = strings.Contains(sdl, "\ntype "+query+" {")
	machinery := "scalar _Any scalar FieldSet type _Service { sdl: String }\n" +
		"directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE\n" +
		"directive @external on FIELD_DEFINITION directive @interfaceObject on OBJECT\n" +
		"directive @requires(fields: FieldSet!) on FIELD_DEFINITION directive @provides(fields: FieldSet!) on FIELD_DEFINITION\n"
	extend := map[bool]string{true: "extend "}[hasQuery] + "type " + query
	if len(entities) > 0 {
		machinery += "union _Entity = " + strings.Join(entities, " | ") + "\n" + extend + " { _entities(representations: [_Any!]!): [_Entity]! _service: _Service! }\n"
	} else {
		machinery += extend + " { _service: _Service! }\n"
	}
	roots := "schema { query: " + query + " "
	for _, op := range []ast.Operation{ast.Mutation, ast.Subscription} {
		if name := w.sg.Root(op); name != "" && strings.Contains(sdl, "\ntype "+name+" {") {
			roots = fmt.Sprint(roots, op, ": ", name, " ")
		}
	}
	var err error
	g.schema, err = loadSchema(sdl, machinery+roots+"}\n")
	return g, err
}

// canReturn reports whether a field of the declared type can give an object of the
// type.
func (g *Subgraph) canReturn(declared, typeName string) bool {
	def := g.schema.Types[declared]
	if def == nil {
		return false
	}
	if t := g.world.sg.Type(declared); t != nil && t.IsInterfaceObject(g.ID) {
		return g.world.isA(typeName, declared)
	}
	return slices.ContainsFunc(g.schema.GetPossibleTypes(def), func(d *ast.Definition) bool { return d.Name == typeName })
}

func (g *Subgraph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Query     string
		Variables map[string]any
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		g.refuse(w, err.Error(), "")
		return
	}
	variablesText, _ := json.Marshal(body.Variables)
	g.note(&g.requests, body.Query+" "+string(variablesText))
	doc, errs := parseQuery(g.schema, body.Query)
	if len(errs) > 0 {
		g.refuse(w, errs.Error(), body.Query)
		return
	}
	op := doc.Operations[0]
	variables, err := validator.VariableValues(g.schema, op, body.Variables)
	if err != nil {
		g.refuse(w, err.Error(), body.Query)
		return
	}
	root := g.schema.Query
	if op.Operation == ast.Mutation {
		root = g.schema.Mutation
	}
	x := &execution{schema: g.schema, variables: variables, source: strict{g}}
	data := x.object(target{object: object{root.Name, 0}, typeName: root.Name}, []ast.SelectionSet{op.SelectionSet}, nil)
	for _, e := range x.errors {
		g.note(&g.faults, fmt.Sprintf("%s: %v at %v\n%s %s", g.Name, e["message"], e["path"], body.Query, variablesText))
	}
	if data == nil {
		data = json.RawMessage("null")
	}
	w.Header().Set("Content-Type", "application/json")
	out := map[string]any{"data": data}
	if len(x.errors) > 0 {
		out["errors"] = x.errors
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (g *Subgraph) refuse(w http.ResponseWriter, reason, query string) {
	g.note(&g.faults, g.Name+": invalid request: "+reason+"\n"+query)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": nil, "errors": []any{map[string]any{"message": reason}}})
}

func (g *Subgraph) note(list *[]string, text string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	*list = append(*list, text)
}

// strict resolves what the subgraph may resolve.
type strict struct{ graph *Subgraph }

func (s strict) typeName(o object, declared *ast.Definition) string {
	if declared.Kind == ast.Object {
		return declared.Name // also an interface object's
	}
	if s.graph.schema.Types[o.typeName] != nil {
		return o.typeName
	}
	for _, possible := range s.graph.schema.GetPossibleTypes(declared) {
		if s.graph.world.isA(o.typeName, possible.Name) {
			return possible.Name
		}
	}
	return o.typeName
}

func (s strict) resolve(t target, f *ast.Field, arguments map[string]any) (any, error) {
	g := s.graph
	switch f.Name {
	case "_entities":
		return s.entities(arguments["representations"].([]any))
	case "__schema", "__type", "_service":
		return nil, nil
	}
	def := g.world.sg.Type(t.typeName)
	join, _ := def.Field(f.Name, g.ID)
	provided, isProvided := find(t.provided, f.Name, t.typeName)
	if !join.Resolves() && !isProvided && !s.isKey(t.typeName, f.Name) {
		return nil, fmt.Errorf("%s.%s is external", t.typeName, f.Name)
	}
	if join.Requires != "" && !isProvided {
		set, err := supergraph.FieldSet(join.Requires)
		if err != nil {
			return nil, err
		}
		if err := g.world.check(t.object, set, t.sent); err != nil {
			return nil, fmt.Errorf("%s.%s requires %s: %w", t.typeName, f.Name, join.Requires, err)
		}
	}
	g.world.dropInaccessible(t.object, f.Name, arguments)
	value := g.world.value(t.object, f.Name, arguments)
	if join.Provides != "" {
		set, err := supergraph.FieldSet(join.Provides)
		if err != nil {
			return nil, err
		}
		provided = slices.Concat(provided, set)
	}
	return withProvided(value, provided), nil
}

// dropInaccessible removes the arguments that clients cannot give: their defaults are
// no part of the operation.
func (w *World) dropInaccessible(o object, field string, arguments map[string]any) {
	def := w.Schema.Types[o.typeName]
	if def == nil {
		return
	}
	if f := def.Fields.ForName(field); f != nil {
		maps.DeleteFunc(arguments, func(name string, _ any) bool { return f.Arguments.ForName(name) == nil })
	}
}

// isKey reports a field of one of the type's keys, at any depth: a subgraph knows
// those even if it declares them external.
func (s strict) isKey(typeName, field string) bool { return s.graph.world.keys[typeName][field] }

// find returns what is selected below a field of a set, for an object of the type.
func find(set ast.SelectionSet, name, typeName string) (below ast.SelectionSet, ok bool) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Name == name {
				below, ok = slices.Concat(below, s.SelectionSet), true
			}
		case *ast.InlineFragment:
			if more, found := find(s.SelectionSet, name, typeName); found && (s.TypeCondition == "" || s.TypeCondition == typeName) {
				below, ok = slices.Concat(below, more), true
			}
		}
	}
	return below, ok
}

func withProvided(value any, set ast.SelectionSet) any {
	switch v := value.(type) {
	case object:
		if len(set) > 0 {
			return target{object: v, provided: set}
		}
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = withProvided(item, set)
		}
		return out
	}
	return value
}

func (s strict) entities(representations []any) (any, error) {
	out := make([]any, len(representations))
	for i, r := range representations {
		representation, _ := r.(map[string]any)
		found, err := s.entity(representation)
		if err != nil {
			return nil, err
		}
		if found != nil {
			out[i] = *found
		}
	}
	return out, nil
}

func (s strict) entity(representation map[string]any) (*target, error) {
	g := s.graph
	name, _ := representation["__typename"].(string)
	t := g.world.sg.Type(name)
	if t == nil || !t.In(g.ID) {
		return nil, fmt.Errorf("representation of %q, which this subgraph does not define", name)
	}
	for _, key := range t.Keys(g.ID) {
		set, err := supergraph.FieldSet(key.Key)
		if err != nil {
			return nil, err
		}
		if !key.Resolvable || !has(set, representation) {
			continue
		}
		for _, o := range g.world.objectsOf(name) {
			if g.world.check(o, set, representation) == nil {
				return &target{object: o, typeName: name, sent: representation}, nil
			}
		}
		return nil, fmt.Errorf("no %s has the key of %v", name, representation)
	}
	return nil, fmt.Errorf("representation without a key: %v", representation)
}

func (w *World) objectsOf(typeName string) []object {
	var out []object
	for _, t := range w.sg.Types {
		if t.Kind == ast.Object && w.isA(t.Name, typeName) {
			for n := range instances {
				out = append(out, object{t.Name, n})
			}
		}
	}
	return out
}

func has(set ast.SelectionSet, representation map[string]any) bool {
	for _, selection := range set {
		if f, ok := selection.(*ast.Field); ok {
			if _, ok := representation[f.Name]; !ok {
				return false
			}
		}
	}
	return true
}

// check compares what was sent of an object with its right values.
func (w *World) check(o object, set ast.SelectionSet, sent map[string]any) error {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Name == "__typename" {
				continue
			}
			given, ok := sent[s.Name]
			if !ok {
				return fmt.Errorf("%s was not sent", s.Name)
			}
			x := execution{schema: w.Schema}
			arguments := map[string]any{}
			def := w.sg.Type(o.typeName).Fields.ForName(s.Name)
			if def == nil {
				return fmt.Errorf("%s has no field %s", o.typeName, s.Name)
			}
			for _, a := range def.Arguments {
				if given := s.Arguments.ForName(a.Name); given != nil {
					value, _ := given.Value.Value(nil)
					arguments[a.Name] = x.coerce(a.Type, value)
				} else if a.DefaultValue != nil {
					value, _ := a.DefaultValue.Value(nil)
					arguments[a.Name] = x.coerce(a.Type, value)
				}
			}
			if err := w.equal(w.value(o, s.Name, arguments), given, s.SelectionSet); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		case *ast.InlineFragment:
			if s.TypeCondition == "" || w.isA(o.typeName, s.TypeCondition) {
				if err := w.check(o, s.SelectionSet, sent); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *World) equal(right, given any, below ast.SelectionSet) error {
	switch v := right.(type) {
	case object:
		sent, ok := given.(map[string]any)
		if !ok {
			return fmt.Errorf("%v was sent for an object", given)
		}
		return w.check(v, below, sent)
	case []any:
		sent, ok := given.([]any)
		if !ok || len(sent) != len(v) {
			return fmt.Errorf("%v was sent for a list of %d", given, len(v))
		}
		for i := range v {
			if err := w.equal(v[i], sent[i], below); err != nil {
				return err
			}
		}
		return nil
	}
	want, _ := json.Marshal(right)
	got, _ := json.Marshal(given)
	var a, b any
	if json.Unmarshal(want, &a) != nil || json.Unmarshal(got, &b) != nil || fmt.Sprint(a) != fmt.Sprint(b) {
		return fmt.Errorf("%s was sent, the value is %s", got, want)
	}
	return nil
}
