package router_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/internal/polltest"
	"cartograph/router"
	"cartograph/router/internal/fakesubgraph"
)

// client is a client of graphql-transport-ws.
type client struct {
	t    testing.TB
	conn *websocket.Conn
}

func (s *shop) dial(t testing.TB, protocols ...string) *client {
	t.Helper()
	if protocols == nil {
		protocols = []string{"graphql-transport-ws"}
	}
	conn, answer, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL, "http"), &websocket.DialOptions{Subprotocols: protocols})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body != nil {
		_ = answer.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	return &client{t, conn}
}

func (c *client) send(messages ...string) {
	c.t.Helper()
	for _, m := range messages {
		if err := c.conn.Write(c.t.Context(), websocket.MessageText, []byte(m)); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *client) read() (map[string]any, error) {
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	_, data, err := c.conn.Read(ctx)
	if err != nil {
		return nil, err
	}
	var m map[string]any
	return m, json.Unmarshal(data, &m)
}

// want fails unless the next message is this.
func (c *client) want(want string) {
	c.t.Helper()
	var wanted map[string]any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		c.t.Fatal(err)
	}
	got, err := c.read()
	if err != nil {
		c.t.Fatalf("%v, want %s", err, want)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		c.t.Fatalf("message (-want +got):\n%s", diff)
	}
}

// wantError reads an error message and returns its first code.
func (c *client) wantError(id, code string) {
	c.t.Helper()
	got, err := c.read()
	if err != nil {
		c.t.Fatal(err)
	}
	list, _ := got["payload"].([]any)
	if got["type"] != "error" || got["id"] != id || len(list) == 0 {
		c.t.Fatalf("message %v, want an error of %s", got, id)
	}
	extensions, _ := list[0].(map[string]any)["extensions"].(map[string]any)
	if extensions["code"] != code || extensions["requestId"] == nil {
		c.t.Errorf("extensions = %v, want code %s and the request's id", extensions, code)
	}
	if code == "SUBGRAPH_UNAVAILABLE" && extensions["service"] != "reviews" {
		c.t.Errorf("extensions = %v, want service reviews", extensions)
	}
}

func (c *client) wantClose(code int) {
	c.t.Helper()
	for {
		m, err := c.read()
		if err == nil && m["type"] == "next" {
			continue
		}
		if got := websocket.CloseStatus(err); int(got) != code {
			c.t.Errorf("closed with %d (%v, %v), want %d", got, m, err, code)
		}
		return
	}
}

func (c *client) init() *client {
	c.t.Helper()
	c.send(`{"type":"connection_init"}`)
	c.want(`{"type":"connection_ack"}`)
	return c
}

func TestSocketsAreClosedWithTheProtocolsCodes(t *testing.T) {
	t.Parallel()
	const (
		begin     = `{"type":"connection_init"}`
		subscribe = `{"id":"1","type":"subscribe","payload":{"query":"subscription { reviewAdded(productId: \"p1\") { id } }"}}`
	)
	s := newShop(t, func(c *router.Config) {
		c.Identify = as
		c.Limits.Socket.Init = 200 * time.Millisecond
		c.Limits.Socket.Message = 4 << 10
	})
	for _, c := range []struct {
		name string
		send []string
		code int
	}{
		{"no JSON", []string{`{`}, 4400},
		{"a list", []string{`[]`}, 4400},
		{"an unknown type", []string{`{"type":"start"}`}, 4400},
		{"no type", []string{`{}`}, 4400},
		{"subscribe before the acknowledgement", []string{subscribe}, 4401},
		{"a bad token", []string{`{"type":"connection_init","payload":{"authorization":"bad"}}`}, 4403},
		{"a bad token, capital", []string{`{"type":"connection_init","payload":{"Authorization":"bad"}}`}, 4403},
		{"a payload that is no object", []string{`{"type":"connection_init","payload":[1]}`}, 4400},
		{"cannot be decided", []string{`{"type":"connection_init","payload":{"authorization":"broken"}}`}, 1013},
		{"no connection_init", nil, 4408},
		{"an id twice", []string{begin, subscribe, subscribe}, 4409},
		{"connection_init twice", []string{begin, begin}, 4429},
		{"subscribe without id", []string{begin, `{"type":"subscribe","payload":{"query":"{__typename}"}}`}, 4400},
		{"subscribe without payload", []string{begin, `{"id":"1","type":"subscribe"}`}, 4400},
		{"subscribe without query", []string{begin, `{"id":"1","type":"subscribe","payload":{}}`}, 4400},
		{"complete without id", []string{begin, `{"type":"complete"}`}, 4400},
		{"too large", []string{`{"type":"ping","payload":{"x":"` + strings.Repeat("x", 5000) + `"}}`}, 1009},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := s.dial(t)
			for _, m := range c.send {
				client.send(m)
				if m == begin && c.code != 4429 {
					client.want(`{"type":"connection_ack"}`)
				}
			}
			if c.code == 4429 {
				client.want(`{"type":"connection_ack"}`)
			}
			client.wantClose(c.code)
		})
	}
	t.Run("another protocol", func(t *testing.T) {
		t.Parallel()
		s.dial(t, "graphql-ws").wantClose(4406)
	})
	t.Run("binary", func(t *testing.T) {
		t.Parallel()
		client := s.dial(t)
		if err := client.conn.Write(t.Context(), websocket.MessageBinary, []byte(begin)); err != nil {
			t.Fatal(err)
		}
		client.wantClose(4400)
	})
}

func TestPingIsAnsweredAtAnyTime(t *testing.T) {
	t.Parallel()
	client := newShop(t, nil).dial(t)
	client.send(`{"type":"ping"}`, `{"type":"pong"}`, `{"type":"ping","payload":{"a":1}}`)
	client.want(`{"type":"pong"}`)
	client.want(`{"type":"pong","payload":{"a":1}}`)
}

func TestSocketsAnswerQueriesAndMutations(t *testing.T) {
	t.Parallel()
	client := newShop(t, nil).dial(t).init()
	client.send(`{"id":"q","type":"subscribe","payload":{"query":"query($id: ID!) { product(id: $id) { title } }","variables":{"id":"p1"}}}`)
	client.want(`{"id":"q","type":"next","payload":{"data":{"product":{"title":"Mug"}}}}`)
	client.want(`{"id":"q","type":"complete"}`)
	client.send(`{"id":"q","type":"subscribe","payload":{"query":"mutation { wave }"}}`)
	client.want(`{"id":"q","type":"next","payload":{"data":{"wave":"o/"}}}`)
	client.want(`{"id":"q","type":"complete"}`)
	client.send(`{"id":"e","type":"subscribe","payload":{"query":"{ nope }"}}`)
	client.wantError("e", "GRAPHQL_VALIDATION_FAILED")
	client.send(`{"id":"e","type":"subscribe","payload":{"query":"{ __typename }"}}`)
	client.want(`{"id":"e","type":"next","payload":{"data":{"__typename":"Query"}}}`)
	client.want(`{"id":"e","type":"complete"}`)
}

const watchReviews = `{"id":"w","type":"subscribe","payload":{"query":"subscription { reviewAdded(productId: \"p1\") { id author { name email } product { title } } }"}}`

func newReview(id string) fakesubgraph.Object {
	return fakesubgraph.Object{
		"__typename": "Review", "id": id, "body": "Good.",
		"author":  fakesubgraph.Object{"__typename": "User", "id": "2", "name": "Ben"},
		"product": fakesubgraph.Object{"__typename": "Product", "id": "p1"},
	}
}

func TestEventsAreCompletedFromOtherSubgraphs(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	client := s.dial(t).init()
	client.send(watchReviews)
	s.reviewed <- newReview("r8")
	client.want(`{"id":"w","type":"next","payload":{"data":{"reviewAdded":{"id":"r8","author":{"name":"Ben","email":"ben@example.com"},"product":{"title":"Mug"}}}}}`)
	s.reviewed <- newReview("r9")
	client.want(`{"id":"w","type":"next","payload":{"data":{"reviewAdded":{"id":"r9","author":{"name":"Ben","email":"ben@example.com"},"product":{"title":"Mug"}}}}}`)
	request := s.reviews.Requests()[0]
	if request.Header.Get("Accept") != "text/event-stream" || request.Header.Get("X-Request-Id") == "" {
		t.Errorf("the subgraph was called with %v, want server-sent events and the request's id", request.Header)
	}
	close(s.reviewed)
	client.want(`{"id":"w","type":"complete"}`)
	polltest.Eventually(t, "the upstream is closed", func() bool { return s.reviews.OpenStreams() == 0 })
}

func TestUpstreamIsClosedWhenTheClientLeaves(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	open := func() bool { return s.reviews.OpenStreams() == 1 }
	gone := func() bool { return s.reviews.OpenStreams() == 0 }

	client := s.dial(t).init()
	client.send(watchReviews)
	polltest.Eventually(t, "the upstream opens", open)
	client.send(`{"id":"w","type":"complete"}`)
	polltest.Eventually(t, "the upstream closes on complete", gone)
	client.send(`{"id":"w","type":"subscribe","payload":{"query":"{ __typename }"}}`)
	client.want(`{"id":"w","type":"next","payload":{"data":{"__typename":"Query"}}}`)
	client.want(`{"id":"w","type":"complete"}`)

	client.send(watchReviews)
	polltest.Eventually(t, "the upstream opens again", open)
	_ = client.conn.CloseNow()
	polltest.Eventually(t, "the upstream closes with the socket", gone)

	client = s.dial(t).init()
	client.send(watchReviews)
	polltest.Eventually(t, "the upstream opens a third time", open)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.router.Close()
	}()
	client.wantClose(1001)
	<-done
	polltest.Eventually(t, "the upstream closes with the router", gone)
}

func TestABrokenUpstreamEndsTheSubscriptionWithACode(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	client := s.dial(t).init()
	client.send(watchReviews)
	polltest.Eventually(t, "the upstream opens", func() bool { return s.reviews.OpenStreams() == 1 })
	s.reviews.CloseClientConnections()
	client.wantError("w", "SUBGRAPH_UNAVAILABLE")
	s.reviews.Close()
	client.send(watchReviews)
	client.wantError("w", "SUBGRAPH_UNAVAILABLE")
}

func TestEventsKeepGoingWhenAnotherSubgraphIsDown(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.catalog.Close()
	client := s.dial(t).init()
	client.send(watchReviews)
	s.reviewed <- newReview("r8")
	got, err := client.read()
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(got["payload"])
	if !strings.Contains(string(payload), `"code":"SUBGRAPH_UNAVAILABLE"`) || !strings.Contains(string(payload), `"email":"ben@example.com"`) {
		t.Errorf("event = %s, want the author and an error for the product", payload)
	}
}

func TestSubscriptionsAreGuarded(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) { c.Identify = as })
	const mine = `{"id":"m","type":"subscribe","payload":{"query":"subscription { myReviews { id author { email } } }"}}`
	client := s.dial(t).init()
	client.send(mine)
	got, err := client.read()
	if err != nil {
		t.Fatal(err)
	}
	payload, _ := json.Marshal(got["payload"])
	if !strings.Contains(string(payload), "UNAUTHENTICATED") || s.reviews.OpenedStreams() != 0 {
		t.Errorf("anonymous got %v, and %d upstreams were opened; want UNAUTHENTICATED and none", got, s.reviews.OpenedStreams())
	}

	client = s.dial(t)
	client.send(`{"type":"connection_init","payload":{"authorization":"USER usr_1"}}`)
	client.want(`{"type":"connection_ack"}`)
	client.send(mine)
	s.reviewed <- newReview("r8")
	got, err = client.read()
	if err != nil {
		t.Fatal(err)
	}
	payload, _ = json.Marshal(got["payload"])
	if !strings.Contains(string(payload), `"id":"r8"`) || !strings.Contains(string(payload), `"email":null`) || !strings.Contains(string(payload), "FORBIDDEN") {
		t.Errorf("event = %s, want r8 with a forbidden email", payload)
	}
}

func TestSocketsAreBounded(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *router.Config) { c.Limits.Socket.Operations = 1 })
	client := s.dial(t).init()
	client.send(watchReviews, strings.Replace(watchReviews, `"w"`, `"x"`, 1))
	client.wantError("x", "RATE_LIMITED")
	s.reviewed <- newReview("r8")
	if got, err := client.read(); err != nil || got["id"] != "w" {
		t.Errorf("after the refusal: %v %v, want the first operation's event", got, err)
	}
}

func TestASocketEndsWithItsToken(t *testing.T) {
	t.Parallel()
	expired := make(chan struct{})
	s := newShop(t, func(c *router.Config) {
		c.Limits.Socket.Recheck = 5 * time.Millisecond
		c.Identify = identifyUntil(expired)
	})
	client := s.dial(t)
	client.send(`{"type":"connection_init","payload":{"authorization":"USER usr_1"}}`)
	client.want(`{"type":"connection_ack"}`)
	client.send(watchReviews)
	polltest.Eventually(t, "the upstream opens", func() bool { return s.reviews.OpenStreams() == 1 })
	close(expired)
	client.wantClose(4403)
	polltest.Eventually(t, "the upstream closes", func() bool { return s.reviews.OpenStreams() == 0 })
}

// identifyUntil refuses every caller once the channel is closed.
func identifyUntil(expired <-chan struct{}) func(context.Context, *http.Request) (auth.Caller, error) {
	return func(ctx context.Context, r *http.Request) (auth.Caller, error) {
		select {
		case <-expired:
			r.Header.Set("Authorization", "bad")
		default:
		}
		return as(ctx, r)
	}
}
