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
	engine "github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
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
	planner, err := plan.NewPlanner(t.Context(), sg, upstreams, plan.DefaultLimits(), true)
	if err != nil {
		t.Fatal(err)
	}
	return planner
}

// TestPlansOfTheShowcaseOperations holds what each page costs in requests to
// subgraphs, and in rounds of them. Run with UPDATE_PLANS=1 after a change that
// is meant; a number that grew must be explained.
func TestPlansOfTheShowcaseOperations(t *testing.T) {
	t.Parallel()
	sdl, err := os.ReadFile("../testdata/design/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	planner := newPlanner(t, string(sdl))
	files, err := filepath.Glob("../testdata/plans/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no plans: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			checkPlan(t, planner, file)
		})
	}
}

func checkPlan(t *testing.T, planner *plan.Planner, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range archive.Files {
		parts[f.Name] = string(f.Data)
	}
	op, err := planner.Prepare(plan.Request{Query: parts["operation.graphql"], Variables: []byte(strings.TrimSpace(parts["variables.json"]))})
	if err != nil {
		t.Fatal(err)
	}
	got := describe(op)
	if os.Getenv("UPDATE_PLANS") != "" {
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return f.Name == "plan" })
		archive.Files = append(archive.Files, txtar.File{Name: "plan", Data: []byte(got)})
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(parts["plan"], got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

// describe prints a plan: how many requests, in how many rounds, and of each
// which subgraph is asked for what and where the answer goes.
func describe(op *plan.Operation) string {
	d := &description{}
	switch p := op.Plan.(type) {
	case *engine.SynchronousResponsePlan:
		d.stages = stagesOf(p.Response.Fetches)
	case *engine.SubscriptionResponsePlan:
		d.head = fmt.Sprintf("stream from %s\n", p.Response.Trigger.SourceName)
		d.stages = stagesOf(p.Response.Response.Fetches)
	}
	return d.String()
}

type description struct {
	head   string
	stages [][]string
}

func (d *description) String() string {
	fetches := 0
	var b strings.Builder
	for i, stage := range d.stages {
		fmt.Fprintf(&b, "stage %d\n", i+1)
		for _, fetch := range stage {
			fetches++
			b.WriteString("  " + fetch + "\n")
		}
	}
	return fmt.Sprintf("%sfetches: %d\nstages: %d\n", d.head, fetches, len(d.stages)) + b.String()
}

// stagesOf flattens a tree of fetches to rounds: what runs in parallel shares
// one, and a branch with several of its own stretches over as many.
func stagesOf(node *resolve.FetchTreeNode) [][]string {
	if node == nil {
		return nil
	}
	var stages [][]string
	switch node.Kind {
	case resolve.FetchTreeNodeKindSingle:
		return [][]string{{fetchText(node.Item)}}
	case resolve.FetchTreeNodeKindTrigger:
		return nil
	case resolve.FetchTreeNodeKindSequence:
		for _, child := range node.ChildNodes {
			stages = append(stages, stagesOf(child)...)
		}
	case resolve.FetchTreeNodeKindParallel:
		for _, child := range node.ChildNodes {
			for i, stage := range stagesOf(child) {
				if i == len(stages) {
					stages = append(stages, nil)
				}
				stages[i] = append(stages[i], stage...)
			}
		}
		for _, stage := range stages {
			slices.Sort(stage)
		}
	}
	return stages
}

func fetchText(item *resolve.FetchItem) string {
	place := func(path string) string {
		if path == "" {
			return "the root"
		}
		return path
	}
	if multi, ok := item.Fetch.(*resolve.MultiEntityFetch); ok {
		var places []string
		for _, e := range multi.Input.Entries {
			places = append(places, place(e.Item.ResponsePath)+" "+fields(e.Info.RootFields))
		}
		slices.Sort(places)
		return multi.Info.DataSourceName + ": " + strings.Join(places, "; ")
	}
	info := item.Fetch.FetchInfo()
	return info.DataSourceName + ": " + place(item.ResponsePath) + " " + fields(info.RootFields)
}

func fields(coordinates []resolve.GraphCoordinate) string {
	var names []string
	for _, c := range coordinates {
		names = append(names, c.TypeName+"."+c.FieldName)
	}
	slices.Sort(names)
	return "{" + strings.Join(slices.Compact(names), " ") + "}"
}

// TestOurSupergraphIsServed plans the refetch of every Node type, which crosses
// from the subgraph that knows ids to each that owns a type.
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
