package upstream_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/google/go-cmp/cmp"

	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

// message is a message of graphql-transport-ws.
type message struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// connection is the subgraph's side of an acknowledged and subscribed WebSocket.
type connection struct {
	t    *testing.T
	ctx  context.Context
	conn *websocket.Conn
	init json.RawMessage
	sub  message
	http http.Header
}

func (k *connection) send(messages ...string) {
	for _, text := range messages {
		if err := k.conn.Write(k.ctx, websocket.MessageText, []byte(text)); err != nil {
			k.t.Errorf("write %s: %v", text, err)
		}
	}
}

func (k *connection) receive() (m message, err error) {
	err = wsjson.Read(k.ctx, k.conn, &m)
	return m, err
}

// serveWebSocket serves subscriptions over WebSocket, and rejects POSTs with a
// status.
func serveWebSocket(t *testing.T, postStatus int, serve func(k *connection)) (url string, posts *atomic.Int64) {
	t.Helper()
	posts = new(atomic.Int64)
	server := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			posts.Add(1)
			w.WriteHeader(postStatus)
			return
		}
		conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"graphql-transport-ws"}})
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.CloseNow() }()
		k := &connection{t: t, ctx: r.Context(), conn: conn, http: r.Header}
		first, err := k.receive()
		if err != nil || first.Type != "connection_init" {
			t.Errorf("first message is %v, %v", first, err)
			return
		}
		k.init = first.Payload
		k.send(`{"type":"connection_ack"}`)
		if k.sub, err = k.receive(); err != nil || k.sub.Type != "subscribe" {
			t.Errorf("second message is %v, %v", k.sub, err)
			return
		}
		serve(k)
	})
	return server, posts
}

func serveHTTP(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	return serve(t, handler).URL
}

func subscription() upstream.Request {
	return upstream.Request{
		Body: []byte(`{"query":"subscription{a}"}`), Mutation: true,
		Header: upstream.NewHeader(http.Header{"Authorization": {"Bearer t"}, "X-Request-Id": {"req_1"}}),
	}
}

// stream collects a subscription's events.
func stream(ctx context.Context, s *upstream.Subgraph) (events []string, err error) {
	err = s.Stream(ctx, subscription(), func(event []byte) { events = append(events, string(event)) })
	return events, err
}

func TestEventsComeByWebSocket(t *testing.T) {
	t.Parallel()
	url, posts := serveWebSocket(t, http.StatusTeapot, func(k *connection) {
		if string(k.init) != `{"Authorization":"Bearer t","X-Request-Id":"req_1"}` || k.http.Get("Authorization") != "Bearer t" {
			t.Errorf("connection_init %s, header %q", k.init, k.http.Get("Authorization"))
		}
		if string(k.sub.Payload) != `{"query":"subscription{a}"}` || k.sub.ID == "" {
			t.Errorf("subscribed by %s, id %q", k.sub.Payload, k.sub.ID)
		}
		k.send(`{"type":"ping","payload":{"a":1}}`)
		if w, err := k.receive(); err != nil || w.Type != "pong" {
			t.Errorf("response to a ping: %v, %v", w, err)
		}
		k.send(`{"type":"pong"}`, `{"id":"1","type":"next","payload":{"data":{"a":1}}}`, `{"id":"1","type":"next","payload":{"data":{"a":2}}}`, `{"id":"1","type":"complete"}`)
		if _, err := k.receive(); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("after complete: %v, want a normal closure", err)
		}
	})
	for name, s := range map[string]*upstream.Subgraph{
		"by choice": newSubgraph(t, url, upstream.Options{Subscriptions: upstream.WebSocket}),
		"by scheme": newSubgraph(t, strings.Replace(url, "http:", "ws:", 1), upstream.Options{}),
	} {
		events, err := stream(t.Context(), s)
		if diff := cmp.Diff([]string{`{"data":{"a":1}}`, `{"data":{"a":2}}`}, events); err != nil || diff != "" {
			t.Errorf("%s: %v, events (-want +got):\n%s", name, err, diff)
		}
	}
	if posts.Load() != 0 {
		t.Error("a WebSocket subgraph got a POST")
	}
}

func TestARejectedEventStreamFallsBackToWebSocketForGood(t *testing.T) {
	t.Parallel()
	for _, status := range []int{405, 406, 415, 426} {
		url, posts := serveWebSocket(t, status, func(k *connection) {
			k.send(`{"id":"1","type":"next","payload":{"data":1}}`, `{"id":"1","type":"complete"}`)
			_, _ = k.receive()
		})
		s := newSubgraph(t, url, upstream.Options{})
		for range 2 {
			if events, err := stream(t.Context(), s); err != nil || len(events) != 1 {
				t.Errorf("status %d: events %v, %v", status, events, err)
			}
		}
		if n := posts.Load(); n != 1 {
			t.Errorf("status %d: %d POSTs, want one", status, n)
		}
	}
}

func TestAFailureOfBothProtocolsNamesBoth(t *testing.T) {
	t.Parallel()
	s := newSubgraph(t, serveHTTP(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMethodNotAllowed) }), upstream.Options{})
	_, err := stream(t.Context(), s)
	wantFailure(t, err, gqlerr.Internal, "405")
	if !strings.Contains(err.Error(), "by WebSocket") {
		t.Errorf("err = %v, want both attempts", err)
	}
}

func TestARejectedOperationIsOneEventOfErrors(t *testing.T) {
	t.Parallel()
	url, _ := serveWebSocket(t, http.StatusTeapot, func(k *connection) {
		k.send(`{"id":"1","type":"error","payload":[{"message":"No."}]}`)
		_, _ = k.receive()
	})
	events, err := stream(t.Context(), newSubgraph(t, url, upstream.Options{Subscriptions: upstream.WebSocket}))
	if diff := cmp.Diff([]string{`{"errors":[{"message":"No."}]}`}, events); err != nil || diff != "" {
		t.Errorf("%v, events (-want +got):\n%s", err, diff)
	}
}

func TestABrokenWebSocketIsAFailure(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(k *connection){
		"closing":              func(k *connection) { _ = k.conn.Close(websocket.StatusGoingAway, "deploying") },
		"no closing handshake": func(k *connection) { _ = k.conn.CloseNow() },
		"a wrong message":      func(k *connection) { k.send(`{"type":"nonsense"}`); _, _ = k.receive() },
		"no JSON":              func(k *connection) { k.send(`nonsense`); _, _ = k.receive() },
		"a huge event":         func(k *connection) { k.send(strings.Repeat("x", 2000)); _, _ = k.receive() },
	} {
		url, _ := serveWebSocket(t, http.StatusTeapot, func(k *connection) {
			k.send(`{"id":"1","type":"next","payload":{"data":1}}`)
			end(k)
		})
		events, err := stream(t.Context(), newSubgraph(t, url, upstream.Options{Subscriptions: upstream.WebSocket, MaxResponseBytes: 1000}))
		wantFailure(t, err, gqlerr.SubgraphUnavailable, "")
		if len(events) != 1 {
			t.Errorf("%s: events %v, want the one that came before", name, events)
		}
	}
}

func TestACancelledSubscriptionIsCompletedAtTheSubgraph(t *testing.T) {
	t.Parallel()
	received := make(chan string, 1)
	url, _ := serveWebSocket(t, http.StatusTeapot, func(k *connection) {
		k.send(`{"id":"1","type":"next","payload":{"data":1}}`)
		w, err := k.receive()
		received <- fmt.Sprintf("%s %s %v", w.Type, w.ID, err)
		_, _ = k.receive()
	})
	s := newSubgraph(t, url, upstream.Options{Subscriptions: upstream.WebSocket})
	ctx, cancel := context.WithCancel(t.Context())
	start := time.Now()
	_ = s.Stream(ctx, subscription(), func([]byte) { cancel() })
	if got := <-received; got != "complete 1 <nil>" {
		t.Errorf("the subgraph received %q, want complete", got)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Stream took %v to return", took)
	}
}

func TestAWebSocketWithoutAcknowledgementFails(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		subprotocols []string
		sends        string
	}{
		"no message":        {[]string{"graphql-transport-ws"}, ""},
		"another message":   {[]string{"graphql-transport-ws"}, `{"type":"next","id":"1","payload":{}}`},
		"another protocol":  {[]string{"graphql-ws"}, ""},
		"no protocol named": {nil, `{"type":"connection_ack"}`},
	} {
		url := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: c.subprotocols})
			if err != nil {
				return
			}
			if c.sends != "" {
				_ = conn.Write(r.Context(), websocket.MessageText, []byte(c.sends))
			}
			for err == nil {
				_, _, err = conn.Read(r.Context())
			}
		})
		s := newSubgraph(t, url, upstream.Options{Subscriptions: upstream.WebSocket, Timeout: 100 * time.Millisecond})
		_, err := stream(t.Context(), s)
		if failure, ok := errors.AsType[*upstream.Failure](err); !ok || failure.Code != gqlerr.SubgraphUnavailable && failure.Code != gqlerr.Timeout {
			t.Errorf("%s: %v, want a failure", name, err)
		}
	}
}

func TestEventsComeByServerSentEvents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want []string
		ok   bool
	}{
		"two":             {"event: next\ndata: 1\n\n:\n\nevent: next\ndata: 2\n\nevent: complete\n\n", []string{"1", "2"}, true},
		"lines":           {"event: next\r\ndata: {\r\ndata: }\r\n\r\nevent: complete\r\ndata:\r\n\r\n", []string{"{\n}"}, true},
		"end is complete": {"event: next\ndata: 1\n\nevent: complete\n", []string{"1"}, true},
		"other events":    {"event: ping\ndata: x\n\nevent: next\ndata: 1\n\nevent: complete\n\n", []string{"1"}, true},
		"no complete":     {"event: next\ndata: 1\n\n", []string{"1"}, false},
		"a huge event":    {"event: next\ndata: " + strings.Repeat("x", 2000) + "\n\nevent: complete\n\n", nil, false},
		"many lines":      {"event: next\n" + strings.Repeat("data: xxxxxxxx\n", 200) + "\nevent: complete\n\n", nil, false},
	} {
		url := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if r.Header.Get("Accept") != "text/event-stream" || r.Header.Get("Authorization") != "Bearer t" || string(body) != `{"query":"subscription{a}"}` {
				t.Errorf("request with %v, %s", r.Header, body)
			}
			w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
			_, _ = io.WriteString(w, c.text)
		})
		events, err := stream(t.Context(), newSubgraph(t, url, upstream.Options{MaxResponseBytes: 1000}))
		if diff := cmp.Diff(c.want, events); diff != "" || (err == nil) != c.ok {
			t.Errorf("%s: %v, events (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestAResponseThatIsNotAnEventStreamIsAFailure(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]gqlerr.Code{200: gqlerr.Internal, 401: gqlerr.Internal, 400: gqlerr.Internal, 503: gqlerr.SubgraphUnavailable} {
		url := serveHTTP(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"errors":[]}`)
		})
		_, err := stream(t.Context(), newSubgraph(t, url, upstream.Options{}))
		wantFailure(t, err, want, `{\"errors\":[]}`)
	}
}

func TestAStreamWithoutHeaderInTimeFails(t *testing.T) {
	t.Parallel()
	url := serveHTTP(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice that the client disconnects
		<-r.Context().Done()
	})
	_, err := stream(t.Context(), newSubgraph(t, url, upstream.Options{Timeout: 30 * time.Millisecond}))
	wantFailure(t, err, gqlerr.Timeout, "")
}
