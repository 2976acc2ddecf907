package plan

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/vektah/gqlparser/v2"
	vektah "github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"cartograph/router/gqlerr"
)

// Bounds of the errors of one request. Clients choose names and values, and an
// answer must not be many times as large as the request.
const (
	maxErrors        = 20  // of one document, or of its variables
	maxFound         = 200 // the same ones counted each time they are found
	maxMessage       = 400 // characters
	maxNameInMessage = 60  // characters
)

// maxSuggestedFor is the length in bytes of a name up to which similar names are
// searched for: comparing takes time in proportion to it, for each candidate.
const maxSuggestedFor = 64

// documentValidator validates documents as clients send them, against the schema
// that they see. The engine validates too, but only a normal form, in which
// fragments are inlined and literals are variables with names that no client
// wrote; it stops at the first kind of fault and has no suggestions.
type documentValidator struct {
	schema  *vektah.Schema
	rules   []core.Rule
	strict  []core.Rule // rules without suggestions
	suggest bool
}

// deferDirective is as the engine has it. The prelude's accepts a null for if.
const deferDirective = "\ndirective @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT\n"

func newDocumentValidator(sdl string, suggest bool) (*documentValidator, error) {
	schema, err := gqlparser.LoadSchema(&vektah.Source{Name: "client schema", Input: sdl + deferDirective})
	if err != nil {
		return nil, fmt.Errorf("client schema: %w", err)
	}
	// The introspection that the engine answers.
	if t := schema.Types["__Type"]; t != nil {
		t.Fields = slices.DeleteFunc(slices.Clone(t.Fields), func(f *vektah.FieldDefinition) bool { return f.Name == "isOneOf" })
	}
	v := &documentValidator{schema: schema, suggest: suggest, strict: append(commonRules(),
		rules.FieldsOnCorrectTypeRuleWithoutSuggestions, rules.ScalarLeafsRuleWithoutSuggestions,
		rules.ValuesOfCorrectTypeRuleWithoutSuggestions, knownArguments(false), knownTypes(false),
	)}
	v.rules = v.strict
	if suggest {
		v.rules = append(commonRules(),
			rules.FieldsOnCorrectTypeRule, rules.ScalarLeafsRule, rules.ValuesOfCorrectTypeRule, knownArguments(true), knownTypes(true))
	}
	return v, nil
}

// commonRules are those of the specification that have no suggestions. Of the
// library's, some are replaced:
//   - MaxIntrospectionDepth: checkIntrospection bounds the same with a limit of
//     its own,
//   - OverlappingFieldsCanBeMerged compares every pair of fields, and refuses
//     fields of different object types that differ only in nullability, which
//     unions of federated types often have; see fieldsCanBeMerged,
//   - SingleFieldSubscriptions compares names instead of response names,
//   - KnownArgumentNames and KnownTypeNames: see knownArguments and knownTypes.
func commonRules() []core.Rule {
	return []core.Rule{
		rules.FragmentsOnCompositeTypesRule, rules.KnownDirectivesRule, rules.KnownFragmentNamesRule,
		rules.KnownRootTypeRule, rules.LoneAnonymousOperationRule, rules.NoFragmentCyclesRule, rules.NoUndefinedVariablesRule,
		rules.NoUnusedFragmentsRule, rules.NoUnusedVariablesRule, rules.PossibleFragmentSpreadsRule,
		rules.ProvidedRequiredArgumentsRule, rules.UniqueArgumentNamesRule, rules.UniqueDirectivesPerLocationRule,
		rules.UniqueFragmentNamesRule, rules.UniqueInputFieldNamesRule, rules.UniqueOperationNamesRule,
		rules.UniqueVariableNamesRule, rules.VariablesAreInputTypesRule, rules.VariablesInAllowedPositionRule,
		fieldsCanBeMerged(), integersHave32Bits(), subscriptionsHaveOneField(),
	}
}

// parseDocument parses a text whose limits were checked.
func parseDocument(text string) (*vektah.QueryDocument, error) {
	doc, err := parser.ParseQuery(&vektah.Source{Input: text})
	if err == nil {
		correctPositions(doc, text)
		return doc, nil
	}
	if fault, ok := err.(*gqlerror.Error); ok { //nolint:errorlint // the parser wraps none
		return nil, gqlerr.List{clientError(gqlerr.ParseFailed, fault)}
	}
	return nil, fmt.Errorf("parse document: %w", err)
}

// validate returns every fault of a document, up to maxErrors, in the order of
// the text. Fragments that spread themselves are a fault, and the merging of
// fields is not checked then: it would not end.
func (v *documentValidator) validate(doc *vektah.QueryDocument, text string, cyclic bool) error {
	active := v.rules
	if longestToken(text) > maxSuggestedFor {
		active = v.strict
	}
	if cyclic {
		active = slices.DeleteFunc(slices.Clone(active), func(r core.Rule) bool { return r.Name == fieldMerging })
	}
	found := collector{seen: map[string]bool{}}
	found.walk(v.schema, doc, active)
	if len(found.errors) == 0 {
		return nil
	}
	slices.SortStableFunc(found.errors, func(a, b *gqlerr.Error) int {
		x, y := firstLocation(a), firstLocation(b)
		if x.Line != y.Line {
			return int(x.Line) - int(y.Line)
		}
		return int(x.Column) - int(y.Column)
	})
	return found.errors
}

func firstLocation(e *gqlerr.Error) gqlerr.Location {
	if len(e.Locations) == 0 {
		return gqlerr.Location{}
	}
	return e.Locations[0]
}

// collector collects faults. A rule may find a fault of a fragment once for
// each operation that spreads it.
type collector struct {
	errors gqlerr.List
	seen   map[string]bool
	found  int
}

// enough ends a walk: rules have no other way to stop it, and an invalid document
// may have a fault at each token.
type enough struct{}

func (c *collector) walk(schema *vektah.Schema, doc *vektah.QueryDocument, active []core.Rule) {
	defer func() {
		if cause := recover(); cause != nil {
			if _, ok := cause.(enough); !ok {
				panic(cause)
			}
		}
	}()
	observers := &core.Events{}
	for _, rule := range active {
		rule.RuleFunc(observers, c.add)
	}
	core.Walk(schema, doc, observers)
}

func (c *collector) add(options ...core.ErrorOption) {
	var fault gqlerror.Error
	for _, option := range options {
		option(&fault)
	}
	c.found++
	e := clientError(gqlerr.ValidationFailed, &fault)
	if key := fmt.Sprint(e.Message, e.Locations); !c.seen[key] {
		c.seen[key] = true
		c.errors = append(c.errors, e)
	}
	if len(c.errors) >= maxErrors || c.found >= maxFound {
		panic(enough{})
	}
}

func clientError(code gqlerr.Code, fault *gqlerror.Error) *gqlerr.Error {
	e := gqlerr.New(code, "%s", clip(fault.Message, maxMessage))
	for _, l := range fault.Locations {
		e.Locations = append(e.Locations, gqlerr.Location{Line: uint32(l.Line), Column: uint32(l.Column)}) //nolint:gosec // a document is short
	}
	return e
}

// clip shortens a text to at most n characters.
func clip(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
