package supergraph_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router/supergraph"
)

// printed has everything that a schema may have, and of everything one that is
// inaccessible.
const printed = `schema @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY, import: [{name: "@authenticated", as: "@signedIn"}]) { query: Root mutation: Change }
enum join__Graph { A @join__graph(name: "a", url: "http://a") B @join__graph(name: "b", url: "http://b") }
"""
The root, with \"""quotes\""".
"""
type Root @join__type(graph: A) @join__type(graph: B) {
  "One line."
  find(first: Int = 10, "Which." kind: Kind! = OLD, hidden: Int @inaccessible, by: By = {text: "x"}): [Found!]! @join__field(graph: A) @deprecated(reason: "Use it no more.")
  secret: Secret @join__field(graph: A) @inaccessible
  node: Node @join__field(graph: B)
  onlyHidden(a: Int @inaccessible): Int @join__field(graph: B)
}
type Change @join__type(graph: A) { change: Int }
interface Node @join__type(graph: A) @join__type(graph: B) { id: ID! }
interface Secret @join__type(graph: A) @inaccessible { id: ID! }
"An item."
type Item implements Node & Secret @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", resolvable: false) @join__implements(graph: A, interface: "Node") @join__implements(graph: A, interface: "Secret") @join__implements(graph: B, interface: "Node") {
  id: ID!
  own: Int @join__field(graph: A) @signedIn
  needs: Int @join__field(graph: B, requires: "own")
  own2: Int @join__field(graph: A, provides: "id") @join__field(graph: B, external: true)
}
type Hidden @join__type(graph: A) @inaccessible { id: ID! }
union Found @join__type(graph: A) @join__unionMember(graph: A, member: "Item") @join__unionMember(graph: A, member: "Hidden") = Item | Hidden
union AllHidden @join__type(graph: A) @join__unionMember(graph: A, member: "Hidden") @inaccessible = Hidden
enum Kind @join__type(graph: A) @join__type(graph: B) {
  "Current."
  NEW @join__enumValue(graph: A) @join__enumValue(graph: B)
  OLD @join__enumValue(graph: A) @deprecated(reason: "Old.")
  GONE @join__enumValue(graph: A) @inaccessible
  ONLY_B @join__enumValue(graph: B)
}
input By @join__type(graph: A) { text: String = "a\"b" number: Int! @inaccessible list: [Int!] = [1, 2] }
scalar Date @join__type(graph: A) @specifiedBy(url: "https://example.test/date")
`

func TestAClientsSchemaHasNothingInaccessible(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	want := `schema {
  query: Root
  mutation: Change
}

"""The root, with \"""quotes\"""."""
type Root {
  """One line."""
  find(first: Int = 10, "Which." kind: Kind! = OLD, by: By = {text:"x"}): [Found!]! @deprecated(reason: "Use it no more.")
  node: Node
  onlyHidden: Int
}

type Change {
  change: Int
}

interface Node {
  id: ID!
}

"""An item."""
type Item implements Node {
  id: ID!
  own: Int
  needs: Int
  own2: Int
}

union Found = Item

enum Kind {
  """Current."""
  NEW
  OLD @deprecated(reason: "Old.")
  ONLY_B
}

input By {
  text: String = "a\"b"
  list: [Int!] = [1,2]
}

scalar Date @specifiedBy(url: "https://example.test/date")
`
	got := sg.ClientSchema()
	if diff := cmp.Diff(want, strings.TrimLeft(got, "\n")); diff != "" {
		t.Errorf("schema for clients (-want +got):\n%s", diff)
	}
	if _, err := gqlparser.LoadSchema(&ast.Source{Input: got}); err != nil {
		t.Errorf("the schema for clients is not valid: %v", err)
	}
}

// The planner needs what is inaccessible, marked as such.
func TestThePlannersSchemaMarksWhatIsInaccessible(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	got := sg.PlannerSchema()
	for _, line := range []string{
		"directive @inaccessible on ", "  secret: Secret @inaccessible\n", "interface Secret @inaccessible {", "  GONE @inaccessible\n", "  number: Int! @inaccessible\n",
		"hidden: Int @inaccessible,", "type Hidden @inaccessible {", "type Item implements Node & Secret {", "union Found = Item | Hidden\n",
	} {
		if !strings.Contains(got, line) {
			t.Errorf("the planner's schema lacks %q:\n%s", line, got)
		}
	}
	for _, absent := range []string{"One line.", "join__", "signedIn", "authenticated"} {
		if strings.Contains(got, absent) {
			t.Errorf("the planner's schema has %q", absent)
		}
	}
	if _, err := gqlparser.LoadSchema(&ast.Source{Input: got}); err != nil {
		t.Errorf("the planner's schema is not valid: %v", err)
	}
}

func TestASubgraphsSchemaHasItsOwnPartOnly(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	for graph, want := range map[string]string{
		"A": `type Root {
  find(first: Int = 10, kind: Kind! = OLD, hidden: Int, by: By = {text:"x"}): [Found!]!
  secret: Secret
}

type Change {
  change: Int
}

interface Node {
  id: ID!
}

interface Secret {
  id: ID!
}

type Item implements Node & Secret @key(fields: "id") {
  id: ID!
  own: Int
  own2: Int @provides(fields: "id")
}

type Hidden {
  id: ID!
}

union Found = Item | Hidden

union AllHidden = Hidden

enum Kind {
  NEW
  OLD
  GONE
}

input By {
  text: String = "a\"b"
  number: Int!
  list: [Int!] = [1,2]
}

scalar Date
`,
		"B": `type Root {
  node: Node
  onlyHidden(a: Int): Int
}

interface Node {
  id: ID!
}

type Item implements Node @key(fields: "id", resolvable: false) {
  id: ID!
  needs: Int @requires(fields: "own")
  own2: Int @external
}

enum Kind {
  NEW
  ONLY_B
}
`,
		"C": "",
	} {
		if diff := cmp.Diff(want, strings.TrimLeft(sg.SubgraphSchema(graph), "\n")); diff != "" {
			t.Errorf("schema of %s (-want +got):\n%s", graph, diff)
		}
	}
}

// A directive may have a name of its own in the document.
func TestARenamedRuleIsARule(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(printed)
	if err != nil {
		t.Fatal(err)
	}
	want := map[supergraph.Coordinate]supergraph.Access{{Type: "Item", Field: "own"}: {Authenticated: true}}
	if diff := cmp.Diff(want, sg.AccessRules()); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}
