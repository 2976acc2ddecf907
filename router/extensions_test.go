package router_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/router"
)

// extensions are those of a response.
type extensions struct {
	Cost *struct{ Estimate, Limit float64 }
	Plan *struct {
		Kind     string
		Children []json.RawMessage
	}
	Trace *struct {
		Duration float64
		Fetches  []struct {
			Subgraph, Failure string
			Start, Duration   float64
			Bytes             int
		}
	}
}

func (r response) extensions(t *testing.T) *extensions {
	t.Helper()
	var body struct{ Extensions *extensions }
	if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	return body.Extensions
}

const twoRounds = `{ latestReviews { product { title } } }`

func explained(c *router.Config) { c.Explain = true }

func TestNoExtensionsWithoutAHeader(t *testing.T) {
	t.Parallel()
	s := newShop(t, explained)
	for _, header := range [][]string{nil, {"X-GraphQL-Cost", "0", "X-GraphQL-Plan", "", "X-GraphQL-Trace", "yes"}} {
		if got := s.post(t, twoRounds, header...); got.extensions(t) != nil {
			t.Errorf("with the headers %v the answer is %s, want no extensions", header, got.Body)
		}
	}
}

func TestATraceListsEveryFetchInOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t, explained)
	answer := s.post(t, twoRounds, "X-GraphQL-Trace", "1")
	answer.wantData(t, `{"latestReviews":[{"product":{"title":"Mug"}}]}`)
	trace := answer.extensions(t).Trace
	if trace == nil {
		t.Fatalf("no trace: %s", answer.Body)
	}
	var subgraphs []string
	for _, f := range trace.Fetches {
		subgraphs = append(subgraphs, f.Subgraph)
		if f.Start < 0 || f.Duration <= 0 || f.Start+f.Duration > trace.Duration || f.Bytes <= 0 || f.Failure != "" {
			t.Errorf("fetch %+v does not lie within the operation's %v ms, or brought nothing", f, trace.Duration)
		}
	}
	if diff := cmp.Diff([]string{"reviews", "catalog"}, subgraphs); diff != "" {
		t.Errorf("fetches (-want +got):\n%s", diff)
	}
	if !slices.IsSortedFunc(trace.Fetches, func(a, b struct {
		Subgraph, Failure string
		Start, Duration   float64
		Bytes             int
	},
	) int {
		return int(a.Start*1000) - int(b.Start*1000)
	}) {
		t.Errorf("the fetches %+v are not in the order of their starts", trace.Fetches)
	}
}

func TestATraceHasTheReasonOfAFailedFetch(t *testing.T) {
	t.Parallel()
	s := newShop(t, explained)
	s.catalog.Close()
	trace := s.post(t, twoRounds, "X-GraphQL-Trace", "1").extensions(t).Trace
	if trace == nil || len(trace.Fetches) != 2 || trace.Fetches[1].Failure != "SUBGRAPH_UNAVAILABLE" {
		t.Errorf("the trace is %+v, want two fetches of which the second failed", trace)
	}
}

func TestAnAnswerWithoutFetchesHasAnEmptyTraceAndPlan(t *testing.T) {
	t.Parallel()
	s := newShop(t, explained)
	got := s.post(t, `{ __typename }`, "X-GraphQL-Trace", "1", "X-GraphQL-Plan", "1").extensions(t)
	if got.Trace == nil || got.Trace.Fetches == nil || len(got.Trace.Fetches) > 0 {
		t.Errorf("the trace is %+v, want an empty list of fetches", got.Trace)
	}
	if got.Plan == nil || len(got.Plan.Children) > 0 {
		t.Errorf("the plan is %+v, want one of nothing", got.Plan)
	}
}

func TestThePlanIsReturnedAsATree(t *testing.T) {
	t.Parallel()
	s := newShop(t, explained)
	got := s.post(t, twoRounds, "X-GraphQL-Plan", "1").extensions(t)
	if got.Plan == nil || got.Plan.Kind != "Sequence" || len(got.Plan.Children) != 2 {
		t.Errorf("the plan is %+v, want a sequence of two", got.Plan)
	}
	if got.Trace != nil {
		t.Errorf("there is a trace without its header: %+v", got.Trace)
	}
}

func TestPlansAndTracesAreReturnedOnlyWhereThatIsAllowed(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	answer := s.post(t, twoRounds, "X-GraphQL-Cost", "1", "X-GraphQL-Plan", "1", "X-GraphQL-Trace", "1")
	answer.wantData(t, `{"latestReviews":[{"product":{"title":"Mug"}}]}`)
	if got := answer.extensions(t); got == nil || got.Plan != nil || got.Trace != nil {
		t.Errorf("the answer is %s, want neither plan nor trace", answer.Body)
	}
}

func TestTheCostIsReturnedWithTheCallersLimit(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) {
		c.Identify = as
		c.Cost = router.CostLimits{Anonymous: 500, SignedIn: 700}
	})
	for who, limit := range map[string]float64{"": 500, "USER ada": 700} {
		answer := s.post(t, `{ products { title } }`, "X-GraphQL-Cost", "1", "Authorization", who)
		if cost := answer.extensions(t).Cost; cost == nil || cost.Estimate <= 0 || cost.Limit != limit {
			t.Errorf("%q receives %s, want an estimate and the limit %v", who, answer.Body, limit)
		}
	}
}

func TestWhatWasNotRunHasNoExtensions(t *testing.T) {
	t.Parallel()
	s := newShop(t, explained)
	if got := s.post(t, `{ nothing }`, "X-GraphQL-Trace", "1", "X-GraphQL-Plan", "1"); got.extensions(t) != nil {
		t.Errorf("the refusal is %s, want no extensions", got.Body)
	}
}

// TestARefusalHasThePlanIfRequested, so that a client sees what its operation would
// have done.
func TestARefusalHasThePlanIfRequested(t *testing.T) {
	t.Parallel()
	cheap := func(c *router.Config) { c.Cost = router.CostLimits{Anonymous: 1, SignedIn: 1} }
	plan := func(s *shop, header ...string) any {
		var body struct {
			Errors []struct{ Extensions map[string]any }
		}
		refused := s.post(t, twoRounds, header...)
		if err := json.Unmarshal([]byte(refused.Body), &body); err != nil || len(body.Errors) != 1 {
			t.Fatalf("%v: %s", err, refused.Body)
		}
		if body.Errors[0].Extensions["cost"] == nil {
			t.Errorf("the refusal has no cost: %s", refused.Body)
		}
		return body.Errors[0].Extensions["plan"]
	}
	s := newShop(t, func(c *router.Config) { explained(c); cheap(c) })
	if got := plan(s, "X-GraphQL-Plan", "1"); got == nil {
		t.Error("a refusal has no plan although its client requested it")
	}
	if got := plan(s); got != nil {
		t.Errorf("a refusal has the plan %v although it was not requested", got)
	}
	if got := plan(newShop(t, cheap), "X-GraphQL-Plan", "1"); got != nil {
		t.Errorf("a refusal has the plan %v although the configuration does not allow it", got)
	}
}
