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
	onlyID      = "1" // a socket carries one subscription

	pulseEvery  = 20 * time.Second // how often a silent subgraph is asked whether it is there
	pulseWithin = 10 * time.Second
	farewell    = time.Second // for the last words on a socket
)

// message is any message of the protocol.
type message struct {
	Type    string          `json:"type"`
	ID      string          `json:"id,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// socket is a subscription over a WebSocket.
type socket struct {
	conn *websocket.Conn
	ctx  context.Context //nolint:containedctx // of the subscription
}

// openSocket connects, introduces the caller and subscribes. The caller's
// headers go with the handshake and again as the payload of connection_init,
// since servers look at either.
func (s *Subgraph) openSocket(ctx context.Context, r Request) (stream, error) {
	opening, cancel := context.WithTimeout(ctx, s.options.Timeout)
	defer cancel()
	conn, response, err := websocket.Dial(opening, s.target.String(), &websocket.DialOptions{ //nolint:bodyclose // Dial has closed it
		HTTPClient: &http.Client{Transport: s.standard}, HTTPHeader: r.Header.Fields().Clone(), Subprotocols: []string{subprotocol},
	})
	if err != nil {
		if response != nil && response.StatusCode != http.StatusSwitchingProtocols {
			return nil, &Failure{
				Code: cmp.Or(refusal(response.StatusCode), gqlerr.Internal), Err: err, blame: response.StatusCode >= http.StatusInternalServerError,
			}
		}
		return nil, err
	}
	conn.SetReadLimit(int64(s.options.Largest))
	k := &socket{conn: conn, ctx: ctx}
	if err := k.subscribe(opening, r); err != nil {
		_ = conn.CloseNow()
		return nil, err
	}
	return k, nil
}

func (k *socket) subscribe(ctx context.Context, r Request) error {
	if k.conn.Subprotocol() != subprotocol {
		return fmt.Errorf("it speaks %q, not %s", k.conn.Subprotocol(), subprotocol)
	}
	introduction := map[string]string{}
	for name := range r.Header.Fields() {
		introduction[name] = r.Header.Fields().Get(name)
	}
	payload, err := json.Marshal(introduction)
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
			return k.write(ctx, message{Type: "subscribe", ID: onlyID, Payload: r.Body})
		case "pong":
		default:
			return fmt.Errorf("%q came before connection_ack", m.Type)
		}
	}
}

// next is the next message that is not a ping; pings are answered.
func (k *socket) next(ctx context.Context) (message, error) {
	for {
		kind, data, err := k.conn.Read(ctx)
		if err != nil {
			return message{}, err
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil || kind != websocket.MessageText {
			return message{}, fmt.Errorf("message %.100q is none of the protocol", data)
		}
		if m.Type != "ping" {
			return m, nil
		}
		if err := k.write(ctx, message{Type: "pong"}); err != nil {
			return message{}, err
		}
	}
}

func (k *socket) write(ctx context.Context, m message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return k.conn.Write(ctx, websocket.MessageText, data)
}

// read hands events on. When the subscription ends on our side, the subgraph is
// told, and the socket closed: reading has a context of its own, because one
// that ends would leave no socket to say so on.
func (k *socket) read(next func([]byte)) error {
	reading, stop := context.WithCancel(context.WithoutCancel(k.ctx))
	defer stop()
	left := make(chan struct{})
	leave := context.AfterFunc(k.ctx, func() {
		defer close(left)
		k.leave()
	})
	silent := make(chan struct{})
	go func() {
		defer close(silent)
		k.pulse(reading)
	}()
	err := k.events(reading, next)
	if !leave() {
		<-left
	}
	stop()
	<-silent
	return err
}

func (k *socket) events(ctx context.Context, next func([]byte)) error {
	for {
		m, err := k.next(ctx)
		if err != nil {
			return err
		}
		switch m.Type {
		case "next":
			next(m.Payload)
		case "error": // the operation was refused: an event with nothing but errors
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

// pulse asks a silent subgraph whether it is there, and ends the reading of one
// that is not.
func (k *socket) pulse(ctx context.Context) {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		within, cancel := context.WithTimeout(ctx, pulseWithin)
		err := k.conn.Ping(within)
		cancel()
		if err != nil {
			_ = k.conn.CloseNow()
			return
		}
	}
}

// leave tells the subgraph that nobody listens any more.
func (k *socket) leave() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(k.ctx), farewell)
	defer cancel()
	_ = k.write(ctx, message{Type: "complete", ID: onlyID})
	k.close()
}

// close says goodbye, and does not wait long for an answer.
func (k *socket) close() {
	late := time.AfterFunc(farewell, func() { _ = k.conn.CloseNow() })
	defer late.Stop()
	_ = k.conn.Close(websocket.StatusNormalClosure, "")
}
