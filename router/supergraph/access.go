package supergraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Access is what a caller must show to read a field.
type Access struct {
	Authenticated bool
	// Scopes holds one entry for each @requiresScopes that applies; each is a
	// choice of sets, and of every entry one whole set must be held.
	Scopes [][][]string
}

// Open reports whether anybody may read.
func (a Access) Open() bool { return !a.Authenticated && len(a.Scopes) == 0 }

// Allows reports whether a caller with the scopes may read.
func (a Access) Allows(signedIn bool, has func(scope string) bool) bool {
	if a.Authenticated && !signedIn {
		return false
	}
	for _, choice := range a.Scopes {
		if !slices.ContainsFunc(choice, func(set []string) bool {
			return !slices.ContainsFunc(set, func(scope string) bool { return !has(scope) })
		}) {
			return false
		}
	}
	return true
}

func (a Access) and(b Access) Access {
	return Access{Authenticated: a.Authenticated || b.Authenticated, Scopes: slices.Concat(a.Scopes, b.Scopes)}
}

// Coordinate names a field of a type.
type Coordinate struct{ Type, Field string }

// AccessRules lists every field that is not open to all. A field is bound by
// its own rule, its type's, and the rule of what it returns. A field of an
// interface is bound by the rules of all implementors too, so that the
// interface is no way around them.
func (sg *Supergraph) AccessRules() map[Coordinate]Access {
	rules := map[Coordinate]Access{}
	for _, t := range sg.Types {
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, f := range t.Fields {
			rule := sg.fieldAccess(t, f.Name)
			if t.Kind == ast.Interface {
				for _, name := range sg.Implementors(t.Name) {
					rule = rule.and(sg.fieldAccess(sg.Type(name), f.Name))
				}
			}
			if !rule.Open() {
				rules[Coordinate{t.Name, f.Name}] = rule
			}
		}
	}
	return rules
}

func (sg *Supergraph) fieldAccess(t *Type, field string) Access {
	f := t.Fields.ForName(field)
	if f == nil {
		return Access{}
	}
	rule := declared(t.Directives).and(declared(f.Directives))
	if result := sg.Type(f.Type.Name()); result != nil {
		rule = rule.and(declared(result.Directives))
	}
	for _, name := range t.Interfaces { // what an interface guards, its implementors guard
		iface := sg.Type(name)
		if iface == nil {
			continue
		}
		rule = rule.and(declared(iface.Directives))
		if inherited := iface.Fields.ForName(field); inherited != nil {
			rule = rule.and(declared(inherited.Directives))
		}
	}
	return rule
}

func declared(directives ast.DirectiveList) Access {
	access := Access{Authenticated: directives.ForName("authenticated") != nil}
	for _, d := range directives.ForNames("requiresScopes") {
		scopes := d.Arguments.ForName("scopes")
		if scopes == nil {
			continue
		}
		var choice [][]string
		for _, set := range scopes.Value.Children {
			var all []string
			for _, scope := range set.Value.Children {
				all = append(all, scope.Value.Raw)
			}
			choice = append(choice, all)
		}
		access.Scopes = append(access.Scopes, choice)
	}
	return access
}
