package plan

import (
	"maps"
	"math"
	"slices"
	"strconv"

	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/core"
)

// integersHave32Bits completes ValuesOfCorrectType, which accepts literals of up
// to 64 bits for an Int. A subgraph would refuse them, with an error that is
// about a document the client never saw.
func integersHave32Bits() core.Rule {
	return core.Rule{Name: "IntegersHave32Bits", RuleFunc: func(observers *core.Events, add core.AddErrFunc) {
		observers.OnValue(func(_ *core.Walker, value *vektah.Value) {
			if value.Kind != vektah.IntValue || value.Definition == nil || value.Definition.Name != "Int" {
				return
			}
			// Beyond 64 bits the other rule has found it.
			if n, err := strconv.ParseInt(value.Raw, 10, 64); err == nil && (n > math.MaxInt32 || n < math.MinInt32) {
				add(core.Message("Int cannot represent non 32-bit signed integer value: %s", value.Raw), core.At(value.Position))
			}
		})
	}}
}

// subscriptionsHaveOneField is SingleFieldSubscriptions of the specification: one
// response name, which is not of introspection.
func subscriptionsHaveOneField() core.Rule {
	return core.Rule{Name: "SubscriptionsHaveOneField", RuleFunc: func(observers *core.Events, add core.AddErrFunc) {
		observers.OnOperation(func(_ *core.Walker, operation *vektah.OperationDefinition) {
			if operation.Operation != vektah.Subscription {
				return
			}
			name := "Anonymous Subscription"
			if operation.Name != "" {
				name = "Subscription " + strconv.Quote(operation.Name)
			}
			names := map[string]bool{}
			for _, f := range fieldsOfSet(operation.SelectionSet, map[string]bool{}) {
				if names[f.Alias] = true; len(names) == 2 {
					add(core.Message("%s must select only one top level field.", name), core.At(f.Position))
					return
				}
				if isIntrospectionField(f.Name) || f.Name == "__typename" {
					add(core.Message("%s must not select an introspection top level field.", name), core.At(f.Position))
				}
			}
		})
	}}
}

// fieldsOfSet returns the fields of a selection set and of the fragments in it,
// each fragment once. The parser sets Alias to the name of a field without one.
func fieldsOfSet(set vektah.SelectionSet, spread map[string]bool) []*vektah.Field {
	var fields []*vektah.Field
	for _, selection := range set {
		switch s := selection.(type) {
		case *vektah.Field:
			fields = append(fields, s)
		case *vektah.InlineFragment:
			fields = append(fields, fieldsOfSet(s.SelectionSet, spread)...)
		case *vektah.FragmentSpread:
			if s.Definition != nil && !spread[s.Name] {
				spread[s.Name] = true
				fields = append(fields, fieldsOfSet(s.Definition.SelectionSet, spread)...)
			}
		}
	}
	return fields
}

// knownArguments is KnownArgumentNames of the specification. The library's reports
// the place of the field, which may be many lines before its argument.
func knownArguments(suggest bool) core.Rule {
	return core.Rule{Name: "KnownArguments", RuleFunc: func(observers *core.Events, add core.AddErrFunc) {
		check := func(given vektah.ArgumentList, known vektah.ArgumentDefinitionList, on string) {
			for _, argument := range given {
				if known.ForName(argument.Name) != nil {
					continue
				}
				var names []string
				for _, k := range known {
					names = append(names, k.Name)
				}
				add(core.Message(`Unknown argument "%s" on %s.`, argument.Name, on), didYouMean(suggest, argument.Name, names), core.At(argument.Position))
			}
		}
		observers.OnField(func(_ *core.Walker, field *vektah.Field) {
			if field.Definition != nil && field.ObjectDefinition != nil {
				check(field.Arguments, field.Definition.Arguments, `field "`+field.ObjectDefinition.Name+"."+field.Name+`"`)
			}
		})
		observers.OnDirective(func(_ *core.Walker, directive *vektah.Directive) {
			if directive.Definition != nil {
				check(directive.Arguments, directive.Definition.Arguments, `directive "@`+directive.Name+`"`)
			}
		})
	}}
}

// knownTypes is KnownTypeNames of the specification. The library's has suggestions
// for fragments only, in an order that changes.
func knownTypes(suggest bool) core.Rule {
	return core.Rule{Name: "KnownTypes", RuleFunc: func(observers *core.Events, add core.AddErrFunc) {
		check := func(walker *core.Walker, name string, at *vektah.Position) {
			if name == "" || walker.Schema.Types[name] != nil {
				return
			}
			add(core.Message(`Unknown type "%s".`, name), didYouMean(suggest, name, slices.Sorted(maps.Keys(walker.Schema.Types))), core.At(at))
		}
		observers.OnVariable(func(walker *core.Walker, variable *vektah.VariableDefinition) {
			check(walker, variable.Type.Name(), variable.Type.Position)
		})
		observers.OnInlineFragment(func(walker *core.Walker, fragment *vektah.InlineFragment) {
			check(walker, fragment.TypeCondition, fragment.Position)
		})
		observers.OnFragment(func(walker *core.Walker, fragment *vektah.FragmentDefinition) {
			check(walker, fragment.TypeCondition, fragment.Position)
		})
	}}
}

func didYouMean(suggest bool, typed string, names []string) core.ErrorOption {
	if !suggest {
		names = nil
	}
	return core.SuggestListQuoted("Did you mean", typed, names)
}
