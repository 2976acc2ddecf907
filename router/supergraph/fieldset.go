package supergraph

import (
	"fmt"
	"slices"
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

// canonical prints a field set in the planner's form. Keys are compared as
// strings, so that the same key must not be written in two ways; the order of
// its fields is kept, as composition does.
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

// WithTypeNames adds __typename wherever a field set of the type selects into an
// interface or a union: a subgraph that receives such a value in a representation
// cannot determine its type otherwise.
func (sg *Supergraph) WithTypeNames(typeName, text string) (string, error) {
	set, err := FieldSet(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	writeSet(&b, sg.typeNamed(typeName, set))
	return b.String(), nil
}

func (sg *Supergraph) typeNamed(typeName string, set ast.SelectionSet) ast.SelectionSet {
	t := sg.Type(typeName)
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.InlineFragment:
			s.SelectionSet = sg.typeNamed(s.TypeCondition, s.SelectionSet)
		case *ast.Field:
			if t == nil || len(s.SelectionSet) == 0 {
				continue
			}
			def := t.Fields.ForName(s.Name)
			if def == nil {
				continue
			}
			result := sg.Type(def.Type.Name())
			s.SelectionSet = sg.typeNamed(def.Type.Name(), s.SelectionSet)
			if result != nil && (result.Kind == ast.Interface || result.Kind == ast.Union) && !names(s.SelectionSet, "__typename") {
				s.SelectionSet = append(ast.SelectionSet{&ast.Field{Name: "__typename", Alias: "__typename"}}, s.SelectionSet...)
			}
		}
	}
	return set
}

func names(set ast.SelectionSet, field string) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		f, ok := s.(*ast.Field)
		return ok && f.Name == field
	})
}
