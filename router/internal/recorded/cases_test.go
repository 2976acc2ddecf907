package recorded_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"cartograph/router"
	"cartograph/router/internal/recorded"
)

// TestRecordedCases answers the operations of every recorded supergraph. A file
// holds the supergraph, of each subgraph its schema and data, and operations:
// NAME/query.graphql, NAME/variables.json if any, NAME/want.json (data, and of
// errors the code and the path) and NAME/requests, which counts the requests
// that each subgraph may get. The subgraphs refuse what their schema does not
// allow, so that a wrong request is a failure even where the answer is right.
func TestRecordedCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		for name, edit := range executors() {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+name, func(t *testing.T) {
				t.Parallel()
				newGraph(t, file, name, edit).runAll(t)
			})
		}
	}
}

// executors are the ways to run a plan.
func executors() map[string]func(*router.Config) {
	return map[string]func(*router.Config){
		"own":    func(*router.Config) {},
		"engine": func(c *router.Config) { c.Executor = router.EngineExecutor },
	}
}

// graph is a router over the subgraphs of one file.
type graph struct {
	*httptest.Server
	executor  string
	parts     map[string]string
	names     []string // of operations
	subgraphs map[string]*recorded.Server
}

func newGraph(t *testing.T, file, executor string, edit func(*router.Config)) *graph {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g := &graph{executor: executor, parts: map[string]string{}, subgraphs: map[string]*recorded.Server{}}
	for _, f := range archive.Files {
		g.parts[f.Name] = string(f.Data)
		if name, ok := strings.CutSuffix(f.Name, "/query.graphql"); ok {
			g.names = append(g.names, name)
		}
	}
	config := router.Config{SDL: g.parts["supergraph.graphql"], URLs: map[string]string{}, Introspection: true}
	counter := &recorded.Counter{}
	for part, data := range g.parts {
		name, ok := strings.CutSuffix(part, ".json")
		if !ok || strings.Contains(name, "/") {
			continue
		}
		g.subgraphs[name] = recorded.Start(t, name, g.parts[name+".graphql"], []byte(data), counter)
		config.URLs[name] = g.subgraphs[name].URL
	}
	edit(&config)
	r, err := router.New(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	g.Server = httptest.NewServer(r)
	t.Cleanup(func() {
		r.Close()
		g.Close()
	})
	return g
}

func (g *graph) runAll(t *testing.T) {
	if len(g.names) == 0 {
		t.Fatal("the file holds no operation")
	}
	for _, name := range g.names {
		g.run(t, name)
	}
	for _, subgraph := range g.subgraphs {
		for _, fault := range subgraph.InvalidRequests() {
			t.Error(fault)
		}
	}
}

func (g *graph) run(t *testing.T, name string) {
	variables := json.RawMessage(cmp.Or(g.parts[name+"/variables.json"], "{}"))
	body, err := json.Marshal(map[string]any{"query": g.parts[name+"/query.graphql"], "variables": variables})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	got := g.decode(t, name, response.Body)
	want := g.decode(t, name, strings.NewReader(cmp.Or(g.parts[name+"/want."+g.executor+".json"], g.parts[name+"/want.json"])))
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
	if diff := gocmp.Diff(strings.TrimSpace(g.parts[name+"/requests"]), g.requests()); diff != "" {
		t.Errorf("%s: requests (-want +got):\n%s", name, diff)
	}
}

// requests counts the requests to each subgraph since the last call.
func (g *graph) requests() string {
	var lines []string
	for name, subgraph := range g.subgraphs {
		documents := subgraph.Requests()
		if len(documents) > 0 {
			lines = append(lines, fmt.Sprintf("%s %d", name, len(documents)))
		}
		if os.Getenv("SHOW_REQUESTS") != "" {
			fmt.Println(name, strings.Join(documents, "\n"))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// answer is what is compared: messages are not.
type answer struct {
	Data   any
	Errors []failure
}

type failure struct {
	Code string
	Path string
}

// decode reads an answer. In the path of an error the engine's resolver loses
// the indexes of entities in lists: there none are compared.
func (g *graph) decode(t *testing.T, name string, from io.Reader) answer {
	t.Helper()
	var in struct {
		Data   any
		Errors []struct {
			Path       []any
			Extensions struct{ Code string }
			Code       string // as a file writes it
		}
	}
	if err := json.NewDecoder(from).Decode(&in); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out := answer{Data: in.Data}
	for _, e := range in.Errors {
		var path []string
		for _, step := range e.Path {
			if _, index := step.(float64); index && g.executor == "engine" {
				continue
			}
			path = append(path, fmt.Sprint(step))
		}
		out.Errors = append(out.Errors, failure{cmp.Or(e.Code, e.Extensions.Code), strings.Join(path, ".")})
	}
	slices.SortFunc(out.Errors, func(a, b failure) int { return cmp.Compare(a.Path+a.Code, b.Path+b.Code) })
	return out
}
