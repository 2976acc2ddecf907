package plan_test

import (
	"os"
	"testing"

	"cartograph/router/plan"
)

func TestOnlyTheOperationsOwnIntegersAreLookedAt(t *testing.T) {
	t.Parallel()
	sdl, err := os.ReadFile("../../schema/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	planner := newPlanner(t, string(sdl))
	const document = `query A($x: Int) { search(query: "", first: $x) { totalCount } } query B($x: ID!) { product(id: $x) { id } }`
	for name, want := range map[string]bool{"A": false, "B": true} {
		_, err := planner.Prepare(plan.Request{Query: document, OperationName: name, Variables: []byte(`{"x": 10000000000}`)})
		if (err == nil) != want {
			t.Errorf("%s with a number beyond 32 bits: %v, taken should be %v", name, err, want)
		}
	}
}
