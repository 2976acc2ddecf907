package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
)

// SocketOptions bound one WebSocket. Write and Operations bound the streams of
// HTTP too.
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

	writing    sync.Mutex // held while an operation's message leaves
	mu         sync.Mutex
	acked      bool
	initSeen   bool
	caller     auth.Caller
	expiry     *time.Timer // of the caller's credentials, if they end
	started    int         // operations so far
	operations map[string]*running
}

func (h *Handler) serveSocket(a reply) {
	address := Peer(a.r, h.options.Proxies)
	if !h.sockets.enter(address) {
		most := h.options.Streams.Sockets
		a.refuse(jsonType, http.StatusTooManyRequests,
			gqlerr.New(gqlerr.RateLimited, "At most %d WebSockets may be open at once.", most).With("limit", most))
		return
	}
	defer h.sockets.leave(address)
	if !h.enter() {
		a.refuse(jsonType, http.StatusServiceUnavailable, stopping())
		return
	}
	defer h.streams.Done()
	conn, err := websocket.Accept(a.w, a.r, &websocket.AcceptOptions{
		Subprotocols: []string{protocol}, OriginPatterns: h.originPatterns(), CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		h.log.InfoContext(a.r.Context(), "websocket upgrade", "err", err) // Accept has answered
		return
	}
	conn.SetReadLimit(h.options.Socket.Message)
	ctx, cancel := context.WithCancel(context.WithoutCancel(a.r.Context()))
	s := &socket{handler: h, conn: conn, request: a.r, ctx: ctx, operations: map[string]*running{}}
	s.serve()
	cancel() // upstreams of what still ran are closed
	s.work.Wait()
	s.stopExpiry()
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
	defer context.AfterFunc(s.handler.stop, s.sayGoodbye)()
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

func (s *socket) sayGoodbye() {
	code, why := websocket.StatusGoingAway, context.Cause(s.handler.stop)
	if errors.Is(why, ErrRestarting) {
		code = websocket.StatusServiceRestart
	}
	s.hangUp(code, why.Error())
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

// init takes the caller's token or API key from the payload, where browsers
// must put it, or from the upgrade.
func (s *socket) init(payload json.RawMessage) error {
	s.mu.Lock()
	again := s.initSeen
	s.initSeen = true
	s.mu.Unlock()
	if again {
		return hangUp{closeTooManyInits, "Too many initialisation requests"}
	}
	request := s.request.Clone(s.ctx)
	if err := takeCredentials(request.Header, payload); err != nil {
		return hangUp{closeInvalid, "Invalid message received"}
	}
	caller, err := s.handler.graph.Identify(s.ctx, request)
	if err != nil {
		if _, ok := errors.AsType[*gqlerr.Error](err); ok {
			return hangUp{closeForbidden, "Forbidden"}
		}
		s.handler.log.Error("identify caller", "err", err)
		return hangUp{websocket.StatusTryAgainLater, "Nobody can be identified at the moment"}
	}
	s.admit(caller, request)
	return s.write(message{Type: "connection_ack"})
}

// admit lets the caller subscribe, until its credentials end: clients take
// "Forbidden" as a reason to fetch new ones and come back.
func (s *socket) admit(caller auth.Caller, request *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caller, s.request, s.acked = caller, request, true
	if !caller.Expires.IsZero() {
		s.expiry = time.AfterFunc(time.Until(caller.Expires), func() { s.hangUp(closeForbidden, "Forbidden") })
	}
}

func (s *socket) stopExpiry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.expiry != nil {
		s.expiry.Stop()
	}
}

// takeCredentials puts those of a payload in place of the upgrade's. Their
// names are headers', in any case.
func takeCredentials(header http.Header, payload json.RawMessage) error {
	if len(payload) == 0 || string(payload) == "null" {
		return nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(payload, &members); err != nil {
		return err
	}
	given := http.Header{}
	for name, raw := range members {
		var value string
		name = http.CanonicalHeaderKey(name)
		if (name == "Authorization" || name == "X-Api-Key") && json.Unmarshal(raw, &value) == nil && value != "" {
			given.Set(name, value)
		}
	}
	if len(given) > 0 {
		header.Del("Authorization")
		header.Del("X-Api-Key")
		maps.Copy(header, given)
	}
	return nil
}

// write gives a message to the socket's context, never to an operation's: a
// write that is cut short takes the whole socket with it.
func (s *socket) write(m message) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.handler.options.Socket.Write)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, m.encode())
}

// encode puts the message together around its payload, which is JSON already.
func (m message) encode() []byte {
	const rest = 64 // bytes of everything but the payload, mostly
	out := append(make([]byte, 0, len(m.Payload)+rest), '{')
	if m.ID != "" {
		id, err := json.Marshal(m.ID)
		if err != nil { // a string always has a form in JSON
			panic(err)
		}
		out = append(append(append(out, `"id":`...), id...), ',')
	}
	out = append(append(append(out, `"type":"`...), m.Type...), '"')
	if len(m.Payload) > 0 {
		out = append(append(out, `,"payload":`...), m.Payload...)
	}
	return append(out, '}')
}
