package plan_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/supergraph"
)

const validationSDL = `schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query mutation: Mutation subscription: Subscription }
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
type Query @join__type(graph: A) { pet: Pet dog: Dog cat: Cat find(by: By, ids: [ID!], size: Size, count: Int, on: Boolean): Pet must(id: ID!, n: Int! = 3): Dog any(v: JSON): Int one(of: One): Int }
type Mutation @join__type(graph: A) { feed(by: By!): Dog }
type Subscription @join__type(graph: A) { born: Dog died: Dog }
interface Pet @join__type(graph: A) { name: String age: Int owner: Owner }
type Dog implements Pet @join__type(graph: A) @join__implements(graph: A, interface: "Pet") { name: String age: Int owner: Owner barks: Boolean! volume: Int friends(first: Int): [Pet!]! size: Size! }
type Cat implements Pet @join__type(graph: A) @join__implements(graph: A, interface: "Pet") { name: String age: Int owner: Owner meows: Boolean! volume: String friends(first: Int): [Pet!] size: Size }
type Owner @join__type(graph: A) { name: String! pets: [Pet] }
enum Size @join__type(graph: A) { SMALL LARGE }
input By @join__type(graph: A) { name: String! size: Size limit: Int inner: By all: [By!] }
input One @join__type(graph: A) @oneOf { a: Int b: String }
scalar JSON @join__type(graph: A)
`

func newPlannerWith(t testing.TB, limits plan.Limits, open plan.Introspection) *plan.Planner {
	t.Helper()
	sg, err := supergraph.Parse(validationSDL)
	if err != nil {
		t.Fatal(err)
	}
	upstreams := map[string]plan.Upstream{}
	for _, s := range sg.Subgraphs {
		upstreams[s.Name] = plan.Upstream{URL: s.URL, Client: http.DefaultClient, Events: noEvents{}}
	}
	planner, err := plan.NewPlanner(t.Context(), sg, upstreams, limits, open)
	if err != nil {
		t.Fatal(err)
	}
	return planner
}

// faultsOf prepares a document and returns its faults as line:column message.
func faultsOf(planner *plan.Planner, query string) []string {
	_, err := planner.Prepare(plan.Request{Query: query})
	if err == nil {
		return nil
	}
	var out []string
	for _, e := range gqlerr.FromError(err) {
		place := ""
		for _, l := range e.Locations {
			place += fmt.Sprintf("%d:%d ", l.Line, l.Column)
		}
		out = append(out, place+e.Message)
	}
	return out
}

func TestEveryFaultOfADocumentIsReportedAtItsPlace(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL)
	for query, want := range map[string][]string{
		"query Q($id: ID!, $unused: Int) {\n  dgo { name }\n  dog {\n    nam\n    friends(\n      frist: 1\n    ) { name }\n  }\n  must { name }\n}": {
			`1:9 Variable "$id" is never used in operation "Q".`,
			`1:19 Variable "$unused" is never used in operation "Q".`,
			`2:3 Cannot query field "dgo" on type "Query". Did you mean "dog"?`,
			`4:5 Cannot query field "nam" on type "Dog". Did you mean "name"?`,
			`6:7 Unknown argument "frist" on field "Dog.friends". Did you mean "first"?`,
			`9:3 Field "must" argument "id" of type "ID!" is required, but it was not provided.`,
		},
		"# a comment\r\n{ # another\r\n  dog { nope } cat { # third\r\n wrong } }": {
			`3:9 Cannot query field "nope" on type "Dog". Did you mean "name"?`,
			`4:2 Cannot query field "wrong" on type "Cat".`,
		},
		"{ find(count: 3000000000, size: SMAL, by: {size: LARGE, nam: \"\\u{1F600}\"}) { name } dog }": {
			`1:15 Int cannot represent non 32-bit signed integer value: 3000000000`,
			`1:33 Value "SMAL" does not exist in "Size" enum. Did you mean the enum value "SMALL"?`,
			`1:43 Field "By.name" of required type "String!" was not provided.`,
			`1:57 Field "nam" is not defined by type "By". Did you mean "name"?`,
			`1:85 Field "dog" of type "Dog" must have a selection of subfields. Did you mean "dog { ... }"?`,
		},
		`query ($by: Bye) { find(by: $by, count: $none) { name } }`: {
			`1:13 Unknown type "Bye". Did you mean "By" or "One"?`,
			`1:29 Variable "$by" of type "Bye" used in position expecting type "By".`,
			`1:41 Variable "$none" is not defined.`,
		},
		`subscription S { a: born { name } b: born { name } }`:                           {`1:35 Subscription "S" must select only one top level field.`},
		`query A { dog { name } } query A { dog @nope { name } }`:                        {`1:26 There can be only one operation named "A".`, `1:40 Unknown directive "@nope".`},
		`{ dog { ...A ...None } } fragment A on Dog { ...B } fragment B on Dog { ...A }`: {`1:17 Unknown fragment "None".`, `1:76 Cannot spread fragment "A" within itself via "B".`},
		`query ($v: Boolean) { dog @include(if: $v) { ... @skip(if: "no") { name } ...@stream { age } } }`: {
			`1:40 Variable "$v" of type "Boolean" used in position expecting type "Boolean!".`,
			`1:60 Boolean cannot represent a non boolean value: "no"`,
			`1:78 Unknown directive "@stream".`,
		},
		"{ find(size: \"\"\"\n  a\n\"\"\" count: \"ü😀\", on: \"no\") { name } }": {
			`1:14 Enum "Size" cannot represent non-enum value: "a".`,
			`3:12 Int cannot represent non-integer value: "ü😀"`,
			`3:22 Boolean cannot represent a non boolean value: "no"`,
		},
	} {
		got := faultsOf(planner, query)
		if strings.HasPrefix(query, "{ dog { ...A ...None") { // the cycle is found from both of its fragments
			got = got[:2]
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func TestSuggestionsFollowThePolicy(t *testing.T) {
	t.Parallel()
	for _, suggest := range []bool{true, false} {
		planner := newPlannerWith(t, plan.DefaultLimits(), plan.Introspection{Enabled: true, Suggestions: suggest})
		for _, query := range []string{
			`{ dgo { name } }`, `{ dog { friends(frist: 1) { name } } }`, `{ find(size: SMAL) { name } }`, `{ dog }`,
			`{ find(by: {nam: "x"}) { name } }`, `query ($s: Siz) { find(size: $s) { name } }`, `{ pet { barks } }`,
		} {
			if got := strings.Contains(strings.Join(faultsOf(planner, query), "\n"), "Did you mean"); got != suggest {
				t.Errorf("suggestions for %s: %v, want %v", query, got, suggest)
			}
		}
		_, err := planner.Prepare(plan.Request{Query: `query ($by: By) { find(by: $by) { name } }`, Variables: []byte(`{"by": {"name": "x", "siez": "SMAL", "size": "SMAL"}}`)})
		if got := strings.Count(fmt.Sprint(err), "Did you mean"); got != map[bool]int{true: 2}[suggest] {
			t.Errorf("suggestions for variables: %v, want them: %v", err, suggest)
		}
	}
}

func TestFieldsOfOneNameAreMergedOrRefused(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL)
	for query, want := range map[string]string{
		`{ dog { name name ...F } } fragment F on Dog { name }`:                                                          "",
		`{ pet { ... on Dog { friends(first: 1) { name } } ... on Cat { friends(first: 2) { name } } } }`:                "", // differ in nullability too
		`{ pet { ... on Dog { size } ... on Cat { size } } }`:                                                            "",
		`{ pet { ... on Dog { x: name } ... on Cat { x: name } } }`:                                                      "",
		`{ find(by: {name: "a", size: SMALL}) { name } find(by: {size: SMALL, name: "a"}) { age } }`:                     "",
		`{ dog { owner { name } } dog { owner { pets { name } } } }`:                                                     "",
		`{ dog { x: name x: age } }`:                                                                                     `"x" conflict because "name" and "age" are different fields`,
		`{ dog { friends(first: 1) { name } friends(first: 2) { name } } }`:                                              `"friends" conflict because they have differing arguments`,
		`{ dog { friends(first: 1) { name } friends { name } } }`:                                                        `"friends" conflict because they have differing arguments`,
		`{ find(by: {name: "a"}) { name } find(by: {name: "b"}) { name } }`:                                              `"find" conflict because they have differing arguments`,
		`{ pet { ... on Dog { volume } ... on Cat { volume } } }`:                                                        `"volume" conflict because they return conflicting types "Int" and "String"`,
		`{ pet { ... on Dog { x: volume } ... on Cat { x: friends { name } } } }`:                                        `"x" conflict because they return conflicting types`,
		`{ pet { x: name ... on Dog { x: age } } }`:                                                                      `"x" conflict because "name" and "age" are different fields`,
		`{ dog { ...F ...G } } fragment F on Dog { owner { x: name } } fragment G on Dog { owner { x: pets { name } } }`: `"x" conflict because "name" and "pets" are different fields`,
		`{ pet { ... on Dog { owner { x: name } } ... on Cat { owner { x: pets { name } } } } }`:                         `"x" conflict because they return conflicting types`,
		`{ pet { owner { x: name } ... on Cat { owner { x: pets { name } } } } }`:                                        `"x" conflict because "name" and "pets" are different fields`,
	} {
		got := faultsOf(planner, query)
		switch {
		case want == "" && len(got) > 0:
			t.Errorf("%s is refused: %v", query, got)
		case want != "" && (len(got) != 1 || !strings.Contains(got[0], want)):
			t.Errorf("%s: %v, want one conflict: %s", query, got, want)
		}
	}
}

// TestMergingEndsSoon nests fields of an interface beside those of two of its
// types: each level doubles what has to be compared.
func TestMergingEndsSoon(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL)
	level := `owner { pets { ... on Dog { %[1]s } ... on Cat { %[1]s } %[1]s } }`
	query := `name`
	for range 4 {
		query = fmt.Sprintf(level, query)
	}
	if got := faultsOf(planner, `{ pet { `+query+` } }`); len(got) > 0 {
		t.Errorf("a valid document is refused: %v", got)
	}
	limits := plan.DefaultLimits()
	limits.Depth, limits.Fields, limits.FieldsPerName, limits.Tokens = 60, 1e6, 1e6, 1e6
	planner = newPlannerWith(t, limits, plan.Introspection{})
	var fragments strings.Builder
	for i := range 19 {
		fmt.Fprintf(&fragments, ` fragment F%d on Pet { ... on Dog { owner { pets { ...F%d } } } ... on Cat { owner { pets { ...F%d } } } owner { pets { ...F%d } } }`, i, i+1, i+1, i+1)
	}
	if got := faultsOf(planner, `{ pet { ...F0 } } fragment F19 on Pet { name }`+fragments.String()); len(got) != 1 {
		t.Errorf("a document whose merging would take very long: %v, want one refusal", got)
	}
}

// TestErrorsAreFewAndShort: an answer must not be many times as large as the
// request.
func TestErrorsAreFewAndShort(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL)
	long := strings.Repeat("x", 200_000)
	for name, query := range map[string]string{
		"many unknown fields":       `{ dog { ` + strings.Repeat("aa bb cc dd ", 20) + strings.Join(numbered("f", 300), " ") + ` } }`,
		"a long field":              `{ dog { ` + long + ` } }`,
		"a long argument":           `{ dog(` + long + `: 1) { name } }`,
		"a long type":               `query ($v: ` + long + `) { any(v: $v) }`,
		"a long string":             `{ find(count: "` + long + `", size: "` + long + `") { name } }`,
		"a long list":               `{ find(count: [` + strings.Repeat("1 ", 2000) + `]) { name } }`,
		"a long directive":          `{ dog @` + long + ` { name } }`,
		"a long operation's name":   `query A { dog { name } } query B { dog { name } }`,
		"a fault in each fragment":  `{ dog { name } } ` + strings.Join(numbered("fragment F", 250), ` on Dog { nope } `) + ` on Dog { nope }`,
		"a fault of each operation": strings.Join(numbered("query Q", 250), ` { dog { ...F } } `) + ` { dog { ...F } } fragment F on Dog { a b c d e f g h }`,
	} {
		req := plan.Request{Query: query}
		if strings.Contains(name, "name") {
			req.OperationName = long
		}
		_, err := planner.Prepare(req)
		list := gqlerr.FromError(err)
		if err == nil || len(list) > 20 {
			t.Errorf("%s: %d errors, want 1 to 20", name, len(list))
		}
		if body := list.Body("id"); len(body) > 20_000 {
			t.Errorf("%s: the answer has %d bytes: %.200s", name, len(body), body)
		}
		if slices.ContainsFunc(list, func(e *gqlerr.Error) bool { return e.Code() == gqlerr.Internal }) {
			t.Errorf("%s: %.300v", name, err)
		}
	}
}

func numbered(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprint(prefix, i)
	}
	return out
}

func TestAFragmentOfTheSameNameIsMeasuredToo(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, validationSDL)
	query := `{ dog { ...F } } fragment F on Dog { name } fragment F on Dog { ` + strings.Repeat("name ", 2500) + `}`
	if got := faultsOf(planner, query); len(got) != 1 || !strings.Contains(got[0], "too many fields") {
		t.Errorf("got %v, want the limit of fields", got)
	}
}
