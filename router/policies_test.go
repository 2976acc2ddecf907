package router_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router"
	"cartograph/router/internal/fakesubgraph"
)

const policySDL = `schema @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY) { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
type Query @join__type(graph: A) { open: Int either: Int @policy(policies: [["staff", "local"], ["owner"]]) staff: Int @policy(policies: [["staff"]]) }
`

// newPolicies is a router whose callers are granted what decide returns.
func newPolicies(t *testing.T, decide func(caller auth.Caller, names []string) ([]string, error), calls *[][]string) *shop {
	t.Helper()
	a := fakesubgraph.Start(t, fakesubgraph.Graph{Query: fakesubgraph.Object{"open": 1, "either": 2, "staff": 3}})
	config := router.Config{SDL: policySDL, URLs: map[string]string{"a": a.URL}, Identify: as}
	if decide != nil {
		var mu sync.Mutex
		config.Policies = func(_ context.Context, caller auth.Caller, names []string) ([]string, error) {
			mu.Lock()
			defer mu.Unlock()
			*calls = append(*calls, slices.Clone(names))
			return decide(caller, names)
		}
	}
	r, err := router.New(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{router: r, Server: httptest.NewServer(r)}
	t.Cleanup(func() {
		r.Close()
		s.Close()
	})
	return s
}

func TestPoliciesAreGrantedFromOutside(t *testing.T) {
	t.Parallel()
	var calls [][]string
	s := newPolicies(t, func(caller auth.Caller, names []string) ([]string, error) {
		return strings.Split(caller.ID, ","), nil // more than was requested, or less
	}, &calls)
	for _, c := range []struct {
		caller, query, data string
		codes               []string
	}{
		{"USER owner", `{ open either }`, `{"open": 1, "either": 2}`, nil},
		{"USER staff,local", `{ either staff }`, `{"either": 2, "staff": 3}`, nil},
		{"USER staff", `{ either staff }`, `{"either": null, "staff": 3}`, []string{"FORBIDDEN"}},
		{"USER nobody", `{ open staff }`, `{"open": 1, "staff": null}`, []string{"FORBIDDEN"}},
		{"USER nobody staff", `{ staff }`, `{"staff": null}`, []string{"FORBIDDEN"}}, // a scope is no policy
	} {
		got := s.post(t, c.query, "Authorization", c.caller)
		got.wantPartial(t, c.data, c.codes...)
		if len(c.codes) == 0 && len(got.Errors) > 0 {
			t.Errorf("%s sends %s: %s", c.caller, c.query, got.Body)
		}
	}
	before := len(calls)
	s.post(t, `{ open }`, "Authorization", "USER owner").wantData(t, `{"open": 1}`)
	if len(calls) != before {
		t.Error("an operation without policies requested some")
	}
	if diff := cmp.Diff([]string{"staff", "local", "owner"}, calls[0]); diff != "" {
		t.Errorf("requested policies (-want +got):\n%s", diff)
	}
}

func TestPoliciesWithoutADecisionFunctionAreDenied(t *testing.T) {
	t.Parallel()
	s := newPolicies(t, nil, nil)
	s.post(t, `{ open staff }`, "Authorization", "USER staff").wantPartial(t, `{"open": 1, "staff": null}`, "FORBIDDEN")
	s.post(t, `{ open staff }`).wantPartial(t, `{"open": 1, "staff": null}`, "UNAUTHENTICATED")
}

func TestNoAnswerOnPoliciesIsAFailure(t *testing.T) {
	t.Parallel()
	var calls [][]string
	s := newPolicies(t, func(auth.Caller, []string) ([]string, error) { return nil, errors.New("away") }, &calls)
	got := s.post(t, `{ open staff }`, "Authorization", "USER staff")
	if got.Data != nil || !cmp.Equal(got.codes(), []string{"INTERNAL"}) || strings.Contains(got.Body, "away") {
		t.Errorf("answer %s, want nothing but INTERNAL", got.Body)
	}
}
