package fakesubgraph

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// Generated serves all subgraphs of a supergraph, each at /NAME, out of nothing
// but its types: what a field holds follows from its name, its arguments and
// the object it belongs to, so equal requests have equal answers. Some
// fields fail, and so do some requests, as the request's id decides.
type Generated struct {
	*httptest.Server
	types map[string]*ast.Definition

	mu       sync.Mutex
	requests map[string][]string // by request id
}

// Generate serves the supergraph's types until the test ends.
func Generate(t testing.TB, sdl string) *Generated {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	g := &Generated{types: map[string]*ast.Definition{}, requests: map[string][]string{}}
	for _, definition := range doc.Definitions {
		g.types[definition.Name] = definition
	}
	g.Server = httptest.NewServer(g)
	t.Cleanup(g.Close)
	return g
}

// Requests returns the requests that came under an id since the last call, in the
// order of their text.
func (g *Generated) Requests(id string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	requests := g.requests[id]
	delete(g.requests, id)
	slices.Sort(requests)
	return requests
}

// ServeHTTP answers one request of the id WHO-SEED-FAULTS, the last of which is
// how many fields of a thousand fail.
func (g *Generated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Query     string
		Variables map[string]any
	}
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&body); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	text, _ := json.Marshal(body)
	id := r.Header.Get("X-Request-Id")
	g.mu.Lock()
	g.requests[id] = append(g.requests[id], r.URL.Path+" "+string(text))
	g.mu.Unlock()
	doc, err := parser.ParseQuery(&ast.Source{Input: body.Query})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	x := &generatedResponse{graph: g, subgraph: r.URL.Path, variables: body.Variables, seed: id[strings.IndexByte(id, '-')+1:]}
	x.faults, _ = strconv.Atoi(id[strings.LastIndexByte(id, '-')+1:])
	w.Header().Set("Content-Type", "application/json")
	x.answer(w, doc.Operations[0], string(text))
}

// generation is the answering of one request.
type generatedResponse struct {
	graph          *Generated
	subgraph, seed string
	variables      map[string]any
	faults         int
	errors         []any
}

// chance is a number below n that follows from the parts and the seed.
func (x *generatedResponse) chance(n int, parts ...any) int {
	return number(n, append(parts, x.seed)...)
}

func number(n int, parts ...any) int {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, parts...)
	sum := h.Sum64()
	return int((sum ^ sum>>29) % uint64(n)) //nolint:gosec // n is small
}

// answer runs the operation, or fails as a whole. A subgraph either does not
// answer or answers nonsense, never both under one id.
func (x *generatedResponse) answer(w http.ResponseWriter, op *ast.OperationDefinition, text string) {
	root := map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation"}[op.Operation]
	if x.chance(1000, "request", x.subgraph, text) < x.faults {
		if x.chance(2, "kind", x.subgraph) == 0 {
			http.Error(w, "out of order", http.StatusInternalServerError)
			return
		}
		nonsense := []string{"", "<html>", "{}", `{"data":null}`, `{"data":null,"errors":[]}`, `{"data":{"x":1}`, `[1]`, `{"data":null,"errors":[{"message":"no"}]}`}
		_, _ = w.Write([]byte(nonsense[x.chance(len(nonsense), "nonsense", text)]))
		return
	}
	data := x.object(root, "root", op.SelectionSet, nil)
	out := map[string]any{"data": data}
	if len(x.errors) > 0 {
		out["errors"] = x.errors
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (x *generatedResponse) object(typeName, token string, set ast.SelectionSet, path []any) map[string]any {
	out := map[string]any{}
	for _, selection := range set {
		switch sel := selection.(type) {
		case *ast.Field:
			if d := sel.Directives.ForName("include"); d != nil && x.value(d.Arguments.ForName("if").Value) != true {
				continue
			}
			at := append(slices.Clone(path), sel.Alias)
			switch sel.Name {
			case "__typename":
				out[sel.Alias] = x.typename(typeName, token)
			case "_entities":
				out[sel.Alias] = x.entities(sel, at)
			default:
				x.field(out, typeName, token, sel, at)
			}
		case *ast.InlineFragment:
			if sel.TypeCondition == "" || x.is(typeName, sel.TypeCondition) {
				maps.Copy(out, x.object(typeName, token, sel.SelectionSet, path))
			}
		}
	}
	return out
}

// typename is an object's type. Where it is wrong, it is the same in all subgraphs.
func (x *generatedResponse) typename(typeName, token string) any {
	own, _, _ := strings.Cut(token, ":")
	if x.chance(4000, "typename", typeName, own) < x.faults {
		return []any{"Nonsense", nil, 5}[x.chance(3, own)]
	}
	return typeName
}

func (x *generatedResponse) is(typeName, condition string) bool {
	return typeName == condition || slices.Contains(x.graph.types[typeName].Interfaces, condition) || slices.Contains(x.graph.types[condition].Types, typeName)
}

// entities answers representations. Some are unknown, and sometimes the list
// is not as long as it should be.
func (x *generatedResponse) entities(f *ast.Field, path []any) any {
	representations, _ := x.value(f.Arguments.ForName("representations").Value).([]any)
	out := make([]any, len(representations))
	for i, r := range representations {
		rep := r.(map[string]any)
		text, _ := json.Marshal(rep)
		at := append(slices.Clone(path), i)
		switch fault := x.chance(2000, "entity", x.subgraph, string(text), f.Alias); {
		case fault < x.faults/3:
			x.fail(at, "unknown")
		case fault < x.faults/2:
		default:
			out[i] = x.object(rep["__typename"].(string), tokenOf(rep)+suffixOf(rep), f.SelectionSet, at)
		}
	}
	if x.chance(3000, "length", x.subgraph, len(out), f.Alias) < x.faults {
		out = append(out, nil)
	}
	return out
}

// tokenOf is the identity that a representation's key was made from.
func tokenOf(rep map[string]any) string {
	if id, ok := rep["id"].(string); ok {
		return id
	}
	for _, name := range slices.Sorted(maps.Keys(rep)) {
		switch v := rep[name].(type) {
		case string:
			if name != "__typename" {
				token, _, _ := strings.Cut(v, ":")
				return token
			}
		case map[string]any:
			return tokenOf(v)
		}
	}
	return "nobody"
}

// suffixOf lets fields depend on what is required for them.
func suffixOf(rep map[string]any) string {
	text, _ := json.Marshal(rep["weight"])
	if rep["weight"] == nil {
		return ""
	}
	return ":" + string(text)
}

func (x *generatedResponse) fail(path []any, what string) {
	e := map[string]any{"message": "It is " + what + ".", "path": path}
	switch x.chance(4, "code", fmt.Sprint(path)) {
	case 0:
		e["extensions"] = map[string]any{"code": "BAD_USER_INPUT"}
	case 1:
		e["extensions"] = map[string]any{"code": "SUBGRAPH_UNAVAILABLE", "retryAfter": 7, "secret": "x"}
	case 2:
		e["extensions"] = map[string]any{"code": "SECRET"}
	}
	if x.chance(10, "path", fmt.Sprint(path)) == 0 {
		delete(e, "path")
	}
	x.errors = append(x.errors, e)
}

// field sets a field, or fails in one of the ways fields fail.
func (x *generatedResponse) field(out map[string]any, typeName, token string, f *ast.Field, path []any) {
	definition := x.graph.types[typeName].Fields.ForName(f.Name)
	if definition == nil {
		out[f.Alias] = nil
		return
	}
	if x.chance(1000, "field", x.subgraph, typeName, token, f.Alias) < x.faults {
		switch x.chance(5, "how", typeName, f.Alias, token) {
		case 0:
			out[f.Alias] = nil
		case 1:
			out[f.Alias] = nil
			x.fail(path, "broken")
		case 2: // left out
		case 3:
			if !definition.Type.NonNull {
				out[f.Alias] = nil
				return
			}
			out[f.Alias] = nil
			x.fail(path, "missing")
		default:
			out[f.Alias] = x.wrong(definition.Type)
		}
		return
	}
	var arguments []any
	for _, a := range f.Arguments {
		arguments = append(arguments, a.Name, x.value(a.Value))
	}
	own, _, _ := strings.Cut(token, ":")
	if f.Name == "freight" {
		own = token
	}
	out[f.Alias] = x.generate(definition.Type, fmt.Sprint(typeName, own, f.Name, arguments), own, f, path)
}

// wrong is a value that the type does not allow.
func (x *generatedResponse) wrong(t *ast.Type) any {
	switch {
	case t.Elem != nil:
		return "no list"
	case t.NamedType == "String" || t.NamedType == "ID":
		return json.RawMessage(`{"no":"string"}`)
	default:
		return []any{"wrong"}
	}
}

func (x *generatedResponse) generate(t *ast.Type, seed, token string, f *ast.Field, path []any) any {
	if !t.NonNull && number(8, seed, "null") == 0 {
		return nil
	}
	if t.Elem != nil {
		out := make([]any, number(4, seed, "length"))
		for i := range out {
			out[i] = x.generate(t.Elem, fmt.Sprint(seed, i), token, f, append(slices.Clone(path), i))
		}
		return out
	}
	definition := x.graph.types[t.NamedType]
	if definition == nil || definition.Kind == ast.Scalar {
		return scalar(t.NamedType, seed, token, f.Name)
	}
	switch definition.Kind {
	case ast.Enum:
		return definition.EnumValues[number(len(definition.EnumValues), seed)].Name
	case ast.Interface, ast.Union:
		possible := x.possible(definition)
		return x.object(possible[number(len(possible), seed, "type")], fmt.Sprint("t", number(5, seed)), f.SelectionSet, path)
	default:
		return x.object(definition.Name, fmt.Sprint("t", number(5, seed)), f.SelectionSet, path)
	}
}

func (x *generatedResponse) possible(definition *ast.Definition) []string {
	if definition.Kind == ast.Union {
		return definition.Types
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(x.graph.types)) {
		if t := x.graph.types[name]; t.Kind == ast.Object && slices.Contains(t.Interfaces, definition.Name) {
			names = append(names, name)
		}
	}
	return names
}

func scalar(typeName, seed, token, field string) any {
	n := number(1000, seed)
	switch typeName {
	case "ID":
		return token
	case "String":
		return fmt.Sprintf("%s:%s \"%d\" \\ é\u2028\t/", token, field, n)
	case "Int":
		return n
	case "Float":
		return json.RawMessage([]string{"1.50", "-0", "1e400", "12345678901234567890.5"}[n%4])
	case "Boolean":
		return n%2 == 0
	default:
		return []any{json.RawMessage(`{"b": [1, 2.0], "a": "\u00e9\/"}`), fmt.Sprint(token, ":", n), n}[n%3]
	}
}

// value is the value of an argument of the request.
func (x *generatedResponse) value(v *ast.Value) any {
	e := execution{variables: x.variables}
	return e.value(v)
}
