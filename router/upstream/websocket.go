package upstream

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"cartograph/router/gqlerr"
)

const (
	subprotocol = "graphql-transport-ws"
	operationID = "1" // a connection carries one subscription

	pingInterval = 20 * time.Second
	pongTimeout  = 10 * time.Second
	closeTimeout = time.Second // for the last messages and the closing handshake
)

// message is any message of the protocol.
type message struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// webSocket is a subscription over a WebSocket connection of its own.
type webSocket struct {
	conn *websocket.Conn
	ctx  context.Context //nolint:containedctx // of the subscription
}

// openWebSocket connects, initializes the connection and subscribes. The
// caller's headers go with the handshake and again as the payload of
// connection_init, since servers read one or the other.
func (s *Subgraph) openWebSocket(ctx context.Context, r Request) (stream, error) {
	opening, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	conn, response, err := websocket.Dial(opening, s.target.String(), &websocket.DialOptions{ //nolint:bodyclose // Dial has closed it
		HTTPClient: &http.Client{Transport: s.transport}, HTTPHeader: r.Header.Fields().Clone(), Subprotocols: []string{subprotocol},
	})
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return nil, &Failure{
				Code: cmp.Or(codeOfStatus(response.StatusCode), gqlerr.Internal), Err: err, subgraphFault: response.StatusCode >= http.StatusInternalServerError,
			}
		}
		return nil, err
	}
	conn.SetReadLimit(int64(s.options.MaxResponseBytes))
	k := &webSocket{conn: conn, ctx: ctx}
	if err := k.subscribe(opening, r); err != nil {
		_ = conn.CloseNow()
		return nil, err
	}
	return k, nil
}

func (k *webSocket) subscribe(ctx context.Context, r Request) error {
	if k.conn.Subprotocol() != subprotocol {
		return fmt.Errorf("subprotocol is %q, want %s", k.conn.Subprotocol(), subprotocol)
	}
	initPayload := map[string]string{}
	for name := range r.Header.Fields() {
		initPayload[name] = r.Header.Fields().Get(name)
	}
	payload, err := json.Marshal(initPayload)
	if err != nil {
		return err
	}
	if err := k.write(ctx, message{Type: "connection_init", Payload: payload}); err != nil {
		return err
	}
	for {
		m, err := k.next(ctx)
		if err != nil {
			return fmt.Errorf("wait for connection_ack: %w", err)
		}
		switch m.Type {
		case "connection_ack":
			return k.write(ctx, message{Type: "subscribe", ID: operationID, Payload: r.Body})
		case "pong":
		default:
			return fmt.Errorf("unexpected message %q before connection_ack", m.Type)
		}
	}
}

// next returns the next message that is not a ping, and responds to pings.
func (k *webSocket) next(ctx context.Context) (message, error) {
	for {
		kind, data, err := k.conn.Read(ctx)
		if err != nil {
			return message{}, err
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil || kind != websocket.MessageText {
			return message{}, fmt.Errorf("invalid message %.100q", data)
		}
		if m.Type != "ping" {
			return m, nil
		}
		if err := k.write(ctx, message{Type: "pong"}); err != nil {
			return message{}, err
		}
	}
}

func (k *webSocket) write(ctx context.Context, m message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return k.conn.Write(ctx, websocket.MessageText, data)
}

// read passes events on. When the subscription's context ends, it sends complete
// and closes the connection. Reads run under a context of their own: the
// library closes a connection at once when the context of a read ends, and
// complete could no longer be sent.
func (k *webSocket) read(next func([]byte)) error {
	reading, stop := context.WithCancel(context.WithoutCancel(k.ctx))
	defer stop()
	completed := make(chan struct{})
	stopComplete := context.AfterFunc(k.ctx, func() {
		defer close(completed)
		k.complete()
	})
	keepaliveEnded := make(chan struct{})
	go func() {
		defer close(keepaliveEnded)
		k.keepalive(reading)
	}()
	err := k.events(reading, next)
	if !stopComplete() { // it has started: it uses the connection until it ends
		<-completed
	}
	stop()
	<-keepaliveEnded
	return err
}

func (k *webSocket) events(ctx context.Context, next func([]byte)) error {
	for {
		m, err := k.next(ctx)
		if err != nil {
			return err
		}
		switch m.Type {
		case "next":
			next(m.Payload)
		case "error": // the operation was rejected: one event of errors, and the end
			event, err := json.Marshal(map[string]json.RawMessage{"errors": m.Payload})
			if err != nil {
				return err
			}
			next(event)
			return nil
		case "complete":
			return nil
		case "pong":
		default:
			return fmt.Errorf("unexpected message %q", m.Type)
		}
	}
}

// keepalive pings the subgraph and closes the connection when no pong arrives,
// which ends the read. TCP alone would not notice a peer that vanished.
func (k *webSocket) keepalive(ctx context.Context) {
	tick := time.NewTicker(pingInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		ponged, cancel := context.WithTimeout(ctx, pongTimeout)
		err := k.conn.Ping(ponged)
		cancel()
		if err != nil {
			_ = k.conn.CloseNow()
			return
		}
	}
}

// complete ends the subscription at the subgraph and closes the connection.
func (k *webSocket) complete() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(k.ctx), closeTimeout)
	defer cancel()
	_ = k.write(ctx, message{Type: "complete", ID: operationID})
	k.close()
}

// close makes the closing handshake, or drops the connection after closeTimeout.
func (k *webSocket) close() {
	timer := time.AfterFunc(closeTimeout, func() { _ = k.conn.CloseNow() })
	defer timer.Stop()
	_ = k.conn.Close(websocket.StatusNormalClosure, "")
}
