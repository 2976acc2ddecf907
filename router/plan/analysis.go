package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"

	"cartograph/router/supergraph"
)

// describe sets the properties of a normalized operation that its plan does not
// contain: root fields, policies, cache hint, deprecated fields and cost.
func (p *Planner) describe(op *Operation, doc *ast.Document) (err error) {
	_, op.Deferred = op.Plan.(*engine.DeferResponsePlan)
	f := analysis{planner: p, doc: doc}
	f.read()
	op.RootFields, op.Policies, op.Cache, op.Deprecated = f.roots, f.policies, f.cache, f.deprecated
	if op.Kind != Query || op.Deferred {
		op.Cache = CacheHint{}
	}
	var values map[string]any
	if err := json.Unmarshal(op.Variables, &values); err != nil {
		return fmt.Errorf("variables of operation %q: %w", op.Name, err)
	}
	if op.Cost, err = p.costs.cost(doc, values, op.Remap); err != nil {
		return err
	}
	op.Dearest = p.costs.dearest(doc, values, op.Remap, op.Cost, p.limits.CostDetails)
	return nil
}

// analysis collects these properties in one walk over the document.
type analysis struct {
	planner  *Planner
	doc      *ast.Document
	roots    []string
	policies []string
	cache    CacheHint
	hinted   bool // cache is set

	deprecated []supergraph.Coordinate // each once
	guarded    bool
}

// read walks the one operation of a normalized document.
func (f *analysis) read() {
	for _, node := range f.doc.RootNodes {
		if node.Kind != ast.NodeKindOperationDefinition {
			continue
		}
		if op := f.doc.OperationDefinitions[node.Ref]; op.HasSelections {
			f.set(op.SelectionSet, f.planner.costs.roots[op.OperationType], true)
		}
	}
	if f.guarded {
		f.cache.Public = false
	}
}

func (f *analysis) set(ref int, typeName string, top bool) {
	for _, selection := range f.doc.SelectionSets[ref].SelectionRefs {
		switch s := f.doc.Selections[selection]; s.Kind {
		case ast.SelectionKindField:
			f.field(s.Ref, typeName, top)
		case ast.SelectionKindInlineFragment:
			inline := f.doc.InlineFragments[s.Ref]
			if !inline.HasSelections {
				continue
			}
			condition := typeName
			if inline.TypeCondition.Type >= 0 {
				condition = f.doc.InlineFragmentTypeConditionNameString(s.Ref)
			}
			f.set(inline.SelectionSet, strings.Clone(condition), top)
		case ast.SelectionKindFragmentSpread, ast.SelectionKindUnknown: // removed by normalization
		}
	}
}

func (f *analysis) field(ref int, typeName string, top bool) {
	name := strings.Clone(f.doc.FieldNameString(ref))
	if strings.HasPrefix(name, "__internal") { // a placeholder of the engine for a selection that is skipped completely
		return
	}
	if top {
		f.roots = append(f.roots, name)
	}
	c := supergraph.Coordinate{Type: typeName, Field: name}
	if rule, ok := f.planner.rules[c]; ok {
		f.guarded = true
		f.addPolicies(rule)
	}
	hint, ok := f.planner.hints[c]
	if ok || top && name != "__typename" {
		f.restrictCache(hint)
	}
	t := f.planner.sg.Type(typeName)
	if t == nil {
		return
	}
	def := t.Fields.ForName(name)
	if def != nil && def.Directives.ForName("deprecated") != nil && !slices.Contains(f.deprecated, c) {
		f.deprecated = append(f.deprecated, c)
	}
	if set, ok := f.doc.FieldSelectionSet(ref); ok && def != nil {
		f.set(set, def.Type.Name(), false)
	}
}

// restrictCache keeps the strictest of the hints: a response may be cached for as
// long as all its parts may. A root field without a hint, and any field with an
// access rule (see read), makes it uncacheable or private.
func (f *analysis) restrictCache(hint CacheHint) {
	if !f.hinted {
		f.cache, f.hinted = hint, true
		return
	}
	f.cache = CacheHint{MaxAge: min(f.cache.MaxAge, hint.MaxAge), Public: f.cache.Public && hint.Public}
}

func (f *analysis) addPolicies(rule supergraph.Access) {
	for _, choice := range rule.Policies {
		for _, set := range choice {
			for _, name := range set {
				if !slices.Contains(f.policies, name) {
					f.policies = append(f.policies, name)
				}
			}
		}
	}
}
