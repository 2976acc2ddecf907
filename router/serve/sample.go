package serve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// mostLeaves bounds the fields of one sample, so that it stays within the limits.
const mostLeaves = 40

// sample is an operation that selects fields of one type.
type sample struct {
	of   string // the type
	text string
}

// samples are operations that together select every field of the schema, each
// by the shortest way from a root.
func samples(schema *ast.Schema) []sample {
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

// way is how a type is reached: what stands before and after its selection.
type way struct {
	of            *ast.Definition
	before, after string
	depth         int
}

// deepest is how far from a root samples go; a limit of ten levels lets them pass.
const deepest = 9

func (s *sampler) walk(keyword string, root *ast.Definition) {
	alone := keyword == "subscription" // which has one field at the root
	queue := []way{{root, keyword + " ", "", 0}}
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
			if to := (way{def, at.before + "{ " + call + " ", " }" + at.after, at.depth + 1}); to.depth <= deepest {
				queue = append(queue, s.possible(to)...)
			}
		}
		size := mostLeaves
		if alone && at.of == root {
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

// possible are the new types that a selection reaches; those behind an
// interface or union by fragments.
func (s *sampler) possible(to way) []way {
	var ways []way
	if to.of.Kind != ast.Union && !s.seen[to.of.Name] {
		s.seen[to.of.Name] = true
		ways = append(ways, to)
	}
	if to.of.Kind == ast.Object {
		return ways
	}
	for _, def := range s.schema.GetPossibleTypes(to.of) {
		if !s.seen[def.Name] {
			s.seen[def.Name] = true
			ways = append(ways, way{def, to.before + "{ ... on " + def.Name + " ", " }" + to.after, to.depth})
		}
	}
	return ways
}

// arguments are those without which a field cannot be asked.
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

// value is some literal of a type.
func (s *sampler) value(t *ast.Type, depth int) string {
	if t.Elem != nil {
		return "[" + s.value(t.Elem, depth) + "]"
	}
	def := s.schema.Types[t.NamedType]
	switch {
	case depth > deepest: // an input that needs itself: nobody can write it
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
