package plan

import (
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/gqlerr"
)

// introspectionLists bounds how often a question about the schema may go
// through a list that leads from a type to others and, by them, back: each
// time multiplies the answer by the size of the schema. The questions that
// tools ask do so once.
const introspectionLists = 2

// checkIntrospection measures questions about the schema. Cycles of fragments
// have been refused before.
func checkIntrospection(doc *ast.Document) error {
	m := listDepth{doc: doc, fragments: map[string]int{}}
	for ref := range doc.Fields {
		if name := doc.FieldNameString(ref); name != "__schema" && name != "__type" {
			continue
		}
		if set, ok := doc.FieldSelectionSet(ref); ok {
			if n := m.set(set); n > introspectionLists {
				return exceeded("nested lists of the schema", introspectionLists, n)
			}
		}
	}
	return nil
}

// listDepth counts nested lists; each fragment is counted once.
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
		return 0 // validation will name it
	}
	depth := m.set(m.doc.FragmentDefinitions[ref].SelectionSet)
	m.fragments[name] = depth
	return depth
}

// AsksForSchema reports whether the operation is, in part, about the schema.
func (o *Operation) AsksForSchema() bool {
	for _, name := range o.RootFields {
		if name == "__schema" || name == "__type" {
			return true
		}
	}
	return false
}

// SchemaIsClosed refuses a question about the schema.
func SchemaIsClosed() *gqlerr.Error {
	return gqlerr.New(gqlerr.ValidationFailed, "Introspection is switched off.")
}
