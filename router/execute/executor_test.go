package execute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

// Both executors give the same response, with the same fetches.
func TestThePlanIsRunByOneOfTwoExecutors(t *testing.T) {
	t.Parallel()
	for engine, edit := range map[bool]func(*Options){false: nil, true: func(o *Options) { o.EngineOnly = true }} {
		var mu sync.Mutex
		var fetched []string
		g := newGraph(t, func(o *Options) {
			if edit != nil {
				edit(o)
			}
			o.Observe = func(_ context.Context, f upstream.Fetch) {
				mu.Lock()
				defer mu.Unlock()
				fetched = append(fetched, fmt.Sprint(f.Subgraph, " ", f.Failure))
			}
		})
		g.responses = map[string]string{
			"accounts": `{"data":{"greeting":"hello","secret":"s","account":{"balance":1}}}`,
			"catalog":  `{"data":{"products":[{"__typename":"Product","id":"1","weight":3}],"echo":null},"errors":[{"message":"x","path":["echo"],"extensions":{"code":"BAD_USER_INPUT"}}]}`,
		}
		response, err := g.executor.Run(t.Context(), g.prepare(t, `query($x: Int) { greeting account(id: "1") { balance } echo(x: $x) products { id freight } }`, `{"x":1}`), g.executor.NewSession(anonymous(), nil))
		if err != nil {
			t.Fatal(err)
		}
		got := readResult(t, response)
		got.want(t, fmt.Sprintf("an operation with failures (engine: %v)", engine), `{"greeting":"hello","account":null,"echo":null,"products":[{"id":"1","freight":null}]}`,
			"BAD_USER_INPUT echo of catalog", "SUBGRAPH_UNAVAILABLE products of reviews", "UNAUTHENTICATED account")
		if response.Engine != engine || response.Code == "" || response.Fetches != 3 {
			t.Errorf("run by the engine: %v, code %q, %d fetches; want %v, a code and 3", response.Engine, response.Code, response.Fetches, engine)
		}
		slices.Sort(fetched)
		if diff := cmp.Diff([]string{"accounts ", "catalog ", "reviews SUBGRAPH_UNAVAILABLE"}, fetched); diff != "" {
			t.Errorf("observed fetches, engine %v (-want +got):\n%s", engine, diff)
		}
	}
}

func TestWhatTheCompilerDoesNotSupportIsRunByTheEngine(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	g.responses = map[string]string{"accounts": `{"data":{"greeting":"hello"}}`}
	for query, engine := range map[string]bool{`{ greeting }`: false, `{ greeting __schema { queryType { name } } }`: true} {
		for range 2 { // the program is made once
			response, err := g.executor.Run(t.Context(), g.prepare(t, query, ""), g.executor.NewSession(anonymous(), nil))
			if err != nil || response.Engine != engine || response.Fetches != 1 || response.Code != "" {
				t.Errorf("%s: %+v, %v; want it run by the engine: %v", query, response, err, engine)
			}
		}
	}
}

func TestAnOperationEndsAtItsDeadline(t *testing.T) {
	t.Parallel()
	for _, engine := range []bool{false, true} {
		g := newGraph(t, func(o *Options) { o.EngineOnly, o.MaxConcurrent = engine, 1 })
		op := g.prepare(t, `{ greeting }`, "")
		session := g.executor.NewSession(anonymous(), nil)
		if err := g.executor.limiter.Acquire(t.Context()); err != nil { // the only slot
			t.Fatal(err)
		}
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		response, err := g.executor.Run(ctx, op, session)
		code := response.Code
		if err != nil {
			code = gqlerr.FromError(err).Code()
		}
		if code != gqlerr.Timeout {
			t.Errorf("after its deadline (engine: %v) an operation has the code %q, %v; want %s", engine, code, err, gqlerr.Timeout)
		}
		cancelled, stop := context.WithCancel(t.Context())
		stop()
		if _, err := g.executor.Run(cancelled, op, session); !engine && !errors.Is(err, context.Canceled) {
			t.Errorf("a cancelled operation that waits for its slot ends with %v", err)
		}
		g.executor.limiter.Release()
	}
}

func TestOperationsWaitForASlot(t *testing.T) {
	t.Parallel()
	g := newGraph(t, func(o *Options) { o.MaxConcurrent = 1 })
	g.responses = map[string]string{"accounts": `{"data":{"greeting":"hello"}}`}
	op := g.prepare(t, `{ greeting }`, "")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			response, err := g.executor.Run(t.Context(), op, g.executor.NewSession(anonymous(), nil))
			if err != nil || string(response.Body) != `{"data":{"greeting":"hello"}}` {
				t.Errorf("response %s, %v", response.Body, err)
			}
			response.Release()
		})
	}
	all.Wait()
	if err := g.executor.limiter.Acquire(t.Context()); err != nil {
		t.Errorf("after all operations the slot is not free: %v", err)
	}
}

// Runs and buffers are used again: nothing of one operation may show in another.
func TestARunLeavesNothingForTheNext(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	session := g.executor.NewSession(anonymous(), nil)
	operations := []struct {
		query, variables string
		responses        map[string]string
		want             string
	}{
		{`{ greeting account(id: "1") { balance } }`, "", nil, ""},
		{`query($x: Int) { echo(x: $x) }`, `{"x":1}`, map[string]string{"catalog": `{"data":{"echo":"a"}}`}, `{"data":{"echo":"a"}}`},
		{freights, "", map[string]string{"catalog": twoProducts, "reviews": `{"data":{"_entities":[{"freight":6}]}}`}, ""},
		{`{ greeting plan }`, "", map[string]string{"accounts": `{"data":{"greeting":"hello","plan":"FREE"}}`}, `{"data":{"greeting":"hello","plan":"FREE"}}`},
		{`query($x: Int) { echo(x: $x) }`, ``, map[string]string{"catalog": `{"data":{"echo":"b"}}`}, `{"data":{"echo":"b"}}`},
		{freights, "", map[string]string{"catalog": twoProducts, "reviews": `{"data":{"_entities":[{"freight":6},{"freight":8}]}}`}, `{"data":{"products":[{"id":"1","freight":6},{"id":"2","freight":8}]}}`},
	}
	for i := range 10 * len(operations) {
		o := operations[(i*i+i)%len(operations)]
		g.responses = o.responses
		response, err := g.executor.Run(t.Context(), g.prepare(t, o.query, o.variables), session)
		if err != nil {
			t.Fatal(err)
		}
		if o.want != "" && string(response.Body) != o.want {
			t.Errorf("run %d of %s is %s, want %s", i, o.query, response.Body, o.want)
		}
		if failed := o.want == ""; failed != (response.Code != "") {
			t.Errorf("run %d of %s has the code %q", i, o.query, response.Code)
		}
		response.Release()
	}
}

func TestTheOptionsOfASubgraphOverrideTheExecutors(t *testing.T) {
	t.Parallel()
	const greeting = `{"data":{"greeting":"a text of more than thirty bytes"}}`
	for claim, c := range map[string]struct {
		all, own int
		code     gqlerr.Code
	}{
		"the executor's bound": {30, 0, gqlerr.SubgraphUnavailable}, "the subgraph's bound": {30, 1 << 20, ""}, "a smaller one": {1 << 20, 30, gqlerr.SubgraphUnavailable},
	} {
		g := newGraph(t, func(o *Options) {
			accounts := o.Subgraphs["accounts"]
			accounts.MaxResponseBytes = c.own
			o.Subgraphs["accounts"], o.MaxResponseBytes = accounts, c.all
		})
		g.responses = map[string]string{"accounts": greeting}
		response, err := g.executor.Run(t.Context(), g.prepare(t, `{ greeting }`, ""), g.executor.NewSession(anonymous(), nil))
		if err != nil || (response.Code == "") != (c.code == "") {
			t.Errorf("%s: the code is %q, %v; want %q", claim, response.Code, err, c.code)
		}
	}
}

func TestStatesAreThoseOfTheSubgraphs(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	var names []string
	for name := range g.executor.States() {
		names = append(names, name)
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"accounts", "catalog", "reviews"}, names); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestANullThatAFailedFetchExplainsIsNoErrorOfItsOwn(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	const query = `{ greeting plan echo }`
	for _, c := range []struct {
		claim, accounts string
		errors          []string
	}{
		{"nothing was fetched", "", []string{"SUBGRAPH_UNAVAILABLE echo of catalog", "SUBGRAPH_UNAVAILABLE greeting of accounts", "SUBGRAPH_UNAVAILABLE plan of accounts"}},
		{"a response without any field", `{"data":{}}`, []string{"SUBGRAPH_UNAVAILABLE echo of catalog"}},
		{"a response without this field", `{"data":{"greeting":"hello"}}`, []string{"INTERNAL plan", "SUBGRAPH_UNAVAILABLE echo of catalog"}},
		{"a value of the wrong kind", `{"data":{"plan":5}}`, []string{"INTERNAL plan", "SUBGRAPH_UNAVAILABLE echo of catalog"}},
		{"an unknown value", `{"data":{"plan":"GOLD"}}`, []string{"INTERNAL plan", "SUBGRAPH_UNAVAILABLE echo of catalog"}},
		{"an inaccessible value", `{"data":{"plan":"OLD"}}`, []string{"INTERNAL plan", "SUBGRAPH_UNAVAILABLE echo of catalog"}},
	} {
		g.run(t, query, map[string]string{"accounts": c.accounts}).want(t, c.claim, "null", c.errors...)
	}
}

// One response with data is enough, whichever it is of.
func TestANullIsAnErrorOnceAnythingWasFetched(t *testing.T) {
	t.Parallel()
	g := newGraph(t, nil)
	got := g.run(t, `{ greeting plan echo latestReviews { id } }`, map[string]string{"accounts": `{"data":{"greeting":"hello"}}`, "catalog": `{"data":{}}`})
	got.want(t, "a null beside an empty response and a failure", "null", "INTERNAL plan", "SUBGRAPH_UNAVAILABLE latestReviews of reviews")
}

func TestALargeResponseIsNotKept(t *testing.T) {
	t.Parallel()
	for size, kept := range map[int]bool{maxRetainedBuffer: true, maxRetainedBuffer + 1: false} {
		buffer := &responseBuffer{text: make([]byte, size)}
		response := Response{Body: buffer.text, buffer: buffer}
		response.Release()
		if response.Body != nil || response.buffer != nil {
			t.Error("a released response still has its body")
		}
		found := false
		for range 4 {
			if b, ok := responseBuffers.Get().(*responseBuffer); ok && b == buffer {
				found = true
			}
		}
		if found && !kept {
			t.Errorf("a buffer of %d bytes is pooled, want it left to the garbage collector", size)
		}
	}
}
