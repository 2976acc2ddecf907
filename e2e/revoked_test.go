package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"cartograph/internal/polltest"
)

// TestSubscriptionsOfARevokedSessionEnd follows a revocation from the mutation
// through the outbox and Kafka to the router.
func TestSubscriptionsOfARevokedSessionEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	c := s.register(t, "uma")
	other := s.anyone()
	other.signIn(t, "uma@example.test", "correct horse uma")
	cart := c.add(t, s.buyable(t, 20), 1)

	const watch = `subscription($id: ID!) { cartChanged(cartId: $id) { id } }`
	socket := c.subscribe(t, watch, vars{"id": cart})
	socket.next(t)
	kept := other.subscribe(t, watch, vars{"id": cart})
	kept.next(t)
	streams := map[string]*http.Response{}
	for _, accept := range []string{"text/event-stream", "multipart/mixed;subscriptionSpec=1.0, application/json"} {
		streams[accept] = c.stream(t, accept, watch, vars{"id": cart}) //nolint:bodyclose // read to its end below
	}

	revoked := c.do(t, `mutation { sessionRevoke { revokedSessionIds userErrors { code } } }`, nil)
	begun := time.Now()
	if len(revoked.list("sessionRevoke.revokedSessionIds")) != 1 {
		t.Fatalf("the session is not revoked: %v", revoked)
	}
	if code := socket.closed(t); code != 4403 {
		t.Errorf("the socket is closed with %d, want 4403", code)
	}
	for accept, stream := range streams {
		text, err := io.ReadAll(stream.Body)
		if err != nil || !strings.Contains(string(text), `"code":"UNAUTHENTICATED"`) {
			t.Errorf("%s ends with %q (%v), want UNAUTHENTICATED", accept, text, err)
		}
	}
	const most = 5 * time.Second // on a busy machine; the next check of credentials is a minute away
	if took := time.Since(begun); took > most {
		t.Errorf("the subscriptions ended %s after the revocation, want at most %s", took, most)
	}
	polltest.Eventually(t, "the access token is refused", func() bool {
		a, err := c.send(t.Context(), `{ me { id } }`, nil)
		return err == nil && a.status == http.StatusUnauthorized && len(a.Errors) == 1 && a.Errors[0].Extensions["code"] == "UNAUTHENTICATED"
	})
	other.add(t, s.buyable(t, 20), 1)
	kept.next(t) // another session of the same user goes on
}

// stream starts a subscription over HTTP, whose end the test reads.
func (c *client) stream(t testing.TB, accept, query string, variables vars) *http.Response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", accept)
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", accept, res.Status)
	}
	return res
}

// closed returns the code that the socket is closed with.
func (s *subscription) closed(t testing.TB) websocket.StatusCode {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		if _, _, err := s.conn.Read(ctx); err != nil {
			return websocket.CloseStatus(err)
		}
	}
}
