package execute

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/upstream"
)

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestASubgraphGetsTheHeadersOfTheSession(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []bool{false, true} {
		g := newGraph(t, func(o *Options) { o.EngineOnly, o.Internal = engine, internal })
		g.responses = map[string]string{"accounts": `{"data":{"greeting":"hello"}}`}
		run := func(session *Session) http.Header {
			if _, err := g.executor.Run(t.Context(), g.prepare(t, `{ greeting }`, ""), session); err != nil {
				t.Fatal(err)
			}
			return g.header
		}
		client := http.Header{"Traceparent": {traceparent}, "Authorization": {"Bearer of the client"}, "Cookie": {"a=b"}, "X-Request-Id": {"of the client"}}
		session := g.executor.NewSession(signedIn(), client)
		if session.Caller().RequestID != "req" {
			t.Errorf("the session's caller is %+v", session.Caller())
		}
		got := run(session)
		token, _ := strings.CutPrefix(got.Get("Authorization"), "Bearer ")
		if caller, err := internal.Verify(token); err != nil || caller.ID != "usr_1" {
			t.Errorf("the token of the request (engine: %v) is of %+v, %v; want one of usr_1", engine, caller, err)
		}
		if got.Get("X-Request-Id") != "req" || got.Get("Traceparent") != traceparent || got.Get("Cookie") != "" {
			t.Errorf("headers (engine: %v) are %v, want the session's request id and traceparent and nothing else of the client", engine, got)
		}
		if got := run(g.executor.NewSession(signedIn(), http.Header{"Traceparent": {"too short"}})); got.Get("Traceparent") != "" {
			t.Errorf("a traceparent of another version is forwarded: %v", got)
		}
		other := g.executor.NewSession(signedIn(), client)
		other.SetTraceparent("replaced")
		if got := run(other); got.Get("Traceparent") != "replaced" {
			t.Errorf("the traceparent is %q, want the one that was set", got.Get("Traceparent"))
		}
	}
	g := newGraph(t, nil)
	g.responses = map[string]string{"accounts": `{"data":{"greeting":"hello"}}`}
	g.runAs(t, signedIn(), `{ greeting }`, "")
	if token := g.header.Get("Authorization"); token != "" {
		t.Errorf("without a signer a subgraph gets the token %q", token)
	}
}

func TestTheHeaderIsMadeOnceForEachToken(t *testing.T) {
	t.Parallel()
	internal, err := auth.NewInternal(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		session := newExecutor(internal).NewSession(signedIn(), nil)
		first := session.upstreamHeader("a")
		if session.upstreamHeader("a") != first || session.upstreamHeader("b") != first {
			t.Error("the header is made for each fetch")
		}
		time.Sleep(tokenRefreshAfter + time.Second)
		if session.upstreamHeader("a") == first {
			t.Error("the header has an old token")
		}
	})
}

func TestEachSubgraphGetsATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	keys, err := auth.KeyringFromSecret(strings.Repeat("k", 32), auth.RouterService, "cart", "order")
	if err != nil {
		t.Fatal(err)
	}
	signer := func(name string) *auth.Internal {
		internal, err := keys.Service(name)
		if err != nil {
			t.Fatal(err)
		}
		return internal
	}
	session := newExecutor(signer(auth.RouterService)).NewSession(signedIn(), nil)
	for subgraph, other := range map[string]string{"cart": "order", "order": "cart"} {
		header, _ := session.HeadersForSubgraph(subgraph)
		token := auth.Bearer(header.Get("Authorization"))
		if caller, err := signer(subgraph).Verify(token); err != nil || caller.ID != signedIn().ID {
			t.Errorf("%s gets a token of %q: %v", subgraph, caller.ID, err)
		}
		if _, err := signer(other).Verify(token); err == nil {
			t.Errorf("%s can use its token with %s", subgraph, other)
		}
		if first := session.upstreamHeader(subgraph); first != session.upstreamHeader(subgraph) {
			t.Errorf("the header of %s is made for each fetch", subgraph)
		}
	}
	if session.upstreamHeader("cart") == session.upstreamHeader("order") {
		t.Error("two subgraphs get one header")
	}
}

// A query that runs beside a mutation may have read what was before it.
func TestABatchReadsAnewAfterAMutation(t *testing.T) {
	t.Parallel()
	var beside func()
	g := newGraph(t, func(o *Options) {
		o.Observe = func(context.Context, upstream.Fetch) {
			if run := beside; run != nil {
				beside = nil
				run()
			}
		}
	})
	g.responses = map[string]string{"accounts": `{"data":{"greeting":"hello","wave":"o/"}}`}
	session := g.executor.NewSession(anonymous(), nil)
	session.ShareFetches()
	run := func(query string) {
		if _, err := g.executor.Run(t.Context(), g.prepare(t, query, ""), session); err != nil {
			t.Error(err)
		}
	}
	beside = func() { run(`{ greeting }`) }
	run(`mutation { wave }`)
	if n := len(g.take("accounts")); n != 2 {
		t.Fatalf("a mutation and a query beside it are %d requests, want 2", n)
	}
	run(`{ greeting }`)
	if n := len(g.take("accounts")); n != 1 {
		t.Errorf("a query after the mutation makes %d requests, want one of its own", n)
	}
}
