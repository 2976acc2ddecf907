package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
)

// SocketOptions bound one WebSocket.
type SocketOptions struct {
	Init       time.Duration // until connection_init must have come
	Ping       time.Duration // between pings; a peer that misses one is gone
	Write      time.Duration // for a message to leave; a slower client is cut off
	Recheck    time.Duration // between looks at whether the caller's token still holds
	Message    int64         // bytes
	Operations int           // at once
}

const protocol = "graphql-transport-ws"

// The protocol's reasons to hang up.
const (
	closeInvalid      websocket.StatusCode = 4400
	closeUnauthorized websocket.StatusCode = 4401 // subscribe before the acknowledgement
	closeForbidden    websocket.StatusCode = 4403
	closeNoProtocol   websocket.StatusCode = 4406
	closeInitTimeout  websocket.StatusCode = 4408
	closeDuplicate    websocket.StatusCode = 4409
	closeTooManyInits websocket.StatusCode = 4429
)

// message is what travels in both directions.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// hangUp ends a socket from inside its read loop.
type hangUp struct {
	code   websocket.StatusCode
	reason string
}

func (h hangUp) Error() string { return fmt.Sprintf("%d %s", h.code, h.reason) }

// socket is one client's connection. Its reader owns it; each operation runs in
// a goroutine of its own, and serve waits for all of them.
type socket struct {
	handler *Handler
	conn    *websocket.Conn
	request *http.Request // the upgrade; with the payload's token once that came
	ctx     context.Context
	work    sync.WaitGroup

	mu         sync.Mutex
	acked      bool
	initSeen   bool
	caller     auth.Caller
	started    int // operations so far
	operations map[string]*running
}

// running is one operation of a socket; its address tells it from a later one
// of the same id.
type running struct {
	cancel context.CancelFunc
	caller auth.Caller // with a request id of its own
}

func (h *Handler) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !h.enter() {
		h.refuse(reply{w, r, r.Header.Get("X-Request-Id")}, jsonType, http.StatusServiceUnavailable,
			gqlerr.New(gqlerr.SubgraphUnavailable, "The router is stopping."))
		return
	}
	defer h.sockets.Done()
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		Subprotocols: []string{protocol}, OriginPatterns: h.originPatterns(), CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		h.log.InfoContext(r.Context(), "websocket upgrade", "err", err) // Accept has answered
		return
	}
	conn.SetReadLimit(h.options.Socket.Message)
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	s := &socket{handler: h, conn: conn, request: r, ctx: ctx, operations: map[string]*running{}}
	s.serve() //nolint:contextcheck // see write
	cancel()  // upstreams of what still ran are closed
	s.work.Wait()
}

func (h *Handler) originPatterns() []string {
	var patterns []string
	for _, origin := range h.options.Origins {
		if u, err := url.Parse(origin); err == nil && u.Host != "" {
			origin = u.Host
		}
		patterns = append(patterns, origin)
	}
	return patterns
}

// serve reads until the socket ends, and says why.
func (s *socket) serve() {
	if s.conn.Subprotocol() != protocol {
		s.hangUp(closeNoProtocol, "Subprotocol not acceptable")
		return
	}
	defer context.AfterFunc(s.handler.stop, func() { s.hangUp(websocket.StatusGoingAway, "The router is stopping") })()
	defer time.AfterFunc(s.handler.options.Socket.Init, s.checkInit).Stop()
	watching, stopWatching := context.WithCancel(s.ctx)
	defer stopWatching()
	s.work.Go(func() { s.watch(watching) })
	for {
		kind, data, err := s.conn.Read(s.ctx)
		if err != nil {
			_ = s.conn.CloseNow()
			return
		}
		var m message
		if kind != websocket.MessageText || json.Unmarshal(data, &m) != nil {
			err = hangUp{closeInvalid, "Invalid message received"}
		} else {
			err = s.handle(m)
		}
		if end, ok := errors.AsType[hangUp](err); ok {
			s.hangUp(end.code, end.reason)
			return
		}
		if err != nil { // the client does not take what we write
			_ = s.conn.CloseNow()
			return
		}
	}
}

func (s *socket) hangUp(code websocket.StatusCode, reason string) {
	_ = s.conn.Close(code, reason) // the peer may be gone already
}

func (s *socket) checkInit() {
	s.mu.Lock()
	late := !s.initSeen
	s.mu.Unlock()
	if late {
		s.hangUp(closeInitTimeout, "Connection initialisation timeout")
	}
}

// watch finds out that the peer is gone or that its token no longer holds.
func (s *socket) watch(ctx context.Context) {
	ping := time.NewTicker(s.handler.options.Socket.Ping)
	defer ping.Stop()
	recheck := time.NewTicker(s.handler.options.Socket.Recheck)
	defer recheck.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
			alive, cancel := context.WithTimeout(ctx, s.handler.options.Socket.Ping)
			err := s.conn.Ping(alive)
			cancel()
			if err != nil && ctx.Err() == nil {
				_ = s.conn.CloseNow()
				return
			}
		case <-recheck.C:
			if !s.stillWelcome(ctx) {
				s.hangUp(closeForbidden, "Forbidden")
				return
			}
		}
	}
}

func (s *socket) stillWelcome(ctx context.Context) bool {
	s.mu.Lock()
	acked, request := s.acked, s.request
	s.mu.Unlock()
	if !acked {
		return true
	}
	_, err := s.handler.graph.Identify(ctx, request)
	problem, ok := errors.AsType[*gqlerr.Error](err)
	return !ok || problem.Code() != gqlerr.Unauthenticated
}

func (s *socket) handle(m message) error {
	switch m.Type {
	case "connection_init":
		return s.init(m.Payload)
	case "ping":
		return s.write(message{Type: "pong", Payload: m.Payload})
	case "pong":
		return nil
	case "subscribe":
		return s.subscribe(m)
	case "complete":
		if m.ID == "" {
			return hangUp{closeInvalid, "Invalid message received"}
		}
		s.finish(m.ID, nil)
		return nil
	default:
		return hangUp{closeInvalid, "Invalid message received"}
	}
}

// init takes the caller's token from the payload, where browsers must put it,
// or from the upgrade.
func (s *socket) init(payload json.RawMessage) error {
	s.mu.Lock()
	again := s.initSeen
	s.initSeen = true
	s.mu.Unlock()
	if again {
		return hangUp{closeTooManyInits, "Too many initialisation requests"}
	}
	request := s.request.Clone(s.ctx)
	if token, err := tokenOf(payload); err != nil {
		return hangUp{closeInvalid, "Invalid message received"}
	} else if token != "" {
		request.Header.Set("Authorization", token)
	}
	caller, err := s.handler.graph.Identify(s.ctx, request)
	if err != nil {
		if _, ok := errors.AsType[*gqlerr.Error](err); ok {
			return hangUp{closeForbidden, "Forbidden"}
		}
		s.handler.log.Error("identify caller", "err", err)
		return hangUp{websocket.StatusTryAgainLater, "Nobody can be identified at the moment"}
	}
	s.mu.Lock()
	s.caller, s.request, s.acked = caller, request, true
	s.mu.Unlock()
	return s.write(message{Type: "connection_ack"})
}

func tokenOf(payload json.RawMessage) (string, error) {
	if len(payload) == 0 || string(payload) == "null" {
		return "", nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(payload, &members); err != nil {
		return "", err
	}
	for _, name := range []string{"authorization", "Authorization"} {
		var token string
		if raw, ok := members[name]; ok && json.Unmarshal(raw, &token) == nil && token != "" {
			return token, nil
		}
	}
	return "", nil
}

// write gives a message to the socket's context, never to an operation's: a
// write that is cut short takes the whole socket with it.
func (s *socket) write(m message) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write %s: %w", m.Type, err)
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.handler.options.Socket.Write)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, data)
}

// say writes a message of a running operation, unless the client has ended it.
func (s *socket) say(op *running, m message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations[m.ID] != op {
		return context.Canceled
	}
	return s.write(m)
}

// finish ends the operation of that id, or only that one if it is named.
func (s *socket) finish(id string, only *running) {
	s.mu.Lock()
	defer s.mu.Unlock()
	op := s.operations[id]
	if op == nil || only != nil && only != op {
		return
	}
	op.cancel()
	delete(s.operations, id)
}

// begin registers an operation; ids are taken until their operation ends.
func (s *socket) begin(id string) (*running, context.Context, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.acked:
		return nil, nil, hangUp{closeUnauthorized, "Unauthorized"}
	case s.operations[id] != nil:
		const longest = 60 // characters; a close frame holds 123 bytes
		return nil, nil, hangUp{closeDuplicate, fmt.Sprintf("Subscriber for %.*s already exists", longest, id)}
	case len(s.operations) >= s.handler.options.Socket.Operations:
		return nil, nil, gqlerr.New(gqlerr.RateLimited, "This socket runs %d operations already.", len(s.operations)).
			With("limit", s.handler.options.Socket.Operations)
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.started++
	op := &running{cancel, s.caller}
	op.caller.RequestID = fmt.Sprintf("%s.%d", s.caller.RequestID, s.started)
	s.operations[id] = op
	return op, ctx, nil
}
