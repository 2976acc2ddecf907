package recorded_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/supergraph"
	"cartograph/router/upstream"
)

const deferFile = "../../testdata/defer/films.txtar"

// newParts is a planner and an executor over the subgraphs of a file.
func newParts(t *testing.T, file string) (*graph, *plan.Planner, *execute.Executor) {
	t.Helper()
	g := newGraph(t, file, "engine", func(*router.Config) {})
	sg, err := supergraph.Parse(g.parts["supergraph.graphql"])
	if err != nil {
		t.Fatal(err)
	}
	executor := execute.New(t.Context(), execute.Options{
		Rules: sg.AccessRules(), FetchTimeout: 5 * time.Second, EventTimeout: 5 * time.Second, MaxResponseBytes: 1 << 20, MaxConcurrent: 8,
		Observe: func(context.Context, upstream.Fetch) {}, Log: slog.New(slog.DiscardHandler),
	})
	t.Cleanup(executor.Close)
	upstreams := map[string]plan.Upstream{}
	for i, s := range sg.Subgraphs {
		sg.Subgraphs[i].URL = g.subgraphs[s.Name].URL
		if upstreams[s.Name], err = executor.Upstream(sg.Subgraphs[i]); err != nil {
			t.Fatal(err)
		}
	}
	planner, err := plan.NewPlanner(t.Context(), sg, upstreams, plan.DefaultLimits(), plan.Introspection{Enabled: true, Suggestions: true})
	if err != nil {
		t.Fatal(err)
	}
	return g, planner, executor
}

// part is a part as it is compared: of errors, the codes.
type part struct {
	Data        any
	Errors      []any
	HasNext     *bool
	Incremental []increment
}

type increment struct {
	Data   any
	Path   []any
	Label  string
	Errors []any
}

func codesOf(errors []any) []any {
	var codes []any
	for _, e := range errors {
		if entry, ok := e.(map[string]any); ok {
			extensions, _ := entry["extensions"].(map[string]any)
			e = extensions["code"]
		}
		codes = append(codes, e)
	}
	return codes
}

// stream collects the parts of an answer, and checks that only the last is.
func stream(t *testing.T, planner *plan.Planner, executor *execute.Executor, query, variables string) (parts []part, op *plan.Operation) {
	t.Helper()
	op, err := planner.Prepare(plan.Request{Query: query, Variables: json.RawMessage(variables), Incremental: true})
	if err != nil {
		t.Fatal(err)
	}
	last := false
	err = executor.RunIncremental(t.Context(), op, executor.NewSession(auth.Caller{}, http.Header{}), func(body []byte, more bool) error {
		var p part
		if err := json.Unmarshal(body, &p); err != nil {
			t.Fatalf("part %s: %v", body, err)
		}
		if last {
			t.Errorf("after the last part came %s", body)
		}
		if next := p.HasNext != nil && *p.HasNext; next != more {
			t.Errorf("part %s was sent with more = %t", body, more)
		}
		last = !more
		parts = append(parts, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !last {
		t.Error("no part has hasNext false")
	}
	return parts, op
}

func TestDeferredFieldsComeLater(t *testing.T) {
	t.Parallel()
	g, planner, executor := newParts(t, deferFile)
	for _, name := range g.names {
		t.Run(name, func(t *testing.T) {
			parts, op := stream(t, planner, executor, g.parts[name+"/query.graphql"], g.parts[name+"/variables.json"])
			if op.Deferred != (parts[0].HasNext != nil) {
				t.Errorf("the operation is deferred: %t; its first part announces others: %t", op.Deferred, parts[0].HasNext != nil)
			}
			lines := strings.Split(strings.TrimSpace(g.parts[name+"/parts"]), "\n")
			var first part
			if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(first, parts[0]); diff != "" {
				t.Errorf("first part (-want +got):\n%s", diff)
			}
			var want, got []increment
			for _, line := range lines[1:] {
				var i increment
				if err := json.Unmarshal([]byte(line), &i); err != nil {
					t.Fatal(err)
				}
				want = append(want, i)
			}
			for _, p := range parts[1:] {
				for _, i := range p.Incremental {
					i.Errors = codesOf(i.Errors)
					got = append(got, i)
				}
			}
			byPath := func(a, b increment) int { return strings.Compare(textOf(a), textOf(b)) }
			slices.SortFunc(want, byPath)
			slices.SortFunc(got, byPath)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("increments (-want +got):\n%s", diff)
			}
		})
	}
	for _, subgraph := range g.subgraphs {
		for _, fault := range subgraph.InvalidRequests() {
			t.Error(fault)
		}
	}
}

func textOf(i increment) string {
	text, _ := json.Marshal([]any{i.Path, i.Label, i.Data})
	return string(text)
}

func TestWhoTakesNoPartsGetsAllAtOnce(t *testing.T) {
	t.Parallel()
	_, planner, executor := newParts(t, deferFile)
	op, err := planner.Prepare(plan.Request{Query: `{ film { title ... @defer { minutes } } }`})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := executor.Run(t.Context(), op, executor.NewSession(auth.Caller{}, http.Header{}))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(answer.Body); op.Deferred || got != `{"data":{"film":{"title":"Ran","minutes":162}}}` {
		t.Errorf("deferred: %t, answer %s", op.Deferred, got)
	}
}

func TestWhatIsDeferredIsGuardedToo(t *testing.T) {
	t.Parallel()
	_, planner, executor := newParts(t, deferFile)
	parts, _ := stream(t, planner, executor, `{ film { title ... @defer { secret } } }`, "")
	if len(parts) != 2 || len(parts[1].Incremental) != 1 {
		t.Fatalf("parts %+v, want two", parts)
	}
	i := parts[1].Incremental[0]
	if diff := gocmp.Diff(increment{Data: map[string]any{"secret": nil}, Path: []any{"film"}, Errors: []any{"UNAUTHENTICATED"}},
		increment{i.Data, i.Path, i.Label, codesOf(i.Errors)}); diff != "" {
		t.Errorf("increment (-want +got):\n%s", diff)
	}
}

func TestDeferIsRefusedWhereItMayNotBe(t *testing.T) {
	t.Parallel()
	_, planner, _ := newParts(t, deferFile)
	for name, query := range map[string]string{
		"a mutation's own fields":     `mutation { ... @defer { make { id } } }`,
		"one label twice":             `{ film { ... @defer(label: "a") { title } ... @defer(label: "a") { minutes } } }`,
		"a label that is a variable":  `query Q($l: String) { film { ... @defer(label: $l) { title } } }`,
		"a field":                     `{ film { title @defer } }`,
		"a list by @stream":           `{ films @stream(initialCount: 1) { title } }`,
		"the engine's own directive":  `{ film { title @__defer_internal(id: 1) } }`,
		"a condition that is no flag": `{ film { ... @defer(if: "yes") { title } } }`,
	} {
		for _, incremental := range []bool{true, false} {
			_, err := planner.Prepare(plan.Request{Query: query, Incremental: incremental})
			if list := gqlerr.FromError(err); err == nil || list.Code() != gqlerr.ValidationFailed {
				t.Errorf("%s (parts: %t): %v, want a refusal", name, incremental, err)
			}
		}
	}
}
