package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"cartograph/internal/auth"
	"cartograph/router/execute"
	"cartograph/router/gqlerr"
	"cartograph/router/plan"
)

// carrier writes the answers of one operation to a stream in one protocol. One of
// complete, fail and interrupt ends it; next must not follow.
type carrier interface {
	next(body []byte) error
	// complete ends an operation that has no further answers.
	complete() error
	// fail ends an operation with errors.
	fail(list gqlerr.List) error
	// interrupt ends the stream so that its client reconnects.
	interrupt(reason error)
}

// stream is an HTTP response in pieces. Each piece is flushed at once, and a client
// that does not read it within writeTimeout is disconnected, so nothing is
// buffered here. After heartbeatInterval of silence a heartbeat is sent, which
// also detects a client that is gone.
type stream struct {
	control           *http.ResponseController
	writeTimeout      time.Duration
	heartbeatInterval time.Duration
	heartbeat         []byte             // nil: none
	cancel            context.CancelFunc // of the operations, when the client is gone

	// mu is held during a write: pieces of several operations and heartbeats must
	// not interleave. After ended is set nothing is written, since the response
	// writer is invalid once its handler has returned.
	mu         sync.Mutex
	out        io.Writer
	timer      *time.Timer
	ended      bool
	compressed *gzip.Writer // nil: not compressed
}

// openStream sends the response header and first. close must be called before
// the request's handler returns.
func (a reply) openStream(contentType string, first, heartbeat []byte, cancel context.CancelFunc) *stream {
	header := a.w.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Accel-Buffering", "no") // nginx must not buffer it
	s := &stream{
		control: a.control, out: a.w, heartbeat: heartbeat, cancel: cancel,
		writeTimeout: a.h.options.Socket.Write, heartbeatInterval: a.h.options.Streams.Heartbeat,
	}
	if chooseEncoding(a.r.Header.Get("Accept-Encoding"), streamEncodings...) != "" {
		header.Set("Content-Encoding", "gzip")
		// Stateless: each open stream would otherwise hold a compressor of some
		// 800 KiB, for events that are far smaller.
		s.compressed = must(gzip.NewWriterLevel(a.w, gzip.StatelessCompression))
		s.out = s.compressed
	}
	a.w.WriteHeader(http.StatusOK)
	s.startHeartbeat()
	_ = s.send(first)
	return s
}

// startHeartbeat sets the timer under the lock: it may fire, and send reset it,
// before AfterFunc returns.
func (s *stream) startHeartbeat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(s.heartbeatInterval, func() {
		if s.heartbeat != nil {
			_ = s.send(s.heartbeat) // which sets the timer again
		}
	})
}

var errStreamEnded = errors.New("the stream has ended")

// send writes one piece. Its error means that the client is gone; the stream is
// then ended and its operations cancelled.
func (s *stream) send(piece []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return errStreamEnded
	}
	s.timer.Reset(s.heartbeatInterval)
	_ = s.control.SetWriteDeadline(time.Now().Add(s.writeTimeout))
	_, err := s.out.Write(piece)
	if err == nil {
		err = s.control.Flush()
	}
	if err != nil {
		s.ended = true
		s.cancel()
	}
	return err
}

// close ends the stream and waits for a write in progress. The connection's write
// deadline is reset for the next request on it.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer.Stop()
	if !s.ended && s.compressed != nil {
		_ = s.compressed.Close()
	}
	s.ended = true
	_ = s.control.SetWriteDeadline(time.Time{})
}

// Reasons to end streams whose credentials are no longer valid.
var (
	errExpired = errors.New("the caller's credentials have expired")
	errRevoked = errors.New("the caller's credentials were revoked")
)

// credentialsEnded returns the error that a stream ends with for these causes, else nil.
func credentialsEnded(cause error) *gqlerr.Error {
	switch {
	case errors.Is(cause, errExpired):
		return gqlerr.New(gqlerr.Unauthenticated, "The access token has expired.")
	case errors.Is(cause, errRevoked):
		return gqlerr.New(gqlerr.Unauthenticated, "The session has ended, or the API key was revoked.")
	default:
		return nil
	}
}

// lifetime returns a context for a stream. It ends with the client's (ctx) or with the
// handler's streams (cause ErrStopping or ErrRestarting), whichever is first;
// conclude distinguishes them by the cause. The cancel function releases what
// watches.
func (h *Handler) lifetime(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(h.stop, func() { cancel(context.Cause(h.stop)) })
	return ctx, func(cause error) {
		stop()
		cancel(cause)
	}
}

// callersLifetime is a lifetime that also ends with the caller's credentials: when
// they expire (cause errExpired), when their session is revoked, or when a check
// of the request's credentials refuses them (cause errRevoked).
func (h *Handler) callersLifetime(ctx context.Context, r *http.Request, caller auth.Caller) (context.Context, context.CancelFunc) {
	ctx, cancel := h.lifetime(ctx)
	var expiry *time.Timer
	if !caller.Expires.IsZero() {
		expiry = time.AfterFunc(time.Until(caller.Expires), func() { cancel(errExpired) })
	}
	revoked := func() { cancel(errRevoked) }
	unwatch := h.graph.OnRevoked(caller, revoked)
	if caller.Kind != auth.Anonymous {
		go h.recheck(ctx, r.Clone(ctx), revoked) // a clone: an operation outlives the request that starts it
	}
	return ctx, func() {
		if expiry != nil {
			expiry.Stop()
		}
		unwatch()
		cancel(nil)
	}
}

// recheck authenticates a stream's caller again at intervals until ctx ends, and calls
// end when the credentials are refused. It is what ends the streams of a revoked
// API key, for which there is no event.
func (h *Handler) recheck(ctx context.Context, r *http.Request, end func()) {
	ticker := time.NewTicker(h.options.Socket.Recheck)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if !h.credentialsValid(ctx, r) {
				end()
				return
			}
		}
	}
}

// credentialsValid authenticates a caller again. Only a refusal counts: while
// authentication is unavailable, streams stay open.
func (h *Handler) credentialsValid(ctx context.Context, r *http.Request) bool {
	_, err := h.graph.Identify(ctx, r)
	problem, ok := errors.AsType[*gqlerr.Error](err)
	return !ok || problem.Code() != gqlerr.Unauthenticated
}

// conclude ends an operation on its stream. The context's cause takes precedence
// over err, which a cancelled operation returns only as a consequence.
func (h *Handler) conclude(ctx context.Context, c carrier, op *plan.Operation, requestID string, err error) {
	cause := context.Cause(ctx)
	ended := credentialsEnded(cause)
	switch {
	case ended != nil:
		_ = c.fail(gqlerr.List{ended})
	case errors.Is(cause, ErrStopping), errors.Is(cause, ErrRestarting):
		c.interrupt(cause)
	case errors.Is(err, execute.ErrStopped):
		c.interrupt(ErrStopping)
	case ctx.Err() != nil: // the client is gone or has completed the operation
	case err == nil:
		_ = c.complete()
	default:
		list := h.failed(ctx, op, requestID, err)
		h.graph.Refused(list.Code())
		_ = c.fail(list)
	}
}

// serveSubscription sends a subscription in the response of its request.
func (h *Handler) serveSubscription(a reply, form form, op *plan.Operation, caller auth.Caller) {
	by := subscriberOf(caller, a.network)
	if problem := h.subscriptions.enter(by); problem != nil {
		a.refuse(jsonType, http.StatusTooManyRequests, problem)
		return
	}
	defer h.subscriptions.leave(by)
	if !h.enter() {
		a.refuse(jsonType, http.StatusServiceUnavailable, stopping())
		return
	}
	defer h.streams.Done()
	ctx, end := h.callersLifetime(a.r.Context(), a.r, caller)
	defer end()
	if form == events {
		h.carry(ctx, a, op, caller, end, openEvents)
		return
	}
	h.carry(ctx, a, op, caller, end, openPayloads)
}

// serveParts sends an answer in parts, or a single answer to a client that accepts
// only events.
func (h *Handler) serveParts(a reply, form form, op *plan.Operation, caller auth.Caller) {
	ctx, end := context.WithCancel(a.r.Context())
	defer end()
	if form == events {
		h.carry(ctx, a, op, caller, end, openEvents)
		return
	}
	h.serveDeferred(ctx, a, op, caller, end)
}

// carry runs an operation and sends its answers to the stream that open opens.
func (h *Handler) carry(ctx context.Context, a reply, op *plan.Operation, caller auth.Caller, end context.CancelFunc,
	open func(reply, context.CancelFunc) (carrier, *stream),
) {
	c, s := open(a, end)
	defer s.close()
	err := h.perform(ctx, op, caller, a.r.Header, c.next)
	h.conclude(ctx, c, op, a.requestID, err)
}
