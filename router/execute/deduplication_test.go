package execute

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/polltest"
	"cartograph/router/execute/program"
	"cartograph/router/upstream"
)

// echo is a subgraph that responds with the number of the request, once open is
// closed.
func echo(t *testing.T, open <-chan struct{}) (subgraph *upstream.Subgraph, requests *atomic.Int64) {
	t.Helper()
	requests = &atomic.Int64{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		n := requests.Add(1)
		select {
		case <-open:
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, strings.Repeat("#", int(n))+string(body))
	}))
	t.Cleanup(server.Close)
	subgraph, err := upstream.New("echo", server.URL, upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(subgraph.Close)
	return subgraph, requests
}

func opened() <-chan struct{} {
	open := make(chan struct{})
	close(open)
	return open
}

func TestEqualFetchesShareAResponse(t *testing.T) {
	t.Parallel()
	open := make(chan struct{})
	subgraph, requests := echo(t, open)
	var s sharedFetches
	s.seed = newExecutor(nil).seed
	responses := make([]string, 8)
	var all sync.WaitGroup
	for i := range responses {
		all.Go(func() {
			response, err := s.fetch(t.Context(), subgraph, "echo", upstream.Request{Body: []byte(`"same"`)})
			if err != nil {
				t.Error(err)
			}
			responses[i] = string(response)
		})
	}
	close(open)
	all.Wait()
	for _, response := range responses {
		if response != `#"same"` {
			t.Errorf("a response is %s, want the first one's for all", response)
		}
	}
	for name, body := range map[string]string{"another subgraph": `"same"`, "another body": `"other"`} {
		key := "echo"
		if name == "another subgraph" {
			key = "other"
		}
		before := requests.Load()
		if _, err := s.fetch(t.Context(), subgraph, key, upstream.Request{Body: []byte(body)}); err != nil || requests.Load() != before+1 {
			t.Errorf("%s: %d requests, %v; want one of its own", name, requests.Load()-before, err)
		}
	}
	s.reset()
	if response, err := s.fetch(t.Context(), subgraph, "echo", upstream.Request{Body: []byte(`"same"`)}); err != nil || string(response) != `####"same"` {
		t.Errorf("after a reset the response is %s, %v; want a new one", response, err)
	}
}

// Two bodies with one hash are two fetches.
func TestFetchesOfOneHashAreComparedByTheirBodies(t *testing.T) {
	t.Parallel()
	subgraph, requests := echo(t, opened())
	s := sharedFetches{seed: newExecutor(nil).seed}
	if _, err := s.fetch(t.Context(), subgraph, "echo", upstream.Request{Body: []byte(`"a"`)}); err != nil {
		t.Fatal(err)
	}
	for _, call := range s.calls {
		call.body = []byte(`"another with the hash"`)
	}
	response, err := s.fetch(t.Context(), subgraph, "echo", upstream.Request{Body: []byte(`"a"`)})
	if err != nil || string(response) != `##"a"` || requests.Load() != 2 {
		t.Errorf("response %s after %d requests, %v; want its own", response, requests.Load(), err)
	}
}

func TestTheCancellationOfOneOperationFailsNoOther(t *testing.T) {
	t.Parallel()
	open := make(chan struct{})
	subgraph, requests := echo(t, open)
	s := sharedFetches{seed: newExecutor(nil).seed}
	request := upstream.Request{Body: []byte(`"x"`)}
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := s.fetch(ctx, subgraph, "echo", request)
		first <- err
	}()
	polltest.Eventually(t, "the first fetch has sent its request", func() bool { return requests.Load() > 0 })
	second := make(chan string, 1)
	go func() {
		response, err := s.fetch(t.Context(), subgraph, "echo", request)
		if err != nil {
			t.Error(err)
		}
		second <- string(response)
	}()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the cancelled fetch ends with %v", err)
	}
	close(open)
	if got := <-second; got != `##"x"` {
		t.Errorf("the other operation gets %s, want a response of its own", got)
	}
	// Who is cancelled while waiting does not wait.
	waiting := sharedFetches{seed: s.seed}
	gone, stop := context.WithCancel(t.Context())
	stop()
	_, _ = waiting.fetch(t.Context(), subgraph, "echo", request)
	for _, call := range waiting.calls {
		call.done = make(chan struct{}) // in flight
	}
	if _, err := waiting.fetch(gone, subgraph, "echo", request); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled wait ends with %v", err)
	}
}

func TestAFailureIsSharedToo(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	const query = `{ products { freight } }`
	session := g.executor.NewSession(anonymous(), nil)
	session.ShareFetches()
	for range 3 {
		response, err := g.executor.Run(t.Context(), g.prepare(t, query, ""), session)
		if err != nil {
			t.Fatal(err)
		}
		readResult(t, response).want(t, "an operation of a batch", "null", "SUBGRAPH_UNAVAILABLE products of catalog")
	}
	if requests := g.take("catalog"); len(requests) != 1 {
		t.Errorf("three equal fetches of a batch are %d requests, want 1", len(requests))
	}
}

func TestOnlyABatchSharesFetches(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"accounts": `{"data":{"greeting":"hello","wave":"o/"}}`}
	var none *Session
	none.ShareFetches() // operations without a session share nothing
	run := func(session *Session, queries ...string) int {
		for _, query := range queries {
			if _, err := g.executor.Run(t.Context(), g.prepare(t, query, ""), session); err != nil {
				t.Fatal(err)
			}
		}
		return len(g.take("accounts"))
	}
	const query, mutation = `{ greeting }`, `mutation { wave }`
	batch := g.executor.NewSession(anonymous(), nil)
	batch.ShareFetches()
	batch.ShareFetches()
	got := map[string]int{
		"two operations of two sessions": run(g.executor.NewSession(anonymous(), nil), query) + run(g.executor.NewSession(anonymous(), nil), query),
		"two operations of a session":    run(g.executor.NewSession(anonymous(), nil), query, query),
		"two operations of a batch":      run(batch, query, query),
		"a mutation between two":         run(batch, mutation, query),
		"two mutations":                  run(batch, mutation, mutation),
	}
	want := map[string]int{"two operations of two sessions": 2, "two operations of a session": 2, "two operations of a batch": 1, "a mutation between two": 2, "two mutations": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// What was read beside a mutation may be of before it: it is not shared after.
func TestAMutationResetsWhatWasReadBesideIt(t *testing.T) {
	t.Parallel()
	session := &Session{}
	session.ShareFetches()
	r := &run{program: &program.Program{Mutation: true}}
	session.shared.calls = map[sharedCallKey]*sharedCall{{subgraph: "before"}: {}}
	done := r.shareFetches(session)
	if r.shared != nil || len(session.shared.calls) != 0 {
		t.Error("a mutation shares fetches, or what was read before it is still shared")
	}
	session.shared.calls = map[sharedCallKey]*sharedCall{{subgraph: "beside"}: {}}
	done()
	if len(session.shared.calls) != 0 {
		t.Error("what was read beside a mutation is shared after it")
	}
}

func TestEqualFetchesOfOneOperationAreOneRequest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		duplicates, mutation, shares bool
	}{{false, false, false}, {true, false, true}, {true, true, false}} {
		r := &run{program: &program.Program{HasDuplicates: c.duplicates, Mutation: c.mutation}}
		r.shareFetches(&Session{})()
		if got := r.shared != nil; got != c.shares {
			t.Errorf("of %+v the fetches are shared: %v", c, got)
		}
	}
}
