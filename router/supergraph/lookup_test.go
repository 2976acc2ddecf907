package supergraph_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"cartograph/router/supergraph"
)

func parse(t *testing.T, body string) *supergraph.Supergraph {
	t.Helper()
	sg, err := supergraph.Parse(head + body)
	if err != nil {
		t.Fatal(err)
	}
	return sg
}

func TestATypeIsFoundByItsNameAndItsGraphs(t *testing.T) {
	t.Parallel()
	sg := parse(t, `
type Query @join__type(graph: A) { t: T }
interface I @join__type(graph: A) @join__type(graph: B, isInterfaceObject: true) { id: ID! }
type T implements I @join__type(graph: A, key: "id") @join__type(graph: A, key: "b   a { x }", resolvable: false) @join__type(graph: B, extension: true) @join__implements(graph: A, interface: "I") { id: ID! }
type U implements I @join__type(graph: B) @join__implements(graph: B, interface: "I") { id: ID! }
`)
	for name, want := range map[string]bool{"Query": true, "Mutation": false, "T": false, "": false} {
		if got := sg.IsRoot(name); got != want {
			t.Errorf("%q is a root: %v, want %v", name, got, want)
		}
	}
	if query, mutation := sg.Root(ast.Query), sg.Root(ast.Mutation); query != "Query" || mutation != "" {
		t.Errorf("roots are %q and %q, want Query and none", query, mutation)
	}
	if sg.Type("None") != nil || sg.Type("T").Name != "T" {
		t.Error("a type is not found by its name")
	}
	if diff := cmp.Diff([][]string{{"T", "U"}, {"T"}, {"U"}, nil}, [][]string{sg.Implementors("I"), sg.ImplementorsIn("I", "A"), sg.ImplementorsIn("I", "B"), sg.Implementors("T")}); diff != "" {
		t.Errorf("implementing types in all graphs, in A, in B, and of no interface (-want +got):\n%s", diff)
	}
	of := func(name, graph string) string {
		typ := sg.Type(name)
		return fmt.Sprint(typ.In(graph), typ.IsInterfaceObject(graph), typ.IsExtension(graph), len(typ.Keys(graph)))
	}
	got := map[string]string{}
	for _, name := range []string{"I", "T"} {
		for _, graph := range []string{"A", "B", "C"} {
			got[name+graph] = of(name, graph)
		}
	}
	want := map[string]string{
		"IA": "true false false 0", "IB": "true true false 0", "IC": "false false false 0",
		"TA": "true false false 2", "TB": "true false true 0", "TC": "false false false 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("in the graph, interface object, extension, keys (-want +got):\n%s", diff)
	}
	keys := []supergraph.TypeJoin{{Graph: "A", Key: "id", Resolvable: true}, {Graph: "A", Key: "b a { x }"}}
	if diff := cmp.Diff(keys, sg.Type("T").Keys("A")); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestAFieldBelongsToTheGraphsThatItNames(t *testing.T) {
	t.Parallel()
	sg := parse(t, `
type Query @join__type(graph: A) { t: T }
type T @join__type(graph: A) @join__type(graph: B) {
  all: Int
  a: Int @join__field(graph: A)
  external: Int @join__field(graph: A) @join__field(graph: B, external: true)
  moved: Int @join__field(graph: A, override: "b") @join__field(graph: B, usedOverridden: true)
  needs: Int @join__field(graph: B, requires: "a   all", provides: "x", type: "Int!")
  none: Int @join__field
}
`)
	for _, c := range []struct {
		field, graph string
		want         supergraph.FieldJoin
		ok, resolves bool
	}{
		{"all", "A", supergraph.FieldJoin{Graph: "A"}, true, true},
		{"all", "B", supergraph.FieldJoin{Graph: "B"}, true, true},
		{"all", "C", supergraph.FieldJoin{Graph: "C"}, false, true},
		{"a", "A", supergraph.FieldJoin{Graph: "A"}, true, true},
		{"a", "B", supergraph.FieldJoin{}, false, true},
		{"external", "B", supergraph.FieldJoin{Graph: "B", External: true}, true, false},
		{"moved", "A", supergraph.FieldJoin{Graph: "A"}, true, true},
		{"moved", "B", supergraph.FieldJoin{Graph: "B", UsedOverridden: true}, true, false},
		{"needs", "B", supergraph.FieldJoin{Graph: "B", Requires: "a all", Provides: "x", Type: "Int!"}, true, true},
		{"none", "A", supergraph.FieldJoin{}, false, true},
	} {
		join, ok := sg.Type("T").Field(c.field, c.graph)
		if diff := cmp.Diff(c.want, join); diff != "" || ok != c.ok || join.Resolves() != c.resolves {
			t.Errorf("%s in %s: found %v, resolved %v; want %v and %v (-want +got):\n%s", c.field, c.graph, ok, join.Resolves(), c.ok, c.resolves, diff)
		}
	}
}

func TestFieldSetsHaveOneForm(t *testing.T) {
	t.Parallel()
	sg := parse(t, `
type Query @join__type(graph: A) { t: T }
interface I @join__type(graph: A) { id: ID! nested: T }
union U @join__type(graph: A) @join__unionMember(graph: A, member: "T") = T
type T implements I @join__type(graph: A) { id: ID! i: I u: U t: T nested: T none: Missing }
`)
	for text, want := range map[string]string{
		"id":                          "id",
		" id,  t{id} ":                "id t { id }",
		"i { id }":                    "i { __typename id }",
		"i { __typename id }":         "i { __typename id }",
		"u { ... on T { i { id } } }": "u { __typename ... on T { i { __typename id } } }",
		"t { i { nested { u { ...on T { id } } } } }": "t { i { __typename nested { u { __typename ... on T { id } } } } }",
		"x: id t(a: 1, b: \"c\") { id }":              `x: id t(a: 1, b: "c") { id }`,
		"unknown { i { id } }":                        "unknown { i { id } }",
		"none { id }":                                 "none { id }",
	} {
		got, err := sg.WithTypeNames("T", text)
		if err != nil || got != want {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"id }", "{ id", "id } fragment F on T { id", "...F } fragment F on T { id", "id } query B { id", ""} {
		if got, err := sg.WithTypeNames("T", text); err == nil {
			t.Errorf("%q is read as %q, want it refused", text, got)
		}
	}
}

func TestCacheHintsAreOfAFieldOrOfWhatARootFieldReturns(t *testing.T) {
	t.Parallel()
	sg := parse(t, `
type Query @join__type(graph: A) { own: T @cacheControl(maxAge: 60) ofType: [T!]! mine: Int @cacheControl(maxAge: 5, scope: PRIVATE) public: Int @cacheControl(scope: PUBLIC) none: Int other: U }
type T @join__type(graph: A) @cacheControl(maxAge: 300) { t: T inside: Int @cacheControl(maxAge: 1) }
type U @join__type(graph: A) { t: T }
`)
	field := func(name string) supergraph.Coordinate { return supergraph.Coordinate{Type: "Query", Field: name} }
	want := map[supergraph.Coordinate]supergraph.CacheHint{
		field("own"): {MaxAge: time.Minute, Public: true}, field("ofType"): {MaxAge: 5 * time.Minute, Public: true},
		field("mine"): {MaxAge: 5 * time.Second}, field("public"): {Public: true}, {Type: "T", Field: "inside"}: {MaxAge: time.Second, Public: true},
	}
	if diff := cmp.Diff(want, sg.CacheHints()); diff != "" {
		t.Errorf("hints (-want +got):\n%s", diff)
	}
}

func TestCostsAndSizesAreRead(t *testing.T) {
	t.Parallel()
	sg := parse(t, `
type Query @join__type(graph: A) {
  dear: Int @cost(weight: 2.5)
  odd: Int @cost(weight: "much")
  bare: Int
  sized: [Int] @listSize(assumedSize: 7, slicingArguments: ["first", "by.limit"], sizedFields: ["nodes"])
  loose: [Int] @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
  assumed: [Int] @listSize(assumedSize: 3)
}
`)
	fields := sg.Type("Query").Fields
	for name, want := range map[string]struct {
		weight float64
		ok     bool
	}{"dear": {2.5, true}, "odd": {0, false}, "bare": {0, false}} {
		if weight, ok := supergraph.Weight(fields.ForName(name).Directives); weight != want.weight || ok != want.ok {
			t.Errorf("the weight of %s is %v, %v; want %+v", name, weight, ok, want)
		}
	}
	for name, want := range map[string]*supergraph.ListSize{
		"bare":    nil,
		"sized":   {AssumedSize: 7, SlicingArguments: [][]string{{"first"}, {"by", "limit"}}, SizedFields: []string{"nodes"}, RequireOneSlicingArgument: true},
		"loose":   {SlicingArguments: [][]string{{"first"}}},
		"assumed": {AssumedSize: 3},
	} {
		if diff := cmp.Diff(want, supergraph.ListSizeOf(fields.ForName(name))); diff != "" {
			t.Errorf("the size of %s (-want +got):\n%s", name, diff)
		}
	}
}
