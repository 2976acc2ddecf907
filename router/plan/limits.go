package plan

import (
	"math"
	"strings"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/gqlerr"
)

// Limits bound what one operation may ask. Fragments count as often as they
// are spread.
type Limits struct {
	Tokens        int // lexical tokens of the whole document
	Depth         int // nested fields
	Aliases       int
	RootFields    int
	Fields        int // fields after fragments are expanded
	FieldsPerName int // of these, fields of one response name: merging them costs the square
	Directives    int // used in the whole document
	OperationName int // bytes
	ListSize      int // not a limit: elements that a list is taken to have where nothing tells
}

// DefaultLimits fit the largest pages we know three times over.
func DefaultLimits() Limits {
	return Limits{Tokens: 4000, Depth: 20, Aliases: 30, RootFields: 20, Fields: 2000, FieldsPerName: 200, Directives: 50, OperationName: 256, ListSize: 10}
}

// bracketsPerField bounds the nesting of brackets for a depth of fields: a
// field's own braces, and objects or lists in its arguments.
const bracketsPerField = 3

func exceeded(what string, limit, actual int) *gqlerr.Error {
	return gqlerr.New(gqlerr.ValidationFailed, "The operation has too many %s: at most %d are allowed.", what, limit).
		With("limit", limit).With("actual", actual)
}

// checkText measures a document before it is parsed.
func (l Limits) checkText(text string) error {
	if n := countTokens(text, l.Tokens); n > l.Tokens {
		return exceeded("tokens", l.Tokens, n)
	}
	if n, most := nesting(text), l.Depth*bracketsPerField; n > most {
		return exceeded("nested brackets", most, n)
	}
	return nil
}

// variablesDepth bounds objects and lists in each other in variables; what
// reads them recurses as deep.
const variablesDepth = 64

func checkVariables(variables []byte) error {
	if n := nesting(string(variables)); n > variablesDepth {
		return gqlerr.New(gqlerr.BadUserInput, "The variables are nested too deeply: at most %d levels are allowed.", variablesDepth).
			With("limit", variablesDepth).With("actual", n)
	}
	return nil
}

// size is what a selection set grows to.
type size struct {
	fields, aliases, depth int
	names                  map[string]int
}

// measure sizes selection sets of one document; each fragment is sized once.
type measure struct {
	doc       *ast.Document
	fragments map[string]*size
	open      map[string]bool // fragments on the way down: one met again is a cycle
}

// checkDocument measures a parsed document that nothing has rewritten yet:
// every operation, and every fragment too, since the normaliser expands also
// those that nothing spreads. The numbers saturate, so that doubling fragments
// cannot overflow them.
func (l Limits) checkDocument(doc *ast.Document) error {
	if n := len(doc.Directives); n > l.Directives {
		return exceeded("directives", l.Directives, n)
	}
	m := measure{doc: doc, fragments: map[string]*size{}, open: map[string]bool{}}
	for ref := range doc.FragmentDefinitions {
		s, err := m.spread(doc.FragmentDefinitionNameString(ref))
		if err != nil {
			return err
		}
		if s.fields > l.Fields {
			return exceeded("fields", l.Fields, s.fields)
		}
	}
	for _, op := range doc.OperationDefinitions {
		if !op.HasSelections {
			continue
		}
		s, err := m.set(op.SelectionSet)
		if err != nil {
			return err
		}
		roots := map[string]bool{}
		m.roots(op.SelectionSet, roots, map[string]bool{})
		if err := l.checkSize(s, len(roots)); err != nil {
			return err
		}
	}
	return nil
}

func (l Limits) checkSize(s *size, roots int) error {
	for _, check := range []struct {
		what          string
		limit, actual int
	}{
		{"levels", l.Depth, s.depth},
		{"aliases", l.Aliases, s.aliases},
		{"root fields", l.RootFields, roots},
		{"fields", l.Fields, s.fields},
	} {
		if check.actual > check.limit {
			return exceeded(check.what, check.limit, check.actual)
		}
	}
	for name, n := range s.names {
		if n > l.FieldsPerName {
			return exceeded("fields of one name", l.FieldsPerName, n).With("name", strings.Clone(name))
		}
	}
	return nil
}

func (m *measure) set(ref int) (*size, error) {
	total := &size{names: map[string]int{}}
	for _, selection := range m.doc.SelectionSets[ref].SelectionRefs {
		s, err := m.selection(m.doc.Selections[selection])
		if err != nil {
			return nil, err
		}
		total.add(s)
	}
	return total, nil
}

func (m *measure) selection(s ast.Selection) (*size, error) {
	switch s.Kind {
	case ast.SelectionKindField:
		return m.field(s.Ref)
	case ast.SelectionKindInlineFragment:
		if inline := m.doc.InlineFragments[s.Ref]; inline.HasSelections {
			return m.set(inline.SelectionSet)
		}
	case ast.SelectionKindFragmentSpread:
		return m.spread(m.doc.FragmentSpreadNameString(s.Ref))
	case ast.SelectionKindUnknown:
	}
	return &size{}, nil
}

func (m *measure) field(ref int) (*size, error) {
	s := &size{}
	if set, ok := m.doc.FieldSelectionSet(ref); ok {
		inner, err := m.set(set)
		if err != nil {
			return nil, err
		}
		s = inner
	}
	out := &size{fields: add(s.fields, 1), aliases: s.aliases, depth: s.depth + 1, names: s.names}
	if m.doc.FieldAliasIsDefined(ref) {
		out.aliases = add(out.aliases, 1)
	}
	if out.names == nil {
		out.names = map[string]int{}
	}
	name := m.doc.FieldAliasOrNameString(ref)
	out.names[name] = add(out.names[name], 1)
	return out, nil
}

func (m *measure) spread(name string) (*size, error) {
	if s, ok := m.fragments[name]; ok {
		return s, nil
	}
	if m.open[name] {
		return nil, gqlerr.New(gqlerr.ValidationFailed, "Fragment %q spreads itself.", name)
	}
	ref, ok := m.doc.FragmentDefinitionRef([]byte(name))
	if !ok || !m.doc.FragmentDefinitions[ref].HasSelections {
		return &size{}, nil // validation will name it
	}
	m.open[name] = true
	defer delete(m.open, name)
	s, err := m.set(m.doc.FragmentDefinitions[ref].SelectionSet)
	if err == nil {
		m.fragments[name] = s
	}
	return s, err
}

// roots collects the response names at the top of a selection set.
func (m *measure) roots(ref int, names, spread map[string]bool) {
	for _, selection := range m.doc.SelectionSets[ref].SelectionRefs {
		switch s := m.doc.Selections[selection]; s.Kind {
		case ast.SelectionKindField:
			names[m.doc.FieldAliasOrNameString(s.Ref)] = true
		case ast.SelectionKindInlineFragment:
			if inline := m.doc.InlineFragments[s.Ref]; inline.HasSelections {
				m.roots(inline.SelectionSet, names, spread)
			}
		case ast.SelectionKindFragmentSpread:
			name := m.doc.FragmentSpreadNameString(s.Ref)
			ref, ok := m.doc.FragmentDefinitionRef([]byte(name))
			if ok && !spread[name] && m.doc.FragmentDefinitions[ref].HasSelections {
				spread[name] = true
				m.roots(m.doc.FragmentDefinitions[ref].SelectionSet, names, spread)
			}
		case ast.SelectionKindUnknown:
		}
	}
}

func (s *size) add(o *size) {
	s.fields = add(s.fields, o.fields)
	s.aliases = add(s.aliases, o.aliases)
	s.depth = max(s.depth, o.depth)
	for name, n := range o.names {
		s.names[name] = add(s.names[name], n)
	}
}

func add(a, b int) int {
	if a > math.MaxInt32-b {
		return math.MaxInt32
	}
	return a + b
}
