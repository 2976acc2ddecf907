package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"cartograph/internal/polltest"
)

// client calls the GraphQL endpoint, anonymously until it has a token.
type client struct {
	url    string
	token  string
	header http.Header // beside the token; may be nil
}

// answer is a GraphQL response.
type answer struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	status int
	header http.Header
}

func (a answer) String() string { return fmt.Sprintf("%d %s %v", a.status, a.Data, a.Errors) }

type vars map[string]any

// send posts an operation and returns the response, with or without errors.
func (c *client) send(ctx context.Context, query string, variables vars) (answer, error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return answer{}, err
	}
	return c.post(ctx, body)
}

func (c *client) post(ctx context.Context, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	maps.Copy(req.Header, c.header)
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: res.StatusCode, header: res.Header}
	if err := json.Unmarshal(raw, &a); err != nil {
		return a, fmt.Errorf("status %d, body %.200s: %w", res.StatusCode, raw, err)
	}
	return a, nil
}

// do runs an operation that must succeed and returns its data. Like any client it
// repeats what was refused because the service was overloaded, and changed nothing.
func (c *client) do(t testing.TB, query string, variables vars) object {
	t.Helper()
	var a answer
	polltest.Eventually(t, "the operation is not refused as RATE_LIMITED", func() bool {
		var err error
		if a, err = c.send(t.Context(), query, variables); err != nil {
			t.Fatal(err)
		}
		return len(a.Errors) == 0 || a.Errors[0].Extensions["code"] != "RATE_LIMITED"
	})
	if len(a.Errors) > 0 {
		t.Fatalf("%s\nanswered %v", strings.TrimSpace(query), a)
	}
	var data object
	if err := json.Unmarshal(a.Data, &data); err != nil {
		t.Fatal(err)
	}
	return data
}

// object is decoded JSON, read by path: "cart.lines.nodes.0.id".
type object map[string]any

func (o object) get(path string) any {
	var value any = map[string]any(o)
	for key := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

func (o object) str(path string) string {
	s, _ := o.get(path).(string)
	return s
}

func (o object) list(path string) []any {
	l, _ := o.get(path).([]any)
	return l
}

func (o object) num(path string) float64 {
	n, _ := o.get(path).(float64)
	return n
}

// subscription is one operation over a WebSocket.
type subscription struct {
	conn *websocket.Conn
}

// subscribe starts a subscription by graphql-transport-ws.
func (c *client) subscribe(t testing.TB, query string, variables vars) *subscription {
	t.Helper()
	conn, res, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(c.url, "http"), &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if res.Body != nil {
		_ = res.Body.Close()
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	payload := map[string]any{}
	if c.token != "" {
		payload["authorization"] = "Bearer " + c.token
	}
	write := func(v any) {
		if err := wsjson.Write(t.Context(), conn, v); err != nil {
			t.Fatal(err)
		}
	}
	write(map[string]any{"type": "connection_init", "payload": payload})
	var ack struct{ Type string }
	if err := wsjson.Read(t.Context(), conn, &ack); err != nil || ack.Type != "connection_ack" {
		t.Fatalf("the socket answered %q, %v, want connection_ack", ack.Type, err)
	}
	write(map[string]any{"id": "1", "type": "subscribe", "payload": map[string]any{"query": query, "variables": variables}})
	return &subscription{conn}
}

// next returns the data of the next event.
func (s *subscription) next(t testing.TB) object {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		var message struct {
			Type    string          `json:"type"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := wsjson.Read(ctx, s.conn, &message); err != nil {
			t.Fatal(err)
		}
		switch message.Type {
		case "ping":
			if err := wsjson.Write(ctx, s.conn, map[string]string{"type": "pong"}); err != nil {
				t.Fatal(err)
			}
		case "next":
			var a answer
			if err := json.Unmarshal(message.Payload, &a); err != nil {
				t.Fatal(err)
			}
			if len(a.Errors) > 0 {
				t.Fatalf("event with errors: %v", a)
			}
			var data object
			if err := json.Unmarshal(a.Data, &data); err != nil {
				t.Fatal(err)
			}
			return data
		default:
			t.Fatalf("the socket sent %s %s", message.Type, message.Payload)
		}
	}
}

func decode(t testing.TB, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%.200s: %v", raw, err)
	}
}
