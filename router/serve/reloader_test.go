package serve_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"cartograph/internal/logtest"
	"cartograph/internal/polltest"
	"cartograph/router/internal/fakesubgraph"
	"cartograph/router/serve"
)

// oneGraph is a supergraph of one subgraph; field is what its Query offers
// beside word.
func oneGraph(url, field string) string {
	return `schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
{ query: Query subscription: Subscription }
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { WORDS @join__graph(name: "words", url: "` + url + `") }
type Query @join__type(graph: WORDS) {
  word: String
  ` + field + `: String
}
type Subscription @join__type(graph: WORDS) { said: String }
`
}

type words struct {
	*fakesubgraph.Server
	messages chan any
}

func startWords(t *testing.T) words {
	t.Helper()
	messages := make(chan any)
	return words{fakesubgraph.Start(t, fakesubgraph.Graph{
		Query: fakesubgraph.Object{"word": "hello", "old": "past", "new": "future"},
		Subscription: map[string]func(fakesubgraph.Call) <-chan any{
			"said": func(fakesubgraph.Call) <-chan any { return messages },
		},
	}), messages}
}

// running is a router that serves from files of its own.
type running struct {
	words
	dir        string
	url        string
	operations string
	logs       *logtest.Buffer
	stop       func() error // ends it and returns what Run did
}

// freeAddress is one without a listener.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// start runs a router over files in a folder.
func start(t *testing.T) *running {
	t.Helper()
	r := &running{words: startWords(t), dir: t.TempDir(), logs: &logtest.Buffer{}}
	r.write(t, "supergraph.graphql", oneGraph(r.URL, "old"))
	listen, operations := freeAddress(t), freeAddress(t)
	r.url, r.operations = "http://"+listen, "http://"+operations
	r.write(t, "router.yaml", fmt.Sprintf("listen: %s\noperations: %s\nsupergraph: supergraph.graphql\nwatch: 5ms\n", listen, operations))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	out := &logtest.Buffer{}
	go func() {
		ended <- serve.Run(ctx, serve.Source{File: filepath.Join(r.dir, "router.yaml")}, out, slog.New(slog.NewTextHandler(r.logs, nil)))
	}()
	r.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = r.stop() })
	polltest.Eventually(t, "the router serves", func() bool {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("the router ended: %v", err)
		default:
		}
		return strings.Contains(out.String(), r.url)
	})
	return r
}

func (r *running) write(t *testing.T, name, content string) {
	t.Helper()
	part := filepath.Join(r.dir, name+".part")
	if err := os.WriteFile(part, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(part, filepath.Join(r.dir, name)); err != nil {
		t.Fatal(err)
	}
}

func (r *running) get(path string) string {
	answer, err := http.Get(r.operations + path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	body, _ := io.ReadAll(answer.Body)
	return string(body)
}

func (r *running) post(client *http.Client, query string) (string, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return "", err
	}
	answer, err := client.Post(r.url+"/graphql", "application/json", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

func TestAChangedSupergraphIsServedWithoutARestart(t *testing.T) {
	t.Parallel()
	r := start(t)
	if got, err := r.post(http.DefaultClient, "{ old }"); err != nil || got != `{"data":{"old":"past"}}` {
		t.Fatalf("before: %s, %v", got, err)
	}
	r.write(t, "supergraph.graphql", oneGraph(r.URL, "new"))
	polltest.Eventually(t, "the new field is served", func() bool {
		got, err := r.post(http.DefaultClient, "{ new }")
		return err == nil && got == `{"data":{"new":"future"}}`
	})
	if got, _ := r.post(http.DefaultClient, "{ old }"); !strings.Contains(got, "GRAPHQL_VALIDATION_FAILED") {
		t.Errorf("the field that is gone answers %s", got)
	}
	if got := r.get("/metrics"); !strings.Contains(got, `cartograph_router_reloads_total{result="applied"} 1`) {
		t.Error("the reload is not counted")
	}
}

func TestAnInvalidChangeIsRejectedWithItsReason(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]struct{ file, content, why string }{
		"a supergraph that does not parse": {"supergraph.graphql", "type Query {", "supergraph.graphql: "},
		"a supergraph that is gone":        {"supergraph.graphql", "", "supergraph.graphql"},
		"a setting that does not exist":    {"router.yaml", "supergraph: supergraph.graphql\nlimit: 1\n", "router.yaml:2: limit: unknown setting; did you mean limits?"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			r.write(t, change.file, change.content)
			polltest.Eventually(t, "the reason is logged", func() bool { return strings.Contains(r.get("/readyz"), change.why) })
			if got, err := r.post(http.DefaultClient, "{ old }"); err != nil || got != `{"data":{"old":"past"}}` {
				t.Errorf("the router before answers %s, %v", got, err)
			}
			metrics := r.get("/metrics")
			if !strings.Contains(metrics, `cartograph_router_reloads_total{result="rejected"} 1`) || !strings.Contains(metrics, "cartograph_router_stale 1") {
				t.Error("the refusal is not counted")
			}
			if !strings.Contains(r.logs.String(), "reload rejected") {
				t.Errorf("the log has no such line: %s", r.logs)
			}
			r.write(t, "supergraph.graphql", oneGraph(r.URL, "new"))
			if change.file == "router.yaml" {
				r.write(t, "router.yaml", "supergraph: supergraph.graphql\nwatch: 5ms\n")
			}
			polltest.Eventually(t, "a good change is taken again", func() bool { return r.get("/readyz") == "ok\n" })
		})
	}
}

// TestNoRequestIsDroppedByReloads changes the graph during many requests. Every one
// of them gets an answer of the graph before or of the one after.
func TestNoRequestIsDroppedByReloads(t *testing.T) {
	t.Parallel()
	r := start(t)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	goroutines := runtime.NumGoroutine()
	var answered atomic.Int64
	ctx, done := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			for ctx.Err() == nil {
				got, err := r.post(client, "{ word }")
				if err != nil || got != `{"data":{"word":"hello"}}` {
					t.Errorf("answer %s, %v", got, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	const reloads = 10
	for i := range reloads {
		field, before := []string{"new", "old"}[i%2], answered.Load()
		r.write(t, "supergraph.graphql", oneGraph(r.URL, field))
		want := fmt.Sprintf(`cartograph_router_reloads_total{result="applied"} %d`, i+1)
		polltest.Eventually(t, want, func() bool { return strings.Contains(r.get("/metrics"), want) })
		polltest.Eventually(t, "requests go on", func() bool { return answered.Load() > before+50 || t.Failed() })
	}
	done()
	wg.Wait()
	client.CloseIdleConnections()
	http.DefaultClient.CloseIdleConnections()
	polltest.Eventually(t, "the routers before are gone", func() bool { return runtime.NumGoroutine() <= goroutines+40 })
}

func TestAReloadClosesWebSocketsWithServiceRestart(t *testing.T) {
	t.Parallel()
	r := start(t)
	conn, _, err := websocket.Dial(t.Context(), r.url+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the library does
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.CloseNow() }()
	send := func(m map[string]any) {
		t.Helper()
		if err := wsjson.Write(t.Context(), conn, m); err != nil {
			t.Fatal(err)
		}
	}
	var m map[string]any
	receive := func() error { m = nil; return wsjson.Read(t.Context(), conn, &m) }
	send(map[string]any{"type": "connection_init"})
	if err := receive(); err != nil || m["type"] != "connection_ack" {
		t.Fatalf("received %v, %v", m, err)
	}
	send(map[string]any{"type": "subscribe", "id": "1", "payload": map[string]any{"query": "subscription { said }"}})
	polltest.Eventually(t, "the subgraph is called", func() bool { return r.OpenStreams() == 1 })
	r.messages <- "one"
	if err := receive(); err != nil || m["type"] != "next" {
		t.Fatalf("received %v, %v", m, err)
	}
	r.write(t, "supergraph.graphql", oneGraph(r.URL, "new"))
	for err = receive(); err == nil; err = receive() {
		if m["type"] != "complete" {
			t.Errorf("received %v, want nothing but complete", m)
		}
	}
	if got := websocket.CloseStatus(err); got != websocket.StatusServiceRestart {
		t.Errorf("the socket ended with %d, %v, want 1012", got, err)
	}
	polltest.Eventually(t, "the subgraph's stream ends", func() bool { return r.OpenStreams() == 0 })
}

func TestAReloadInterruptsEventStreams(t *testing.T) {
	t.Parallel()
	r := start(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url+"/graphql", strings.NewReader(`{"query":"subscription { said }"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "text/event-stream")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	polltest.Eventually(t, "the subgraph is called", func() bool { return r.OpenStreams() == 1 })
	r.messages <- "one"
	r.write(t, "supergraph.graphql", oneGraph(r.URL, "new"))
	body, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(body), `"said":"one"`) || strings.Contains(string(body), "event: complete") {
		t.Errorf("the stream was %q, %v, want one event and an end that is no completion", body, err)
	}
}

func TestAStoppingRouterAnswersRequestsInFlight(t *testing.T) {
	t.Parallel()
	r := start(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	r.Before = func(http.ResponseWriter, *http.Request) bool {
		close(arrived)
		<-release
		return false
	}
	answers := make(chan string, 1)
	go func() {
		got, err := r.post(http.DefaultClient, "{ word }")
		answers <- fmt.Sprint(got, err)
	}()
	<-arrived
	ended := make(chan error, 1)
	go func() { ended <- r.stop() }()
	polltest.Eventually(t, "no new client is admitted", func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
	close(release)
	if got := <-answers; got != `{"data":{"word":"hello"}}<nil>` {
		t.Errorf("the request in flight got %s", got)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestReadyzListsTheSubgraphsThatAreNotReady(t *testing.T) {
	t.Parallel()
	r := start(t)
	if got := r.get("/readyz"); got != "ok\n" {
		t.Errorf("while all run: %q", got)
	}
	r.Close()
	if got := r.get("/readyz"); !strings.Contains(got, "not ready: no subgraph is ready") || !strings.Contains(got, "subgraph words is not ready: ") {
		t.Errorf("without the subgraph: %q, want its name and a reason", got)
	}
}
