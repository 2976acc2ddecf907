package plan

import (
	"math"
	"strings"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/gqlerr"
)

// Limits bound one operation. A fragment counts as often as it is spread. All are
// checked before the engine touches a document: its normalizer expands fragments
// and merges fields without a bound, and 25 fragments that each spread the next
// twice took 20 s and 2.7 GB.
type Limits struct {
	Tokens        int // lexical tokens of the whole document
	Depth         int // nested fields
	Aliases       int
	RootFields    int
	Fields        int // fields after fragments are expanded
	FieldsPerName int // of these, fields of one response name: merging is quadratic in it
	Directives    int // used in the whole document
	OperationName int // bytes
	InputList     int // elements of one list in the variables
	InputValues   int // values in the variables, each list and object too
	ListSize      int // not a limit: the assumed length of a list of unknown size, for the cost
	CostDetails   int // not a limit: an operation that costs more has its dearest paths; 0: none has
}

// DefaultLimits are about three times what the largest known pages need.
func DefaultLimits() Limits {
	return Limits{Tokens: 4000, Depth: 20, Aliases: 30, RootFields: 20, Fields: 2000, FieldsPerName: 200, Directives: 50, OperationName: 256, InputList: 1000, InputValues: 10_000, ListSize: 10}
}

// bracketsPerField bounds the nesting of brackets for a depth of fields: a
// field's own braces, and objects or lists in its arguments.
const bracketsPerField = 3

func exceeded(what string, limit, actual int) *gqlerr.Error {
	return gqlerr.New(gqlerr.ValidationFailed, "The operation has too many %s: at most %d are allowed.", what, limit).
		With("limit", limit).With("actual", actual)
}

// checkText bounds a document before it is parsed, because the parser is
// recursive and allocates for each token.
func (l Limits) checkText(text string) error {
	if n := countTokens(text, l.Tokens); n > l.Tokens {
		return exceeded("tokens", l.Tokens, n)
	}
	if n, most := nesting(text), l.Depth*bracketsPerField; n > most {
		return exceeded("nested brackets", most, n)
	}
	return nil
}

// size is the size of a selection set after expansion.
type size struct {
	fields, aliases, depth int
	names                  map[string]int
}

// sizer computes the sizes of a document's selection sets without expanding them:
// the size of each fragment is computed once and added for each spread.
type sizer struct {
	doc       *ast.Document
	fragments map[string]*size
	open      map[string]bool // fragments that are being computed; meeting one again is a cycle
	cyclic    bool
}

// checkDocument checks a parsed document before validation: every operation, and
// every fragment too, because validation visits even those that are not spread.
// Sums saturate, so that doubling fragments cannot overflow them. It reports
// fragments that spread themselves, and counts them as empty where they do:
// validation refuses them with their place.
func (l Limits) checkDocument(doc *ast.Document) (cyclic bool, err error) {
	if n := len(doc.Directives); n > l.Directives {
		return false, exceeded("directives", l.Directives, n)
	}
	m := sizer{doc: doc, fragments: map[string]*size{}, open: map[string]bool{}}
	for _, fragment := range doc.FragmentDefinitions {
		if !fragment.HasSelections {
			continue
		}
		// Not by its name, which others may have too.
		if s := m.set(fragment.SelectionSet); s.fields > l.Fields {
			return false, exceeded("fields", l.Fields, s.fields)
		}
	}
	for _, op := range doc.OperationDefinitions {
		if !op.HasSelections {
			continue
		}
		roots := map[string]bool{} // response names
		rootFields(doc, op.SelectionSet, map[string]bool{}, func(field int) { roots[doc.FieldAliasOrNameString(field)] = true })
		if err := l.checkSize(m.set(op.SelectionSet), len(roots)); err != nil {
			return false, err
		}
	}
	return m.cyclic, nil
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

func (m *sizer) set(ref int) *size {
	total := &size{names: map[string]int{}}
	for _, selection := range m.doc.SelectionSets[ref].SelectionRefs {
		total.add(m.selection(m.doc.Selections[selection]))
	}
	return total
}

func (m *sizer) selection(s ast.Selection) *size {
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
	return &size{}
}

func (m *sizer) field(ref int) *size {
	s := &size{}
	if set, ok := m.doc.FieldSelectionSet(ref); ok {
		s = m.set(set)
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
	return out
}

func (m *sizer) spread(name string) *size {
	if s, ok := m.fragments[name]; ok {
		return s
	}
	if m.open[name] {
		m.cyclic = true
		return &size{}
	}
	ref, ok := m.doc.FragmentDefinitionRef([]byte(name))
	if !ok || !m.doc.FragmentDefinitions[ref].HasSelections {
		return &size{} // validation reports it
	}
	m.open[name] = true
	s := m.set(m.doc.FragmentDefinitions[ref].SelectionSet)
	delete(m.open, name)
	m.fragments[name] = s
	return s
}

// rootFields visits the fields of a set of root fields and of the fragments in it,
// each fragment once.
func rootFields(doc *ast.Document, set int, spread map[string]bool, visit func(field int)) {
	for _, selection := range doc.SelectionSets[set].SelectionRefs {
		switch s := doc.Selections[selection]; s.Kind {
		case ast.SelectionKindField:
			visit(s.Ref)
		case ast.SelectionKindInlineFragment:
			if inline := doc.InlineFragments[s.Ref]; inline.HasSelections {
				rootFields(doc, inline.SelectionSet, spread, visit)
			}
		case ast.SelectionKindFragmentSpread:
			name := doc.FragmentSpreadNameString(s.Ref)
			ref, ok := doc.FragmentDefinitionRef([]byte(name))
			if ok && !spread[name] && doc.FragmentDefinitions[ref].HasSelections {
				spread[name] = true
				rootFields(doc, doc.FragmentDefinitions[ref].SelectionSet, spread, visit)
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
