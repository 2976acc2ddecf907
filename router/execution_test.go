package router_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"cartograph/internal/auth"
	"cartograph/router"
)

func TestFieldsComeFromTheSubgraphsThatOwnThem(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, c := range []struct {
		name, query, want string
		fetches           map[string]int
	}{
		{"one subgraph", `{ me { id name } }`, `{"me":{"id":"1","name":"Ada"}}`, map[string]int{"accounts": 1}},
		{
			"an entity by its key", `{ me { name reviews { body } } }`, `{"me":{"name":"Ada","reviews":[{"body":"Good."}]}}`,
			map[string]int{"accounts": 1, "reviews": 1},
		},
		{
			"a list in one batch", `{ products { title reviews { id } } }`,
			`{"products":[{"title":"Mug","reviews":[{"id":"r1"}]},{"title":"Hat","reviews":[{"id":"r1"}]}]}`,
			map[string]int{"catalog": 1, "reviews": 1},
		},
		{
			"a required field is fetched and sent", `{ product(id: "p1") { freight } }`, `{"product":{"freight":600}}`,
			map[string]int{"catalog": 1, "reviews": 1},
		},
		{
			"a provided field needs no fetch", `{ latestReviews { author { name } } }`, `{"latestReviews":[{"author":{"name":"Ben"}}]}`,
			map[string]int{"reviews": 1},
		},
		{
			"what is not provided does", `{ latestReviews { author { name email } } }`,
			`{"latestReviews":[{"author":{"name":"Ben","email":"ben@example.com"}}]}`,
			map[string]int{"reviews": 1, "accounts": 1},
		},
		{
			"two places, one request", `{ product(id: "p1") { reviews { id } bundle { freight } } }`,
			`{"product":{"reviews":[{"id":"r1"}],"bundle":[{"freight":200}]}}`,
			map[string]int{"catalog": 1, "reviews": 1},
		},
		{
			"unions and interfaces", `{ search(text: "x") { __typename ... on Item { title } ... on Voucher { value } ... on Product { freight } } }`,
			`{"search":[{"__typename":"Product","title":"Mug","freight":600},{"__typename":"Voucher","title":"Ten off","value":10}]}`,
			map[string]int{"catalog": 1, "reviews": 1},
		},
		{"nothing to fetch", `{ __typename }`, `{"__typename":"Query"}`, map[string]int{}},
		{"null", `{ product(id: "nope") { title reviews { id } } }`, `{"product":null}`, map[string]int{"catalog": 1}},
	} {
		s.fetched()
		s.post(t, c.query).wantData(t, c.want)
		if diff := cmp.Diff(c.fetches, s.fetched()); diff != "" {
			t.Errorf("%s: fetches (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestArgumentsReachTheSubgraph(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.post(t, `{ echo(x: 5, list: [1, 2]) }`).wantData(t, `{"echo":"{\"list\":[1,2],\"x\":5}"}`)
	s.postVariables(t, `query($n: Int) { echo(x: $n, y: "z") }`, map[string]any{"n": 7}).wantData(t, `{"echo":"{\"x\":7,\"y\":\"z\"}"}`)
	s.post(t, `{ a: echo(x: 1) b: echo(x: 2) }`).wantData(t, `{"a":"{\"x\":1}","b":"{\"x\":2}"}`)
}

func TestMutationsRunInOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.post(t, `mutation { wave restock(id: "p1", quantity: 2) { title reviews { id } } again: wave }`).
		wantData(t, `{"wave":"o/","restock":{"title":"Mug","reviews":[{"id":"r1"}]},"again":"o/"}`)
	got := s.fetched()
	if got["accounts"] != 2 || got["catalog"] != 1 || got["reviews"] != 1 {
		t.Errorf("fetches = %v, want accounts 2 (one before and one after catalog's), catalog 1, reviews 1", got)
	}
}

func TestInaccessibleIsNowhere(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	if sdl := s.router.Schema(); strings.Contains(sdl, "score") || strings.Contains(sdl, "OLD") || strings.Contains(sdl, "join__") {
		t.Errorf("the client schema shows what is inaccessible or federation's:\n%s", sdl)
	}
	if codes := s.post(t, `{ me { score } }`).codes(); !cmp.Equal(codes, []string{"GRAPHQL_VALIDATION_FAILED"}) {
		t.Errorf("an inaccessible field: codes %v", codes)
	}
	// The subgraph answers with an enum value that clients may not see.
	got := s.post(t, `{ plan }`)
	got.wantPartial(t, `null`, "INTERNAL")
	if strings.Contains(got.Body, "OLD") {
		t.Errorf("the inaccessible value leaks: %s", got.Body)
	}
	types := s.post(t, `{ __schema { types { name } } a: __type(name: "User") { fields { name } } }`)
	for _, hidden := range []string{"score", "_Entity", "_Any", "_Service", "join__"} {
		if strings.Contains(types.Body, hidden) {
			t.Errorf("introspection shows %s", hidden)
		}
	}
}

func TestEntitiesAreNotReachable(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, query := range []string{
		`{ _service { sdl } }`,
		`{ _entities(representations: [{__typename: "User", id: "1"}]) { ... on User { name } } }`,
		`query($r: [_Any!]!) { _entities(representations: $r) { __typename } }`,
	} {
		if codes := s.post(t, query).codes(); len(codes) == 0 || codes[0] != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: codes %v, want GRAPHQL_VALIDATION_FAILED", query, codes)
		}
	}
	if got := s.fetched(); len(got) > 0 {
		t.Errorf("subgraphs were called: %v", got)
	}
}

func TestIntrospectionCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) { c.Introspection = false })
	for _, query := range []string{
		`{ __schema { types { name } } }`, `{ __type(name: "User") { name } }`,
		`{ ...F } fragment F on Query { x: __schema { queryType { name } } }`,
	} {
		if codes := s.post(t, query).codes(); !cmp.Equal(codes, []string{"GRAPHQL_VALIDATION_FAILED"}) {
			t.Errorf("%s: codes %v, want a refusal", query, codes)
		}
	}
	s.post(t, `{ __typename me { __typename } }`).wantData(t, `{"__typename":"Query","me":{"__typename":"User"}}`)
}

func TestASubgraphThatIsDownLeavesTheRestStanding(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.reviews.Close()
	got := s.post(t, `{ me { name reviews { id } } products { title reviews { id } } latestReviews { id } }`)
	got.wantPartial(t, `{"me":{"name":"Ada","reviews":null},"products":[{"title":"Mug","reviews":null},{"title":"Hat","reviews":null}],"latestReviews":null}`,
		"SUBGRAPH_UNAVAILABLE", "SUBGRAPH_UNAVAILABLE", "SUBGRAPH_UNAVAILABLE")
	var paths []string
	for _, e := range got.Errors {
		paths = append(paths, fmt.Sprint(e.Path))
		if e.Extensions["service"] != "reviews" || e.Extensions["requestId"] == "" {
			t.Errorf("extensions = %v, want the service and the request's id", e.Extensions)
		}
		if strings.Contains(e.Message, "127.0.0.1") {
			t.Errorf("message reveals an address: %s", e.Message)
		}
	}
	for _, want := range []string{"[me]", "[products]", "[latestReviews]"} {
		if !strings.Contains(strings.Join(paths, " "), want) {
			t.Errorf("paths = %v, want one at %s", paths, want)
		}
	}
}

func TestWhatASubgraphDoesWrongGetsACode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		before func(http.ResponseWriter, *http.Request) bool
		want   string
	}{
		{"error 500", func(w http.ResponseWriter, _ *http.Request) bool {
			http.Error(w, "stack trace at 10.0.0.7", http.StatusInternalServerError)
			return true
		}, "SUBGRAPH_UNAVAILABLE"},
		{"refuses our token", func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"errors":[{"message":"no token","extensions":{"code":"UNAUTHENTICATED"}}]}`))
			return true
		}, "INTERNAL"},
		{"not JSON", func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte("<html>10.0.0.7"))
			return true
		}, "INTERNAL"},
		{"neither data nor errors", func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte(`{}`))
			return true
		}, "INTERNAL"},
		{"refuses our document", func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = w.Write([]byte(`{"errors":[{"message":"Cannot query field at 10.0.0.7","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}],"data":null}`))
			return true
		}, "INTERNAL"},
		{"answers without end", func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte(`{"data":{"echo":"` + strings.Repeat("x", 200_000) + `"}}`))
			return true
		}, "SUBGRAPH_UNAVAILABLE"},
		{"answers too late", func(_ http.ResponseWriter, r *http.Request) bool {
			<-r.Context().Done()
			return true
		}, "TIMEOUT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, func(c *router.Config) {
				c.Limits.Fetch = 300 * time.Millisecond
				c.Limits.Response = 100_000
			})
			s.catalog.Before = c.before
			got := s.post(t, `{ echo me { name } }`)
			got.wantPartial(t, `{"echo":null,"me":{"name":"Ada"}}`, c.want)
			if got.Errors[0].Extensions["service"] != "catalog" {
				t.Errorf("extensions = %v, want service catalog", got.Errors[0].Extensions)
			}
			if strings.Contains(got.Body, "10.0.0.7") {
				t.Errorf("an internal text leaks: %s", got.Body)
			}
		})
	}
}

func TestAWholeRequestHasADeadline(t *testing.T) {
	t.Parallel()
	const deadline = 100 * time.Millisecond
	s := newShop(t, func(c *router.Config) { c.Limits.Request = deadline })
	left := make(chan time.Duration, 1)
	s.catalog.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		got, _ := auth.TimeoutOf(r.Header)
		left <- got
		<-r.Context().Done()
		return true
	}
	got := s.post(t, `{ echo me { name } }`)
	if l := <-left; l <= 0 || l > deadline {
		t.Errorf("the subgraph reads that %v are left, want at most %v", l, deadline)
	}
	if codes := got.codes(); len(codes) == 0 || codes[0] != "TIMEOUT" {
		t.Errorf("codes = %v, want TIMEOUT: %s", codes, got.Body)
	}
}

func TestErrorsOfSubgraphsAreMasked(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	got := s.post(t, `{ echo(x: 13) me { name } }`)
	got.wantPartial(t, `{"echo":null,"me":{"name":"Ada"}}`, "INTERNAL")
	if strings.Contains(got.Body, "hunter2") {
		t.Errorf("an internal message reaches the client: %s", got.Body)
	}
	if !strings.Contains(s.logs.String(), "hunter2") {
		t.Error("the internal message is not in the log either")
	}
	if diff := cmp.Diff([]any{"echo"}, got.Errors[0].Path); diff != "" {
		t.Errorf("path (-want +got):\n%s", diff)
	}
	answer := s.post(t, `{ echo(x: 14) }`)
	answer.wantPartial(t, `{"echo":null}`, "BAD_USER_INPUT")
	if answer.Errors[0].Message != "13 would be unlucky." {
		t.Errorf("message = %q, want the subgraph's own", answer.Errors[0].Message)
	}
}

func TestAClientThatLeavesStopsItsFetches(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	arrived, left := make(chan struct{}), make(chan struct{})
	s.catalog.Before = func(_ http.ResponseWriter, r *http.Request) bool {
		close(arrived)
		<-r.Context().Done()
		close(left)
		return true
	}
	ctx, leave := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, strings.NewReader(`{"query":"{ echo }"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	go func() {
		<-arrived
		leave()
	}()
	if answer, err := http.DefaultClient.Do(request); err == nil {
		_ = answer.Body.Close()
		t.Error("the request was answered, want it to be given up")
	}
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Error("the subgraph still works for a client that left")
	}
}

func TestRequestsAndFetchesAreCounted(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	s := newShop(t, func(c *router.Config) { c.Metrics = router.NewMetrics(registry) })
	s.post(t, `query Home { me { name reviews { id } } }`)
	s.post(t, `query Home { me { name reviews { id } } }`)
	s.post(t, `mutation Wave { wave }`)
	s.post(t, `{ echo(x: 13) }`)
	s.post(t, `{ nope }`)
	s.reviews.Close()
	s.post(t, `{ latestReviews { id } }`)
	want := map[string]float64{
		"Home query OK": 2, "Wave mutation OK": 1, "anonymous query INTERNAL": 1, "  GRAPHQL_VALIDATION_FAILED": 1,
		"anonymous query SUBGRAPH_UNAVAILABLE": 1,
		"accounts OK":                          3, "reviews OK": 2, "catalog OK": 1, "reviews SUBGRAPH_UNAVAILABLE": 1,
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			switch family.GetName() {
			case "cartograph_router_requests_total":
				got[labels["operation"]+" "+labels["kind"]+" "+labels["code"]] = m.GetCounter().GetValue()
			case "cartograph_router_fetch_seconds":
				got[labels["subgraph"]+" "+labels["code"]] = float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}
