package plan_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router/plan"
)

const treeSDL = `schema @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query mutation: Mutation subscription: Subscription }
enum join__Graph { A @join__graph(name: "a", url: "http://a") B @join__graph(name: "b", url: "http://b") }
type Query @join__type(graph: A) @join__type(graph: B) { film: Film @join__field(graph: A) best: [Film] @join__field(graph: A) other: Int @join__field(graph: B) }
type Mutation @join__type(graph: A) @join__type(graph: B) { make: Film @join__field(graph: A) wave: Int @join__field(graph: B) }
type Subscription @join__type(graph: A) { made: Film @join__field(graph: A) }
type Film @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! title: String @join__field(graph: A) minutes: Int @join__field(graph: B) }
`

func TestAPlanReadsAsATree(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, treeSDL)
	for query, want := range map[string]string{
		`{ __typename }`: "# fetches: 0, rounds: 0\nSequence\n",
		`{ other __schema { queryType { name } } }`: `# fetches: 1, rounds: 1
Parallel
  Schema
  Fetch b
    | {
    |   other
    | }
`,
		`{ film { title minutes } best { minutes } }`: `# fetches: 2, rounds: 2
Sequence
  Fetch a
    | {
    |   film {
    |     title
    |     id
    |   }
    |   best {
    |     id
    |   }
    | }
  Fetch b
    Entities at film
      by ... on Film { __typename id }
    Entities at best
      by ... on Film { __typename id }
    | query($representations_f1: [_Any!]!, $includeF1: Boolean!, $representations_f2: [_Any!]!, $includeF2: Boolean!) {
    |   f1: _entities(representations: $representations_f1) @include(if: $includeF1) {
    |     ... on Film {
    |       minutes
    |     }
    |   }
    |   f2: _entities(representations: $representations_f2) @include(if: $includeF2) {
    |     ... on Film {
    |       minutes
    |     }
    |   }
    | }
`,
		`mutation { make { minutes } wave }`: `# fetches: 3, rounds: 3
Sequence
  Fetch a
    | mutation {
    |   make {
    |     id
    |   }
    | }
  Fetch b at make
    by ... on Film { __typename id }
    | query($representations: [_Any!]!) {
    |   _entities(representations: $representations) {
    |     ... on Film {
    |       minutes
    |     }
    |   }
    | }
  Fetch b
    | mutation {
    |   wave
    | }
`,
		`subscription { made { minutes } }`: `# fetches: 1, rounds: 1
Stream a
  | subscription {
  |   made {
  |     __typename
  |     id
  |   }
  | }
  Fetch b at made
    by ... on Film { __typename id }
    | query($representations: [_Any!]!) {
    |   _entities(representations: $representations) {
    |     ... on Film {
    |       __typename
    |       minutes
    |     }
    |   }
    | }
`,
		`{ film { title ... @defer(label: "more") { minutes } } }`: `# fetches: 2, rounds: 2
Sequence
  Fetch a
    | {
    |   film {
    |     title
    |     __typename
    |     id
    |   }
    | }
  Deferred "more" at film
    Fetch b at film
      by ... on Film { __typename id }
      | query($representations: [_Any!]!) {
      |   _entities(representations: $representations) {
      |     ... on Film {
      |       __typename
      |       minutes
      |     }
      |   }
      | }
`,
	} {
		op, err := planner.Prepare(plan.Request{Query: query, Incremental: true})
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if diff := cmp.Diff(want, op.Tree().String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func TestAPlanIsWrittenAsJSON(t *testing.T) {
	t.Parallel()
	op, err := newPlanner(t, treeSDL).Prepare(plan.Request{Query: `{ film { minutes } }`})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(op.Tree())
	if err != nil {
		t.Fatal(err)
	}
	var got plan.Node
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(op.Tree(), &got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	last := got.Children[len(got.Children)-1]
	if last.Kind != plan.Fetch || last.Subgraph != "b" || last.Path != "film" || !cmp.Equal(last.Requires, []string{"... on Film { __typename id }"}) {
		t.Errorf("the last fetch is %s", text)
	}
}
