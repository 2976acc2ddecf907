package serve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxLeaves bounds the fields of one sample, to stay within the limits of
// operations.
const maxLeaves = 40

// sample is an operation that selects fields of one type.
type sample struct {
	of   string // the type
	text string
}

// coverage returns operations that together select every field of the schema,
// each by the shortest path from a root.
func coverage(schema *ast.Schema) []sample {
	s := sampler{schema: schema, seen: map[string]bool{}}
	for _, root := range []struct {
		keyword string
		of      *ast.Definition
	}{{"query", schema.Query}, {"mutation", schema.Mutation}, {"subscription", schema.Subscription}} {
		if root.of != nil {
			s.walk(root.keyword, root.of)
		}
	}
	return s.all
}

type sampler struct {
	schema *ast.Schema
	seen   map[string]bool // types
	all    []sample
}

// path is how a type is reached: the text before and after its selection.
type path struct {
	of            *ast.Definition
	before, after string
	depth         int
}

// maxDepth of samples: within a depth limit of ten.
const maxDepth = 9

func (s *sampler) walk(keyword string, root *ast.Definition) {
	oneRoot := keyword == "subscription" // which has one field at the root
	queue := []path{{root, keyword + " ", "", 0}}
	s.seen[root.Name] = true
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		var leaves []string
		for _, f := range at.of.Fields {
			if strings.HasPrefix(f.Name, "__") {
				continue
			}
			def := s.schema.Types[f.Type.Name()]
			call := f.Name + s.arguments(f.Arguments)
			if def.IsLeafType() {
				leaves = append(leaves, call)
				continue
			}
			if to := (path{def, at.before + "{ " + call + " ", " }" + at.after, at.depth + 1}); to.depth <= maxDepth {
				queue = append(queue, s.possible(to)...)
			}
		}
		size := maxLeaves
		if oneRoot && at.of == root {
			size = 1
		}
		for chunk := range slices.Chunk(leaves, size) {
			s.all = append(s.all, sample{at.of.Name, at.before + "{ " + strings.Join(chunk, " ") + " }" + at.after})
		}
		if len(leaves) == 0 && at.depth > 0 {
			s.all = append(s.all, sample{at.of.Name, at.before + "{ __typename }" + at.after})
		}
	}
}

// possible returns the types that a selection reaches first: those of an
// interface or union by fragments. Each type is visited once.
func (s *sampler) possible(to path) []path {
	var paths []path
	if to.of.Kind != ast.Union && !s.seen[to.of.Name] {
		s.seen[to.of.Name] = true
		paths = append(paths, to)
	}
	if to.of.Kind == ast.Object {
		return paths
	}
	for _, def := range s.schema.GetPossibleTypes(to.of) {
		if !s.seen[def.Name] {
			s.seen[def.Name] = true
			paths = append(paths, path{def, to.before + "{ ... on " + def.Name + " ", " }" + to.after, to.depth})
		}
	}
	return paths
}

// arguments writes the required arguments of a field.
func (s *sampler) arguments(all ast.ArgumentDefinitionList) string {
	var given []string
	for _, a := range all {
		if a.Type.NonNull && a.DefaultValue == nil {
			given = append(given, a.Name+": "+s.value(a.Type, 0))
		}
	}
	if len(given) == 0 {
		return ""
	}
	return "(" + strings.Join(given, ", ") + ")"
}

// value is any literal of a type.
func (s *sampler) value(t *ast.Type, depth int) string {
	if t.Elem != nil {
		return "[" + s.value(t.Elem, depth) + "]"
	}
	def := s.schema.Types[t.NamedType]
	switch {
	case depth > maxDepth: // an input type that requires itself has no value
		return "null"
	case def.Kind == ast.Enum:
		return def.EnumValues[0].Name
	case def.Kind == ast.InputObject:
		return s.object(def, depth)
	}
	switch t.NamedType {
	case "Int":
		return "1"
	case "Float":
		return "1.5"
	case "Boolean":
		return "true"
	default:
		return `"1"`
	}
}

func (s *sampler) object(def *ast.Definition, depth int) string {
	var members []string
	oneOf := def.Directives.ForName("oneOf") != nil
	for _, f := range def.Fields {
		if oneOf || f.Type.NonNull && f.DefaultValue == nil {
			members = append(members, fmt.Sprintf("%s: %s", f.Name, s.value(f.Type, depth+1)))
		}
		if oneOf {
			break
		}
	}
	return "{" + strings.Join(members, ", ") + "}"
}
