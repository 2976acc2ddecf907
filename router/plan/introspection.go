package plan

import (
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

// checkIntrospection rejects introspection queries with too many nested lists, and
// those that select the schema under several names. checkDocument must have
// rejected cyclic fragments before.
func checkIntrospection(doc *ast.Document) error {
	for _, operation := range doc.OperationDefinitions {
		if !operation.HasSelections {
			continue
		}
		selected := map[string]map[string]bool{}
		introspectionRoots(doc, operation.SelectionSet, selected, map[string]bool{})
		if n := len(selected["__schema"]); n > maxSchemas {
			return exceeded("selections of __schema", maxSchemas, n)
		}
		if n := len(selected["__type"]); n > maxTypes {
			return exceeded("selections of __type", maxTypes, n)
		}
	}
	m := listDepth{doc: doc, fragments: map[string]int{}}
	for ref := range doc.Fields {
		if name := doc.FieldNameString(ref); name != "__schema" && name != "__type" {
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

// introspectionRoots collects the response names of __schema and __type in a set of
// root fields. Fields of one name are merged, and answered once.
func introspectionRoots(doc *ast.Document, set int, selected map[string]map[string]bool, spread map[string]bool) {
	for _, selection := range doc.SelectionSets[set].SelectionRefs {
		switch s := doc.Selections[selection]; s.Kind {
		case ast.SelectionKindField:
			if name := doc.FieldNameString(s.Ref); name == "__schema" || name == "__type" {
				if selected[name] == nil {
					selected[name] = map[string]bool{}
				}
				selected[name][doc.FieldAliasOrNameString(s.Ref)] = true
			}
		case ast.SelectionKindInlineFragment:
			if inline := doc.InlineFragments[s.Ref]; inline.HasSelections {
				introspectionRoots(doc, inline.SelectionSet, selected, spread)
			}
		case ast.SelectionKindFragmentSpread:
			name := doc.FragmentSpreadNameString(s.Ref)
			ref, ok := doc.FragmentDefinitionRef([]byte(name))
			if ok && !spread[name] && doc.FragmentDefinitions[ref].HasSelections {
				spread[name] = true
				introspectionRoots(doc, doc.FragmentDefinitions[ref].SelectionSet, selected, spread)
			}
		case ast.SelectionKindUnknown:
		}
	}
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
	for _, name := range o.RootFields {
		if name == "__schema" || name == "__type" {
			return true
		}
	}
	return false
}

// IntrospectionDisabled is the error of an introspection query where those are
// disabled.
func IntrospectionDisabled() *gqlerr.Error {
	return gqlerr.New(gqlerr.ValidationFailed, "Introspection is disabled.")
}
