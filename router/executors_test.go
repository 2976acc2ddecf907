package router_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"cartograph/internal/polltest"
	"cartograph/router"
)

// engineTests is the test under which shops run on the engine's resolver.
const engineTests = "TestTheEngineExecutorConforms/"

// TestTheEngineExecutorConforms runs the same cases as for our executor on the
// engine's too: it answers what ours refuses.
func TestTheEngineExecutorConforms(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*testing.T){
		"fields":          TestFieldsComeFromTheSubgraphsThatOwnThem,
		"arguments":       TestArgumentsReachTheSubgraph,
		"mutations":       TestMutationsRunInOrder,
		"inaccessible":    TestInaccessibleIsNowhere,
		"subgraph down":   TestASubgraphThatIsDownLeavesTheRestStanding,
		"subgraph wrong":  TestWhatASubgraphDoesWrongGetsACode,
		"deadline":        TestAWholeRequestHasADeadline,
		"masked errors":   TestErrorsOfSubgraphsAreMasked,
		"client leaves":   TestAClientThatLeavesStopsItsFetches,
		"metrics":         TestRequestsAndFetchesAreCounted,
		"guards":          TestGuardedFieldsAreNullAndNotFetched,
		"tokens":          TestCallersTokenGoesNoFurther,
		"two callers":     TestEqualRequestsOfTwoCallersAreNotShared,
		"two operations":  TestDifferentOperationsInFlightAreNotShared,
		"skip, include":   TestSkipAndIncludeFollowTheirVariables,
		"cached plans":    TestVariablesKeepTheirNamesInACachedPlan,
		"kept documents":  TestOperationsKeepNothingOfTheirDocument,
		"socket":          TestSocketsAnswerQueriesAndMutations,
		"events":          TestEventsAreCompletedFromOtherSubgraphs,
		"events, failing": TestEventsKeepGoingWhenAnotherSubgraphIsDown,
	} {
		t.Run(name, test)
	}
}

// TestBatchesShareFetches: operations of one client request make equal fetches
// once, and none has what was read before a mutation in the same batch.
func TestBatchesShareFetches(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	var arrived sync.WaitGroup
	arrived.Add(1)
	s.catalog.Before = func(http.ResponseWriter, *http.Request) bool {
		arrived.Wait() // until the subgraph answers, all have to share
		return false
	}
	const query = `{"query":"{ products { id title } }"}`
	go func() {
		polltest.Eventually(t, "the batch is sent", func() bool { return len(s.catalog.Requests()) > 0 })
		arrived.Done()
	}()
	answers := s.batch(t, query, query, query)
	for _, answer := range answers[1:] {
		if answer != answers[0] || !strings.Contains(answer, `"title":"Mug"`) {
			t.Errorf("answer %s, want that of the first: %s", answer, answers[0])
		}
	}
	if got := s.fetched()["catalog"]; got != 1 {
		t.Errorf("the catalog was called %d times for three equal operations, want once", got)
	}
	const restock = `{"query":"mutation { restock(id: \"p1\", quantity: 1) { id } }"}`
	s.batch(t, query, restock, query)
	if got := s.fetched()["catalog"]; got < 2 {
		t.Errorf("the catalog was called %d times by a batch with a mutation, want the mutation and a query", got)
	}
	s.batch(t, restock, restock)
	if got := s.fetched()["catalog"]; got != 2 {
		t.Errorf("the catalog was called %d times for two equal mutations, want twice", got)
	}
}

// TestRequestsDoNotShareFetches: equal fetches of two requests are both made,
// even of one caller at the same time.
func TestRequestsDoNotShareFetches(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) { c.Identify = as })
	const callers = 4
	var arrived sync.WaitGroup
	arrived.Add(callers)
	s.catalog.Before = func(http.ResponseWriter, *http.Request) bool {
		arrived.Done()
		arrived.Wait() // no answer before all requests have arrived
		return false
	}
	var work sync.WaitGroup
	for range callers {
		work.Go(func() {
			s.post(t, `{ products { id } }`, "Authorization", "USER usr_1", "X-Request-Id", "same").wantData(t, `{"products":[{"id":"p1"},{"id":"p2"}]}`)
		})
	}
	work.Wait()
}

// batch sends operations together and returns the answers as JSON.
func (s *shop) batch(t testing.TB, operations ...string) []string {
	t.Helper()
	body := strings.NewReader("[" + strings.Join(operations, ",") + "]")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var raws []json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&raws); err != nil || len(raws) != len(operations) {
		t.Fatalf("%d answers, %v, want %d", len(raws), err, len(operations))
	}
	answers := make([]string, len(raws))
	for i, raw := range raws {
		answers[i] = string(raw)
	}
	return answers
}
