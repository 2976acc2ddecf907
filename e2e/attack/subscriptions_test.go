package attack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// subscribe opens 100 subscriptions as each of 5 guests, from one address.
func subscribe(t *testing.T, s *system, attacker *client) {
	customer := s.enter(t)
	const guests, each, most = 5, 100, 250
	open := 0
	for range guests {
		token := attacker.value(t, `mutation { guestSessionCreate { session { accessToken } } }`, "accessToken")
		cart := attacker.value(t, `mutation { cartCreate { cart { id } } }`, "id", "Authorization", "Bearer "+token)
		for range each / 50 { // as many as one socket carries
			open += attacker.subscribe(t, token, cart, 50)
		}
	}
	t.Logf("%d of %d subscriptions are open", open, guests*each)
	if open > most {
		t.Errorf("one address has %d open subscriptions, want at most %d", open, most)
	}
	customer.leave(t)
}

// subscribe opens n subscriptions on one socket, and returns how many are not
// refused.
func (c *client) subscribe(t *testing.T, token, cart string, n int) (open int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	conn, response, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(c.system.graphQL, "http"), &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPClient: c.http,
	})
	if err != nil {
		t.Fatal(err)
	}
	if response.Body != nil {
		_ = response.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	messages := []string{fmt.Sprintf(`{"type":"connection_init","payload":{"Authorization":"Bearer %s"}}`, token)}
	for i := range n {
		messages = append(messages, fmt.Sprintf(`{"id":"%d","type":"subscribe","payload":{"query":"subscription { cartChanged(cartId: \"%s\") { id } }"}}`, i, cart))
	}
	for _, m := range messages {
		if err := conn.Write(ctx, websocket.MessageText, []byte(m)); err != nil {
			t.Fatal(err)
		}
	}
	for decided := 0; decided < n; {
		_, data, err := conn.Read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var m struct {
			Type    string
			Payload json.RawMessage
		}
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		switch m.Type {
		case "next": // sent at once
			open++
			decided++
		case "error":
			if !strings.Contains(string(m.Payload), "RATE_LIMITED") {
				t.Fatalf("a subscription fails: %s", m.Payload)
			}
			decided++
		}
	}
	return open
}

// value sends an operation and returns the text of the named field in its answer.
func (c *client) value(t *testing.T, document, field string, headers ...string) string {
	t.Helper()
	got, err := c.query(t.Context(), document, headers...)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(got.body), `"`+field+`":"`)
	if !found {
		t.Fatalf("%s: %s", document, got.body)
	}
	value, _, _ := strings.Cut(rest, `"`)
	return value
}
