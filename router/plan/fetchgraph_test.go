package plan_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/supergraph"
)

// planned returns a fetch as the engine plans it.
func planned(id int, path, input string, dependsOn ...int) *resolve.FetchItem {
	return resolve.FetchItemWithPath(&resolve.SingleFetch{
		FetchDependencies:  resolve.FetchDependencies{FetchID: id, DependsOnFetchIDs: dependsOn},
		FetchConfiguration: resolve.FetchConfiguration{Input: input},
	}, path)
}

func planOf(fetches ...*resolve.FetchItem) *engine.SynchronousResponsePlan {
	return &engine.SynchronousResponsePlan{Response: &resolve.GraphQLResponse{RawFetches: fetches}}
}

// TestPlansThatPostProcessingCannotFinishAreRefused: on a cycle the engine
// recurses until the stack overflows, which ends the process.
func TestPlansThatPostProcessingCannotFinishAreRefused(t *testing.T) {
	t.Parallel()
	numbered := func(n int, dependsOn func(id int) []int) (out []*resolve.FetchItem) {
		for id := range n {
			out = append(out, planned(id, "", fmt.Sprint(id), dependsOn(id)...))
		}
		return out
	}
	before := func(count int) func(id int) []int { // each depends on the last ones before it
		return func(id int) (out []int) {
			for need := max(0, id-count); need < id; need++ {
				out = append(out, need)
			}
			return out
		}
	}
	for name, c := range map[string]struct {
		fetches []*resolve.FetchItem
		reason  string // "": accepted
	}{
		"a tree":             {[]*resolve.FetchItem{planned(0, "", "a"), planned(1, "x", "b", 0), planned(2, "x", "c", 0, 1)}, ""},
		"a chain":            {numbered(20, before(1)), ""},
		"itself":             {[]*resolve.FetchItem{planned(0, "", "a", 0)}, "cycle"},
		"each other":         {[]*resolve.FetchItem{planned(0, "", "a"), planned(1, "x", "b", 0, 3), planned(2, "x", "c", 1), planned(3, "x", "d", 2)}, "cycle"},
		"a fetch not listed": {[]*resolve.FetchItem{planned(0, "", "a", 7)}, ""},
		"equal fetches, which are merged into one": {[]*resolve.FetchItem{
			planned(0, "", "a"), planned(1, "x", "b", 2), planned(2, "x", "c", 3), planned(3, "x", "b", 0),
		}, "cycle"},
		"a place that is provided by what waits for it": {[]*resolve.FetchItem{
			planned(0, "", "a"), planned(1, "x..y", "b"), planned(2, "x", "c", 1),
		}, "cycle"},
		"a long chain":     {numbered(60, before(1)), "wait for each other"},
		"doubled branches": {numbered(40, before(2)), "too many ways"},
		"many fetches":     {numbered(300, before(0)), "300 requests"},
	} {
		err := plan.CheckFetchGraph(planOf(c.fetches...))
		refused, ok := errors.AsType[*plan.FetchGraphError](err)
		switch {
		case c.reason == "" && err != nil:
			t.Errorf("%s is refused: %v", name, err)
		case c.reason != "" && (!ok || !strings.Contains(refused.Reason, c.reason)):
			t.Errorf("%s: got %v, want a refusal with %q", name, err, c.reason)
		}
	}
}

// TestEveryKindOfPlanIsChecked: the plans of @defer and of subscriptions are
// post-processed too.
func TestEveryKindOfPlanIsChecked(t *testing.T) {
	t.Parallel()
	cyclic := planOf(planned(0, "", "a", 1), planned(1, "x", "b", 0)).Response
	for _, p := range []engine.Plan{
		&engine.SynchronousResponsePlan{Response: cyclic},
		&engine.DeferResponsePlan{Response: &resolve.GraphQLDeferResponse{Response: cyclic}},
		&engine.SubscriptionResponsePlan{Response: &resolve.GraphQLSubscription{Response: cyclic}},
	} {
		if err := plan.CheckFetchGraph(p); err == nil {
			t.Errorf("a cyclic %T is accepted", p)
		}
	}
}

const twoGraphs = `schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph {
  A @join__graph(name: "a", url: "http://a")
  B @join__graph(name: "b", url: "http://b")
}
type Query @join__type(graph: A) @join__type(graph: B) { item: Item @join__field(graph: A) echo(text: String, texts: [String], x: Float, n: Int, id: ID): String @join__field(graph: A) }
type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! name: String @join__field(graph: B) }
`

// TestRefusedPlansAreErrorsOfTheClient: their message has what to change, and
// they are cached like other refusals.
func TestRefusedPlansAreErrorsOfTheClient(t *testing.T) {
	t.Parallel()
	sg, err := supergraph.Parse(twoGraphs)
	if err != nil {
		t.Fatal(err)
	}
	upstreams := map[string]plan.Upstream{}
	for _, s := range sg.Subgraphs {
		upstreams[s.Name] = plan.Upstream{URL: s.URL, Client: http.DefaultClient, Events: noEvents{}}
	}
	limits := plan.DefaultLimits()
	limits.Aliases, limits.RootFields, limits.FieldsPerName = 400, 400, 400
	planner, err := plan.NewPlanner(t.Context(), sg, upstreams, limits, plan.Introspection{Enabled: true, Suggestions: true})
	if err != nil {
		t.Fatal(err)
	}
	query := "{"
	for i := range 300 {
		query += fmt.Sprintf(" a%d: item { name }", i)
	}
	_, err = planner.Prepare(plan.Request{Query: query + " }"})
	if code := gqlerr.FromError(err).Code(); code != gqlerr.ValidationFailed {
		t.Fatalf("got %v, want %s", err, gqlerr.ValidationFailed)
	}
	_, again := planner.Prepare(plan.Request{Query: query + " }"})
	if again != err { //nolint:errorlint // the very same
		t.Errorf("the refusal is not cached: %v", again)
	}
}

// TestAPanicDuringPreparationFailsOneRequest: not every caller is an HTTP
// handler, whose panics the server would recover.
func TestAPanicDuringPreparationFailsOneRequest(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, twoGraphs)
	planner.BreakNextPipeline()
	if _, err := planner.Prepare(plan.Request{Query: "{ item { id } }"}); err == nil || !strings.Contains(err.Error(), "panic") {
		t.Errorf("got %v, want the panic as an error", err)
	}
	if _, err := planner.Prepare(plan.Request{Query: "{ item { id } }"}); err != nil {
		t.Errorf("the request after it fails: %v", err)
	}
}
