package router_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"

	"cartograph/internal/logtest"
	"cartograph/router"
	"cartograph/router/internal/fakesubgraph"
	"cartograph/router/upstream"
)

// The engine's resolver is the oracle of our executor: whatever the operation and
// however subgraphs fail, both must send the same requests and give the same
// answer. They differ where the engine departs from the specification, and in
// nothing else:
//
//   - An error of an entity in a list has the entity's index in its path with
//     us, and has none with the engine, so that errors of two elements are one.
//   - A value of the wrong type makes its own field null, if that may be null.
//     The engine makes the object around it null, even where the field may be.
//   - An object or a list in the place of which something else stands is named
//     once in the error's path. The engine names it twice.
//   - Values of two subgraphs that contradict each other leave one of them
//     standing. The engine gives up the whole answer, with INTERNAL.
//   - An error without a message or with a path that is no list is a failure
//     like others. The engine gives up the whole answer.
//   - A null in a list of lists makes the inner list null. The engine's answer
//     is no JSON then, and comes out as INTERNAL without data.
//
// Each is allowed for where it shows, below.

// executorPair is a router for each executor over the same subgraphs.
type executorPair struct {
	subgraphs   *fakesubgraph.Generated
	own, engine *router.Router
	schema      *ast.Schema
	logs        *logtest.Buffer
}

func newExecutorPair(t testing.TB, path string) *executorPair {
	t.Helper()
	sdl, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := &executorPair{subgraphs: fakesubgraph.Generate(t, string(sdl)), logs: &logtest.Buffer{}}
	config := router.Config{SDL: string(sdl), Identify: as, URLs: map[string]string{}, Subgraphs: map[string]upstream.Options{}}
	for _, name := range subgraphNames(t, string(sdl)) {
		config.URLs[name] = d.subgraphs.URL + "/" + name
		config.Subgraphs[name] = upstream.Options{Breaker: upstream.Breaker{ConsecutiveFailures: 1 << 30, MinRequests: 1 << 30}}
	}
	start := func(e router.Executor) *router.Router {
		config.Executor = e
		r, err := router.New(context.Background(), config, slog.New(slog.NewTextHandler(d.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.Close)
		return r
	}
	d.own, d.engine = start(router.OwnExecutor), start(router.EngineExecutor)
	d.schema, err = validator.LoadSchema(validator.Prelude, &ast.Source{Input: d.own.Schema()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func runOn(t testing.TB, r *router.Router, id, caller, query string, variables map[string]any) outcome {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Request-Id", id)
	request.Header.Set("Authorization", caller)
	recorder := httptest.NewRecorder()
	r.ServeHTTP(recorder, request)
	out := outcome{body: recorder.Body.String()}
	decoder := json.NewDecoder(recorder.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&out); err != nil {
		t.Fatalf("answer is not JSON: %v: %s\n%s", err, out.body, query)
	}
	return out
}

// outcome is an answer, compared.
type outcome struct {
	body   string
	Data   any
	Errors []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
}

// failures are the errors in a form that has no order and no indexes.
func (o outcome) failures() map[string][]any {
	out := map[string][]any{}
	for _, e := range o.Errors {
		delete(e.Extensions, "requestId")
		path := slices.DeleteFunc(slices.Clone(e.Path), func(v any) bool { _, index := v.(json.Number); return index })
		if n := len(path); n > 1 && path[n-1] == path[n-2] {
			path = path[:n-1]
		}
		out[fmt.Sprint(path, e.Message, e.Extensions)] = path
	}
	return out
}

// gaveUp reports an answer of which nothing is left.
func (o outcome) gaveUp() bool {
	return o.Data == nil && len(o.Errors) == 1 && len(o.Errors[0].Path) == 0 && o.Errors[0].Extensions["code"] == "INTERNAL"
}

// compare sends an operation to both and reports the differences.
func (d *executorPair) compare(t testing.TB, seed uint64) (valid bool) {
	query, variables := fakesubgraph.RandomOperation(d.schema, seed)
	caller := []string{"", "GUEST gst_1", "USER usr_1", "USER usr_2 profile:read admin secrets:read", "API_CLIENT k1 users:read users:list orders:read"}[seed%5]
	faults := []int{0, 0, 30, 100, 300}[seed/5%5]
	id := fmt.Sprintf("-%d-%d", seed, faults)
	own := runOn(t, d.own, "own"+id, caller, query, variables)
	engine := runOn(t, d.engine, "engine"+id, caller, query, variables)
	requests := [2][]string{d.subgraphs.Requests("own" + id), d.subgraphs.Requests("engine" + id)}
	if engine.gaveUp() && !own.gaveUp() && faults > 0 {
		return true
	}
	c := comparison{engineErrors: engine.failures()}
	c.values(own.Data, engine.Data, nil)
	for text, path := range own.failures() {
		if _, same := c.engineErrors[text]; !same && !c.isLost(path) {
			c.differences = append(c.differences, "only ours: "+text)
		}
	}
	ours := own.failures()
	for text := range c.engineErrors {
		if _, same := ours[text]; !same {
			c.differences = append(c.differences, "only the engine's: "+text)
		}
	}
	if diff := cmp.Diff(requests[1], requests[0]); diff != "" {
		c.differences = append(c.differences, "requests (-engine +own):\n"+diff)
	}
	if len(c.differences) > 0 {
		text, _ := json.Marshal(variables)
		t.Errorf("seed %d: the executors do not agree:\n%s\n%s\n%s\nas %q\nown:    %s\nengine: %s",
			seed, strings.Join(c.differences, "\n"), query, text, caller, own.body, engine.body)
	}
	return len(requests[0]) > 0
}

// comparison walks two answers side by side.
type comparison struct {
	engineErrors map[string][]any
	lost         [][]any // places that only the engine made null
	differences  []string
}

func (c *comparison) values(own, engine any, path []any) {
	switch e := engine.(type) {
	case nil:
		if lost := c.mayLose(path); own != nil && !lost {
			c.differences = append(c.differences, fmt.Sprintf("at %v: own %v, engine null", path, own))
		}
		return
	case map[string]any:
		o, ok := own.(map[string]any)
		if !ok || len(o) != len(e) {
			break
		}
		for name := range e {
			c.values(o[name], e[name], append(slices.Clone(path), name))
		}
		return
	case []any:
		o, ok := own.([]any)
		if !ok || len(o) != len(e) {
			break
		}
		for i := range e {
			c.values(o[i], e[i], append(slices.Clone(path), i))
		}
		return
	}
	if !reflect.DeepEqual(own, engine) {
		c.differences = append(c.differences, fmt.Sprintf("at %v: own %v, engine %v", path, own, engine))
	}
}

// mayLose allows a null of the engine in the place of what is around a value of
// the wrong type, for which there is an error. It did not look any further.
func (c *comparison) mayLose(path []any) bool {
	names := slices.DeleteFunc(slices.Clone(path), func(v any) bool { _, index := v.(int); return index })
	for text, at := range c.engineErrors {
		if isBelow(at, names) && len(at) > len(names) && strings.Contains(text, "INTERNAL") && !strings.Contains(text, "service") {
			c.lost = append(c.lost, names)
			return true
		}
	}
	return false
}

// isLost reports a place where the engine no longer looked.
func (c *comparison) isLost(path []any) bool {
	return slices.ContainsFunc(c.lost, func(lost []any) bool { return isBelow(path, lost) })
}

func isBelow(path, above []any) bool {
	return len(path) >= len(above) && reflect.DeepEqual(append([]any{}, path[:len(above)]...), append([]any{}, above...))
}

func subgraphNames(t testing.TB, sdl string) []string {
	t.Helper()
	var names []string
	for line := range strings.SplitSeq(sdl, "@join__graph(name: \"") {
		name, _, _ := strings.Cut(line, `"`)
		names = append(names, name)
	}
	return names[1:]
}

// graphs are what is duelled over: a small one with every construct, and ours.
func graphs() []string {
	return []string{"testdata/shop/supergraph.graphql", "../schema/supergraph.graphql"}
}

func TestExecutorsAgree(t *testing.T) {
	t.Parallel()
	for _, path := range graphs() {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			d := newExecutorPair(t, path)
			const rounds = 300
			fetched := 0
			for seed := range uint64(rounds) {
				if d.compare(t, seed) {
					fetched++
				}
				if t.Failed() {
					return
				}
			}
			if logs := d.logs.String(); strings.Contains(logs, "plan is left to the engine") {
				_, line, _ := strings.Cut(logs, "plan is left to the engine")
				t.Errorf("a plan was left to the engine: %.200s", line)
			}
			if fetched < rounds/2 {
				t.Errorf("of %d operations only %d reached a subgraph", rounds, fetched)
			}
		})
	}
}

func FuzzExecutorsAgree(f *testing.F) {
	var pairs []*executorPair
	for _, path := range graphs() {
		pairs = append(pairs, newExecutorPair(f, path))
	}
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) {
		for _, d := range pairs {
			d.compare(t, seed)
		}
	})
}
