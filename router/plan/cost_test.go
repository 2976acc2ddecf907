package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

const costSDL = `schema @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"])
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY) @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)
  { query: Query mutation: Mutation subscription: Subscription }
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
type Query @join__type(graph: A) {
  leaf: Int
  one: T
  many: [T]
  grid: [[T]]
  words: [String]
  dear: Int @cost(weight: 7)
  dearOnes: [Dear]
  search(text: String @cost(weight: 5), by: By, in: [By], with: Defaults): Int
  eight: [T] @listSize(assumedSize: 8)
  sliced(first: Int, last: Int = 4): [T] @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
  strict(first: Int, last: Int): [T] @listSize(slicingArguments: ["first", "last"])
  defaulted(first: Int = 6): [T] @listSize(slicingArguments: ["first"])
  inside(by: By): [T] @listSize(slicingArguments: ["by.limit"], requireOneSlicingArgument: false)
  page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["items"], requireOneSlicingArgument: false)
  connection(first: Int = 20, after: String): Connection
  latest(last: Int): [T]
  byID(ids: [ID!]!): [T]
  node: Node
  free: Free
  thing: Thing
  cached: Int @cacheControl(maxAge: 60)
  older: Int @cacheControl(maxAge: 600)
  mine: Int @cacheControl(maxAge: 60, scope: PRIVATE)
  fresh: T @cacheControl(maxAge: 60)
  secret: Int @cacheControl(maxAge: 60) @authenticated
  ruled: Int @policy(policies: [["p", "q"], ["r"]])
}
type Mutation @join__type(graph: A) { change: T cheap: Int @cost(weight: 1) }
type Subscription @join__type(graph: A) { changed: T }
type T @join__type(graph: A) { leaf: Int t: T many: [T] price: Int @cacheControl(maxAge: 5) }
type Dear @join__type(graph: A) @cost(weight: 3) { leaf: Int }
type Page @join__type(graph: A) { items: [T] total: Int others: [T] }
type Connection @join__type(graph: A) { nodes: [T] edges: [Edge] facets: [T] }
type Edge @join__type(graph: A) { node: T }
interface Node @join__type(graph: A) { id: ID self: Node }
type Cheap implements Node @join__type(graph: A) @join__implements(graph: A, interface: "Node") { id: ID self: Node t: T }
type Costly implements Node @join__type(graph: A) @join__implements(graph: A, interface: "Node") @cost(weight: 9) { id: ID self: Node many: [T] }
interface Free @join__type(graph: A) { id: ID }
type FreeA implements Free @join__type(graph: A) @join__implements(graph: A, interface: "Free") @cost(weight: 0) { id: ID t: T }
union Thing @join__type(graph: A) @join__unionMember(graph: A, member: "T") @join__unionMember(graph: A, member: "Dear") = T | Dear
input By @join__type(graph: A) @cost(weight: 2) { limit: Int word: String @cost(weight: 4) more: [By!] }
input Defaults @join__type(graph: A) { limit: Int = 3 words: [Word!] }
input Word @join__type(graph: A) { word: String @cost(weight: 4) }
`

func TestOperationsAreReckonedByTheCostSpecification(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, costSDL)
	for _, c := range []struct {
		query, variables string
		want             int
	}{
		{`{ leaf __typename }`, ``, 0},
		{`{ one { leaf } }`, ``, 1},
		{`{ one { t { leaf } } }`, ``, 2},
		{`{ a: one { leaf } b: one { leaf } }`, ``, 2},
		{`{ many { leaf } }`, ``, 10},
		{`{ many { many { leaf } } }`, ``, 110},
		{`{ grid { leaf } }`, ``, 100},
		{`{ words }`, ``, 0},
		{`{ dear a: dear }`, ``, 14},
		{`{ dearOnes { leaf } }`, ``, 30},
		{`{ search }`, ``, 0},
		{`{ search(text: "x") }`, ``, 5},
		{`{ search(by: {limit: 3}) }`, ``, 2},
		{`{ search(by: {word: "x", more: [{word: "y"}, {limit: 1}]}) }`, ``, 14},
		{`query Q($in: [By]) { search(in: $in) }`, `{"in": [{"limit": 1}, {"limit": 2}, {"word": "x"}]}`, 10},
		{`{ eight { leaf } }`, ``, 8},
		{`{ sliced(first: 3) { leaf } }`, ``, 3},
		{`{ sliced(first: 3, last: 5) { leaf } }`, ``, 5},
		{`{ sliced { leaf } }`, ``, 4},
		{`{ sliced(first: 0) { leaf } }`, ``, 0},
		{`{ sliced(first: -5) { leaf } }`, ``, 0},
		{`query Q($n: Int) { sliced(first: $n) { leaf } }`, `{"n": 12}`, 12},
		{`query Q($n: Int = 9) { sliced(first: $n) { leaf } }`, ``, 9},
		{`query Q($n: Int) { sliced(first: $n) { leaf } }`, `{"n": null}`, 4},
		{`{ strict(first: 2) { leaf } }`, ``, 2},
		{`{ defaulted { leaf } }`, ``, 6},
		{`{ defaulted(first: 2) { leaf } }`, ``, 2},
		{`{ inside(by: {limit: 5}) { leaf } }`, ``, 7},
		{`query Q($by: By) { inside(by: $by) { leaf } }`, `{"by": {"limit": 6}}`, 8},
		{`{ inside { leaf } }`, ``, 10},
		{`{ page(first: 3) { total items { leaf } } }`, ``, 4},
		{`{ page(first: 3) { items { leaf } others { leaf } } }`, ``, 14},
		{`{ page { items { leaf } } }`, ``, 11},
		{`{ connection { nodes { leaf } } }`, ``, 21},
		{`{ connection(first: 2) { edges { node { leaf } } facets { leaf } } }`, ``, 15},
		{`{ latest(last: 3) { leaf } }`, ``, 3},
		{`{ latest { leaf } }`, ``, 10},
		{`{ byID(ids: ["a", "b", "c"]) { leaf } }`, ``, 3},
		{`query Q($ids: [ID!]!) { byID(ids: $ids) { leaf } }`, `{"ids": ["a", "b"]}`, 2},
		{`{ free { id } }`, ``, 0}, // all its types are free
		{`{ free { ... on FreeA { t { leaf } } } }`, ``, 1},
		{`{ node { id } }`, ``, 9}, // it may be a Costly
		{`{ node { id ... on Cheap { t { leaf } } } }`, ``, 10},
		{`{ node { ... on Cheap { t { t { leaf } } } ... on Costly { many { leaf } } } }`, ``, 19}, // one or the other
		{`{ node { self { id } ... on Node { ... on Costly { many { leaf } } } } }`, ``, 28},
		{`{ thing { ... on T { t { leaf } } ... on Dear { leaf } } }`, ``, 4},
		{`mutation { change { leaf } }`, ``, 11},
		{`mutation { cheap a: cheap }`, ``, 2},
		{`subscription { changed { leaf } }`, ``, 1},
		{`query Q($no: Boolean!) { many @skip(if: $no) { leaf } one { leaf } }`, `{"no": true}`, 1},
		{`query Q($no: Boolean!) { many @skip(if: $no) { leaf } one { leaf } }`, `{"no": false}`, 11},
		{`{ ...F ...F one { ...G } } fragment F on Query { many { leaf } } fragment G on T { t { leaf } }`, ``, 12},
		{`{ __schema { types { fields { name } } } }`, ``, 0},
		{`{ many { many { many { many { many { many { many { many { many { many { many { leaf } } } } } } } } } } } }`, ``, 1<<31 - 1},
	} {
		op, err := planner.Prepare(plan.Request{Query: c.query, Variables: []byte(c.variables)})
		if err != nil {
			t.Errorf("%s: %v", c.query, err)
			continue
		}
		if op.Cost != c.want {
			t.Errorf("%s %s costs %d, want %d", c.query, c.variables, op.Cost, c.want)
		}
	}
	for _, query := range []string{`{ strict { leaf } }`, `{ strict(first: 1, last: 1) { leaf } }`} {
		if _, err := planner.Prepare(plan.Request{Query: query}); gqlerr.FromError(err).Code() != gqlerr.ValidationFailed {
			t.Errorf("%s: %v, want a refusal: exactly one argument must give the size", query, err)
		}
	}
}

func TestAnOperationReportsItsFieldsAndTheirCounts(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, costSDL)
	for query, want := range map[string]string{
		`{ leaf }`:                         "[leaf] [] 0s false",
		`{ b: leaf a: leaf one { leaf } }`: "[leaf leaf one] [] 0s false",
		`{ ...F __typename } fragment F on Query { cached }`: "[cached __typename] [] 1m0s true",
		`{ cached older }`:                 "[cached older] [] 1m0s true",
		`{ cached leaf }`:                  "[cached leaf] [] 0s false",
		`{ cached mine }`:                  "[cached mine] [] 1m0s false",
		`{ secret cached }`:                "[secret cached] [] 1m0s false",
		`{ fresh { leaf } }`:               "[fresh] [] 1m0s true",
		`{ fresh { leaf t { price } } }`:   "[fresh] [] 5s true",
		`{ cached @skip(if: true) older }`: "[older] [] 10m0s true",
		`{ ruled r2: ruled }`:              "[ruled ruled] [p q r] 0s false",
		`mutation { cheap }`:               "[cheap] [] 0s false",
	} {
		op, err := planner.Prepare(plan.Request{Query: query})
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		got := fmt.Sprint(op.RootFields, " ", op.Policies, " ", op.Cache.MaxAge, " ", op.Cache.Public)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func TestCacheHintsMayComeFromOutside(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, costSDL)
	if err := planner.SetCacheHints(map[string]plan.CacheHint{"Query.leaf": {MaxAge: 1, Public: true}}); err != nil {
		t.Fatal(err)
	}
	op, err := planner.Prepare(plan.Request{Query: `{ leaf cached }`})
	if err != nil {
		t.Fatal(err)
	}
	if want := (plan.CacheHint{MaxAge: 1, Public: true}); op.Cache != want {
		t.Errorf("hint %+v, want %+v", op.Cache, want)
	}
	for _, name := range []string{"Query.none", "None.leaf", "leaf", ""} {
		if err := planner.SetCacheHints(map[string]plan.CacheHint{name: {}}); err == nil {
			t.Errorf("a hint for %q was taken", name)
		}
	}
}
