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

// SocketOptions bound one WebSocket. Write, Recheck and Operations also bound HTTP
// streams.
type SocketOptions struct {
	Init       time.Duration // from the upgrade to connection_init
	Ping       time.Duration // between pings, and for each pong
	Write      time.Duration // for one message; a slower client is disconnected
	Recheck    time.Duration // between checks that the caller's credentials are still valid
	Message    int64         // bytes
	Operations int           // concurrent
}

const protocol = "graphql-transport-ws"

// The protocol's close codes.
const (
	closeInvalid      websocket.StatusCode = 4400
	closeUnauthorized websocket.StatusCode = 4401 // subscribe before the acknowledgement
	closeForbidden    websocket.StatusCode = 4403
	closeNoProtocol   websocket.StatusCode = 4406
	closeInitTimeout  websocket.StatusCode = 4408
	closeDuplicate    websocket.StatusCode = 4409
	closeTooManyInits websocket.StatusCode = 4429
)

// message of either direction.
type message struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// closeError ends a socket with a close frame when its read loop returns it.
type closeError struct {
	code   websocket.StatusCode
	reason string
}

func (h closeError) Error() string { return fmt.Sprintf("%d %s", h.code, h.reason) }

// socket is one client's connection.
//
// Goroutines: the read loop in serve owns the connection and is the only reader;
// each operation runs in a goroutine of its own, and watch in another. Any of them
// may write or close. The socket ends when the read loop returns, which every
// close causes; then ctx is cancelled and serveSocket waits for the others.
//
// Locks: writing before mu. An operation holds writing from the check that its id
// is still its own until its message is written, so that after a complete from
// the client no message of that operation follows one of the next with the same
// id. mu guards the fields and is never held during I/O.
type socket struct {
	handler *Handler
	conn    *websocket.Conn
	network string        // of the client
	request *http.Request // the upgrade; after connection_init with its credentials
	ctx     context.Context
	work    sync.WaitGroup

	writing    sync.Mutex
	mu         sync.Mutex
	acked      bool
	initSeen   bool
	caller     auth.Caller
	unwatch    func()              // ends the watch for the caller's revocation; nil: not acknowledged
	expiry     *time.Timer         // of the caller's credentials, if they expire
	started    int                 // operations so far, for their request ids
	operations map[string]*running // by the client's id
}

func (h *Handler) serveSocket(a reply) {
	if !h.sockets.Take(a.network, 1) {
		limit := h.options.Streams.Sockets
		a.turnAway(http.StatusTooManyRequests,
			gqlerr.New(gqlerr.RateLimited, "At most %d WebSockets may be open at once.", limit).With("limit", limit))
		return
	}
	defer h.sockets.Give(a.network, 1)
	if err := h.chargeUpgrade(a); err != nil {
		list := gqlerr.FromError(err)
		a.refuse(jsonType, h.statusOf(a, list, err), list...)
		return
	}
	if !h.enter() {
		a.refuse(jsonType, http.StatusServiceUnavailable, stopping())
		return
	}
	defer h.streams.Done()
	conn, err := websocket.Accept(a.w, a.r, &websocket.AcceptOptions{
		Subprotocols: []string{protocol}, OriginPatterns: h.originPatterns(), CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		h.log.InfoContext(a.r.Context(), "websocket upgrade", "err", err) // Accept has sent the response
		return
	}
	conn.SetReadLimit(h.options.Socket.Message)
	// Without the request's cancellation: net/http guarantees nothing about it after
	// the connection is hijacked.
	ctx, cancel := context.WithCancel(context.WithoutCancel(a.r.Context()))
	s := &socket{handler: h, conn: conn, network: a.network, request: a.r, ctx: ctx, operations: map[string]*running{}}
	s.serve()
	cancel() // ends running operations and their streams from subgraphs
	s.work.Wait()
	s.stopWatching()
}

// chargeUpgrade charges a socket to the address: its caller is not known yet.
func (h *Handler) chargeUpgrade(a reply) error {
	ctx, caller := a.r.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.Anonymous}, Address: a.address}
	price, err := h.graph.Charge(ctx, caller, 1, 0)
	if err != nil {
		return err
	}
	return h.chargeRefused(ctx, caller, price, nil)
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

// serve reads messages until the socket ends.
func (s *socket) serve() {
	if s.conn.Subprotocol() != protocol {
		s.close(closeNoProtocol, "Subprotocol not acceptable")
		return
	}
	defer context.AfterFunc(s.handler.stop, s.closeForStop)()
	defer time.AfterFunc(s.handler.options.Socket.Init, s.closeWithoutInit).Stop()
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
			err = closeError{closeInvalid, "Invalid message received"}
		} else {
			err = s.handle(m)
		}
		if end, ok := errors.AsType[closeError](err); ok {
			s.close(end.code, end.reason)
			return
		}
		if err != nil { // a write failed or timed out
			_ = s.conn.CloseNow()
			return
		}
	}
}

// close sends a close frame and makes the read loop return. Several may run
// concurrently; the first one's code is sent.
func (s *socket) close(code websocket.StatusCode, reason string) {
	_ = s.conn.Close(code, reason) // the peer may already be gone
}

// closeForStop closes the socket with a code after which clients reconnect.
func (s *socket) closeForStop() {
	code, reason := websocket.StatusGoingAway, context.Cause(s.handler.stop)
	if errors.Is(reason, ErrRestarting) {
		code = websocket.StatusServiceRestart
	}
	s.close(code, reason.Error())
}

// closeWithoutInit closes a socket whose client has not sent connection_init in time.
func (s *socket) closeWithoutInit() {
	s.mu.Lock()
	late := !s.initSeen
	s.mu.Unlock()
	if late {
		s.close(closeInitTimeout, "Connection initialisation timeout")
	}
}

// watch closes the socket when the peer stops answering pings, or when the caller's
// credentials are no longer valid at a check. Their expiry and the revocation of
// their session are not left to a check, see acknowledge.
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
			if !s.credentialsValid(ctx) {
				s.forbid()
				return
			}
		}
	}
}

// forbid closes the socket because the caller's credentials are no longer valid. A
// client may leave the close frame unanswered for seconds; until the connection
// ends, it gets no event and starts no operation.
func (s *socket) forbid() {
	s.mu.Lock()
	s.acked = false
	for _, op := range s.operations {
		op.cancel()
	}
	clear(s.operations)
	s.mu.Unlock()
	s.close(closeForbidden, "Forbidden")
}

func (s *socket) credentialsValid(ctx context.Context) bool {
	s.mu.Lock()
	acked, request := s.acked, s.request
	s.mu.Unlock()
	if !acked {
		return true
	}
	return s.handler.credentialsValid(ctx, request)
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
			return closeError{closeInvalid, "Invalid message received"}
		}
		s.finish(m.ID, nil)
		return nil
	default:
		return closeError{closeInvalid, "Invalid message received"}
	}
}

// init authenticates the caller by the payload's token or API key, which is where
// browsers must put it, or by the upgrade's headers.
func (s *socket) init(payload json.RawMessage) error {
	s.mu.Lock()
	again := s.initSeen
	s.initSeen = true
	s.mu.Unlock()
	if again {
		return closeError{closeTooManyInits, "Too many initialisation requests"}
	}
	request := s.request.Clone(s.ctx)
	if err := takeCredentials(request.Header, payload); err != nil {
		return closeError{closeInvalid, "Invalid message received"}
	}
	caller, err := s.handler.graph.Identify(s.ctx, request)
	if err != nil {
		if _, ok := errors.AsType[*gqlerr.Error](err); ok {
			return closeError{closeForbidden, "Forbidden"}
		}
		s.handler.log.Error("authenticate websocket", "err", err)
		return closeError{websocket.StatusTryAgainLater, "Authentication is unavailable at the moment"}
	}
	s.acknowledge(caller, request)
	return s.write(message{Type: "connection_ack"})
}

// acknowledge allows operations until the caller's credentials expire or their session
// is revoked. Clients react to 4403 Forbidden by fetching new ones and reconnecting.
func (s *socket) acknowledge(caller auth.Caller, request *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caller, s.request, s.acked = caller, request, true
	if !caller.Expires.IsZero() {
		s.expiry = time.AfterFunc(time.Until(caller.Expires), s.forbid)
	}
	s.unwatch = s.handler.graph.OnRevoked(caller, s.forbid)
}

func (s *socket) stopWatching() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unwatch != nil {
		s.unwatch()
	}
	if s.expiry != nil {
		s.expiry.Stop()
	}
}

// takeCredentials replaces the upgrade's credentials by those of the payload, if it
// has any. Their names are those of the headers, in any case.
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

// write sends a message under the socket's context, never an operation's: the
// WebSocket library closes the whole connection when a write's context ends.
func (s *socket) write(m message) error {
	ctx, cancel := context.WithTimeout(s.ctx, s.handler.options.Socket.Write)
	defer cancel()
	return s.conn.Write(ctx, websocket.MessageText, m.encode())
}

// encode writes the message around its payload, which is already JSON, without
// copying it through the encoder.
func (m message) encode() []byte {
	const overhead = 64 // bytes, usually enough for all but the payload
	out := append(make([]byte, 0, len(m.Payload)+overhead), '{')
	if m.ID != "" {
		id, err := json.Marshal(m.ID)
		if err != nil { // strings always marshal
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
