package supergraph

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// FieldSet parses the field set of a key, of @requires or of @provides.
func FieldSet(text string) (ast.SelectionSet, error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: "{" + text + "}"})
	if err != nil {
		return nil, fmt.Errorf("field set %q: %w", text, err)
	}
	if len(doc.Operations) != 1 || len(doc.Fragments) > 0 {
		return nil, fmt.Errorf("field set %q is not one selection", text)
	}
	return doc.Operations[0].SelectionSet, nil
}

// canonical prints a field set in the planner's form, so that equal keys are
// equal strings.
func canonical(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	set, err := FieldSet(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	writeSet(&b, set)
	return b.String(), nil
}

func writeSet(b *strings.Builder, set ast.SelectionSet) {
	for i, selection := range set {
		if i > 0 {
			b.WriteByte(' ')
		}
		switch s := selection.(type) {
		case *ast.Field:
			if s.Alias != "" && s.Alias != s.Name {
				b.WriteString(s.Alias + ": ")
			}
			b.WriteString(s.Name)
			writeArguments(b, s.Arguments)
			writeBraces(b, s.SelectionSet)
		case *ast.InlineFragment:
			b.WriteString("... on " + s.TypeCondition)
			writeBraces(b, s.SelectionSet)
		}
	}
}

func writeBraces(b *strings.Builder, set ast.SelectionSet) {
	if len(set) == 0 {
		return
	}
	b.WriteString(" { ")
	writeSet(b, set)
	b.WriteString(" }")
}

func writeArguments(b *strings.Builder, args ast.ArgumentList) {
	for i, a := range args {
		if i == 0 {
			b.WriteByte('(')
		} else {
			b.WriteString(", ")
		}
		b.WriteString(a.Name + ": " + a.Value.String())
		if i == len(args)-1 {
			b.WriteByte(')')
		}
	}
}
