package transport_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/polltest"
	"cartograph/router/gqlerr"
	"cartograph/router/transport"
)

// peer is a client of graphql-transport-ws.
type peer struct {
	t    testing.TB
	conn *websocket.Conn
}

func (s *site) dial(t testing.TB) *peer {
	t.Helper()
	conn, answer, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &peer{t, conn}
}

// upgrade requests a WebSocket and returns the status of the answer.
func (s *site) upgrade(t testing.TB, header http.Header) (int, *websocket.Conn) {
	t.Helper()
	conn, answer, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header,
	})
	if answer == nil {
		t.Fatal(err)
	}
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	if err == nil {
		t.Cleanup(func() { _ = conn.CloseNow() })
	}
	return answer.StatusCode, conn
}

func (p *peer) init() *peer {
	p.t.Helper()
	p.send(`{"type":"connection_init"}`)
	p.want(`{"type":"connection_ack"}`)
	return p
}

func (p *peer) send(messages ...string) {
	p.t.Helper()
	for _, m := range messages {
		if err := p.conn.Write(p.t.Context(), websocket.MessageText, []byte(m)); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *peer) subscribe(id, query string) {
	p.t.Helper()
	p.send(fmt.Sprintf(`{"id":%q,"type":"subscribe","payload":{"query":%q}}`, id, query))
}

func (p *peer) read() (string, error) {
	ctx, cancel := context.WithTimeout(p.t.Context(), 10*time.Second)
	defer cancel()
	_, data, err := p.conn.Read(ctx)
	return string(data), err
}

func (p *peer) want(want string) {
	p.t.Helper()
	got, err := p.read()
	if err != nil {
		p.t.Fatalf("%v, want %s", err, want)
	}
	if got != want {
		p.t.Fatalf("message %s, want %s", got, want)
	}
}

// wantError reads an error message, and returns its code.
func (p *peer) wantError(id string) string {
	p.t.Helper()
	text, err := p.read()
	var m struct {
		ID, Type string
		Payload  []struct{ Extensions struct{ Code string } }
	}
	if err != nil || json.Unmarshal([]byte(text), &m) != nil || m.Type != "error" || m.ID != id || len(m.Payload) == 0 {
		p.t.Fatalf("message %s (%v), want an error of %s", text, err, id)
	}
	return m.Payload[0].Extensions.Code
}

func (p *peer) wantClose(code websocket.StatusCode) {
	p.t.Helper()
	for {
		text, err := p.read()
		if err == nil {
			continue
		}
		if got := websocket.CloseStatus(err); got != code {
			p.t.Errorf("closed with %d (%s, %v), want %d", got, text, err, code)
		}
		return
	}
}

func TestMessagesOfASocketAreJSON(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, nil).dial(t).init()
	p.send(`{"id":"a\"\u0001ü","type":"subscribe","payload":{"query":"small"}}`)
	text, err := p.read()
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	_ = json.Unmarshal([]byte(`{"id":"a\"\u0001ü","type":"next","payload":{"data":{"ran":true}}}`), &want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
}

func TestAnIDIsFreeOnceItsOperationHasEnded(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, nil).dial(t).init()
	for range 200 {
		p.subscribe("1", "write")
		if _, err := p.read(); err != nil {
			t.Fatal(err)
		}
		p.want(`{"id":"1","type":"complete"}`)
		p.subscribe("1", "nope")
		if code := p.wantError("1"); code != "GRAPHQL_VALIDATION_FAILED" {
			t.Fatalf("code %s", code)
		}
	}
}

func TestNothingFollowsAnErrorOrAComplete(t *testing.T) {
	t.Parallel()
	g := &graph{events: make(chan string)}
	p := serve(t, g, nil).dial(t).init()
	p.subscribe("e", "refused")
	if code := p.wantError("e"); code != "SUBGRAPH_UNAVAILABLE" {
		t.Errorf("code %s", code)
	}
	p.subscribe("w", "watch")
	g.events <- `{"data":1}`
	p.want(`{"id":"w","type":"next","payload":{"data":1}}`)
	p.send(`{"id":"w","type":"complete"}`, `{"id":"w","type":"complete"}`, `{"id":"unknown","type":"complete"}`)
	polltest.Eventually(t, "the subscription ends", g.watched(0))
	p.send(`{"type":"ping"}`)
	p.want(`{"type":"pong"}`) // and nothing before it
}

func TestAnswersInPartsAreSeveralMessages(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, nil).dial(t).init()
	p.subscribe("d", "deferred")
	p.want(`{"id":"d","type":"next","payload":{"data":{"a":1},"hasNext":true}}`)
	p.want(`{"id":"d","type":"next","payload":{"incremental":[{"data":{"b":2},"path":[]}],"hasNext":false}}`)
	p.want(`{"id":"d","type":"complete"}`)
}

func TestSocketsTakePersistedDocuments(t *testing.T) {
	t.Parallel()
	p := serve(t, nil, nil).dial(t).init()
	for _, payload := range []string{`{"documentId":"known"}`, `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"known"}}}`} {
		p.send(`{"id":"1","type":"subscribe","payload":` + payload + `}`)
		p.want(`{"id":"1","type":"next","payload":{"data":` + "\n" + `{"ran":true}}}`)
		p.want(`{"id":"1","type":"complete"}`)
	}
	p.send(`{"id":"1","type":"subscribe","payload":{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}}`)
	if code := p.wantError("1"); code != "PERSISTED_QUERY_NOT_FOUND" {
		t.Errorf("code %s", code)
	}
}

func TestEachSubscribeIsCharged(t *testing.T) {
	t.Parallel()
	p := serve(t, &graph{admit: gqlerr.New(gqlerr.RateLimited, "Slower.").With("retryAfter", 5)}, nil).dial(t).init()
	p.subscribe("1", "small")
	if code := p.wantError("1"); code != "RATE_LIMITED" {
		t.Errorf("code %s", code)
	}
}

func TestASocketEndsExactlyWithItsToken(t *testing.T) {
	t.Parallel()
	expires := time.Now().Add(200 * time.Millisecond)
	g := &graph{expires: expires}
	p := serve(t, g, nil).dial(t).init()
	p.subscribe("w", "watch")
	p.wantClose(4403)
	if late := time.Since(expires); late < 0 || late > 2*time.Second {
		t.Errorf("the socket ended %s after its token, want it then", late)
	}
	polltest.Eventually(t, "the subscription ends", g.watched(0))
}

func TestSocketsAreClosedWithAReason(t *testing.T) {
	t.Parallel()
	for why, code := range map[error]websocket.StatusCode{transport.ErrStopping: 1001, transport.ErrRestarting: 1012} {
		s := serve(t, nil, nil)
		p := s.dial(t).init()
		p.subscribe("w", "watch")
		polltest.Eventually(t, "it runs", s.graph.watched(1))
		go s.handler.EndStreams(why)
		p.wantClose(code)
		polltest.Eventually(t, "it ends", s.graph.watched(0))
		if status, _ := s.upgrade(t, nil); status != http.StatusServiceUnavailable {
			t.Errorf("a new socket afterwards: %d, want 503", status)
		}
	}
}

func TestSocketsOfOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(o *transport.Options) { o.Streams.Sockets, o.Proxies = 1, 1 })
	dial := func(address string) (int, *websocket.Conn) {
		return s.upgrade(t, http.Header{"X-Forwarded-For": {"6.6.6.6, " + address}})
	}
	status, first := dial("10.0.0.1")
	if status != http.StatusSwitchingProtocols {
		t.Fatalf("the first socket: %d", status)
	}
	if status, _ := dial("10.0.0.1"); status != http.StatusTooManyRequests {
		t.Errorf("the second: %d, want 429", status)
	}
	if status, _ := dial("10.0.0.2"); status != http.StatusSwitchingProtocols {
		t.Errorf("another address: %d, want 101", status)
	}
	_ = first.CloseNow()
	polltest.Eventually(t, "the place is free again", func() bool {
		status, _ := dial("10.0.0.1")
		return status == http.StatusSwitchingProtocols
	})
}

func TestSubscriptionsOfOneClientAreCountedOverAllItsSockets(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(o *transport.Options) { o.Streams.Subscriptions = 2 })
	first, second := s.dial(t).init(), s.dial(t).init()
	first.subscribe("1", "watch")
	second.subscribe("2", "watch")
	polltest.Eventually(t, "both run", s.graph.watched(2))
	second.subscribe("3", "watch")
	if code := second.wantError("3"); code != "RATE_LIMITED" {
		t.Errorf("code %s", code)
	}
	_ = first.conn.CloseNow()
	polltest.Eventually(t, "the first ends", s.graph.watched(1))
	second.subscribe("4", "watch")
	polltest.Eventually(t, "another runs", s.graph.watched(2))
}

// A client that reads nothing may cost one message, and not for long.
func TestASlowClientIsCutOff(t *testing.T) {
	t.Parallel()
	g := &graph{events: make(chan string)}
	s := serve(t, g, func(o *transport.Options) { o.Socket.Write = 100 * time.Millisecond })
	p := s.dial(t).init()
	p.subscribe("w", "watch")
	polltest.Eventually(t, "it runs", g.watched(1))
	big := `{"data":"` + strings.Repeat("x", 1<<20) + `"}`
	sent := 0
	for cut := false; !cut; {
		select {
		case g.events <- big:
			if sent++; sent > 64 {
				t.Fatal("64 MiB went to a client that reads nothing")
			}
		default:
			cut = g.watched(0)()
		}
	}
}

func TestASlowStreamIsCutOff(t *testing.T) {
	t.Parallel()
	g := &graph{events: make(chan string)}
	s := serve(t, g, func(o *transport.Options) { o.Socket.Write = 100 * time.Millisecond })
	for _, accept := range []string{sse, apolloSub} {
		streamOf(t, s.open(t, http.MethodGet, "?query=watch", "", "Accept", accept))
		polltest.Eventually(t, "it runs", g.watched(1))
		big := `{"data":"` + strings.Repeat("x", 1<<20) + `"}`
		sent := 0
		for cut := false; !cut; {
			select {
			case g.events <- big:
				if sent++; sent > 64 {
					t.Fatal("64 MiB went to a client that reads nothing")
				}
			default:
				cut = g.watched(0)()
			}
		}
	}
}

// Not parallel: it looks at the memory of the whole process.
func TestAThousandSubscriptionsCostAFewKilobytesEach(t *testing.T) {
	const subscriptions, most = 1000, 16 << 10
	s := serve(t, nil, nil)
	p := s.dial(t).init()
	before := memory()
	for i := range subscriptions {
		p.subscribe(fmt.Sprint(i), "watch")
	}
	polltest.Eventually(t, "all run", s.graph.watched(subscriptions))
	if each := (memory() - before) / subscriptions; each > most {
		t.Errorf("a subscription costs %d bytes, want at most %d", each, most)
	} else {
		t.Logf("a subscription costs %d bytes", each)
	}
	_ = p.conn.CloseNow()
	polltest.Eventually(t, "all end", s.graph.watched(0))
}

// memory is what is in use, after what is not was given back.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc + stats.StackInuse)
}

func TestTooMuchIsRefusedOnSocketsToo(t *testing.T) {
	t.Parallel()
	g := &graph{hold: make(chan struct{})}
	s := serve(t, g, func(o *transport.Options) { o.InFlight, o.ConcurrencyMin, o.ConcurrencyMax = 1, 1, 1 })
	p := s.dial(t).init()
	p.subscribe("1", "hold")
	polltest.Eventually(t, "the first runs", func() (ok bool) {
		g.look(func() { ok = g.running == 1 })
		return ok
	})
	p.subscribe("2", "hold")
	if code := p.wantError("2"); code != "SUBGRAPH_UNAVAILABLE" {
		t.Errorf("code %s", code)
	}
	close(g.hold)
	if text, err := p.read(); err != nil || !strings.HasPrefix(text, `{"id":"1","type":"next"`) {
		t.Errorf("message %s, %v; want the first's answer", text, errors.Join(err))
	}
}
