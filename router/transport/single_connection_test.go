package transport_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cartograph/internal/polltest"
	"cartograph/router/transport"
)

const streamToken = "X-GraphQL-Event-Stream-Token"

// reserve returns the token of a new single connection.
func (s *site) reserve(t testing.TB) string {
	t.Helper()
	got := s.send(t, http.MethodPut, "", "")
	if got.StatusCode != http.StatusCreated || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/plain") || len(got.text) < 20 {
		t.Fatalf("PUT answers %d %s %q, want 201 and a token", got.StatusCode, got.Header.Get("Content-Type"), got.text)
	}
	return got.text
}

func (s *site) begin(t testing.TB, token, id, query string) response {
	t.Helper()
	return s.send(t, http.MethodPost, "", `{"query":"`+query+`","extensions":{"operationId":"`+id+`"}}`, streamToken, token)
}

func TestOneStreamCarriesManyOperations(t *testing.T) {
	t.Parallel()
	g := &graph{events: make(chan string)}
	s := serve(t, g, nil)
	token := s.reserve(t)
	stream := streamOf(t, s.open(t, http.MethodGet, "", "", "Accept", sse, streamToken, token))
	stream.want(":\n\n")
	if got := s.begin(t, token, "1", "watch"); got.StatusCode != http.StatusAccepted || got.text != "" {
		t.Fatalf("POST answers %d %q, want 202", got.StatusCode, got.text)
	}
	g.events <- `{"data":1}`
	stream.want("event: next\ndata: {\"id\":\"1\",\"payload\":{\"data\":1}}\n\n")
	s.begin(t, token, "2", "small")
	stream.want("event: next\ndata: {\"id\":\"2\",\"payload\":{\"data\": {\"ran\":true}}}\n\nevent: complete\ndata: {\"id\":\"2\"}\n\n")
	s.begin(t, token, "3", "deferred")
	stream.want("event: next\ndata: {\"id\":\"3\",\"payload\":{\"data\":{\"a\":1},\"hasNext\":true}}\n\n" +
		"event: next\ndata: {\"id\":\"3\",\"payload\":{\"incremental\":[{\"data\":{\"b\":2},\"path\":[]}],\"hasNext\":false}}\n\nevent: complete\ndata: {\"id\":\"3\"}\n\n")

	s.begin(t, token, "1", "watch").want(t, http.StatusConflict, "BAD_USER_INPUT")
	if got := s.send(t, http.MethodDelete, "?operationId=1", "", streamToken, token); got.StatusCode != http.StatusOK {
		t.Errorf("DELETE answers %d %s", got.StatusCode, got.text)
	}
	polltest.Eventually(t, "the operation ends", g.watched(0))
	s.begin(t, token, "4", "small")
	stream.want("event: next\ndata: {\"id\":\"4\"") // and nothing more of the first
	if got := s.send(t, http.MethodDelete, "?operationId=4", "", streamToken, token); got.StatusCode != http.StatusOK {
		t.Errorf("DELETE of what has ended answers %d", got.StatusCode)
	}
}

func TestSingleConnectionsRefuseByHTTP(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(o *transport.Options) { o.Socket.Operations = 1 })
	token := s.reserve(t)
	for name, c := range map[string]struct {
		method, search, body, token string
		status                      int
	}{
		"an unknown token":      {http.MethodPost, "", `{"query":"small","extensions":{"operationId":"1"}}`, "x", 404},
		"no token":              {http.MethodDelete, "?operationId=1", "", "", 404},
		"no id":                 {http.MethodPost, "", `{"query":"small"}`, token, 400},
		"an id that is no text": {http.MethodPost, "", `{"query":"small","extensions":{"operationId":1}}`, token, 400},
		"a batch":               {http.MethodPost, "", `[{"query":"small"}]`, token, 400},
		"an invalid operation":  {http.MethodPost, "", `{"query":"nope","extensions":{"operationId":"1"}}`, token, 400},
		"a mutation by GET":     {http.MethodGet, `?query=write&extensions={"operationId":"1"}`, "", token, 405},
		"DELETE without id":     {http.MethodDelete, "", "", token, 400},
		"PATCH":                 {http.MethodPatch, "", "", token, 405},
	} {
		if got := s.send(t, c.method, c.search, c.body, streamToken, c.token); got.StatusCode != c.status || got.code() == "" {
			t.Errorf("%s: %d %s, want %d", name, got.StatusCode, got.text, c.status)
		}
	}
	s.graph.look(func() {
		if s.graph.charged == 0 || s.graph.settled != s.graph.charged {
			t.Errorf("charged %d and settled %d", s.graph.charged, s.graph.settled)
		}
	})
	if got := s.begin(t, token, "1", "watch"); got.StatusCode != http.StatusAccepted {
		t.Errorf("an operation before the stream: %d, want 202", got.StatusCode)
	}
	s.begin(t, token, "2", "watch").want(t, http.StatusTooManyRequests, "RATE_LIMITED")
	stream := streamOf(t, s.open(t, http.MethodGet, "?token="+token, "", "Accept", sse)) // as EventSource requests
	stream.want(":\n\n")
	polltest.Eventually(t, "the operation begins with the stream", s.graph.watched(1))
	s.send(t, http.MethodGet, "?token="+token, "", "Accept", sse).want(t, http.StatusConflict, "BAD_USER_INPUT")
}

func TestASingleConnectionEndsWithItsStream(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	token := s.reserve(t)
	answer := s.open(t, http.MethodGet, "", "", "Accept", sse, streamToken, token)
	streamOf(t, answer).want(":\n\n")
	s.begin(t, token, "1", "watch")
	polltest.Eventually(t, "the operation runs", s.graph.watched(1))
	_ = answer.Body.Close()
	polltest.Eventually(t, "the operation ends", s.graph.watched(0))
	polltest.Eventually(t, "the token is removed", func() bool { return s.begin(t, token, "2", "small").StatusCode == http.StatusNotFound })

	token = s.reserve(t)
	stream := streamOf(t, s.open(t, http.MethodGet, "", "", "Accept", sse, streamToken, token))
	s.begin(t, token, "1", "watch")
	polltest.Eventually(t, "the operation runs", s.graph.watched(1))
	s.handler.Close()
	stream.want(":\n\n")
	stream.wantEnd() // and no complete: the client comes back
}

func TestReservationsAreNotKeptForever(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(o *transport.Options) { o.Streams.Reserved = 20 * time.Millisecond })
	token := s.reserve(t)
	polltest.Eventually(t, "the reservation ends", func() bool { return s.begin(t, token, "1", "small").StatusCode == http.StatusNotFound })
}
