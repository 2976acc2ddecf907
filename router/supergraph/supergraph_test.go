package supergraph_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router/supergraph"
)

func parseFile(t *testing.T, path string) *supergraph.Supergraph {
	t.Helper()
	sdl, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sg, err := supergraph.Parse(string(sdl))
	if err != nil {
		t.Fatal(err)
	}
	return sg
}

func TestClientSchemaIsOrdinaryGraphQL(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"../testdata/shop/supergraph.graphql", "../testdata/design/supergraph.graphql"} {
		sdl := parseFile(t, file).ClientSchema()
		schema, err := gqlparser.LoadSchema(&ast.Source{Name: file, Input: sdl})
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, machinery := range []string{"join__", "link__", "@inaccessible", "@tag", "requiresScopes", "authenticated"} {
			if strings.Contains(sdl, machinery) {
				t.Errorf("%s: the client schema holds %s", file, machinery)
			}
		}
		if schema.Query == nil || schema.Mutation == nil || schema.Subscription == nil {
			t.Errorf("%s: an operation type is missing", file)
		}
	}
	checkout := parseFile(t, "../testdata/design/supergraph.graphql").ClientSchema()
	if strings.Contains(checkout, "totalMinor") {
		t.Error("Checkout.totalMinor is inaccessible, yet clients see it")
	}
	if !strings.Contains(checkout, "Prices the cart, holds the stock, opens the clock.") {
		t.Error("the descriptions are lost")
	}
}

func TestSubgraphSchemasAreReadBack(t *testing.T) {
	t.Parallel()
	sg := parseFile(t, "../testdata/shop/supergraph.graphql")
	got := sg.SubgraphSchema("REVIEWS")
	want := `
type Query {
  latestReviews: [Review!]
}

type Mutation {
  reviewAdd(productId: ID!, body: String!): Review
}

type User @key(fields: "id") {
  id: ID!
  name: String! @external
  reviews: [Review!]
}

type Product @key(fields: "id") {
  id: ID!
  weight: Int @external
  freight: Int @requires(fields: "weight")
  reviews(first: Int = 5): [Review!]
}

type Subscription {
  reviewAdded(productId: ID!): Review
  myReviews: Review
}

type Review {
  id: ID!
  body: String!
  author: User @provides(fields: "name")
  product: Product!
}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema of reviews (-want +got):\n%s", diff)
	}
	for _, s := range sg.Subgraphs {
		if s.URL == "" || s.Name != strings.ToLower(s.ID) {
			t.Errorf("subgraph %+v, want a name and a URL", s)
		}
	}
}

const head = `schema @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
`

func TestAccessRulesHaveNoWayAround(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(head + `
type Query @join__type(graph: A) { open: Int own: Int @authenticated result: Secret node: Node list: [Secret!]! }
type Secret @join__type(graph: A) @requiresScopes(scopes: [["s"]]) { field: Int both: Int @requiresScopes(scopes: [["t"]]) }
interface Node @join__type(graph: A) { id: ID! guarded: Int ruled: Int @requiresScopes(scopes: [["r"]]) }
type Impl implements Node @join__type(graph: A) { id: ID! guarded: Int @requiresScopes(scopes: [["g"]]) ruled: Int }
`)
	if err != nil {
		t.Fatal(err)
	}
	rules := sg.AccessRules()
	for coordinate, scopes := range map[supergraph.Coordinate]string{
		{Type: "Query", Field: "open"}:   "",
		{Type: "Query", Field: "own"}:    "in",
		{Type: "Query", Field: "result"}: "s",
		{Type: "Query", Field: "list"}:   "s",
		{Type: "Query", Field: "node"}:   "",
		{Type: "Secret", Field: "field"}: "s",
		{Type: "Secret", Field: "both"}:  "s t",
		{Type: "Node", Field: "id"}:      "",
		{Type: "Node", Field: "guarded"}: "g",
		{Type: "Node", Field: "ruled"}:   "r",
		{Type: "Impl", Field: "guarded"}: "g",
		{Type: "Impl", Field: "ruled"}:   "r",
	} {
		rule := rules[coordinate]
		needs := strings.Fields(scopes)
		if !rule.Allows(true, func(s string) bool { return strings.Contains(scopes, s) }) {
			t.Errorf("%v: refused to who has %q", coordinate, scopes)
		}
		if len(needs) > 0 && rule.Allows(false, func(string) bool { return false }) {
			t.Errorf("%v: open to all, want %q", coordinate, scopes)
		}
		for _, missing := range needs {
			if missing != "in" && rule.Allows(true, func(s string) bool { return s != missing }) {
				t.Errorf("%v: open without %s", coordinate, missing)
			}
		}
		if len(needs) == 0 && !rule.IsOpen() {
			t.Errorf("%v: guarded by %+v, want open", coordinate, rule)
		}
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	t.Parallel()
	const query = `type Query @join__type(graph: A) { a: Int }`
	for name, sdl := range map[string]string{
		"no SDL":                 `type {`,
		"no join spec":           `type Query { a: Int }`,
		"join v0.1":              strings.Replace(head, "v0.5", "v0.1", 1) + query,
		"join v1.0":              strings.Replace(head, "v0.5", "v1.0", 1) + query,
		"no graphs":              `schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query } ` + query,
		"a graph without name":   `schema @link(url: "https://specs.apollo.dev/join/v0.3") { query: Query } enum join__Graph { A } ` + query,
		"a broken key":           head + `type Query @join__type(graph: A, key: "a {") { a: Int }`,
		"a key of two":           head + `type Query @join__type(graph: A, key: "a } {b") { a: Int }`,
		"a progressive override": head + `type Query @join__type(graph: A) { a: Int @join__field(graph: A, override: "b", overrideLabel: "percent(5)") }`,
		"a context":              head + `type Query @join__type(graph: A) { a: Int @join__field(graph: A, contextArguments: [{context: "c", name: "n", type: "Int", selection: "x"}]) }`,
	} {
		if _, err := supergraph.Parse(sdl); err == nil {
			t.Errorf("%s: accepted, want an error", name)
		}
	}
}
