package plan_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/graphql_datasource"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"cartograph/router/plan"
	"cartograph/router/supergraph"
)

// noEvents is for planners whose plans are not run.
type noEvents struct{}

func (noEvents) Subscribe(*resolve.Context, graphql_datasource.GraphQLSubscriptionOptions, resolve.SubscriptionUpdater) error {
	return nil
}

func newPlanner(t testing.TB, sdl string) *plan.Planner {
	t.Helper()
	sg, err := supergraph.Parse(sdl)
	if err != nil {
		t.Fatal(err)
	}
	upstreams := map[string]plan.Upstream{}
	for _, s := range sg.Subgraphs {
		upstreams[s.Name] = plan.Upstream{URL: s.URL, Client: http.DefaultClient, Events: noEvents{}}
	}
	planner, err := plan.NewPlanner(t.Context(), sg, upstreams, plan.DefaultLimits(), plan.Introspection{Enabled: true, Suggestions: true})
	if err != nil {
		t.Fatal(err)
	}
	return planner
}

// TestPlansOfTheShowcaseOperations holds what each page costs in requests to
// subgraphs and in rounds of them, and what the router reckons it at. Run with
// UPDATE_PLANS=1 after a change that is meant; where a number grows, only
// UPDATE_PLANS=more writes it, and the commit must give the reason.
func TestPlansOfTheShowcaseOperations(t *testing.T) {
	t.Parallel()
	planner := newPlanner(t, readFile(t, "../../schema/supergraph.graphql"))
	files, err := filepath.Glob("../../schema/operations/*.graphql")
	if err != nil || len(files) == 0 {
		t.Fatalf("no operations: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".graphql")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkPlan(t, planner, readFile(t, file), filepath.Join("../testdata/plans", name+".txtar"))
		})
	}
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func checkPlan(t *testing.T, planner *plan.Planner, query, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatalf("the operation has no plan: %v; write its variables.json to the file, and run with UPDATE_PLANS=1", err)
	}
	parts := map[string]string{}
	for _, f := range archive.Files {
		parts[f.Name] = string(f.Data)
	}
	op, err := planner.Prepare(plan.Request{Query: query, Variables: []byte(strings.TrimSpace(parts["variables.json"]))})
	if err != nil {
		t.Fatal(err)
	}
	tree := op.Tree()
	got := map[string]string{"plan": tree.String(), "cost": fmt.Sprintln(op.Cost)}
	update := os.Getenv("UPDATE_PLANS")
	before := fetchesOf(parts["plan"])
	if parts["plan"] != "" && tree.Fetches() > before && update != "more" {
		t.Fatalf("the plan takes %d fetches, and %d before", tree.Fetches(), before)
	}
	for name, text := range got {
		if update == "" {
			if diff := cmp.Diff(parts[name], text); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			continue
		}
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
	}
	if update != "" {
		archive.Files = append(archive.Files, txtar.File{Name: "cost", Data: []byte(got["cost"])}, txtar.File{Name: "plan", Data: []byte(got["plan"])})
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// fetchesOf reads the count from a plan's first line.
func fetchesOf(text string) (n int) {
	_, _ = fmt.Sscanf(text, "# fetches: %d", &n)
	return n
}

// TestEveryPlanHasItsOperation finds snapshots of operations that are gone.
func TestEveryPlanHasItsOperation(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../testdata/plans/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if _, err := os.Stat("../../schema/operations/" + name + ".graphql"); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// TestOurSupergraphIsServed plans the refetch of every Node type, which crosses
// from the subgraph that has the ids to each that owns a type.
func TestOurSupergraphIsServed(t *testing.T) {
	t.Parallel()
	sdl, err := os.ReadFile("../../schema/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	sg, err := supergraph.Parse(string(sdl))
	if err != nil {
		t.Fatal(err)
	}
	planner := newPlanner(t, string(sdl))
	nodes := sg.Implementors("Node")
	if len(nodes) < 5 {
		t.Fatalf("only %v are Nodes", nodes)
	}
	for _, typeName := range nodes {
		query := "{ node(id: \"x\") { __typename ... on " + typeName + " { id"
		for _, f := range sg.Type(typeName).Fields {
			leaf := sg.Type(f.Type.Name()) == nil || len(sg.Type(f.Type.Name()).Fields) == 0 && len(sg.Type(f.Type.Name()).Types) == 0
			required := slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil })
			if leaf && !required && f.Directives.ForName("inaccessible") == nil {
				query += " " + f.Name
			}
		}
		if _, err := planner.Prepare(plan.Request{Query: query + " } } }"}); err != nil {
			t.Errorf("%s: %v\n%s", typeName, err, query)
		}
	}
}
