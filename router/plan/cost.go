package plan

import (
	"math"
	"slices"
	"strings"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/gqlerr"
)

// The text and the variables of a request are part of its cost if they are large:
// reading them takes time whatever the operation fetches. Pages stay below.
const (
	bytesPerPoint  = 16 << 10
	valuesPerPoint = 100
)

// addInputCost adds what reading a request takes, which is not a part of its
// operation's plan: of its text and variables in bytes, and of the variables' values.
func (p *Planner) addInputCost(op *Operation, text, variables, values int) {
	points := (text+variables)/bytesPerPoint + values/valuesPerPoint
	if points == 0 {
		return
	}
	op.Cost = add(op.Cost, points)
	if limit := p.limits.CostDetails; limit <= 0 || op.Cost <= limit {
		return
	}
	paths := slices.Clone(op.Dearest)
	ofVariables := variables/bytesPerPoint + values/valuesPerPoint
	if ofVariables > 0 {
		paths = append(paths, PathCost{Path: "variables", Cost: ofVariables, Change: "Send fewer or smaller values."})
	}
	if ofText := points - ofVariables; ofText > 0 {
		paths = append(paths, PathCost{Path: "document", Cost: ofText, Change: "Send a shorter document."})
	}
	op.Dearest = Dearest(paths)
}

// costCalculation computes the cost of one normalized operation.
type costCalculation struct {
	*costModel
	doc       *ast.Document
	variables map[string]any
	remap     map[string]string
	paths     *breakdown // nil: only the sum is wanted
}

// cost returns the operation's cost, rounded up and saturating. It is an upper
// bound: the actual lists may be shorter.
func (p *costModel) cost(doc *ast.Document, variables map[string]any, remap map[string]string) (int, error) {
	b := costCalculation{costModel: p, doc: doc, variables: variables, remap: remap}
	total, err := b.operation()
	return saturated(total), err
}

func (b *costCalculation) operation() (total float64, err error) {
	for _, node := range b.doc.RootNodes {
		if node.Kind != ast.NodeKindOperationDefinition {
			continue
		}
		op := b.doc.OperationDefinitions[node.Ref]
		if !op.HasSelections {
			continue
		}
		cost, err := b.set(op.SelectionSet, b.roots[op.OperationType], nil)
		if err != nil {
			return 0, err
		}
		total += cost
	}
	return total, nil
}

// set returns the cost of a selection set: of its fields, and of the fragments that
// apply to its most expensive runtime type, because an object has only one. sizes
// are the list lengths that the enclosing field sets by sizedFields.
func (b *costCalculation) set(ref int, typeName string, sizes map[string]float64) (float64, error) {
	total := 0.0
	perType := map[string]float64{}
	for _, selection := range b.doc.SelectionSets[ref].SelectionRefs {
		switch s := b.doc.Selections[selection]; s.Kind {
		case ast.SelectionKindField:
			cost, err := b.field(s.Ref, typeName, sizes)
			if err != nil {
				return 0, err
			}
			total += cost
		case ast.SelectionKindInlineFragment:
			inline := b.doc.InlineFragments[s.Ref]
			if !inline.HasSelections {
				continue
			}
			condition := typeName
			if inline.TypeCondition.Type >= 0 {
				condition = b.doc.InlineFragmentTypeConditionNameString(s.Ref)
			}
			cost, err := b.set(inline.SelectionSet, condition, sizes)
			if err != nil {
				return 0, err
			}
			if t := b.types[condition]; t != nil {
				for _, concrete := range t.concrete {
					perType[concrete] += cost
				}
			}
		case ast.SelectionKindFragmentSpread, ast.SelectionKindUnknown: // removed by normalization
		}
	}
	highest := 0.0
	for _, cost := range perType {
		highest = max(highest, cost)
	}
	return total + highest, nil
}

func (b *costCalculation) field(ref int, typeName string, sizes map[string]float64) (float64, error) {
	name := b.doc.FieldNameString(ref)
	t := b.types[typeName]
	if t == nil || t.fields[name] == nil {
		return b.introspection(ref, name), nil
	}
	f := t.fields[name]
	size, below, err := b.size(ref, typeName, name, f)
	if err != nil {
		return 0, err
	}
	given, byParent := sizes[name]
	if byParent {
		size = given
	}
	times := 1.0
	if f.depth > 0 {
		times = size * math.Pow(float64(b.listSize), float64(f.depth-1))
	}
	arguments := b.arguments(ref, f)
	if b.paths != nil {
		length := size
		for _, sized := range below {
			length = sized
		}
		defer b.paths.enter(name, f, length, times, arguments, byParent)()
	}
	one := f.weight
	if set, ok := b.doc.FieldSelectionSet(ref); ok {
		inner, err := b.set(set, f.result, below)
		if err != nil {
			return 0, err
		}
		one += inner
	}
	return max(0, one*times+arguments), nil
}

// size returns the length of the field's own list, and of the lists below that
// its sizedFields name.
func (b *costCalculation) size(ref int, typeName, name string, f *fieldCost) (own float64, below map[string]float64, err error) {
	own = float64(b.listSize)
	if f.size == nil {
		return own, nil, nil
	}
	size, given := -1, 0
	for _, path := range f.size.SlicingArguments {
		if n, ok := b.number(b.argument(ref, path)); ok {
			given++
			size = max(size, n)
		}
	}
	if given == 0 {
		for _, path := range f.size.SlicingArguments {
			if fallback := f.arguments[path[0]].fallback; fallback != nil && len(path) == 1 {
				given = 1
				size = max(size, *fallback)
			}
		}
	}
	if f.size.RequireOneSlicingArgument && given != 1 {
		return 0, nil, gqlerr.New(gqlerr.ValidationFailed, "%s.%s needs exactly one of the arguments %s.", typeName, name, argumentNames(f.size.SlicingArguments))
	}
	if size < 0 {
		size = f.size.AssumedSize
	}
	if size <= 0 && given == 0 {
		size = b.listSize
	}
	if len(f.size.SizedFields) == 0 {
		return float64(size), nil, nil
	}
	below = map[string]float64{}
	for _, field := range f.size.SizedFields {
		below[field] = float64(size)
	}
	return own, below, nil
}

func argumentNames(paths [][]string) string {
	var names []string
	for _, path := range paths {
		names = append(names, strings.Join(path, "."))
	}
	return strings.Join(names, ", ")
}

// argument is the value at a path into a field's arguments.
func (b *costCalculation) argument(field int, path []string) any {
	value := b.value(field, path[0])
	for _, name := range path[1:] {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// value returns the value of an argument. Normalization has turned literals into
// variables.
func (b *costCalculation) value(field int, name string) any {
	arg, ok := b.doc.FieldArgument(field, []byte(name))
	if !ok {
		return nil
	}
	value := b.doc.ArgumentValue(arg)
	if value.Kind != ast.ValueKindVariable {
		return nil
	}
	variable := b.doc.VariableValueNameString(value.Ref)
	if original, ok := b.remap[variable]; ok {
		variable = original
	}
	return b.variables[variable]
}

// number is the list length that a slicing argument's value sets.
func (b *costCalculation) number(value any) (int, bool) {
	if list, ok := value.([]any); ok {
		return len(list), true
	}
	n, ok := value.(float64)
	return int(min(max(n, 0), math.MaxInt32)), ok
}

// arguments returns the cost of the values of a field's arguments.
func (b *costCalculation) arguments(field int, f *fieldCost) float64 {
	total := 0.0
	for _, ref := range b.doc.FieldArguments(field) {
		name := b.doc.ArgumentNameString(ref)
		if price, ok := f.arguments[name]; ok {
			total += b.input(price, b.value(field, name))
		}
	}
	return total
}

func (b *costCalculation) input(price inputCost, value any) float64 {
	switch v := value.(type) {
	case nil:
		return 0
	case []any:
		total := 0.0
		for _, element := range v {
			total += b.input(price, element)
		}
		return total
	case map[string]any:
		total := price.weight
		if t := b.types[price.typeName]; t != nil {
			total += t.weight
			for name, inner := range v {
				total += b.input(t.inputs[name], inner)
			}
		}
		return total
	default:
		if t := b.types[price.typeName]; t != nil && price.weight == 0 {
			return t.weight
		}
		return price.weight
	}
}
