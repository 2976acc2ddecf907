package plan

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/gqlerr"
	"cartograph/router/supergraph"
)

// mutationWeight is the cost of a mutation field besides its result, unless @cost
// sets it.
const mutationWeight = 10

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

// costModel holds the cost of every field of the graph, by IBM's GraphQL cost
// specification: an object costs 1, a leaf 0, a list the cost of an element times
// its length; @cost and @listSize override this.
//
// A field without @listSize that has an argument "first" or "last" is treated as
// if it were declared as slicing argument: of its own list, or of the lists
// "nodes" and "edges" of the connection that it returns. A list without @listSize
// that has an argument "ids" is as long as the argument's value.
type costModel struct {
	types         map[string]*typeCost
	listSize      int // of a list of unknown size
	roots         map[ast.OperationType]string
	costArguments map[string]bool // arguments, of any field, whose values may change a cost
	schema        schemaSize
}

type typeCost struct {
	weight   float64
	leaf     bool
	fields   map[string]*fieldCost
	concrete []string // of an interface or union: its object types; of an object: itself
	inputs   map[string]inputCost
}

type fieldCost struct {
	weight    float64 // of one element
	result    string
	depth     int // of lists in lists
	size      *supergraph.ListSize
	arguments map[string]inputCost
}

// inputCost is of an argument or of an input object's field.
type inputCost struct {
	weight   float64
	typeName string
	fallback *int // the default, if an integer
}

func newCostModel(sg *supergraph.Supergraph, listSize int) *costModel {
	p := &costModel{schema: schemaSizeOf(sg), types: map[string]*typeCost{}, listSize: listSize, costArguments: map[string]bool{}, roots: map[ast.OperationType]string{
		ast.OperationTypeQuery:        sg.Root(vektah.Query),
		ast.OperationTypeMutation:     sg.Root(vektah.Mutation),
		ast.OperationTypeSubscription: sg.Root(vektah.Subscription),
	}}
	for _, t := range sg.Types {
		p.types[t.Name] = typeCostOf(sg, t)
	}
	for _, t := range sg.Types {
		for _, f := range t.Fields {
			if t.Kind == vektah.InputObject {
				p.types[t.Name].inputs[f.Name] = inputCostOf(f.Directives, f.Type, nil)
				continue
			}
			p.types[t.Name].fields[f.Name] = p.fieldCostOf(t, f)
		}
	}
	for _, t := range p.types { // once all input objects are known
		for _, f := range t.fields {
			p.addCostArguments(f)
		}
	}
	return p
}

func typeCostOf(sg *supergraph.Supergraph, t *supergraph.Type) *typeCost {
	out := &typeCost{fields: map[string]*fieldCost{}, inputs: map[string]inputCost{}, concrete: []string{t.Name}}
	switch t.Kind {
	case vektah.Scalar, vektah.Enum:
		out.leaf = true
	case vektah.Interface:
		out.concrete = sg.Implementors(t.Name)
	case vektah.Union:
		out.concrete = t.Types
	case vektah.Object, vektah.InputObject:
	}
	weight, ok := supergraph.Weight(t.Directives)
	switch {
	case ok:
		out.weight = weight
	case out.leaf, t.Kind == vektah.InputObject:
	case t.Kind == vektah.Object:
		out.weight = 1
	default: // an interface or union: the most expensive of its types
		for _, name := range out.concrete {
			weight, ok := supergraph.Weight(sg.Type(name).Directives)
			if !ok {
				weight = 1
			}
			out.weight = max(out.weight, weight)
		}
	}
	return out
}

func (p *costModel) fieldCostOf(t *supergraph.Type, f *vektah.FieldDefinition) *fieldCost {
	out := &fieldCost{result: f.Type.Name(), size: supergraph.ListSizeOf(f), arguments: map[string]inputCost{}}
	for inner := f.Type; inner.Elem != nil; inner = inner.Elem {
		out.depth++
	}
	weight, ok := supergraph.Weight(f.Directives)
	if result := p.types[out.result]; !ok && result != nil {
		weight = result.weight
	}
	if !ok && t.Name == p.roots[ast.OperationTypeMutation] {
		weight += mutationWeight
	}
	out.weight = weight
	for _, a := range f.Arguments {
		out.arguments[a.Name] = inputCostOf(a.Directives, a.Type, a.DefaultValue)
	}
	if out.size == nil {
		out.size = p.sizeByConvention(f, out)
	}
	return out
}

func (p *costModel) addCostArguments(f *fieldCost) {
	for name, price := range f.arguments {
		if p.mayCost(price, map[string]bool{}) {
			p.costArguments[name] = true
		}
	}
	if f.size != nil {
		for _, path := range f.size.SlicingArguments {
			p.costArguments[path[0]] = true
		}
	}
}

// mayCost reports whether a value of an argument or input field, or one in it, has a
// cost. Types that were seen are not looked at again.
func (p *costModel) mayCost(in inputCost, seen map[string]bool) bool {
	t := p.types[in.typeName]
	if in.weight != 0 || t == nil || seen[in.typeName] {
		return in.weight != 0
	}
	seen[in.typeName] = true
	if t.weight != 0 {
		return true
	}
	for _, field := range t.inputs {
		if p.mayCost(field, seen) {
			return true
		}
	}
	return false
}

// sizeByConvention returns the @listSize of a field with paging arguments.
func (p *costModel) sizeByConvention(f *vektah.FieldDefinition, price *fieldCost) *supergraph.ListSize {
	size := &supergraph.ListSize{}
	for _, a := range f.Arguments {
		if a.Name == "ids" && a.Type.Elem != nil && price.depth > 0 {
			size.SlicingArguments = append(size.SlicingArguments, []string{a.Name})
		}
		if (a.Name == "first" || a.Name == "last") && a.Type.Name() == "Int" {
			size.SlicingArguments = append(size.SlicingArguments, []string{a.Name})
		}
	}
	if len(size.SlicingArguments) == 0 {
		return nil
	}
	if price.depth == 0 {
		size.SizedFields = []string{"nodes", "edges"}
	}
	return size
}

func inputCostOf(directives vektah.DirectiveList, t *vektah.Type, fallback *vektah.Value) inputCost {
	out := inputCost{typeName: t.Name()}
	out.weight, _ = supergraph.Weight(directives)
	if fallback != nil && fallback.Kind == vektah.IntValue {
		var n int
		if json.Unmarshal([]byte(fallback.Raw), &n) == nil {
			out.fallback = &n
		}
	}
	return out
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
