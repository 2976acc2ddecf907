package world_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"cartograph/router"
	"cartograph/router/internal/world"
	"cartograph/router/upstream"
)

// server is a router over the subgraphs of a world.
type server struct {
	*world.World
	router *router.Router
}

func newServer(t testing.TB, sdl string) (*server, error) {
	t.Helper()
	w, err := world.New(sdl)
	if err != nil {
		return nil, err
	}
	config := router.Config{SDL: sdl, URLs: map[string]string{}, Subgraphs: map[string]upstream.Options{}}
	config.Limits.Operation.Aliases, config.Limits.Operation.FieldsPerName = 1000, 10_000
	for name, subgraph := range w.Subgraphs() {
		s := httptest.NewServer(subgraph)
		t.Cleanup(s.Close)
		config.URLs[name] = s.URL
		config.Subgraphs[name] = upstream.Options{Breaker: upstream.Breaker{ConsecutiveFailures: 1 << 30, MinRequests: 1 << 30}}
	}
	r, err := router.New(t.Context(), config, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	t.Cleanup(r.Close)
	return &server{w, r}, nil
}

// The ways in which a response differs from the right one.
const (
	equal   = ""
	refused = "refused" // the operation is valid
	failed  = "failed"  // errors, and there is no fault anywhere
	wrong   = "wrong"   // other data without an error
	order   = "order"   // the right data in another order of keys
	unfair  = "request" // the right response by a request that a subgraph refused
)

// run answers an operation by the router, and compares.
func (s *server) run(t testing.TB, op world.Operation) (difference, got, want string, notes []string) {
	t.Helper()
	want, err := s.Execute(op)
	if err != nil {
		t.Fatalf("%v: %s", err, op.Query)
	}
	body, err := json.Marshal(map[string]any{"query": op.Query, "variables": op.Variables})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/graphql", bytes.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	recorder := httptest.NewRecorder()
	s.router.ServeHTTP(recorder, request)
	got = strings.TrimSpace(recorder.Body.String())
	for _, g := range s.Subgraphs() {
		requests, faults := g.Drain()
		for _, r := range requests {
			notes = append(notes, g.Name+": "+r)
		}
		if len(faults) > 0 && difference == equal {
			difference = unfair
		}
		notes = append(notes, faults...)
	}
	if got == want {
		return difference, got, want, notes
	}
	var g, w struct {
		Data   any
		Errors []any
	}
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		return failed, got, want, notes
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatal(err)
	}
	switch {
	case len(g.Errors) > 0 && g.Data == nil && strings.Contains(got, "VALIDATION"):
		return refused, got, want, notes
	case len(g.Errors) > 0:
		return failed, got, want, notes
	case reflect.DeepEqual(g.Data, w.Data):
		return order, got, want, notes
	default:
		return wrong, got, want, notes
	}
}

// knownFile lists the differences of the engine's planner: federation, seed, kind.
const knownFile = "testdata/known.txt"

func readKnown(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile(knownFile)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 {
			known[f[0]+" "+f[1]] = f[2]
		}
	}
	return known
}

const operations = 50 // of each federation

// TestRandomOperationsOverKnownData compares the router with the oracle. What it is
// known to answer differently is listed in testdata/known.txt: one more is a
// failure, and so is one less, so that the list stays true. UPDATE_KNOWN=1 writes it.
func TestRandomOperationsOverKnownData(t *testing.T) {
	t.Parallel()
	known := readKnown(t)
	var lines []string
	counts := map[string]int{}
	for _, f := range federations(t) {
		s, err := newServer(t, f.supergraph)
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		for seed := range uint64(operations) {
			op := s.RandomOperation(seed)
			difference, _, _, _ := s.run(t, op)
			counts[difference]++
			key := f.name + " " + strconv.FormatUint(seed, 10)
			if difference != equal {
				lines = append(lines, key+" "+difference)
			}
			if os.Getenv("UPDATE_KNOWN") != "" || known[key] == difference {
				continue
			}
			if difference == equal {
				t.Errorf("%s: known as %q, and equal now", key, known[key])
				continue
			}
			small := s.Shrink(op, func(candidate world.Operation) bool {
				d, _, _, _ := s.run(t, candidate)
				return d == difference
			})
			difference, got, want, notes := s.run(t, small)
			variables, _ := json.Marshal(small.Variables)
			t.Errorf("%s: %s, known as %q\n%s %s\ngot:  %s\nwant: %s\n%s", key, difference, known[key], small.Query, variables, got, want, strings.Join(notes, "\n"))
		}
	}
	t.Logf("%v", counts)
	if os.Getenv("UPDATE_KNOWN") != "" {
		sort.Strings(lines)
		if err := os.WriteFile(knownFile, []byte(strings.Join(slices.Compact(lines), "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
