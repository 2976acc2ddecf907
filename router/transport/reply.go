package transport

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
)

// reply is one request and its response writer.
type reply struct {
	h         *Handler
	w         http.ResponseWriter
	r         *http.Request
	control   *http.ResponseController
	requestID string
	address   string // of the client
	network   string // of that address: what is divided among clients is divided by it
	read      bool   // the body has been read to its end
}

// write sends a whole answer, compressed if it is large enough and the client
// accepts it. After an error the memory of body must not be reused: an HTTP/2
// stream may still read from it.
func (a reply) write(media string, status int, body []byte) error {
	header := a.w.Header()
	header.Set("Content-Type", media+"; charset=utf-8")
	release := func() {}
	if encoding := a.encoding(len(body)); encoding != "" {
		body, release = a.h.compression.compress(encoding, body)
		header.Set("Content-Encoding", encoding)
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	a.w.WriteHeader(status)
	if a.r.Method != http.MethodHead {
		if err := a.send(body); err != nil {
			return err // the client disconnected; the buffer is not released, see above
		}
	}
	release()
	return nil
}

// writeChunk is how much of an answer a client must read within Socket.Write: at
// the default of 10 s, 6.4 kB/s.
const writeChunk = 64 << 10

// send writes an answer. A client that reads more slowly than a chunk within each
// write timeout is disconnected; it would hold the answer, and its place, for as
// long as it likes.
func (a reply) send(body []byte) error {
	for {
		chunk := body[:min(len(body), writeChunk)]
		_ = a.control.SetWriteDeadline(time.Now().Add(a.h.options.Socket.Write))
		if _, err := a.w.Write(chunk); err != nil {
			return err
		}
		if body = body[len(chunk):]; len(body) == 0 {
			return nil
		}
	}
}

func (a reply) encoding(size int) string {
	if size < minCompressed {
		return ""
	}
	return chooseEncoding(a.r.Header.Get("Accept-Encoding"), answerEncodings...)
}

// refuse answers a request that is not run.
func (a reply) refuse(media string, status int, problems ...*gqlerr.Error) {
	list := gqlerr.List(problems)
	a.h.graph.Refused(list.Code())
	a.setRetryAfter(list.RetryAfter())
	_ = a.write(media, status, list.Body(a.requestID))
}

// refuseError answers a request that is not run for err, with its status.
func (a reply) refuseError(err error) {
	list := gqlerr.FromError(err)
	a.refuse(jsonType, a.h.statusOf(a, list, err), list...)
}

// refuseAs answers a request that is not run for err: with this status, unless the
// caller's rate is exhausted.
func (a reply) refuseAs(status int, err error) {
	list := gqlerr.FromError(err)
	if list.Code() == gqlerr.RateLimited {
		status = http.StatusTooManyRequests
	}
	a.refuse(jsonType, status, list...)
}

// turnAway refuses a request whose caller is not known, and charges its price to
// the address.
func (a reply) turnAway(status int, problem *gqlerr.Error) {
	a.abandonBody()
	ctx, caller := a.r.Context(), auth.Caller{Actor: auth.Actor{Kind: auth.Anonymous}, Address: a.address}
	price, err := a.h.graph.Charge(ctx, caller, 1, len(a.r.URL.RawQuery))
	if err == nil {
		err = a.h.chargeRefused(ctx, caller, price, problem)
	}
	a.refuseAs(status, err)
}

// setRateLimit sets the rate limit headers, in both forms in use. Their names are
// in net/http's canonical form; others would be converted on each request.
func (a reply) setRateLimit(left Allowance) {
	if left == (Allowance{}) {
		return
	}
	header := a.w.Header()
	limit, remaining, reset := strconv.Itoa(left.Limit), strconv.Itoa(left.Remaining), strconv.Itoa(seconds(left.Reset))
	header.Set("Ratelimit-Limit", limit)
	header.Set("Ratelimit-Remaining", remaining)
	header.Set("Ratelimit-Reset", reset)
	header.Set("Ratelimit-Policy", `"default";q=`+limit)
	header.Set("Ratelimit", `"default";r=`+remaining+";t="+reset)
}

func seconds(d time.Duration) int { return int(math.Ceil(d.Seconds())) }

// setRetryAfter sets when to come back, in seconds, unless that is 0.
func (a reply) setRetryAfter(seconds int) {
	if seconds > 0 {
		a.w.Header().Set("Retry-After", strconv.Itoa(seconds))
	}
}

func (h *Handler) refuseCaller(a reply, err error) {
	problem, ok := errors.AsType[*gqlerr.Error](err)
	if !ok {
		h.log.Error("authenticate request", "request_id", a.requestID, "err", err)
		a.turnAway(http.StatusServiceUnavailable, authenticationUnavailable())
		return
	}
	status := http.StatusBadRequest
	if problem.Code() == gqlerr.Unauthenticated {
		status = http.StatusUnauthorized
		a.w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	a.turnAway(status, problem)
}

func authenticationUnavailable() *gqlerr.Error {
	return gqlerr.New(gqlerr.SubgraphUnavailable, "Authentication is unavailable at the moment.")
}

// refuseOperation answers an operation that cannot run. As application/json it has
// status 200, as the GraphQL-over-HTTP specification requires for its clients; a
// client that accepts only events receives it as one.
func (h *Handler) refuseOperation(a reply, accept accepted, err error) {
	list := gqlerr.FromError(err)
	media, acceptsSingle := accept.media()
	status := h.statusOf(a, list, err)
	switch {
	case status != http.StatusBadRequest:
	case !acceptsSingle && accept.events > 0:
		h.graph.Refused(list.Code())
		a.writeEvents(list)
		return
	case acceptsSingle && media == jsonType:
		status = http.StatusOK
	}
	a.refuse(media, status, list...)
}

func (h *Handler) statusOf(a reply, list gqlerr.List, err error) int {
	switch list.Code() {
	case gqlerr.Internal:
		if a.r.Context().Err() == nil {
			h.log.Error("prepare operation", "request_id", a.requestID, "err", err)
		}
		return http.StatusInternalServerError
	case gqlerr.RateLimited:
		return http.StatusTooManyRequests
	case gqlerr.PersistedQueryNotFound: // clients then send the whole document
		return http.StatusOK
	default:
		return http.StatusBadRequest
	}
}
