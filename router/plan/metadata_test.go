package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"

	"cartograph/router/supergraph"
)

const head = `schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "http://a") B @join__graph(name: "b", url: "http://b") C @join__graph(name: "c", url: "http://c") }
`

// view prints what the planner is given about graph A.
func view(t *testing.T, body string) string {
	t.Helper()
	sg, err := supergraph.Parse(head + body)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := metadata(sg, "A")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	nodes := func(kind string, list engine.TypeFields) {
		for _, n := range list {
			line := kind + " " + n.TypeName + ": " + strings.Join(n.FieldNames, " ")
			if len(n.ExternalFieldNames) > 0 {
				line += " | external: " + strings.Join(n.ExternalFieldNames, " ")
			}
			lines = append(lines, line)
		}
	}
	nodes("root", meta.RootNodes)
	nodes("child", meta.ChildNodes)
	for _, k := range meta.Keys {
		line := "key " + k.TypeName + " {" + k.SelectionSet + "}"
		if k.DisableEntityResolver {
			line += " leave only"
		}
		for _, c := range k.Conditions {
			line += " if " + strings.Join(c.FieldPath, ".")
		}
		lines = append(lines, line)
	}
	for _, r := range meta.Requires {
		lines = append(lines, fmt.Sprintf("%s.%s requires {%s}", r.TypeName, r.FieldName, r.SelectionSet))
	}
	for _, p := range meta.Provides {
		lines = append(lines, fmt.Sprintf("%s.%s provides {%s}", p.TypeName, p.FieldName, p.SelectionSet))
	}
	for _, i := range meta.EntityInterfaces {
		lines = append(lines, fmt.Sprintf("entity interface %s of %v", i.InterfaceTypeName, i.ConcreteTypeNames))
	}
	for _, i := range meta.InterfaceObjects {
		lines = append(lines, fmt.Sprintf("interface object %s of %v", i.InterfaceTypeName, i.ConcreteTypeNames))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestThePlannerHasTheCapabilitiesOfEachGraph(t *testing.T) {
	t.Parallel()
	const query = "type Query @join__type(graph: A) { t: T }\n"
	for _, c := range []struct{ name, sdl, want string }{
		{
			"fields without a join belong to all graphs of the type, joined ones to those named",
			query + `type T @join__type(graph: A) @join__type(graph: B) { all: Int a: Int @join__field(graph: A) b: Int @join__field(graph: B) none: Int @join__field }`,
			"child T: all a\nroot Query: t",
		},
		{
			"a type with a key is where fetches may begin",
			query + `type T @join__type(graph: A, key: "id") @join__type(graph: A, key: "org{id}  name") { id: ID! name: Int org: O } type O @join__type(graph: A) { id: ID }`,
			"child O: id\nkey T {id}\nkey T {org { id } name}\nroot Query: t\nroot T: id name org",
		},
		{
			"a key that is not resolvable can be left by only",
			query + `type T @join__type(graph: A, key: "id", resolvable: false) { id: ID! }`,
			"key T {id} leave only\nroot Query: t\nroot T: id",
		},
		{
			"external fields and overridden ones that are still used are not resolved",
			query + `type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! x: Int @join__field(graph: B) @join__field(graph: A, external: true) y: Int @join__field(graph: B, override: "a") @join__field(graph: A, usedOverridden: true) z: Int @join__field(graph: A, requires: "x y") }`,
			"T.z requires {x y}\nkey T {id}\nroot Query: t\nroot T: id z | external: x y",
		},
		{
			"key fields of a type that is only extended are resolved",
			query + `type T @join__type(graph: A, key: "id", extension: true) @join__type(graph: B, key: "id") { id: ID! @join__field(graph: A, external: true) @join__field(graph: B) }`,
			"key T {id}\nroot Query: t\nroot T: id",
		},
		{
			"keys of other graphs are implied where all their fields are there",
			query + `type T @join__type(graph: A) @join__type(graph: B, key: "id") @join__type(graph: C, key: "sku") @join__type(graph: C, key: "id org { id }") { id: ID! @join__field(graph: A) @join__field(graph: B) sku: Int @join__field(graph: C) org: O @join__field(graph: A) @join__field(graph: C) } type O @join__type(graph: A) @join__type(graph: C) { id: ID }`,
			"child O: id\nkey T {id org { id }} leave only\nkey T {id} leave only\nroot Query: t\nroot T: id org",
		},
		{
			"keys of other graphs that cannot be resolved there are not implied",
			query + `type T @join__type(graph: A) @join__type(graph: B, key: "id", resolvable: false) { id: ID! }`,
			"child T: id\nroot Query: t",
		},
		{
			"a key reached only through a provides holds on its paths",
			`type Query @join__type(graph: A) { t: T @join__field(graph: A, provides: "id") u: T } type T @join__type(graph: A) @join__type(graph: B, key: "id") { id: ID! @join__field(graph: A, external: true) @join__field(graph: B) n: Int @join__field(graph: A) }`,
			"Query.t provides {id}\nkey T {id} leave only if t.id\nroot Query: t u\nroot T: n | external: id",
		},
		{
			"what is provided on an interface is provided on its implementors",
			`type Query @join__type(graph: A) { m: M @join__field(graph: A, provides: "id") } interface M @join__type(graph: A) { id: ID! } type T implements M @join__implements(graph: A, interface: "M") @join__type(graph: A) @join__type(graph: B, key: "id") { id: ID! @join__field(graph: A, external: true) @join__field(graph: B) n: Int @join__field(graph: A) }`,
			"Query.m provides {id}\nchild M: id\nkey T {id} leave only if m.id\nroot Query: m\nroot T: n | external: id",
		},
		{
			"an interface with a key",
			query + `interface M @join__type(graph: A, key: "id") { id: ID! } type T implements M @join__implements(graph: A, interface: "M") @join__type(graph: A, key: "id") { id: ID! } type U implements M @join__implements(graph: B, interface: "M") @join__type(graph: B) { id: ID! }`,
			"entity interface M of [T]\nkey M {id}\nkey T {id}\nroot M: id\nroot Query: t\nroot T: id",
		},
		{
			"an interface known as one object stands for all implementors",
			query + `interface M @join__type(graph: A, key: "id", isInterfaceObject: true) @join__type(graph: B, key: "id") { id: ID! n: Int @join__field(graph: A) } type T implements M @join__implements(graph: B, interface: "M") @join__type(graph: B, key: "id") { id: ID! n: Int @join__field }`,
			"interface object M of [T]\nkey M {id}\nkey T {id}\nroot M: id n\nroot Query: t\nroot T: id n",
		},
		{
			"unions are no nodes",
			query + `type T @join__type(graph: A) { u: U } union U @join__type(graph: A) @join__unionMember(graph: A, member: "T") = T`,
			"child T: u\nroot Query: t",
		},
	} {
		if diff := cmp.Diff(c.want, view(t, c.sdl)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestEveryFieldWithArgumentsIsConfigured(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(head + `type Query @join__type(graph: A) { a(x: Int, y: Int): Int b: Int }
		interface I @join__type(graph: A) { c(z: Int): Int } input N @join__type(graph: A) { d: Int }`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range fieldConfigurations(sg, nil) {
		for _, a := range f.Arguments {
			got = append(got, f.TypeName+"."+f.FieldName+"."+a.Name)
		}
	}
	if diff := cmp.Diff([]string{"Query.a.x", "Query.a.y", "I.c.z"}, got); diff != "" {
		t.Errorf("arguments (-want +got):\n%s", diff)
	}
}

func TestTokensAreCounted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		``:                           0,
		"  ,\t\n\uFEFF":              0,
		`{ a }`:                      3,
		`{a,b...c}`:                  6,
		`query Q($x:Int!=-1.5e3){a}`: 14,
		`# a b c` + "\n" + `{a}`:     3,
		`{a(s:"b \" c d") }`:         8,
		`{a(s:"""b " "" \""" c""")}`: 8,
		`{a(s:"""""")}`:              8,
		`{a(s:"never ends`:           6,
		`{a(s:"""never ends`:         6,
		`"` + "\n" + `a`:             2,
	} {
		if got := countTokens(text, 100); got != want {
			t.Errorf("countTokens(%q) = %d, want %d", text, got, want)
		}
	}
	if got := countTokens(strings.Repeat("a ", 1000), 10); got != 11 {
		t.Errorf("counting goes on after the limit: %d, want 11", got)
	}
}
