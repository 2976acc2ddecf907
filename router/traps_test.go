package router_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"cartograph/internal/auth"
	"cartograph/router"
)

// TestEqualRequestsOfTwoCallersAreNotShared keeps many requests for the same
// field in flight at once: each caller must get their own answer.
func TestEqualRequestsOfTwoCallersAreNotShared(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	s := newShop(t, func(c *router.Config) { c.Identify, c.Internal = as, internal })
	const callers = 8
	var arrived sync.WaitGroup
	arrived.Add(callers)
	s.accounts.Before = func(w http.ResponseWriter, r *http.Request) bool {
		arrived.Done()
		arrived.Wait() // no answer before all requests have arrived
		caller, err := internal.Verify(auth.Bearer(r.Header.Get("Authorization")))
		if err != nil {
			t.Error(err)
		}
		_, _ = fmt.Fprintf(w, `{"data":{"me":{"id":%q}}}`, caller.ID)
		return true
	}
	var work sync.WaitGroup
	for i := range callers {
		work.Go(func() {
			id := fmt.Sprintf("usr_%d", i)
			// One request id for all: the caller alone must keep them apart.
			s.post(t, `{ me { id } }`, "Authorization", "USER "+id, "X-Request-Id", "same").wantData(t, `{"me":{"id":"`+id+`"}}`)
		})
	}
	work.Wait()
}

// TestDifferentOperationsInFlightAreNotShared sends operations that differ only
// in their fields, only in a variable, or only in a literal.
func TestDifferentOperationsInFlightAreNotShared(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	requests := []struct {
		query     string
		variables map[string]any
		want      string
	}{
		{`{ echo(x: 1) }`, nil, `{"echo":"{\"x\":1}"}`},
		{`{ echo(x: 2) }`, nil, `{"echo":"{\"x\":2}"}`},
		{`query($x: Int) { echo(x: $x) }`, map[string]any{"x": 3}, `{"echo":"{\"x\":3}"}`},
		{`query($x: Int) { echo(x: $x) }`, map[string]any{"x": 4}, `{"echo":"{\"x\":4}"}`},
		{`query($other: Int) { echo(x: $other) }`, map[string]any{"other": 5}, `{"echo":"{\"x\":5}"}`},
		{`{ products { id } }`, nil, `{"products":[{"id":"p1"},{"id":"p2"}]}`},
		{`{ product(id: "p2") { id } }`, nil, `{"product":{"id":"p2"}}`},
	}
	var arrived sync.WaitGroup
	arrived.Add(len(requests))
	s.catalog.Before = func(http.ResponseWriter, *http.Request) bool {
		arrived.Done()
		arrived.Wait()
		return false
	}
	var work sync.WaitGroup
	for _, r := range requests {
		work.Go(func() { s.postVariables(t, r.query, r.variables, "X-Request-Id", "same").wantData(t, r.want) })
	}
	work.Wait()
}

func TestSkipAndIncludeFollowTheirVariables(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	const query = `query($with: Boolean!) { me { id name @include(if: $with) reviews @skip(if: $with) { id } } }`
	for range 3 { // the second round answers from the caches
		s.postVariables(t, query, map[string]any{"with": true}).wantData(t, `{"me":{"id":"1","name":"Ada"}}`)
		s.postVariables(t, query, map[string]any{"with": false}).wantData(t, `{"me":{"id":"1","reviews":[{"id":"r1"}]}}`)
	}
}

func TestVariablesKeepTheirNamesInACachedPlan(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.postVariables(t, `query($a: Int, $b: String) { echo(x: $a, y: $b) }`, map[string]any{"a": 1, "b": "s"}).
		wantData(t, `{"echo":"{\"x\":1,\"y\":\"s\"}"}`)
	s.postVariables(t, `query($b: Int, $a: String) { echo(x: $b, y: $a) }`, map[string]any{"b": 2, "a": "t"}).
		wantData(t, `{"echo":"{\"x\":2,\"y\":\"t\"}"}`)
}

// TestRefusalsUseTheNamesOfTheClientsDocument: literals become variables before
// planning, yet no message may name a variable that the client never wrote.
func TestRefusalsUseTheNamesOfTheClientsDocument(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, c := range []struct{ query, want string }{
		{`{ echo(x: "five") }`, `"five"`},
		{`{ products { nope } }`, `nope`},
		{`{ echo(nope: 1) }`, `nope`},
		{`query($x: Int!) { echo(x: $x) }`, `$x`},
		{`query($x: Nope) { echo(x: $x) }`, `Nope`},
	} {
		got := s.post(t, c.query)
		if codes := got.codes(); len(codes) == 0 || codes[0] != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%s: codes %v, want GRAPHQL_VALIDATION_FAILED", c.query, codes)
			continue
		}
		if !strings.Contains(got.Errors[0].Message, strings.Trim(c.want, `"`)) {
			t.Errorf("%s: message %q does not name %s", c.query, got.Errors[0].Message, c.want)
		}
	}
}

// TestOperationsKeepNothingOfTheirDocument: documents are parsed into buffers
// that the next request overwrites, so nothing of one may stay in a cache.
func TestOperationsKeepNothingOfTheirDocument(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	const query = `query Kept($first: Int, $second: String) { echo(x: $first, y: $second) }`
	variables := map[string]any{"first": 1, "second": "s"}
	for i := range 20 {
		s.postVariables(t, query, variables).wantData(t, `{"echo":"{\"x\":1,\"y\":\"s\"}"}`)
		s.post(t, fmt.Sprintf(`query Other%d($nothing: Int, $of: Int, $that: Int) { echo(x: 1%d, list: [$nothing, $of, $that]) }`, i, i))
	}
}
