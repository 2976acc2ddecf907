package transport_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"cartograph/internal/polltest"
	"cartograph/router/transport"
)

func TestASocketIsClosedAsSoonAsItsSessionIsRevoked(t *testing.T) {
	t.Parallel()
	g, p := watchingSocket(t)
	wantSoon(t, func() {
		close(g.revoked)
		p.wantClose(4403)
	})
	polltest.Eventually(t, "the subscription ends", g.watched(0))
	polltest.Eventually(t, "the session is not followed any more", func() bool { return g.registered.Load() == 0 })
}

// A client that does not read leaves the close frame unanswered.
func TestARevokedSessionRunsNothingMoreWhileItsSocketCloses(t *testing.T) {
	t.Parallel()
	g, p := watchingSocket(t)
	wantSoon(t, func() {
		close(g.revoked)
		polltest.Eventually(t, "the subscription ends", g.watched(0))
	})
	p.subscribe("m", "write")
	p.wantClose(4403)
	if ran := g.ran(); len(ran) > 0 {
		t.Errorf("a revoked session ran %v", ran)
	}
}

func TestASessionThatIsRevokedWhileItsStreamOpensEndsIt(t *testing.T) {
	t.Parallel()
	g := &graph{revoked: make(chan struct{})}
	close(g.revoked)
	s := serve(t, g, nil)
	p := s.dial(t)
	p.send(`{"type":"connection_init"}`)
	p.wantClose(4403)
	for _, accept := range []string{sse, apolloSub} {
		wantLastEvent(t, s.open(t, http.MethodGet, "?query=watch", "", "Accept", accept))
	}
}

func TestStreamsEndAsSoonAsTheirSessionIsRevoked(t *testing.T) {
	t.Parallel()
	for _, accept := range []string{sse, apolloSub} {
		g := &graph{revoked: make(chan struct{})}
		s := serve(t, g, nil)
		stream := s.open(t, http.MethodGet, "?query=watch", "", "Accept", accept)
		polltest.Eventually(t, "it runs", g.watched(1))
		wantSoon(t, func() {
			close(g.revoked)
			wantLastEvent(t, stream)
		})
		polltest.Eventually(t, "the session is not followed any more", func() bool { return g.registered.Load() == 0 })
	}
}

func TestOperationsOfASingleConnectionEndAsSoonAsTheirSessionIsRevoked(t *testing.T) {
	t.Parallel()
	g := &graph{revoked: make(chan struct{})}
	s := serve(t, g, nil)
	token := s.reserve(t)
	stream := streamOf(t, s.open(t, http.MethodGet, "", "", "Accept", sse, streamToken, token, "X-Request-Id", "r"))
	stream.want(":\n\n")
	s.send(t, http.MethodPost, "", `{"query":"watch","extensions":{"operationId":"1"}}`, streamToken, token, "X-Request-Id", "r")
	polltest.Eventually(t, "it runs", g.watched(1))
	wantSoon(t, func() {
		close(g.revoked)
		stream.want("event: next\ndata: {\"id\":\"1\",\"payload\":{\"errors\":[{\"message\":\"The session has ended, or the API key was revoked.\"," +
			"\"extensions\":{\"code\":\"UNAUTHENTICATED\",\"requestId\":\"r\"}}]}}\n\nevent: complete\ndata: {\"id\":\"1\"}\n\n")
	})
}

func TestCredentialsOfHTTPStreamsAreCheckedAgain(t *testing.T) {
	t.Parallel()
	for _, accept := range []string{sse, apolloSub} {
		g := &graph{}
		s := serve(t, g, func(o *transport.Options) { o.Socket.Recheck = 5 * time.Millisecond })
		stream := s.open(t, http.MethodGet, "?query=watch", "", "Accept", accept, "Authorization", "usr_1")
		polltest.Eventually(t, "it runs", g.watched(1))
		g.refuseAll.Store(true)
		wantLastEvent(t, stream)
	}
}

// watchingSocket returns a socket with one running subscription, whose session the
// close of revoked revokes.
func watchingSocket(t testing.TB) (*graph, *peer) {
	t.Helper()
	g := &graph{revoked: make(chan struct{})}
	p := serve(t, g, nil).dial(t).init()
	p.subscribe("w", "watch")
	polltest.Eventually(t, "it runs", g.watched(1))
	return g, p
}

// wantLastEvent fails unless the stream ends with UNAUTHENTICATED.
func wantLastEvent(t testing.TB, stream response) {
	t.Helper()
	text, err := io.ReadAll(stream.Body)
	if err != nil || strings.Count(string(text), `"code":"UNAUTHENTICATED"`) != 1 {
		t.Errorf("the stream ended with %q (%v), want UNAUTHENTICATED", text, err)
	}
}

// wantSoon fails when do takes longer than an end of a session may.
func wantSoon(t testing.TB, do func()) {
	t.Helper()
	begun := time.Now()
	do()
	if took := time.Since(begun); took > time.Second {
		t.Errorf("it took %s, want at most a second", took)
	}
}
