package supergraph

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// Access is the rule of who may read a field. The zero value: every caller.
type Access struct {
	Authenticated bool
	// Scopes holds one entry for each @requiresScopes that applies; an entry is a
	// list of alternatives, each a set of scopes. The caller must have all scopes
	// of at least one set of every entry (AND of OR of AND).
	Scopes [][][]string
	// Policies holds one entry for each @policy that applies, in the same form.
	// Policies are granted outside this package, for each request.
	Policies [][][]string
}

// IsOpen reports whether every caller may read.
func (a Access) IsOpen() bool { return !a.Authenticated && len(a.Scopes) == 0 && len(a.Policies) == 0 }

// Allows reports whether a caller with the scopes and no policy may read.
func (a Access) Allows(signedIn bool, has func(scope string) bool) bool {
	return a.AllowsWith(signedIn, has, func(string) bool { return false })
}

// AllowsWith reports whether a caller with the scopes, who was granted the
// policies, may read.
func (a Access) AllowsWith(signedIn bool, has, granted func(name string) bool) bool {
	return (!a.Authenticated || signedIn) && satisfied(a.Scopes, has) && satisfied(a.Policies, granted)
}

// satisfied reports whether at least one whole set of every entry is held.
func satisfied(choices [][][]string, has func(string) bool) bool {
	for _, choice := range choices {
		if !slices.ContainsFunc(choice, func(set []string) bool {
			return !slices.ContainsFunc(set, func(name string) bool { return !has(name) })
		}) {
			return false
		}
	}
	return true
}

func (a Access) and(b Access) Access {
	return Access{
		Authenticated: a.Authenticated || b.Authenticated,
		Scopes:        slices.Concat(a.Scopes, b.Scopes),
		Policies:      slices.Concat(a.Policies, b.Policies),
	}
}

// Coordinate names a field of a type.
type Coordinate struct{ Type, Field string }

// AccessRules returns the rule of every field that is not open. All of these
// apply to a field at once:
//   - its own directives, those of its type, and those of the type that it returns;
//   - those of each interface that its type implements, and of the interface's
//     field of that name;
//   - for a field of an interface, the rules of that field in all implementing
//     types, so that a query cannot avoid them by selecting it on the interface.
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
			if !rule.IsOpen() {
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
	for _, name := range t.Interfaces { // rules of an interface apply to its implementing types
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
	return Access{
		Authenticated: directives.ForName("authenticated") != nil,
		Scopes:        choices(directives, "requiresScopes", "scopes"),
		Policies:      choices(directives, "policy", "policies"),
	}
}

// choices reads an argument that is a list of lists of names. Without a value it
// is an entry that no caller satisfies: an unreadable rule must not grant access.
func choices(directives ast.DirectiveList, name, argument string) [][][]string {
	var out [][][]string
	for _, d := range directives.ForNames(name) {
		var choice [][]string // no alternative: no caller satisfies it
		if a := d.Arguments.ForName(argument); a != nil {
			for _, set := range a.Value.Children {
				var all []string
				for _, one := range set.Value.Children {
					all = append(all, one.Value.Raw)
				}
				choice = append(choice, all)
			}
		}
		out = append(out, choice)
	}
	return out
}
