package plan

import (
	"slices"

	vektah "github.com/vektah/gqlparser/v2/ast"
)

// correctPositions moves the positions of strings and directives in a parsed
// document to their first characters. The parser has the column of a string after
// its quotes, in the line of its end, and that of a directive after the @.
func correctPositions(doc *vektah.QueryDocument, text string) {
	p := positions{text: text}
	for _, o := range doc.Operations {
		for _, v := range o.VariableDefinitions {
			p.value(v.DefaultValue)
			p.directives(v.Directives)
		}
		p.directives(o.Directives)
		p.selections(o.SelectionSet)
	}
	for _, f := range doc.Fragments {
		p.directives(f.Directives)
		p.selections(f.SelectionSet)
	}
}

type positions struct {
	text  string
	lines []int // the starts of the lines, in characters; nil until one is needed
}

func (p *positions) selections(set vektah.SelectionSet) {
	for _, selection := range set {
		switch s := selection.(type) {
		case *vektah.Field:
			p.arguments(s.Arguments)
			p.directives(s.Directives)
			p.selections(s.SelectionSet)
		case *vektah.InlineFragment:
			p.directives(s.Directives)
			p.selections(s.SelectionSet)
		case *vektah.FragmentSpread:
			p.directives(s.Directives)
		}
	}
}

func (p *positions) directives(list vektah.DirectiveList) {
	for _, d := range list {
		if d.Position.Column > 1 { // else a line ends between the @ and the name
			at := *d.Position
			at.Column--
			d.Position = &at
		}
		p.arguments(d.Arguments)
	}
}

func (p *positions) arguments(list vektah.ArgumentList) {
	for _, a := range list {
		p.value(a.Value)
	}
}

func (p *positions) value(v *vektah.Value) {
	if v == nil {
		return
	}
	for _, child := range v.Children {
		p.value(child.Value)
	}
	if v.Kind == vektah.StringValue || v.Kind == vektah.BlockValue {
		at := *v.Position
		at.Line, at.Column = p.place(at.Start)
		v.Position = &at
	}
}

// place returns the line and the column of a character.
func (p *positions) place(character int) (line, column int) {
	if p.lines == nil {
		p.lines = []int{0}
		n := 0
		for _, r := range p.text {
			if n++; r == '\n' || r == '\r' {
				p.lines = append(p.lines, n)
			}
		}
	}
	line, found := slices.BinarySearch(p.lines, character)
	if !found {
		line--
	}
	return line + 1, character - p.lines[line] + 1
}
