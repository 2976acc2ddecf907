package recorded

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// execution answers one request.
type execution struct {
	server    *Server
	variables map[string]any
	errors    []map[string]any
	sent      map[string]any // the representation that is being answered
}

func (x *execution) run(op *ast.OperationDefinition) map[string]any {
	root, name := x.server.data.Query, "Query"
	if op.Operation == ast.Mutation {
		root, name = x.server.data.Mutation, "Mutation"
	}
	return x.response(x.object(root, name, op.SelectionSet, nil))
}

func (x *execution) response(data any) map[string]any {
	out := map[string]any{"data": data}
	if len(x.errors) > 0 {
		out["errors"] = x.errors
	}
	return out
}

// object answers a selection set. A null where none may be takes the object
// with it.
func (x *execution) object(value map[string]any, typeName string, set ast.SelectionSet, path []any) any {
	if own, ok := value["__typename"].(string); ok {
		typeName = own
	}
	out := map[string]any{}
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if !x.included(s.Directives) {
				continue
			}
			got, ok := x.field(value, typeName, s, append(slices.Clone(path), s.Alias))
			if !ok {
				return nil
			}
			out[s.Alias] = merge(out[s.Alias], got)
		case *ast.InlineFragment:
			if !x.included(s.Directives) || s.TypeCondition != "" && !x.is(typeName, s.TypeCondition) {
				continue
			}
			inner, ok := x.object(value, typeName, s.SelectionSet, path).(map[string]any)
			if !ok {
				return nil
			}
			for name, got := range inner {
				out[name] = merge(out[name], got)
			}
		}
	}
	return out
}

// merge joins what two selections of one field brought.
func merge(a, b any) any {
	switch b := b.(type) {
	case map[string]any:
		if a, ok := a.(map[string]any); ok {
			for name, value := range a {
				b[name] = merge(value, b[name])
			}
		}
	case []any:
		if a, ok := a.([]any); ok && len(a) == len(b) {
			for i := range b {
				b[i] = merge(a[i], b[i])
			}
		}
	case nil:
		return a
	}
	return b
}

func (x *execution) is(typeName, condition string) bool {
	if typeName == condition {
		return true
	}
	return slices.ContainsFunc(x.server.schema.PossibleTypes[condition], func(d *ast.Definition) bool { return d.Name == typeName })
}

func (x *execution) included(directives ast.DirectiveList) bool {
	for _, d := range directives {
		condition, _ := d.ArgumentMap(x.variables)["if"].(bool)
		if d.Name == "include" && !condition || d.Name == "skip" && condition {
			return false
		}
	}
	return true
}

func (x *execution) field(object map[string]any, typeName string, f *ast.Field, path []any) (value any, ok bool) {
	switch f.Name {
	case "__typename":
		return typeName, true
	case "_entities":
		return x.entities(f, path), true
	}
	def := x.server.schema.Types[typeName].Fields.ForName(f.Name)
	return x.complete(x.compute(object[f.Name], f, path), def.Type, f, path)
}

// complete shapes a value by its type; ok is false for a null that may not be.
func (x *execution) complete(value any, t *ast.Type, f *ast.Field, path []any) (any, bool) {
	switch v := value.(type) {
	case nil:
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			at := append(slices.Clone(path), i)
			got, ok := x.complete(x.compute(element, f, at), t.Elem, f, at)
			if !ok {
				return nil, !t.NonNull
			}
			out[i] = got
		}
		return out, true
	case map[string]any:
		if len(f.SelectionSet) == 0 { // a scalar of any shape
			return v, true
		}
		if got := x.object(v, t.Name(), f.SelectionSet, path); got != nil {
			return got, true
		}
	default:
		return v, true
	}
	if t.NonNull && !slices.ContainsFunc(x.errors, func(e map[string]any) bool { return reflect.DeepEqual(e["path"], path) }) {
		x.fail("null where none may be", "", path)
	}
	return nil, !t.NonNull
}

func (x *execution) fail(message, code string, path []any) {
	entry := map[string]any{"message": message, "path": path}
	if code != "" {
		entry["extensions"] = map[string]any{"code": code}
	}
	x.errors = append(x.errors, entry)
}

// compute follows a value's instructions.
func (x *execution) compute(value any, f *ast.Field, path []any) any {
	v, ok := value.(map[string]any)
	if !ok {
		return value
	}
	args := f.ArgumentMap(x.variables)
	switch {
	case v["$ref"] != nil:
		typeName, id, _ := strings.Cut(v["$ref"].(string), ":")
		return x.record(typeName, map[string]any{"id": id})
	case v["$args"] != nil:
		return picked(args, v["$args"])
	case v["$by"] != nil:
		of, _ := v["of"].(map[string]any)
		return x.compute(of[fmt.Sprint(args[v["$by"].(string)])], f, path)
	case v["$sent"] != nil:
		return picked(x.sent, v["$sent"])
	case v["$count"] != nil:
		return x.server.counter.next(v["$count"].(string))
	case v["$error"] != nil:
		code, _ := v["code"].(string)
		x.fail(v["$error"].(string), code, path)
		return nil
	}
	return value
}

// picked writes named members as JSON, a single one without its name.
func picked(from map[string]any, names any) any {
	list := names.([]any)
	if len(list) == 1 {
		return from[list[0].(string)]
	}
	some := map[string]any{}
	for _, name := range list {
		if value, ok := from[name.(string)]; ok {
			some[name.(string)] = value
		}
	}
	text, _ := json.Marshal(some)
	return string(text)
}

func (x *execution) entities(f *ast.Field, path []any) any {
	list, _ := f.ArgumentMap(x.variables)["representations"].([]any)
	out := make([]any, len(list))
	shapes := map[string]string{}
	for i, r := range list {
		representation, _ := r.(map[string]any)
		typeName, _ := representation["__typename"].(string)
		shape := strings.Join(slices.Sorted(maps.Keys(representation)), " ")
		if other, ok := shapes[typeName]; ok && other != shape {
			x.server.note(&x.server.invalidRequests, fmt.Sprintf("%s got %s by {%s} and by {%s} in one list", x.server.name, typeName, other, shape))
		}
		shapes[typeName] = shape
		if !x.named(typeName, representation) {
			x.server.note(&x.server.invalidRequests, fmt.Sprintf("%s cannot resolve %v: it holds no key", x.server.name, representation))
			continue
		}
		x.sent = representation
		at := append(slices.Clone(path), i)
		out[i], _ = x.complete(x.compute(x.record(typeName, representation), f, at), &ast.Type{NamedType: typeName}, f, at)
		x.sent = nil
	}
	return out
}

// named reports whether a representation holds a key by which the subgraph
// resolves its type.
func (x *execution) named(typeName string, representation map[string]any) bool {
	def := x.server.schema.Types[typeName]
	if def == nil {
		return false
	}
	for _, key := range def.Directives.ForNames("key") {
		args := key.ArgumentMap(nil)
		if args["resolvable"] == false {
			continue
		}
		set, err := parser.ParseQuery(&ast.Source{Input: "{" + args["fields"].(string) + "}"})
		if err == nil && covers(representation, set.Operations[0].SelectionSet) {
			return true
		}
	}
	return false
}

func covers(value any, set ast.SelectionSet) bool {
	if list, ok := value.([]any); ok {
		return !slices.ContainsFunc(list, func(e any) bool { return !covers(e, set) })
	}
	object, ok := value.(map[string]any)
	if !ok {
		return value == nil
	}
	for _, selection := range set {
		if f, isField := selection.(*ast.Field); isField {
			inner, has := object[f.Name]
			if !has || len(f.SelectionSet) > 0 && !covers(inner, f.SelectionSet) {
				return false
			}
		}
	}
	return true
}

// record is the first of a type that agrees with what is known of it.
func (x *execution) record(typeName string, known map[string]any) any {
	for _, record := range x.server.data.Entities[typeName] {
		if agrees(record, known) {
			out := maps.Clone(record)
			if out["__typename"] == nil {
				out["__typename"] = typeName
			}
			if out["$error"] != nil {
				delete(out, "__typename")
			}
			return out
		}
	}
	return nil
}

func agrees(record, known map[string]any) bool {
	for name, want := range known {
		have, ok := record[name]
		if !ok || name == "__typename" {
			continue
		}
		a, isObject := have.(map[string]any)
		b, both := want.(map[string]any)
		switch {
		case isObject && (a["$sent"] != nil || a["$ref"] != nil || a["$args"] != nil):
		case isObject && both:
			if !agrees(a, b) {
				return false
			}
		case !reflect.DeepEqual(have, want):
			return false
		}
	}
	return true
}
