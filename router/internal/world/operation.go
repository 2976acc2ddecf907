package world

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"cartograph/router/internal/randomop"
)

// RandomOperation makes up a valid operation: the same for the same seed.
func (w *World) RandomOperation(seed uint64) Operation {
	for attempt := uint64(0); ; attempt++ {
		g := &operationGenerator{Inputs: randomop.New(w.Schema, seed, attempt)}
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
	*randomop.Inputs
	left      int // fields it may still select
	fragments []string
	spreads   []spread
}

type spread struct{ name, on string }

func (g *operationGenerator) operation() Operation {
	kind, root := "query", g.Schema.Query
	if g.Schema.Mutation != nil && g.IntN(6) == 0 {
		kind, root = "mutation", g.Schema.Mutation
	}
	g.left = 4 + g.IntN(24)
	body := g.selection(root, 0)
	return Operation{kind + " Q" + g.Declarations() + " " + body + " " + strings.Join(g.fragments, " "), g.Variables}
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
		return g.alias(g.Schema.Query) + ": __typename"
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
	for _, name := range sortedTypes(g.Schema) {
		def := g.Schema.Types[name]
		if def.IsCompositeType() && !strings.HasPrefix(name, "__") && g.overlap(t, def) {
			candidates = append(candidates, name)
		}
	}
	if g.IntN(8) == 0 || len(candidates) == 0 {
		return "..." + g.Condition() + " " + g.selection(t, depth+1)
	}
	on := candidates[g.IntN(len(candidates))]
	if g.IntN(4) == 0 {
		for _, s := range g.spreads {
			if s.on == on {
				return "..." + s.name + g.Condition()
			}
		}
	}
	body := g.selection(g.Schema.Types[on], depth+1)
	if g.IntN(4) == 0 {
		name := fmt.Sprintf("F%d", len(g.fragments))
		g.fragments = append(g.fragments, fmt.Sprintf("fragment %s on %s %s", name, on, body))
		g.spreads = append(g.spreads, spread{name, on})
		return "..." + name + g.Condition()
	}
	return "... on " + on + g.Condition() + " " + body
}

func (g *operationGenerator) overlap(a, b *ast.Definition) bool {
	for _, x := range g.Schema.GetPossibleTypes(a) {
		if slices.Contains(g.Schema.GetPossibleTypes(b), x) {
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
	t := g.Schema.Types[f.Type.Name()]
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
	return name + g.Arguments(f) + g.Condition() + below
}
