package plan

import (
	"slices"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/gqlerr"
)

// introspectionLists bounds the nesting of the lists in an introspection query
// that lead from a type to other types, and so back again: each level multiplies
// the response by the size of the schema. The queries of the usual tools have one
// level.
const introspectionLists = 2

// How often one operation may select __schema and __type, besides what it costs:
// each selection is answered from a copy of the schema, or of a type, of its own.
// Twelve of the first took 30 MB.
const (
	maxSchemas = 2
	maxTypes   = 10
)

// The root fields of introspection.
const (
	schemaField = "__schema"
	typeField   = "__type"
)

func isIntrospectionField(name string) bool { return name == schemaField || name == typeField }

// checkIntrospection rejects introspection queries with too many nested lists, and
// those that select the schema under several names. checkDocument must have
// rejected cyclic fragments before.
func checkIntrospection(doc *ast.Document) error {
	for _, operation := range doc.OperationDefinitions {
		if !operation.HasSelections {
			continue
		}
		// By response name: fields of one are merged, and answered once.
		schemas, types := map[string]bool{}, map[string]bool{}
		rootFields(doc, operation.SelectionSet, map[string]bool{}, func(field int) {
			switch doc.FieldNameString(field) {
			case schemaField:
				schemas[doc.FieldAliasOrNameString(field)] = true
			case typeField:
				types[doc.FieldAliasOrNameString(field)] = true
			}
		})
		if n := len(schemas); n > maxSchemas {
			return exceeded("selections of __schema", maxSchemas, n)
		}
		if n := len(types); n > maxTypes {
			return exceeded("selections of __type", maxTypes, n)
		}
	}
	m := listDepth{doc: doc, fragments: map[string]int{}}
	for ref := range doc.Fields {
		if !isIntrospectionField(doc.FieldNameString(ref)) {
			continue
		}
		if set, ok := doc.FieldSelectionSet(ref); ok {
			if n := m.set(set); n > introspectionLists {
				return exceeded("nested introspection lists", introspectionLists, n)
			}
		}
	}
	return nil
}

// listDepth counts nested lists. The result of a fragment is kept, so that the
// time is linear in the document and not in its expansion.
type listDepth struct {
	doc       *ast.Document
	fragments map[string]int
}

func (m listDepth) set(ref int) int {
	deepest := 0
	for _, selection := range m.doc.SelectionSets[ref].SelectionRefs {
		deepest = max(deepest, m.selection(m.doc.Selections[selection]))
	}
	return deepest
}

func (m listDepth) selection(s ast.Selection) int {
	switch s.Kind {
	case ast.SelectionKindField:
		set, ok := m.doc.FieldSelectionSet(s.Ref)
		if !ok {
			return 0
		}
		switch m.doc.FieldNameString(s.Ref) {
		case "fields", "interfaces", "possibleTypes", "inputFields":
			return 1 + m.set(set)
		default:
			return m.set(set)
		}
	case ast.SelectionKindInlineFragment:
		if inline := m.doc.InlineFragments[s.Ref]; inline.HasSelections {
			return m.set(inline.SelectionSet)
		}
	case ast.SelectionKindFragmentSpread:
		return m.spread(m.doc.FragmentSpreadNameString(s.Ref))
	case ast.SelectionKindUnknown:
	}
	return 0
}

func (m listDepth) spread(name string) int {
	if depth, ok := m.fragments[name]; ok {
		return depth
	}
	ref, ok := m.doc.FragmentDefinitionRef([]byte(name))
	if !ok || !m.doc.FragmentDefinitions[ref].HasSelections {
		return 0 // validation reports it
	}
	depth := m.set(m.doc.FragmentDefinitions[ref].SelectionSet)
	m.fragments[name] = depth
	return depth
}

// IsIntrospection reports whether the operation selects __schema or __type.
func (o *Operation) IsIntrospection() bool {
	return slices.ContainsFunc(o.RootFields, isIntrospectionField)
}

// IntrospectionDisabled is the error of an introspection query where those are
// disabled.
func IntrospectionDisabled() *gqlerr.Error {
	return gqlerr.New(gqlerr.ValidationFailed, "Introspection is disabled.")
}
