package fakesubgraph

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// RandomOperation makes up an operation that the schema allows, and its variables:
// the same for the same seed.
func RandomOperation(schema *ast.Schema, seed uint64) (query string, variables map[string]any) {
	g := &operationGenerator{schema: schema, Rand: rand.New(rand.NewPCG(seed, 7)), variables: map[string]any{}} //nolint:gosec // repeatable on purpose
	kind, root := "query", schema.Query
	if schema.Mutation != nil && g.IntN(8) == 0 {
		kind, root = "mutation", schema.Mutation
	}
	g.left = 6 + g.IntN(30)
	body := g.selection(root, 0)
	declared := ""
	if len(g.declared) > 0 {
		declared = "(" + strings.Join(g.declared, ", ") + ")"
	}
	return kind + " Made" + declared + " " + body + " " + strings.Join(g.fragments, " "), g.variables
}

// asker writes one operation.
type operationGenerator struct {
	*rand.Rand
	schema    *ast.Schema
	left      int // fields it may still select
	aliases   int
	declared  []string
	variables map[string]any
	fragments []string
}

func (g *operationGenerator) selection(t *ast.Definition, depth int) string {
	var out []string
	used := map[string]bool{}
	if g.IntN(4) == 0 || t.Kind == ast.Union {
		out = append(out, g.typename())
	}
	fields := slices.DeleteFunc(slices.Clone(t.Fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
	for range 1 + g.IntN(4) {
		if len(fields) == 0 {
			break
		}
		if text := g.field(fields[g.IntN(len(fields))], used, depth); text != "" {
			out = append(out, text)
		}
	}
	if t.IsAbstractType() || g.IntN(6) == 0 {
		out = append(out, g.fragment(t, depth)...)
	}
	if len(out) == 0 {
		out = append(out, "__typename")
	}
	return "{ " + strings.Join(out, " ") + " }"
}

func (g *operationGenerator) typename() string {
	if g.IntN(3) == 0 {
		return g.alias("__typename")
	}
	return "__typename"
}

func (g *operationGenerator) alias(name string) string {
	g.aliases++
	return fmt.Sprintf("a%d: %s", g.aliases, name)
}

func (g *operationGenerator) fragment(t *ast.Definition, depth int) []string {
	possible := g.schema.GetPossibleTypes(t)
	if len(possible) == 0 || depth > 5 {
		return nil
	}
	var out []string
	for range 1 + g.IntN(2) {
		on := possible[g.IntN(len(possible))]
		body := g.selection(on, depth+1)
		switch g.IntN(3) {
		case 0:
			name := fmt.Sprintf("F%d", len(g.fragments))
			g.fragments = append(g.fragments, fmt.Sprintf("fragment %s on %s %s", name, on.Name, body))
			out = append(out, "..."+name+g.condition())
		default:
			out = append(out, "... on "+on.Name+g.condition()+" "+body)
		}
	}
	return out
}

func (g *operationGenerator) field(f *ast.FieldDefinition, used map[string]bool, depth int) string {
	if g.left--; g.left < 0 {
		return ""
	}
	t := g.schema.Types[f.Type.Name()]
	below := ""
	if t.IsCompositeType() {
		if depth > 6 {
			return ""
		}
		below = " " + g.selection(t, depth+1)
	}
	arguments := g.arguments(f)
	name := f.Name
	// A name stands once unless it has an alias: two of one name would have to
	// select the same.
	if arguments != "" || used[name] || below != "" || g.IntN(4) == 0 {
		name = g.alias(name)
	}
	used[f.Name] = true
	return name + arguments + g.condition() + below
}

func (g *operationGenerator) condition() string {
	if g.IntN(8) > 0 {
		return ""
	}
	directive := []string{" @skip(if: %s)", " @include(if: %s)"}[g.IntN(2)]
	value := g.IntN(4) > 0 == strings.Contains(directive, "include")
	if g.IntN(2) == 0 {
		return fmt.Sprintf(directive, fmt.Sprint(value))
	}
	return fmt.Sprintf(directive, g.variable("Boolean!", value))
}

func (g *operationGenerator) variable(typeName string, value any) string {
	name := fmt.Sprintf("v%d", len(g.declared))
	g.declared = append(g.declared, "$"+name+": "+typeName)
	g.variables[name] = value
	return "$" + name
}

func (g *operationGenerator) arguments(f *ast.FieldDefinition) string {
	var out []string
	for _, a := range f.Arguments {
		required := a.Type.NonNull && a.DefaultValue == nil
		if !required && g.IntN(2) == 0 {
			continue
		}
		value := g.input(a.Type, 0)
		switch g.IntN(4) {
		case 0, 1:
			out = append(out, a.Name+": "+g.variable(a.Type.String(), value))
		case 2:
			if !a.Type.NonNull { // declared, and not given
				text := g.variable(a.Type.String(), nil)
				delete(g.variables, text[1:])
				out = append(out, a.Name+": "+text)
				continue
			}
			fallthrough
		default:
			out = append(out, a.Name+": "+g.literal(a.Type, value))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// input makes up a value of an input type.
func (g *operationGenerator) input(t *ast.Type, depth int) any {
	if t.Elem != nil {
		out := []any{}
		for range g.IntN(3) {
			out = append(out, g.input(t.Elem, depth+1))
		}
		return out
	}
	definition := g.schema.Types[t.NamedType]
	switch {
	case definition.Kind == ast.Enum:
		return definition.EnumValues[g.IntN(len(definition.EnumValues))].Name
	case definition.Kind == ast.InputObject:
		return g.inputObject(definition, depth)
	case t.NamedType == "Int":
		return g.IntN(20)
	case t.NamedType == "Float":
		return 1.5
	case t.NamedType == "Boolean":
		return g.IntN(2) == 0
	default:
		return fmt.Sprintf("t%d", g.IntN(5))
	}
}

func (g *operationGenerator) inputObject(definition *ast.Definition, depth int) any {
	out := map[string]any{}
	oneOf := definition.Directives.ForName("oneOf") != nil
	for _, f := range definition.Fields {
		if f.Type.NonNull || oneOf && len(out) == 0 || !oneOf && depth < 3 && g.IntN(2) == 0 {
			out[f.Name] = g.input(f.Type, depth+1)
		}
	}
	return out
}

// literal writes a value as it stands in a document.
func (g *operationGenerator) literal(t *ast.Type, value any) string {
	switch v := value.(type) {
	case []any:
		var out []string
		for _, item := range v {
			out = append(out, g.literal(t.Elem, item))
		}
		return "[" + strings.Join(out, ", ") + "]"
	case map[string]any:
		var out []string
		for _, f := range g.schema.Types[t.Name()].Fields {
			if member, ok := v[f.Name]; ok {
				out = append(out, f.Name+": "+g.literal(f.Type, member))
			}
		}
		return "{" + strings.Join(out, ", ") + "}"
	case string:
		if g.schema.Types[t.Name()].Kind == ast.Enum {
			return v
		}
		return fmt.Sprintf("%q", v)
	default:
		return fmt.Sprint(v)
	}
}
