package supergraph_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router/supergraph"
)

// TestRulesOfAnInterfaceTypeApplyToItsFieldsImplementorsAndReferences: the
// directives stand on the interface itself, and nowhere else.
func TestRulesOfAnInterfaceTypeApplyToItsFieldsImplementorsAndReferences(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(head + `
type Query @join__type(graph: A) { open: Int member: Member members: [Member!]! staff: Staff person: Person level: Level }
interface Member @join__type(graph: A) @authenticated { id: ID! }
interface Staff implements Member @join__type(graph: A) @requiresScopes(scopes: [["a", "b"], ["c"]]) { id: ID! desk: Int }
type Person implements Member & Staff @join__type(graph: A) { id: ID! desk: Int own: Int }
type Guest implements Member @join__type(graph: A) { id: ID! }
enum Level @join__type(graph: A) @policy(policies: [["p"]]) { ONE }
`)
	if err != nil {
		t.Fatal(err)
	}
	staff := [][]string{{"a", "b"}, {"c"}}
	member := supergraph.Access{Authenticated: true}
	once := supergraph.Access{Scopes: [][][]string{staff}}
	want := map[supergraph.Coordinate]supergraph.Access{
		{Type: "Query", Field: "member"}:  member,
		{Type: "Query", Field: "members"}: member,
		{Type: "Query", Field: "staff"}:   once,
		{Type: "Query", Field: "level"}:   {Policies: [][][]string{{{"p"}}}},
		{Type: "Guest", Field: "id"}:      member,
		{Type: "Person", Field: "id"}:     {Authenticated: true, Scopes: [][][]string{staff}},
		{Type: "Person", Field: "desk"}:   {Authenticated: true, Scopes: [][][]string{staff}},
		{Type: "Person", Field: "own"}:    {Authenticated: true, Scopes: [][][]string{staff}},
		// Of an interface also the rules of its implementing types, once for each.
		{Type: "Member", Field: "id"}:  {Authenticated: true, Scopes: [][][]string{staff}},
		{Type: "Staff", Field: "id"}:   {Authenticated: true, Scopes: [][][]string{staff, staff}},
		{Type: "Staff", Field: "desk"}: {Authenticated: true, Scopes: [][][]string{staff, staff}},
	}
	if diff := cmp.Diff(want, sg.AccessRules()); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

// TestScopesAreAlternativesOfSets: every entry, at least one set, all its scopes.
func TestScopesAreAlternativesOfSets(t *testing.T) {
	t.Parallel()
	rule := supergraph.Access{Scopes: [][][]string{{{"a", "b"}, {"c"}}, {{"d"}}}}
	for held, want := range map[string]bool{"abd": true, "cd": true, "ad": false, "bd": false, "ab": false, "d": false, "c": false, "": false} {
		got := rule.Allows(false, func(scope string) bool {
			for _, one := range held {
				if string(one) == scope {
					return true
				}
			}
			return false
		})
		if got != want {
			t.Errorf("scopes %q: allowed %v, want %v", held, got, want)
		}
	}
	all := func(string) bool { return true }
	if (supergraph.Access{Scopes: [][][]string{nil}}).Allows(true, all) {
		t.Error("an entry without alternatives allows access")
	}
	if (supergraph.Access{Authenticated: true}).Allows(false, all) || !(supergraph.Access{Authenticated: true}).Allows(true, all) {
		t.Error("@authenticated must depend on being signed in only")
	}
}
