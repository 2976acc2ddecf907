package queryplan_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"cartograph/router/plan/queryplan"
	"cartograph/router/supergraph"
)

func newPlanner(t *testing.T, name string) *queryplan.Planner {
	t.Helper()
	text, err := os.ReadFile("../../internal/world/testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, sdl, _ := strings.Cut(string(text), "-- supergraph.graphql --\n")
	sg, err := supergraph.Parse(sdl)
	if err != nil {
		t.Fatal(err)
	}
	sources := map[string]queryplan.Source{}
	for _, s := range sg.Subgraphs {
		sources[s.ID] = queryplan.Source{Name: s.Name, URL: s.URL}
	}
	p, err := queryplan.New(sg, sources, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The number of requests is part of the contract: an equal response by more of them
// is a fault too.
func TestPlansTakeAsFewRequestsAsTheyNeed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		federation, query string
		requests, stages  int
	}{
		{"trees", `{ root { id left { right { id } } } }`, 1, 1},
		{"shared-fields", `{ user { name mail } }`, 1, 1},
		{"shared-fields", `{ user { mail age } }`, 1, 1},
		{"shared-fields", `{ user { name mail score } }`, 2, 2},
		{"shared-roots", `{ settings { language zone } }`, 2, 1},
		{"sides", `{ left { one { title } two { title } } right { two { size } } }`, 3, 2},
		{"many-keys", `{ users { d } }`, 4, 4},
		{"extends", `{ products { stars tax price } }`, 2, 2},
		{"requires-nested", `{ carts { total zone } }`, 3, 3},
		{"interface-object", `{ recent { visits } }`, 1, 1},
		{"interface-object", `{ recent { visits name } }`, 2, 2},
		{"mutations", `mutation { makeA(n: 1) { a b } dropB { thing { a } } }`, 4, 4},
	} {
		made, err := newPlanner(t, c.federation).Plan(c.query)
		if err != nil {
			t.Errorf("%s %s: %v", c.federation, c.query, err)
			continue
		}
		stages := 0
		if made.Response.Fetches != nil {
			stages = len(made.Response.Fetches.ChildNodes)
		}
		if n := len(made.Response.RawFetches); n != c.requests || stages != c.stages {
			t.Errorf("%s %s: %d requests in %d stages, want %d in %d", c.federation, c.query, n, stages, c.requests, c.stages)
		}
	}
}

func TestWhatIsLeftToTheEngineIsSaid(t *testing.T) {
	t.Parallel()
	p := newPlanner(t, "trees")
	for _, query := range []string{`{ __schema { queryType { name } } }`, `subscription { root { id } }`, `{ root { ... @defer { id } } }`, `{ root { ...F } } fragment F on Tree { id }`, `{`} {
		if _, err := p.Plan(query); err == nil {
			t.Errorf("%s is planned", query)
		} else if _, ok := errors.AsType[*queryplan.UnsupportedError](err); !ok {
			t.Errorf("%s: %v, want it unsupported", query, err)
		}
	}
}

// A plan's work is bounded, whatever an operation multiplies.
func TestPlanningIsBounded(t *testing.T) {
	t.Parallel()
	p := newPlanner(t, "narrowed")
	set := "id"
	for range 40 {
		set = "id n { " + set + " } ... on B { n { id } }"
	}
	_, err := p.Plan("{ is { " + set + " } }")
	if _, ok := errors.AsType[*queryplan.UnsupportedError](err); !ok {
		t.Errorf("%v, want it refused", err)
	}
}
