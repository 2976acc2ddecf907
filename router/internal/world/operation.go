package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
)

// RandomOperation makes up a valid operation: the same for the same seed.
func (w *World) RandomOperation(seed uint64) Operation {
	for attempt := uint64(0); ; attempt++ {
		g := &operationGenerator{Rand: rand.New(rand.NewPCG(seed, attempt)), world: w, schema: w.Schema, variables: map[string]any{}} //nolint:gosec // repeatable on purpose
		op := g.operation()
		if w.IsValid(op) {
			return op
		}
		if attempt > 200 {
			return Operation{Query: "{ __typename }"}
		}
	}
}

// IsValid reports whether the schema and the variables' types allow an operation.
func (w *World) IsValid(op Operation) bool {
	doc, errs := parseQuery(w.Schema, op.Query)
	if len(errs) > 0 || len(doc.Operations) != 1 {
		return false
	}
	_, err := validator.VariableValues(w.Schema, doc.Operations[0], op.Variables)
	return err == nil
}

// operationGenerator writes one operation. Its aliases are names that may be those
// of other fields, so that not everything it writes is valid.
type operationGenerator struct {
	*rand.Rand
	world     *World
	schema    *ast.Schema
	left      int // fields it may still select
	declared  []string
	variables map[string]any
	fragments []string
	spreads   []spread
}

type spread struct{ name, on string }

func (g *operationGenerator) operation() Operation {
	kind, root := "query", g.schema.Query
	if g.schema.Mutation != nil && g.IntN(6) == 0 {
		kind, root = "mutation", g.schema.Mutation
	}
	g.left = 4 + g.IntN(24)
	body := g.selection(root, 0)
	declared := ""
	if len(g.declared) > 0 {
		declared = "(" + strings.Join(g.declared, ", ") + ")"
	}
	return Operation{kind + " Q" + declared + " " + body + " " + strings.Join(g.fragments, " "), g.variables}
}

const maxDepth = 7

func (g *operationGenerator) selection(t *ast.Definition, depth int) string {
	var out []string
	if g.IntN(5) == 0 {
		out = append(out, g.typename())
	}
	fields := slices.DeleteFunc(slices.Clone(t.Fields), func(f *ast.FieldDefinition) bool { return strings.HasPrefix(f.Name, "__") })
	for range 1 + g.IntN(4) {
		if len(fields) > 0 {
			if text := g.field(t, fields[g.IntN(len(fields))], depth); text != "" {
				out = append(out, text)
			}
		}
	}
	chance := 8
	if t.IsAbstractType() {
		chance = 1
	}
	if g.IntN(chance) == 0 && depth < maxDepth {
		for range 1 + g.IntN(3) {
			out = append(out, g.fragment(t, depth))
		}
	}
	g.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	if len(out) == 0 {
		out = append(out, "__typename")
	}
	return "{ " + strings.Join(out, " ") + " }"
}

func (g *operationGenerator) typename() string {
	if g.IntN(6) == 0 {
		return g.alias(g.schema.Query) + ": __typename"
	}
	return "__typename"
}

// alias is a short name, or that of another field of the type.
func (g *operationGenerator) alias(t *ast.Definition) string {
	names := []string{"a", "b", "id", "name", "key"}
	for _, f := range t.Fields {
		if !strings.HasPrefix(f.Name, "__") {
			names = append(names, f.Name)
		}
	}
	return names[g.IntN(len(names))]
}

// fragment is on a type that shares objects with the type around: itself, one of
// its members, an interface or a union.
func (g *operationGenerator) fragment(t *ast.Definition, depth int) string {
	var candidates []string
	for _, name := range sortedTypes(g.schema) {
		def := g.schema.Types[name]
		if def.IsCompositeType() && !strings.HasPrefix(name, "__") && g.overlap(t, def) {
			candidates = append(candidates, name)
		}
	}
	if g.IntN(8) == 0 || len(candidates) == 0 {
		return "..." + g.condition() + " " + g.selection(t, depth+1)
	}
	on := candidates[g.IntN(len(candidates))]
	if g.IntN(4) == 0 {
		for _, s := range g.spreads {
			if s.on == on {
				return "..." + s.name + g.condition()
			}
		}
	}
	body := g.selection(g.schema.Types[on], depth+1)
	if g.IntN(4) == 0 {
		name := fmt.Sprintf("F%d", len(g.fragments))
		g.fragments = append(g.fragments, fmt.Sprintf("fragment %s on %s %s", name, on, body))
		g.spreads = append(g.spreads, spread{name, on})
		return "..." + name + g.condition()
	}
	return "... on " + on + g.condition() + " " + body
}

func (g *operationGenerator) overlap(a, b *ast.Definition) bool {
	for _, x := range g.schema.GetPossibleTypes(a) {
		if slices.Contains(g.schema.GetPossibleTypes(b), x) {
			return true
		}
	}
	return false
}

func sortedTypes(schema *ast.Schema) []string {
	names := make([]string, 0, len(schema.Types))
	for name := range schema.Types {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (g *operationGenerator) field(parent *ast.Definition, f *ast.FieldDefinition, depth int) string {
	if g.left--; g.left < 0 {
		return ""
	}
	t := g.schema.Types[f.Type.Name()]
	below := ""
	if t.IsCompositeType() {
		if depth > maxDepth {
			return ""
		}
		below = " " + g.selection(t, depth+1)
	}
	name := f.Name
	if g.IntN(4) == 0 {
		name = g.alias(parent) + ": " + name
	}
	return name + g.arguments(f) + g.condition() + below
}

func (g *operationGenerator) condition() string {
	if g.IntN(10) > 0 {
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
		case 0:
			out = append(out, a.Name+": "+g.variable(a.Type.String(), value))
		case 1:
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

func (g *operationGenerator) input(t *ast.Type, depth int) any {
	if t.Elem != nil {
		out := []any{}
		for range g.IntN(3) {
			out = append(out, g.input(t.Elem, depth+1))
		}
		return out
	}
	def := g.schema.Types[t.NamedType]
	switch {
	case def.Kind == ast.Enum:
		return def.EnumValues[g.IntN(len(def.EnumValues))].Name
	case def.Kind == ast.InputObject:
		return g.inputObject(def, depth)
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

func (g *operationGenerator) inputObject(def *ast.Definition, depth int) any {
	out := map[string]any{}
	oneOf := def.Directives.ForName("oneOf") != nil
	for _, f := range def.Fields {
		if f.Type.NonNull && f.DefaultValue == nil || oneOf && len(out) == 0 || !oneOf && depth < 3 && g.IntN(2) == 0 {
			out[f.Name] = g.input(f.Type, depth+1)
		}
	}
	return out
}

func (g *operationGenerator) literal(t *ast.Type, value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
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
