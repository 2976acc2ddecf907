package plan

import "github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

// expandSpreads replaces the fragment spreads of a selection set by inline fragments.
// The engine's normalizer would do it, but takes a spread for a cycle whose fragment
// is on a union that shares only some members with the type around it. The document
// must be valid: it has no cycles then, and its size after expansion is bounded.
func expandSpreads(doc *ast.Document, set int) {
	for _, selection := range doc.SelectionSets[set].SelectionRefs {
		switch s := doc.Selections[selection]; s.Kind {
		case ast.SelectionKindField:
			if below, ok := doc.FieldSelectionSet(s.Ref); ok {
				expandSpreads(doc, below)
			}
		case ast.SelectionKindInlineFragment:
			if doc.InlineFragments[s.Ref].HasSelections {
				expandSpreads(doc, doc.InlineFragments[s.Ref].SelectionSet)
			}
		case ast.SelectionKindFragmentSpread:
			spread := doc.FragmentSpreads[s.Ref]
			fragment, ok := doc.FragmentDefinitionRef(doc.FragmentSpreadNameBytes(s.Ref))
			if !ok || !doc.FragmentDefinitions[fragment].HasSelections {
				continue
			}
			below := doc.CopySelectionSet(doc.FragmentDefinitions[fragment].SelectionSet)
			doc.InlineFragments = append(doc.InlineFragments, ast.InlineFragment{
				TypeCondition: doc.FragmentDefinitions[fragment].TypeCondition,
				HasDirectives: spread.HasDirectives, Directives: spread.Directives,
				SelectionSet: below, HasSelections: true,
			})
			doc.Selections[selection] = ast.Selection{Kind: ast.SelectionKindInlineFragment, Ref: len(doc.InlineFragments) - 1}
			expandSpreads(doc, below)
		case ast.SelectionKindUnknown:
		}
	}
}

// expandOperations expands the spreads of all operations.
func expandOperations(doc *ast.Document) {
	for _, operation := range doc.OperationDefinitions {
		if operation.HasSelections {
			expandSpreads(doc, operation.SelectionSet)
		}
	}
}
