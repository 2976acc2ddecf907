package world

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// Operation is an operation with its variables.
type Operation struct {
	Query     string
	Variables map[string]any
}

// Execute answers a valid operation as one plain server would.
func (w *World) Execute(op Operation) (string, error) {
	doc, errs := parseQuery(w.Schema, op.Query)
	if len(errs) > 0 {
		return "", errs
	}
	variables, err := validator.VariableValues(w.Schema, doc.Operations[0], op.Variables)
	if err != nil {
		return "", err
	}
	root := w.Schema.Query
	if doc.Operations[0].Operation == ast.Mutation {
		root = w.Schema.Mutation
	}
	x := &execution{schema: w.Schema, variables: variables, source: plain{w}}
	data := x.object(target{object: object{root.Name, 0}, typeName: root.Name}, []ast.SelectionSet{doc.Operations[0].SelectionSet}, nil)
	return `{"data":` + string(data) + `}`, nil
}

// source resolves fields.
type source interface {
	resolve(t target, f *ast.Field, arguments map[string]any) (any, error)
	// typeName is the runtime type of an object of a declared type.
	typeName(o object, declared *ast.Definition) string
}

type plain struct{ world *World }

func (s plain) resolve(t target, f *ast.Field, arguments map[string]any) (any, error) {
	return s.world.value(t.object, f.Name, arguments), nil
}

func (s plain) typeName(o object, _ *ast.Definition) string { return o.typeName }

// target is an object that is being answered, under the name of its type in the
// schema. A subgraph knows what came with it.
type target struct {
	object
	typeName string

	sent     map[string]any   // the representation
	provided ast.SelectionSet // by the field that led here
}

// execution is the algorithm of the specification, section 6, without any care for
// speed.
type execution struct {
	schema    *ast.Schema
	variables map[string]any
	source    source
	errors    []map[string]any
}

func (x *execution) object(t target, sets []ast.SelectionSet, path []any) json.RawMessage {
	groups := map[string][]*ast.Field{}
	var order []string
	for _, set := range sets {
		x.collect(t.typeName, set, groups, &order)
	}
	out := []byte{'{'}
	for i, name := range order {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, name), ':')
		value := x.field(t, groups[name], append(slices.Clip(path), name))
		if value == nil {
			return nil
		}
		out = append(out, value...)
	}
	return append(out, '}')
}

func (x *execution) collect(typeName string, set ast.SelectionSet, groups map[string][]*ast.Field, order *[]string) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if x.included(s.Directives) {
				if groups[s.Alias] == nil {
					*order = append(*order, s.Alias)
				}
				groups[s.Alias] = append(groups[s.Alias], s)
			}
		case *ast.InlineFragment:
			if x.included(s.Directives) && x.applies(typeName, s.TypeCondition) {
				x.collect(typeName, s.SelectionSet, groups, order)
			}
		case *ast.FragmentSpread:
			if x.included(s.Directives) && x.applies(typeName, s.Definition.TypeCondition) {
				x.collect(typeName, s.Definition.SelectionSet, groups, order)
			}
		}
	}
}

func (x *execution) included(list ast.DirectiveList) bool {
	for _, d := range list {
		value, _ := d.Arguments.ForName("if").Value.Value(x.variables)
		if d.Name == "skip" && value == true || d.Name == "include" && value == false {
			return false
		}
	}
	return true
}

func (x *execution) applies(typeName, condition string) bool {
	if condition == "" || condition == typeName {
		return true
	}
	for _, possible := range x.schema.GetPossibleTypes(x.schema.Types[condition]) {
		if possible.Name == typeName {
			return true
		}
	}
	return false
}

// field returns nil if null propagates to the object around.
func (x *execution) field(t target, fields []*ast.Field, path []any) json.RawMessage {
	f := fields[0]
	if f.Name == "__typename" {
		return json.RawMessage(strconv.Quote(t.typeName))
	}
	def := x.schema.Types[t.typeName].Fields.ForName(f.Name)
	arguments := map[string]any{}
	for name, value := range f.ArgumentMap(x.variables) {
		arguments[name] = x.coerce(def.Arguments.ForName(name).Type, value)
	}
	value, err := x.source.resolve(t, f, arguments)
	if err != nil {
		x.errors = append(x.errors, map[string]any{"message": err.Error(), "path": path})
		value = nil
	}
	var sets []ast.SelectionSet
	for _, same := range fields {
		sets = append(sets, same.SelectionSet)
	}
	return x.complete(def.Type, value, sets, path)
}

func (x *execution) complete(t *ast.Type, value any, sets []ast.SelectionSet, path []any) json.RawMessage {
	out := json.RawMessage(nil)
	switch v := value.(type) {
	case nil:
	case json.RawMessage:
		out = v
	case []any:
		out = json.RawMessage{'['}
		for i, item := range v {
			if i > 0 {
				out = append(out, ',')
			}
			text := x.complete(t.Elem, item, sets, append(slices.Clip(path), i))
			if text == nil {
				out = nil
				break
			}
			out = append(out, text...)
		}
		if out != nil {
			out = append(out, ']')
		}
	case target:
		v.typeName = x.source.typeName(v.object, x.schema.Types[t.Name()])
		out = x.object(v, sets, path)
	case object:
		out = x.object(target{object: v, typeName: x.source.typeName(v, x.schema.Types[t.Name()])}, sets, path)
	default:
		panic(fmt.Sprintf("value of type %T", v))
	}
	if out == nil && !t.NonNull {
		return json.RawMessage("null")
	}
	return out
}

// coerce brings an argument to the form that every way of writing it has.
func (x *execution) coerce(t *ast.Type, value any) any {
	if value == nil {
		return nil
	}
	if t.Elem != nil {
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		out := make([]any, len(list))
		for i, item := range list {
			out[i] = x.coerce(t.Elem, item)
		}
		return out
	}
	def := x.schema.Types[t.NamedType]
	if def.Kind != ast.InputObject {
		if t.NamedType == "Float" || t.NamedType == "Int" {
			n, err := strconv.ParseFloat(fmt.Sprint(value), 64)
			if err == nil {
				return n
			}
		}
		if t.NamedType == "ID" {
			return fmt.Sprint(value)
		}
		return value
	}
	given, _ := value.(map[string]any)
	out := map[string]any{}
	for _, f := range def.Fields {
		if member, ok := given[f.Name]; ok {
			out[f.Name] = x.coerce(f.Type, member)
		} else if f.DefaultValue != nil {
			member, _ := f.DefaultValue.Value(nil)
			out[f.Name] = x.coerce(f.Type, member)
		}
	}
	return out
}
