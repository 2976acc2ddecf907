package transport_test

import (
	"context"
	"io"
	"net/http"
	"testing"
	"time"

	"cartograph/internal/polltest"
	"cartograph/router/transport"
)

func (g *graph) watched(n int) func() bool {
	return func() (ok bool) {
		g.look(func() { ok = g.watching == n })
		return ok
	}
}

func TestSubscriptionsComeAsEvents(t *testing.T) {
	t.Parallel()
	g := &graph{events: make(chan string)}
	s := serve(t, g, nil)
	for name, open := range map[string]func() response{
		"POST": func() response { return s.open(t, http.MethodPost, "", `{"query":"watch"}`, "Accept", sse) },
		"GET":  func() response { return s.open(t, http.MethodGet, "?query=watch", "", "Accept", sse) },
	} {
		answer := open()
		if got := answer.Header; got.Get("Content-Type") != "text/event-stream; charset=utf-8" || got.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s: %v", name, got)
		}
		stream := streamOf(t, answer)
		stream.want(":\n\n")
		g.events <- `{"data":{"a":1}}`
		stream.want("event: next\ndata: {\"data\":{\"a\":1}}\n\n")
		g.events <- "{\"data\":\n{\"a\":\r\n2}}"
		stream.want("event: next\ndata: {\"data\": {\"a\":  2}}\n\n")
		_ = answer.Body.Close()
		polltest.Eventually(t, "it ends", g.watched(0))
	}
	close(g.events)
	stream := streamOf(t, s.open(t, http.MethodGet, "?query=watch", "", "Accept", sse))
	stream.want(":\n\nevent: complete\ndata:\n\n")
	stream.wantEnd()
}

func TestWhatFailsIsAnEventForWhoTakesOnlyEvents(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	for operation, code := range map[string]string{"nope": "GRAPHQL_VALIDATION_FAILED", "refused": "SUBGRAPH_UNAVAILABLE", "broken": "INTERNAL"} {
		got := s.post(t, operation, "Accept", sse, "X-Request-Id", "req-1")
		body := `"extensions":{"code":"` + code + `","requestId":"req-1"}}]}` + "\n\nevent: complete\ndata:\n\n"
		if got.StatusCode != http.StatusOK || len(got.text) < len(body) || got.text[len(got.text)-len(body):] != body {
			t.Errorf("%s: %d %q, want it to end with %q", operation, got.StatusCode, got.text, body)
		}
	}
	// What has nothing to do with the operation is a refusal of HTTP's.
	s.post(t, "watch", "Accept", sse, "Authorization", "bad").want(t, http.StatusUnauthorized, "UNAUTHENTICATED")
	s.send(t, http.MethodPost, "", "{", "Accept", sse).want(t, http.StatusBadRequest, "BAD_USER_INPUT")
}

func TestQueriesComeAsEventsToWhoInsists(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	const ran = ":\n\nevent: next\ndata: {\"data\": {\"ran\":true}}\n\nevent: complete\ndata:\n\n"
	for _, operation := range []string{"small", "write"} {
		if got := s.post(t, operation, "Accept", sse); got.text != ran {
			t.Errorf("%s: %q, want %q", operation, got.text, ran)
		}
	}
	const parts = ":\n\nevent: next\ndata: {\"data\":{\"a\":1},\"hasNext\":true}\n\n" +
		"event: next\ndata: {\"incremental\":[{\"data\":{\"b\":2},\"path\":[]}],\"hasNext\":false}\n\nevent: complete\ndata:\n\n"
	if got := s.post(t, "deferred", "Accept", sse); got.text != parts {
		t.Errorf("deferred: %q, want %q", got.text, parts)
	}
}

func TestSilentStreamsShowThatTheyLive(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(o *transport.Options) { o.Streams.Heartbeat = 5 * time.Millisecond })
	stream := streamOf(t, s.open(t, http.MethodGet, "?query=watch", "", "Accept", sse))
	stream.want(":\n\n:\n\n:\n\n:\n\n")
	stream = streamOf(t, s.open(t, http.MethodGet, "?query=watch", "", "Accept", apolloSub))
	const beat = "\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{}\r\n--graphql"
	stream.want("\r\n--graphql" + beat + beat + beat)
}

func TestASubscriptionEndsWithItsClient(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	for _, accept := range []string{sse, apolloSub} {
		ctx, leave := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"?query=watch", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", accept)
		answer, err := s.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		polltest.Eventually(t, "it runs", s.graph.watched(1))
		leave()
		_ = answer.Body.Close()
		polltest.Eventually(t, "it ends", s.graph.watched(0))
	}
}

func TestStreamsThatEndBeforeTheirTimeMakeTheClientComeBack(t *testing.T) {
	t.Parallel()
	for _, why := range []error{transport.ErrStopping, transport.ErrRestarting} {
		s := serve(t, nil, nil)
		events := streamOf(t, s.open(t, http.MethodGet, "?query=watch", "", "Accept", "application/json, text/event-stream"))
		payloads := streamOf(t, s.open(t, http.MethodGet, "?query=watch", "", "Accept", apolloSub, "X-Request-Id", "r"))
		s.handler.EndStreams(why)
		events.want(":\n\n")
		events.wantEnd() // and no complete
		payloads.want("\r\n--graphql\r\nContent-Type: application/json; charset=utf-8\r\n\r\n" +
			`{"payload":null,"errors":[{"message":"` + why.Error() + `","extensions":{"code":"SUBGRAPH_UNAVAILABLE","requestId":"r","retryAfter":1}}]}` + "\r\n--graphql--\r\n")
		payloads.wantEnd()
		s.post(t, "small").want(t, http.StatusOK, "")
		s.get(t, "watch", "Accept", sse).want(t, http.StatusServiceUnavailable, "SUBGRAPH_UNAVAILABLE")
	}
}

func TestStreamsEndWithTheirCallersCredentials(t *testing.T) {
	t.Parallel()
	const lifetime = 150 * time.Millisecond
	for _, accept := range []string{sse, apolloSub} {
		expires := time.Now().Add(lifetime)
		s := serve(t, &graph{expires: expires}, nil)
		text, err := io.ReadAll(s.open(t, http.MethodGet, "?query=watch", "", "Accept", accept).Body)
		if late := time.Since(expires); err != nil || late < 0 || late > 2*time.Second {
			t.Errorf("%s ended %s after the credentials (%v)", accept, late, err)
		}
		if !contains(string(text), `"code":"UNAUTHENTICATED"`) {
			t.Errorf("%s ended with %q", accept, text)
		}
	}
}

func TestSubscriptionsOfOneClientAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(o *transport.Options) { o.Streams.Subscriptions = 2 })
	first := s.open(t, http.MethodGet, "?query=watch", "", "Accept", sse, "Authorization", "usr_1")
	s.open(t, http.MethodGet, "?query=watch", "", "Accept", apolloSub, "Authorization", "usr_1")
	s.get(t, "watch", "Accept", sse, "Authorization", "usr_1").want(t, http.StatusTooManyRequests, "RATE_LIMITED")
	s.send(t, http.MethodPut, "", "", "Authorization", "usr_1").want(t, http.StatusTooManyRequests, "RATE_LIMITED")
	streamOf(t, s.open(t, http.MethodGet, "?query=watch", "", "Accept", sse, "Authorization", "usr_2")).want(":\n\n")
	_ = first.Body.Close()
	polltest.Eventually(t, "one is free again", s.graph.watched(2))
	polltest.Eventually(t, "another may be opened", func() bool {
		return s.open(t, http.MethodGet, "?query=watch", "", "Accept", sse, "Authorization", "usr_1").StatusCode == http.StatusOK
	})
}

func TestStreamsAreCompressedPieceByPiece(t *testing.T) {
	t.Parallel()
	g := &graph{events: make(chan string)}
	s := serve(t, g, nil)
	s.client.Transport.(*http.Transport).DisableCompression = false // it requests gzip and inflates
	for accept, want := range map[string][2]string{
		sse:       {":\n\n", "event: next\ndata: {\"data\":1}\n\n"},
		apolloSub: {"\r\n--graphql", "\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{\"payload\":{\"data\":1}}\r\n--graphql"},
	} {
		answer := s.open(t, http.MethodGet, "?query=watch", "", "Accept", accept)
		if !answer.Uncompressed {
			t.Errorf("%s: the stream is not compressed: %v", accept, answer.Header)
		}
		stream := streamOf(t, answer)
		stream.want(want[0])
		g.events <- `{"data":1}`
		stream.want(want[1]) // though the stream goes on
		_ = answer.Body.Close()
		polltest.Eventually(t, "it ends", g.watched(0))
	}
}

func TestStreamsAndQueriesShareAConnectionOfHTTP2(t *testing.T) {
	t.Parallel()
	g := &graph{events: make(chan string)}
	s := serve(t, g, nil)
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	s.client = &http.Client{Transport: &http.Transport{Protocols: h2c}}
	t.Cleanup(s.client.CloseIdleConnections)
	answer := s.open(t, http.MethodGet, "?query=watch", "", "Accept", sse)
	stream := streamOf(t, answer)
	stream.want(":\n\n")
	if got := s.post(t, "small"); got.Proto != "HTTP/2.0" || answer.Proto != "HTTP/2.0" {
		t.Errorf("the query came by %s, the stream by %s", got.Proto, answer.Proto)
	}
	g.events <- `{"data":1}`
	stream.want("event: next\ndata: {\"data\":1}\n\n")
}
