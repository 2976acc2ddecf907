// Package randomop writes what random operations have in common: arguments, conditions
// and the variables of both. What an operation selects is up to its generator.
package randomop

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Inputs writes the inputs of one operation: the same for the same seeds.
type Inputs struct {
	*rand.Rand
	Schema    *ast.Schema
	Variables map[string]any // that it has made so far; declared ones may be missing
	declared  []string
}

// New returns an operation's inputs, without any yet.
func New(schema *ast.Schema, seed, attempt uint64) *Inputs {
	return &Inputs{Rand: rand.New(rand.NewPCG(seed, attempt)), Schema: schema, Variables: map[string]any{}} //nolint:gosec // repeatable on purpose
}

// Declarations declares the variables, as they stand behind an operation's name.
func (in *Inputs) Declarations() string {
	if len(in.declared) == 0 {
		return ""
	}
	return "(" + strings.Join(in.declared, ", ") + ")"
}

// Condition is @skip or @include, or mostly nothing.
func (in *Inputs) Condition() string {
	if in.IntN(10) > 0 {
		return ""
	}
	directive := []string{" @skip(if: %s)", " @include(if: %s)"}[in.IntN(2)]
	value := in.IntN(4) > 0 == strings.Contains(directive, "include")
	if in.IntN(2) == 0 {
		return fmt.Sprintf(directive, fmt.Sprint(value))
	}
	return fmt.Sprintf(directive, in.variable("Boolean!", value))
}

func (in *Inputs) variable(typeName string, value any) string {
	name := fmt.Sprintf("v%d", len(in.declared))
	in.declared = append(in.declared, "$"+name+": "+typeName)
	in.Variables[name] = value
	return "$" + name
}

// Arguments are those of a field, some as variables, which may be declared and not given.
func (in *Inputs) Arguments(f *ast.FieldDefinition) string {
	var out []string
	for _, a := range f.Arguments {
		required := a.Type.NonNull && a.DefaultValue == nil
		if !required && in.IntN(2) == 0 {
			continue
		}
		value := in.input(a.Type, 0)
		switch in.IntN(4) {
		case 0:
			out = append(out, a.Name+": "+in.variable(a.Type.String(), value))
		case 1:
			if !a.Type.NonNull { // declared, and not given
				text := in.variable(a.Type.String(), nil)
				delete(in.Variables, text[1:])
				out = append(out, a.Name+": "+text)
				continue
			}
			fallthrough
		default:
			out = append(out, a.Name+": "+in.literal(a.Type, value))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// input makes up a value of an input type.
func (in *Inputs) input(t *ast.Type, depth int) any {
	if t.Elem != nil {
		out := []any{}
		for range in.IntN(3) {
			out = append(out, in.input(t.Elem, depth+1))
		}
		return out
	}
	def := in.Schema.Types[t.NamedType]
	switch {
	case def.Kind == ast.Enum:
		return def.EnumValues[in.IntN(len(def.EnumValues))].Name
	case def.Kind == ast.InputObject:
		return in.inputObject(def, depth)
	case t.NamedType == "Int":
		return in.IntN(20)
	case t.NamedType == "Float":
		return 1.5
	case t.NamedType == "Boolean":
		return in.IntN(2) == 0
	default:
		return fmt.Sprintf("t%d", in.IntN(5))
	}
}

func (in *Inputs) inputObject(def *ast.Definition, depth int) any {
	out := map[string]any{}
	oneOf := def.Directives.ForName("oneOf") != nil
	for _, f := range def.Fields {
		if f.Type.NonNull && f.DefaultValue == nil || oneOf && len(out) == 0 || !oneOf && depth < 3 && in.IntN(2) == 0 {
			out[f.Name] = in.input(f.Type, depth+1)
		}
	}
	return out
}

// literal writes a value as it stands in a document.
func (in *Inputs) literal(t *ast.Type, value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, in.literal(t.Elem, item))
		}
		return "[" + strings.Join(out, ", ") + "]"
	case map[string]any:
		var out []string
		for _, f := range in.Schema.Types[t.Name()].Fields {
			if member, ok := v[f.Name]; ok {
				out = append(out, f.Name+": "+in.literal(f.Type, member))
			}
		}
		return "{" + strings.Join(out, ", ") + "}"
	case string:
		if in.Schema.Types[t.Name()].Kind == ast.Enum {
			return v
		}
		return fmt.Sprintf("%q", v)
	default:
		return fmt.Sprint(v)
	}
}
