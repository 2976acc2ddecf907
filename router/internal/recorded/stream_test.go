package recorded_test

import (
	"net/http"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router/plan"
)

// TestEventsAreCompletedFromOtherSubgraphs watches the subscriptions of a file;
// NAME/events holds a line for each answer.
func TestEventsAreCompletedFromOtherSubgraphs(t *testing.T) {
	t.Parallel()
	g, planner, executor := newParts(t, "../../testdata/streams/films.txtar")
	for _, name := range g.names {
		op, err := planner.Prepare(plan.Request{Query: g.parts[name+"/query.graphql"]})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got, want []answer
		err = executor.Subscribe(t.Context(), op, executor.NewSession(auth.Caller{}, http.Header{}), func(body []byte) error {
			got = append(got, g.decode(t, name, strings.NewReader(string(body))))
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for line := range strings.Lines(strings.TrimSpace(g.parts[name+"/events"])) {
			want = append(want, g.decode(t, name, strings.NewReader(line)))
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, subgraph := range g.subgraphs {
		for _, fault := range subgraph.InvalidRequests() {
			t.Error(fault)
		}
	}
}
