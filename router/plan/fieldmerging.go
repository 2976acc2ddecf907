package plan

import (
	"fmt"
	"slices"
	"strings"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// maxMergedFields bounds the work of fieldsCanBeMerged for one document. Fields
// of an interface are merged with those of each of its types, and so once more
// at each level below, and those of a fragment for each operation that spreads it:
// the number of fields alone does not bound it.
const maxMergedFields = 50_000

// fieldsCanBeMerged is the rule of the specification's section 5.3.2: fields of
// one response name must be the same field with the same arguments, unless
// their parents are different object types, and must have the same shape in any
// case. The nullability of fields of different object types may differ: they
// never meet in one object, and each subgraph decides it for its own types.
//
// It compares every field with the first of its group instead of every pair,
// which finds a conflict exactly if there is one: being the same field, and
// having the same shape, are equivalences. An operation has at most Limits.Fields
// fields, so that following the fragments is bounded, if none is cyclic.
func fieldsCanBeMerged() core.Rule {
	return core.Rule{Name: fieldMerging, RuleFunc: func(observers *core.Events, add core.AddErrFunc) {
		m := fieldMerger{add: add, left: maxMergedFields}
		observers.OnOperation(func(walker *core.Walker, operation *vektah.OperationDefinition) {
			if m.left < 0 {
				return // reported with an operation before
			}
			m.types = walker.Schema.Types
			m.merge([]vektah.SelectionSet{operation.SelectionSet}, false)
			if m.left < 0 {
				add(core.Message("The document has too many overlapping fields: at most %d are compared.", maxMergedFields), core.At(operation.Position))
			}
		})
	}}
}

const fieldMerging = "FieldsCanBeMerged"

type fieldMerger struct {
	types map[string]*vektah.Definition
	add   core.AddErrFunc
	left  int // fields of the document that may still be visited; negative: too many
}

// merge checks the fields of selection sets that apply to one object or, with
// onlyShape, to objects of different types in one place of the response.
func (m *fieldMerger) merge(sets []vektah.SelectionSet, onlyShape bool) {
	spread := map[string]bool{} // shared: a fragment in two of the sets is the same fields
	var names []string
	groups := map[string][]*vektah.Field{}
	for _, set := range sets {
		for _, f := range fieldsOfSet(set, spread) {
			if m.left--; m.left < 0 {
				return
			}
			if f.ObjectDefinition == nil {
				continue // below an unknown field
			}
			if groups[f.Alias] == nil {
				names = append(names, f.Alias)
			}
			groups[f.Alias] = append(groups[f.Alias], f)
		}
	}
	for _, name := range names {
		m.group(groups[name], onlyShape)
	}
}

func (m *fieldMerger) group(fields []*vektah.Field, onlyShape bool) {
	if onlyShape {
		if m.haveOneShape(fields, true) {
			m.below(fields, true)
		}
		return
	}
	parts := partsByParent(fields)
	for _, part := range parts {
		if !m.areOneField(part) || !m.haveOneShape(part, false) {
			return
		}
	}
	if len(parts) > 1 && !m.haveOneShape(fields, true) {
		return
	}
	for _, part := range parts {
		m.below(part, false)
	}
	if len(parts) > 1 {
		m.below(fields, true)
	}
}

func (m *fieldMerger) below(fields []*vektah.Field, onlyShape bool) {
	var sets []vektah.SelectionSet
	for _, f := range fields {
		if len(f.SelectionSet) > 0 {
			sets = append(sets, f.SelectionSet)
		}
	}
	if len(sets) > 0 {
		m.merge(sets, onlyShape)
	}
}

// partsByParent returns the fields that one object may have: for each object type
// among the parents its own and those of interfaces and unions, which may be of
// that type.
func partsByParent(fields []*vektah.Field) [][]*vektah.Field {
	var objects []string
	var abstract []*vektah.Field
	own := map[string][]*vektah.Field{}
	for _, f := range fields {
		parent := f.ObjectDefinition
		if parent.Kind != vektah.Object {
			abstract = append(abstract, f)
			continue
		}
		if own[parent.Name] == nil {
			objects = append(objects, parent.Name)
		}
		own[parent.Name] = append(own[parent.Name], f)
	}
	if len(objects) == 0 {
		return [][]*vektah.Field{abstract}
	}
	parts := make([][]*vektah.Field, 0, len(objects))
	for _, name := range objects {
		parts = append(parts, slices.Concat(abstract, own[name]))
	}
	return parts
}

func (m *fieldMerger) areOneField(fields []*vektah.Field) bool {
	first := fields[0]
	for _, f := range fields[1:] {
		switch {
		case f == first:
		case f.Name != first.Name:
			m.conflict(first, f, fmt.Sprintf(`"%s" and "%s" are different fields`, first.Name, f.Name))
			return false
		case (len(f.Arguments) > 0 || len(first.Arguments) > 0) && argumentText(f) != argumentText(first):
			m.conflict(first, f, "they have differing arguments")
			return false
		}
	}
	return true
}

func (m *fieldMerger) haveOneShape(fields []*vektah.Field, relaxed bool) bool {
	var first *vektah.Field
	for _, f := range fields {
		switch {
		case f.Definition == nil: // unknown
		case first == nil:
			first = f
		case f.Definition != first.Definition && !m.sameShape(first.Definition.Type, f.Definition.Type, relaxed):
			m.conflict(first, f, fmt.Sprintf(`they return conflicting types "%s" and "%s"`, first.Definition.Type, f.Definition.Type))
			return false
		}
	}
	return true
}

func (m *fieldMerger) sameShape(a, b *vektah.Type, relaxed bool) bool {
	if a.NonNull != b.NonNull && !relaxed || (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return m.sameShape(a.Elem, b.Elem, relaxed)
	}
	x, y := m.types[a.NamedType], m.types[b.NamedType]
	if x == nil || y == nil || !x.IsLeafType() && !y.IsLeafType() {
		return true // of objects, the fields are compared
	}
	return x.Name == y.Name
}

func (m *fieldMerger) conflict(a, b *vektah.Field, because string) {
	m.add(
		core.Message(`Fields "%s" conflict because %s. Use different aliases on the fields to fetch both if this was intentional.`, a.Alias, because),
		core.At(a.Position), core.At(b.Position))
}

// argumentText writes a field's arguments so that equal ones have equal texts:
// the order of arguments and input fields does not count.
func argumentText(f *vektah.Field) string {
	parts := make([]string, 0, len(f.Arguments))
	for _, a := range f.Arguments {
		parts = append(parts, a.Name+":"+valueText(a.Value))
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func valueText(v *vektah.Value) string {
	if v.Kind != vektah.ObjectValue && v.Kind != vektah.ListValue {
		return v.String()
	}
	parts := make([]string, 0, len(v.Children))
	for _, child := range v.Children {
		parts = append(parts, child.Name+":"+valueText(child.Value))
	}
	if v.Kind == vektah.ListValue {
		return "[" + strings.Join(parts, ",") + "]"
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ",") + "}"
}
