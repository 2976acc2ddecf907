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

// carrier puts the answers of one operation into a stream, by one protocol.
type carrier interface {
	next(body []byte) error
	// complete is the end that the operation came to itself.
	complete() error
	// fail is its end by an error.
	fail(list gqlerr.List) error
	// interrupt ends the stream so that its client comes back.
	interrupt(why error)
}

// stream is an HTTP answer in pieces. Each leaves at once, and a client that
// does not take one in time is cut off, so nothing gathers here. A client that
// would hear nothing for long gets a heartbeat.
type stream struct {
	control *http.ResponseController
	write   time.Duration
	rest    time.Duration
	beat    []byte
	cutOff  context.CancelFunc

	mu     sync.Mutex
	out    io.Writer
	timer  *time.Timer
	ended  bool
	packed *gzip.Writer
}

// openStream begins the answer and says so to the client. close must be called
// before the request's handler returns.
func (a reply) openStream(contentType string, begin, beat []byte, cutOff context.CancelFunc) *stream {
	header := a.w.Header()
	header.Set("Content-Type", contentType)
	header.Set("X-Accel-Buffering", "no") // proxies that gather answers must not
	s := &stream{
		control: http.NewResponseController(a.w), out: a.w, beat: beat, cutOff: cutOff,
		write: a.h.options.Socket.Write, rest: a.h.options.Streams.Heartbeat,
	}
	if chooseEncoding(a.r.Header.Get("Accept-Encoding"), streamPackings...) != "" {
		header.Set("Content-Encoding", "gzip")
		// Each piece by itself: a window kept for every open stream would cost far
		// more than it saves.
		s.packed = must(gzip.NewWriterLevel(a.w, gzip.StatelessCompression))
		s.out = s.packed
	}
	a.w.WriteHeader(http.StatusOK)
	s.startBeating()
	_ = s.send(begin)
	return s
}

func (s *stream) startBeating() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = time.AfterFunc(s.rest, func() {
		if s.beat != nil {
			_ = s.send(s.beat)
		}
	})
}

var errStreamEnded = errors.New("the stream has ended")

// send writes one piece.
func (s *stream) send(piece []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return errStreamEnded
	}
	s.timer.Reset(s.rest)
	_ = s.control.SetWriteDeadline(time.Now().Add(s.write))
	_, err := s.out.Write(piece)
	if err == nil {
		err = s.control.Flush()
	}
	if err != nil {
		s.ended = true
		s.cutOff()
	}
	return err
}

func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer.Stop()
	if !s.ended && s.packed != nil {
		_ = s.packed.Close()
	}
	s.ended = true
	_ = s.control.SetWriteDeadline(time.Time{})
}

// errExpired ends what was begun with credentials that hold no longer.
var errExpired = errors.New("the caller's credentials have expired")

// lifetime is of what lasts until its client, its caller's credentials or the
// router goes.
func (h *Handler) lifetime(ctx context.Context, caller auth.Caller) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(h.stop, func() { cancel(context.Cause(h.stop)) })
	var expiry *time.Timer
	if !caller.Expires.IsZero() {
		expiry = time.AfterFunc(time.Until(caller.Expires), func() { cancel(errExpired) })
	}
	return ctx, func() {
		stop()
		if expiry != nil {
			expiry.Stop()
		}
		cancel(nil)
	}
}

// conclude ends an operation's part of a stream as its outcome demands.
func (h *Handler) conclude(ctx context.Context, c carrier, op *plan.Operation, requestID string, err error) {
	cause := context.Cause(ctx)
	switch {
	case errors.Is(cause, errExpired):
		_ = c.fail(gqlerr.List{gqlerr.New(gqlerr.Unauthenticated, "The access token has expired.")})
	case errors.Is(cause, ErrStopping), errors.Is(cause, ErrRestarting):
		c.interrupt(cause)
	case errors.Is(err, execute.ErrStopped):
		c.interrupt(ErrStopping)
	case ctx.Err() != nil: // nobody waits for an end
	case err == nil:
		_ = c.complete()
	default:
		list := h.failed(ctx, op, requestID, err)
		h.graph.Refused(list.Code())
		_ = c.fail(list)
	}
}

// serveSubscription carries a subscription over the request's own answer.
func (h *Handler) serveSubscription(a reply, form form, op *plan.Operation, caller auth.Caller) {
	client := h.clientOf(caller, a.r)
	if !h.subscriptions.enter(client) {
		a.refuse(jsonType, http.StatusTooManyRequests, h.tooManySubscriptions())
		return
	}
	defer h.subscriptions.leave(client)
	if !h.enter() {
		a.refuse(jsonType, http.StatusServiceUnavailable, stopping())
		return
	}
	defer h.streams.Done()
	ctx, end := h.lifetime(a.r.Context(), caller)
	defer end()
	if form == events {
		h.carry(ctx, a, op, caller, end, openEvents)
		return
	}
	h.carry(ctx, a, op, caller, end, openPayloads)
}

func (h *Handler) tooManySubscriptions() *gqlerr.Error {
	most := h.options.Streams.Subscriptions
	return gqlerr.New(gqlerr.RateLimited, "At most %d subscriptions may be open at once.", most).With("limit", most)
}

// serveParts carries an answer that comes in parts, or a single answer to a
// client that takes only events.
func (h *Handler) serveParts(a reply, form form, op *plan.Operation, caller auth.Caller) {
	ctx, end := context.WithCancel(a.r.Context())
	defer end()
	if form == events {
		h.carry(ctx, a, op, caller, end, openEvents)
		return
	}
	h.serveDeferred(ctx, a, op, caller, end)
}

// carry runs an operation into a stream that open begins.
func (h *Handler) carry(ctx context.Context, a reply, op *plan.Operation, caller auth.Caller, end context.CancelFunc,
	open func(reply, context.CancelFunc) (carrier, *stream),
) {
	c, s := open(a, end)
	defer s.close()
	err := h.perform(ctx, op, caller, a.r.Header, c.next)
	h.conclude(ctx, c, op, a.requestID, err)
}
