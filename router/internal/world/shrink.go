package world

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// Shrink removes parts of a failing operation for as long as it fails. It tries at
// most a thousand candidates.
func (w *World) Shrink(op Operation, fails func(Operation) bool) Operation {
	tries := 0
	for smaller := true; smaller; {
		smaller = false
		for at := 0; tries < 1000; at++ {
			candidate, ok := reduced(op, at)
			if !ok {
				break
			}
			if candidate.Query == op.Query || !w.IsValid(candidate) {
				continue
			}
			if tries++; fails(candidate) {
				op, smaller = candidate, true
				at--
			}
		}
	}
	return op
}

// reduced is the operation after one of its possible reductions; ok is false after
// the last.
func reduced(op Operation, at int) (Operation, bool) {
	doc, err := parser.ParseQuery(&ast.Source{Input: op.Query})
	if err != nil {
		return op, false
	}
	r := &reduction{doc: doc, left: at}
	for _, o := range doc.Operations {
		o.SelectionSet = r.set(o.SelectionSet)
	}
	for _, f := range doc.Fragments {
		f.SelectionSet = r.set(f.SelectionSet)
	}
	if r.left >= 0 {
		return op, false
	}
	out := Operation{Variables: map[string]any{}}
	dropUnused(doc)
	var text strings.Builder
	formatter.NewFormatter(&text, formatter.WithIndent(" ")).FormatQueryDocument(doc)
	out.Query = strings.Join(strings.Fields(text.String()), " ")
	for _, v := range doc.Operations[0].VariableDefinitions {
		if value, ok := op.Variables[v.Variable]; ok {
			out.Variables[v.Variable] = value
		}
	}
	return out, true
}

// reduction applies the reduction with a number: it counts them on its walk.
type reduction struct {
	doc  *ast.QueryDocument
	left int
}

func (r *reduction) now() bool {
	r.left--
	return r.left == -1
}

func (r *reduction) set(set ast.SelectionSet) ast.SelectionSet {
	for i := 0; i < len(set) && r.left >= 0; i++ {
		if len(set) > 1 && r.now() {
			return slices.Delete(slices.Clone(set), i, i+1)
		}
		switch s := set[i].(type) {
		case *ast.Field:
			if s.Alias != s.Name && r.now() {
				s.Alias = s.Name
				return set
			}
			if len(s.Directives) > 0 && r.now() {
				s.Directives = nil
				return set
			}
			for j, a := range s.Arguments {
				if a.Value.Kind != ast.NullValue && r.now() {
					s.Arguments = slices.Delete(slices.Clone(s.Arguments), j, j+1)
					return set
				}
			}
			s.SelectionSet = r.set(s.SelectionSet)
		case *ast.InlineFragment:
			if r.now() {
				return slices.Concat(set[:i], s.SelectionSet, set[i+1:])
			}
			if len(s.Directives) > 0 && r.now() {
				s.Directives = nil
				return set
			}
			s.SelectionSet = r.set(s.SelectionSet)
		case *ast.FragmentSpread:
			if r.now() {
				def := r.doc.Fragments.ForName(s.Name)
				inline := &ast.InlineFragment{TypeCondition: def.TypeCondition, Directives: s.Directives, SelectionSet: def.SelectionSet}
				return slices.Concat(set[:i], ast.SelectionSet{inline}, set[i+1:])
			}
		}
	}
	return set
}

// dropUnused removes fragments and variables that nothing uses any more.
func dropUnused(doc *ast.QueryDocument) {
	for {
		used := usage{fragments: map[string]bool{}, variables: map[string]bool{}}
		for _, o := range doc.Operations {
			used.set(o.SelectionSet)
		}
		for _, f := range doc.Fragments {
			used.set(f.SelectionSet)
		}
		before := len(doc.Fragments)
		doc.Fragments = slices.DeleteFunc(doc.Fragments, func(f *ast.FragmentDefinition) bool { return !used.fragments[f.Name] })
		for _, o := range doc.Operations {
			o.VariableDefinitions = slices.DeleteFunc(o.VariableDefinitions, func(v *ast.VariableDefinition) bool { return !used.variables[v.Variable] })
		}
		if len(doc.Fragments) == before {
			return
		}
	}
}

type usage struct{ fragments, variables map[string]bool }

func (u usage) set(set ast.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			u.arguments(s.Arguments)
			u.directives(s.Directives)
			u.set(s.SelectionSet)
		case *ast.InlineFragment:
			u.directives(s.Directives)
			u.set(s.SelectionSet)
		case *ast.FragmentSpread:
			u.fragments[s.Name] = true
			u.directives(s.Directives)
		}
	}
}

func (u usage) directives(list ast.DirectiveList) {
	for _, d := range list {
		u.arguments(d.Arguments)
	}
}

func (u usage) arguments(list ast.ArgumentList) {
	for _, a := range list {
		u.value(a.Value)
	}
}

func (u usage) value(v *ast.Value) {
	if v.Kind == ast.Variable {
		u.variables[v.Raw] = true
	}
	for _, child := range v.Children {
		u.value(child.Value)
	}
}
