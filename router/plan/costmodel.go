package plan

import (
	"encoding/json"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"cartograph/router/supergraph"
)

// mutationWeight is the cost of a mutation field besides its result, unless @cost
// sets it.
const mutationWeight = 10

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
