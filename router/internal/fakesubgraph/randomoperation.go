package fakesubgraph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router/internal/randomop"
)

// RandomOperation makes up an operation that the schema allows, and its variables:
// the same for the same seed.
func RandomOperation(schema *ast.Schema, seed uint64) (query string, variables map[string]any) {
	g := &operationGenerator{Inputs: randomop.New(schema, seed, 7)}
	kind, root := "query", schema.Query
	if schema.Mutation != nil && g.IntN(8) == 0 {
		kind, root = "mutation", schema.Mutation
	}
	g.left = 6 + g.IntN(30)
	body := g.selection(root, 0)
	return kind + " Made" + g.Declarations() + " " + body + " " + strings.Join(g.fragments, " "), g.Variables
}

// operationGenerator writes one operation.
type operationGenerator struct {
	*randomop.Inputs
	left      int // fields it may still select
	aliases   int
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
	possible := g.Schema.GetPossibleTypes(t)
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
			out = append(out, "..."+name+g.Condition())
		default:
			out = append(out, "... on "+on.Name+g.Condition()+" "+body)
		}
	}
	return out
}

func (g *operationGenerator) field(f *ast.FieldDefinition, used map[string]bool, depth int) string {
	if g.left--; g.left < 0 {
		return ""
	}
	t := g.Schema.Types[f.Type.Name()]
	below := ""
	if t.IsCompositeType() {
		if depth > 6 {
			return ""
		}
		below = " " + g.selection(t, depth+1)
	}
	arguments := g.Arguments(f)
	name := f.Name
	// A name stands once unless it has an alias: two of one name would have to
	// select the same.
	if arguments != "" || used[name] || below != "" || g.IntN(4) == 0 {
		name = g.alias(name)
	}
	used[f.Name] = true
	return name + arguments + g.Condition() + below
}
