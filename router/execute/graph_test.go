package execute

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/logtest"
	"cartograph/router/plan"
	"cartograph/router/supergraph"
	"cartograph/router/upstream"
)

// graph is a planner and an executor over the shop of router/testdata, whose
// subgraphs respond with the texts of a test.
type graph struct {
	executor *Executor
	planner  *plan.Planner
	logs     *logtest.Buffer

	mu        sync.Mutex
	responses map[string]string   // by subgraph; "" is a failure
	requests  map[string][]string // the bodies since the last run
	header    http.Header         // of the last request
}

// forever ends a stream of events that stays open.
const forever = "\n:forever\n"

// dropped stands for a connection that is closed before a response.
const dropped = "dropped"

// newGraph starts a graph; edit changes the executor's options.
func newGraph(t testing.TB, edit func(*Options)) *graph {
	t.Helper()
	sdl, err := os.ReadFile("../testdata/shop/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	sg, err := supergraph.Parse(string(sdl))
	if err != nil {
		t.Fatal(err)
	}
	g := &graph{logs: &logtest.Buffer{}, responses: map[string]string{}, requests: map[string][]string{}}
	o := Options{
		Rules: sg.AccessRules(), FetchTimeout: 10 * time.Second, EventTimeout: 10 * time.Second, MaxResponseBytes: 1 << 20, MaxConcurrent: 8,
		Subgraphs: map[string]upstream.Options{}, Observe: func(context.Context, upstream.Fetch) {}, Log: slog.New(slog.NewTextHandler(g.logs, nil)),
	}
	for _, s := range sg.Subgraphs {
		o.Subgraphs[s.Name] = upstream.Options{Breaker: upstream.Breaker{ConsecutiveFailures: 1 << 30, MinRequests: 1 << 30}}
	}
	if edit != nil {
		edit(&o)
	}
	g.executor = New(t.Context(), o)
	t.Cleanup(g.executor.Close)
	upstreams := map[string]plan.Upstream{}
	for _, s := range sg.Subgraphs {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(w, r, s.Name) }))
		t.Cleanup(server.Close)
		s.URL = server.URL
		if upstreams[s.Name], err = g.executor.Upstream(s); err != nil {
			t.Fatal(err)
		}
	}
	if g.planner, err = plan.NewPlanner(t.Context(), sg, upstreams, plan.DefaultLimits(), plan.Introspection{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *graph) serve(w http.ResponseWriter, r *http.Request, subgraph string) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	g.mu.Lock()
	g.requests[subgraph], g.header = append(g.requests[subgraph], string(body)), r.Header
	response := g.responses[subgraph]
	g.mu.Unlock()
	if response == dropped {
		if connection, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = connection.Close()
		}
		return
	}
	if response == "" {
		http.Error(w, "no response", http.StatusInternalServerError)
		return
	}
	if strings.HasPrefix(response, "event: ") {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, response)
		if strings.HasSuffix(response, forever) {
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, response)
}

// take returns the requests of a subgraph since the last call.
func (g *graph) take(subgraph string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	taken := g.requests[subgraph]
	delete(g.requests, subgraph)
	return taken
}

// representations takes the requests of a subgraph and returns the entities of
// each, with their fields in the order of the alphabet.
func (g *graph) representations(t testing.TB, subgraph string) (all [][]string) {
	t.Helper()
	for _, body := range g.take(subgraph) {
		var request struct {
			Variables struct{ Representations []any }
		}
		if err := json.Unmarshal([]byte(body), &request); err != nil {
			t.Fatalf("request is not JSON: %v: %s", err, body)
		}
		var texts []string
		for _, r := range request.Variables.Representations {
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			texts = append(texts, string(text))
		}
		all = append(all, texts)
	}
	return all
}

// signedIn is a caller with scopes.
func signedIn(scopes ...string) auth.Caller {
	return auth.Caller{Actor: auth.Actor{Kind: auth.User, ID: "usr_1", Scopes: scopes}, RequestID: "req"}
}

func anonymous() auth.Caller {
	return auth.Caller{Actor: auth.Actor{Kind: auth.Anonymous}, RequestID: "req"}
}

func (g *graph) prepare(t testing.TB, query, variables string) *plan.Operation {
	t.Helper()
	op, err := g.planner.Prepare(plan.Request{Query: query, Variables: json.RawMessage(variables)})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return op
}

// result is a response: its data as text, and of each error the code, the path
// and the subgraph.
type result struct {
	Data    string
	Errors  []string
	fetches int
}

// run executes an operation for an anonymous caller, with the responses of the
// subgraphs.
func (g *graph) run(t testing.TB, query string, responses map[string]string) result {
	t.Helper()
	g.mu.Lock()
	g.responses = responses
	clear(g.requests)
	g.mu.Unlock()
	return g.runAs(t, anonymous(), query, "")
}

func (g *graph) runAs(t testing.TB, caller auth.Caller, query, variables string) result {
	t.Helper()
	response, err := g.executor.Run(t.Context(), g.prepare(t, query, variables), g.executor.NewSession(caller, nil))
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer response.Release()
	return readResult(t, response)
}

func readResult(t testing.TB, response Response) result {
	t.Helper()
	var in struct {
		Errors []struct {
			Path       []any
			Extensions map[string]any
		}
		Data json.RawMessage
	}
	if err := json.Unmarshal(response.Body, &in); err != nil {
		t.Fatalf("response is not JSON: %v: %s", err, response.Body)
	}
	out := result{Data: string(in.Data), fetches: response.Fetches}
	for _, e := range in.Errors {
		var path []string
		for _, step := range e.Path {
			path = append(path, fmt.Sprint(step))
		}
		line := fmt.Sprintf("%v %s", e.Extensions["code"], strings.Join(path, "."))
		if service, ok := e.Extensions["service"]; ok {
			line += fmt.Sprintf(" of %v", service)
		}
		if e.Extensions["requestId"] != "req" {
			t.Errorf("error at %s has the request id %v, want req", line, e.Extensions["requestId"])
		}
		out.Errors = append(out.Errors, line)
	}
	slices.Sort(out.Errors)
	return out
}

// want fails unless the response has this data and these errors.
func (r result) want(t testing.TB, claim, data string, errors ...string) {
	t.Helper()
	if diff := cmp.Diff(data, r.Data); diff != "" {
		t.Errorf("%s: data (-want +got):\n%s", claim, diff)
	}
	if diff := cmp.Diff(errors, r.Errors); diff != "" {
		t.Errorf("%s: errors (-want +got):\n%s", claim, diff)
	}
}
