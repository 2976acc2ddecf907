package transport_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
	"cartograph/router/transport"
)

// graph answers a few operations by their texts, so that what is tested is only
// how they are carried. The router's own tests carry real ones.
type graph struct {
	expires   time.Time // of every caller
	allowance transport.Allowance
	admit     error
	budget    int           // of prices, 0: none; a request beyond it is refused
	events    chan string   // of every subscription
	hold      chan struct{} // queries "hold" wait for it
	revoked   chan struct{} // closed: every caller's session is revoked; nil: never

	registered atomic.Int32 // streams whose sessions are followed
	refuseAll  atomic.Bool  // by Identify

	mu       sync.Mutex
	log      []string // what ran, in order
	requests []plan.Request
	admitted [][]*plan.Operation
	charged  int // by Charge: operations and bytes
	settled  int // by Admit
	sessions int
	running  int
	together int // most that ran at once
	watching int
}

var operations = map[string]*plan.Operation{
	"small":    {Kind: plan.Query, Name: "small"},
	"public":   {Kind: plan.Query, Cache: plan.CacheHint{MaxAge: time.Minute, Public: true}},
	"large":    {Kind: plan.Query, Name: "large"},
	"partial":  {Kind: plan.Query, Cache: plan.CacheHint{MaxAge: time.Minute, Public: true}},
	"busy":     {Kind: plan.Query},
	"hold":     {Kind: plan.Query, RootFields: []string{"hold"}},
	"costly":   {Kind: plan.Query, Cost: 1 << 30},
	"panic":    {Kind: plan.Query},
	"broken":   {Kind: plan.Query},
	"write":    {Kind: plan.Mutation, RootFields: []string{"write"}},
	"pay":      {Kind: plan.Mutation, RootFields: []string{"paymentCreate"}},
	"deferred": {Kind: plan.Query, Deferred: true},
	"unready":  {Kind: plan.Query, Deferred: true},
	"halfway":  {Kind: plan.Query, Deferred: true},
	"watch":    {Kind: plan.Subscription},
	"refused":  {Kind: plan.Subscription},
}

func (g *graph) Identify(_ context.Context, r *http.Request) (auth.Caller, error) {
	caller := auth.Caller{Actor: auth.Actor{Kind: auth.Anonymous}, RequestID: r.Header.Get("X-Request-Id"), Expires: g.expires}
	if token := r.Header.Get("Authorization"); token == "bad" || g.refuseAll.Load() {
		return caller, gqlerr.New(gqlerr.Unauthenticated, "The access token is not valid, or no longer.")
	} else if token != "" {
		caller.Actor = auth.Actor{Kind: auth.User, ID: token}
	}
	return caller, nil
}

func (g *graph) OnRevoked(_ auth.Caller, end func()) (stop func()) {
	done := make(chan struct{})
	g.registered.Add(1)
	go func() {
		select {
		case <-g.revoked:
			end()
		case <-done:
		}
	}()
	return sync.OnceFunc(func() { g.registered.Add(-1); close(done) })
}

func (g *graph) Prepare(_ context.Context, _ auth.Caller, req plan.Request) (*plan.Operation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.requests = append(g.requests, req)
	name, _, _ := strings.Cut(req.Query, " ")
	if req.Query == "" && req.Hash == "known" || req.DocumentID == "known" {
		name = "small"
	}
	op, ok := operations[name]
	switch {
	case req.Query == "" && name == "":
		return nil, gqlerr.New(gqlerr.PersistedQueryNotFound, "PersistedQueryNotFound")
	case !ok:
		return nil, gqlerr.New(gqlerr.ValidationFailed, "No operation %q.", name)
	case op.Deferred && !req.Incremental:
		return operations["small"], nil
	}
	return op, nil
}

func (g *graph) Charge(_ context.Context, _ auth.Caller, operations, bytes int) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	price := operations + bytes
	if g.budget > 0 && g.charged+price > g.budget {
		return 0, gqlerr.New(gqlerr.RateLimited, "Slower.").With("retryAfter", 1)
	}
	g.charged += price
	return price, nil
}

func (g *graph) Admit(_ context.Context, _ auth.Caller, price int, ops ...*plan.Operation) (transport.Allowance, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.settled += price
	if len(ops) == 0 {
		return transport.Allowance{}, nil
	}
	g.admitted = append(g.admitted, ops)
	return g.allowance, g.admit
}

func (g *graph) Begin(auth.Caller, http.Header) *execute.Session {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.sessions++
	return new(execute.Session)
}

const largeSize = 64 << 10

func (g *graph) Run(ctx context.Context, op *plan.Operation, _ *execute.Session) (execute.Response, error) {
	g.begin(op, 1)
	defer g.begin(nil, -1)
	switch op {
	case operations["large"]:
		return execute.Response{Body: []byte(`{"data":"` + strings.Repeat("large ", largeSize/6) + `"}`)}, nil
	case operations["partial"]:
		return execute.Response{Body: []byte(`{"data":null,"errors":[]}`), Code: gqlerr.Timeout}, nil
	case operations["busy"]:
		return execute.Response{Body: []byte(`{"data":null,"errors":[]}`), Code: gqlerr.SubgraphUnavailable, RetryAfter: 7}, nil
	case operations["hold"]:
		select {
		case <-g.hold:
		case <-ctx.Done():
			return execute.Response{}, ctx.Err()
		}
	case operations["panic"]:
		panic("a bug")
	case operations["broken"]:
		return execute.Response{}, errors.New("dial tcp 10.0.0.7: refused")
	}
	return execute.Response{Body: []byte("{\"data\":\n{\"ran\":true}}"), Fetches: 1}, nil
}

func (g *graph) begin(op *plan.Operation, change int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running += change
	g.together = max(g.together, g.running)
	for name, known := range operations {
		if known == op {
			g.log = append(g.log, name)
		}
	}
}

func (g *graph) Stream(_ context.Context, op *plan.Operation, _ *execute.Session, send func([]byte, bool) error) error {
	if op == operations["unready"] {
		return gqlerr.New(gqlerr.Timeout, "The operation took too long.")
	}
	if err := send([]byte(`{"data":{"a":1},"hasNext":true}`), true); err != nil {
		return err
	}
	if op == operations["halfway"] {
		return gqlerr.New(gqlerr.Timeout, "The operation took too long.")
	}
	if g.hold != nil { // the test has read the first part
		<-g.hold
	}
	return send([]byte(`{"incremental":[{"data":{"b":2},"path":[]}],"hasNext":false}`), false)
}

func (g *graph) Watch(ctx context.Context, op *plan.Operation, _ *execute.Session, send func([]byte) error) error {
	if op == operations["refused"] {
		return gqlerr.List{gqlerr.New(gqlerr.SubgraphUnavailable, "Nobody is there.")}
	}
	g.watch(1)
	defer g.watch(-1)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event, open := <-g.events:
			if !open {
				return nil
			}
			if err := send([]byte(event)); err != nil {
				return err
			}
		}
	}
}

func (g *graph) watch(change int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.watching += change
}

func (g *graph) Refused(gqlerr.Code) {}

func (g *graph) look(read func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	read()
}

// site is a running transport.
type site struct {
	*httptest.Server
	graph   *graph
	handler *transport.Handler
	client  *http.Client
}

// serve starts a transport over the graph; edit changes its options.
func serve(t testing.TB, g *graph, edit func(*transport.Options)) *site {
	t.Helper()
	if g == nil {
		g = &graph{}
	}
	options := transport.Options{
		Body: 1 << 20, Request: 5 * time.Second, Origins: []string{"*"}, ShowFetches: true, Batch: 10, BatchExclude: []string{"paymentCreate"},
		Memory: 1 << 30, Readers: 64, PerAddress: 128, InFlight: 128, ConcurrencyMin: 64, ConcurrencyMax: 64,
		Streams: transport.StreamOptions{
			Heartbeat: time.Minute, Reserved: time.Minute, Subscriptions: 2000, PerAddress: 2000, Sockets: 100,
		},
		Socket: transport.SocketOptions{
			Init: 5 * time.Second, Ping: 15 * time.Second, Write: 5 * time.Second, Recheck: time.Minute, Message: 64 << 10, Operations: 2000,
		},
	}
	if edit != nil {
		edit(&options)
	}
	s := &site{graph: g, handler: transport.New(context.Background(), g, options, slog.New(slog.DiscardHandler))}
	s.Server = httptest.NewUnstartedServer(s.handler)
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	s.Config.Protocols = protocols
	s.Start()
	s.client = &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}}
	t.Cleanup(func() {
		s.handler.Close()
		s.client.CloseIdleConnections()
		s.Close()
	})
	return s
}

// open sends a request; headers are pairs. Its answer is read by the test.
func (s *site) open(t testing.TB, method, search, body string, headers ...string) response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a silent stream fails its test
	t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, method, s.URL+search, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			request.Header.Del(headers[i])
		}
	}
	answer, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return response{Response: answer}
}

// response is an answer, with its text if it was read to its end.
type response struct {
	*http.Response
	text string
}

func (s *site) send(t testing.TB, method, search, body string, headers ...string) response {
	t.Helper()
	answer := s.open(t, method, search, body, headers...)
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer.text = string(text)
	return answer
}

func (s *site) post(t testing.TB, query string, headers ...string) response {
	t.Helper()
	return s.send(t, http.MethodPost, "", `{"query":"`+query+`"}`, headers...)
}

func (s *site) get(t testing.TB, query string, headers ...string) response {
	t.Helper()
	return s.send(t, http.MethodGet, "?query="+query, "", headers...)
}

// code is that of the first error, or "".
func (r response) code() string {
	var body struct {
		Errors []struct{ Extensions struct{ Code string } }
	}
	if json.Unmarshal([]byte(r.text), &body) != nil || len(body.Errors) == 0 {
		return ""
	}
	return body.Errors[0].Extensions.Code
}

func (r response) want(t testing.TB, status int, code string) {
	t.Helper()
	if r.StatusCode != status || r.code() != code {
		t.Errorf("answer %d %q, want %d %q: %.300s", r.StatusCode, r.code(), status, code, r.text)
	}
}

// reader reads a stream piece by piece.
type reader struct {
	t testing.TB
	*bufio.Reader
}

func streamOf(t testing.TB, answer response) reader {
	t.Helper()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		t.Fatalf("stream answers %d: %s", answer.StatusCode, text)
	}
	return reader{t, bufio.NewReader(answer.Body)}
}

// want fails unless the stream goes on with this text.
func (r reader) want(text string) {
	r.t.Helper()
	got := make([]byte, len(text))
	if n, err := io.ReadFull(r, got); err != nil || string(got) != text {
		r.t.Fatalf("stream goes on with %q (%v), want %q", got[:n], err, text)
	}
}

// wantEnd fails unless the stream has ended well.
func (r reader) wantEnd() {
	r.t.Helper()
	if rest, err := io.ReadAll(r); err != nil || len(bytes.TrimSpace(rest)) > 0 {
		r.t.Errorf("stream goes on with %q (%v), want its end", rest, err)
	}
}

func (g *graph) ran() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.log)
}
