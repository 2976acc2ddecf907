package plan

import (
	"math"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/supergraph"
)

// objectsPerPoint is how many objects of an introspection response cost a point.
// They are read from memory, not fetched, but a whole schema has tens of
// thousands of them.
const objectsPerPoint = 100

// schemaSize holds the average lengths of the lists of introspection, by the name
// of the field. Those of a type are averages over all types, so that the product
// with the number of types is the number of elements in the schema.
type schemaSize map[string]float64

func schemaSizeOf(sg *supergraph.Supergraph) schemaSize {
	totals := schemaSize{}
	fields := 0.0
	for _, t := range sg.Types {
		totals["types"]++
		totals["interfaces"] += float64(len(t.Interfaces))
		totals["enumValues"] += float64(len(t.EnumValues))
		switch t.Kind {
		case vektah.InputObject:
			totals["inputFields"] += float64(len(t.Fields))
		case vektah.Interface:
			totals["possibleTypes"] += float64(len(sg.Implementors(t.Name)))
		case vektah.Union:
			totals["possibleTypes"] += float64(len(t.Types))
		case vektah.Object, vektah.Scalar, vektah.Enum:
		}
		if t.Kind == vektah.Object || t.Kind == vektah.Interface {
			fields += float64(len(t.Fields))
			for _, f := range t.Fields {
				totals["args"] += float64(len(f.Arguments))
			}
		}
	}
	types := math.Max(totals["types"], 1)
	for _, name := range []string{"interfaces", "enumValues", "inputFields", "possibleTypes"} {
		totals[name] /= types
	}
	totals["args"] /= math.Max(fields, 1)
	totals["fields"] = fields / types
	totals["directives"] = 8 // the built-in ones and few others
	return totals
}

// objects estimates the objects of the response below a selection set.
func (s schemaSize) objects(doc *ast.Document, set int) float64 {
	total := 0.0
	for _, selection := range doc.SelectionSets[set].SelectionRefs {
		switch selected := doc.Selections[selection]; selected.Kind {
		case ast.SelectionKindField:
			inner, ok := doc.FieldSelectionSet(selected.Ref)
			if !ok {
				continue
			}
			length, isList := s[doc.FieldNameString(selected.Ref)]
			if !isList {
				length = 1
			}
			total += length * (1 + s.objects(doc, inner))
		case ast.SelectionKindInlineFragment:
			if inline := doc.InlineFragments[selected.Ref]; inline.HasSelections {
				total += s.objects(doc, inline.SelectionSet)
			}
		case ast.SelectionKindFragmentSpread, ast.SelectionKindUnknown: // removed by normalization
		}
	}
	return total
}

// introspection returns the cost of a field that no type of the graph has:
// __typename costs nothing, __schema and __type by the size of their responses.
func (b *costCalculation) introspection(ref int, name string) float64 {
	set, ok := b.doc.FieldSelectionSet(ref)
	if !ok || !isIntrospectionField(name) {
		return 0
	}
	cost := math.Floor(b.schema.objects(b.doc, set) / objectsPerPoint)
	if b.paths != nil {
		b.paths.costs[name] += cost
		b.paths.changes[name] = "Select less of the schema."
	}
	return cost
}
