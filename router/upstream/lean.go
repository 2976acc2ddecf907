package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"
)

const (
	userAgent = "cartograph-router"
	accepted  = "application/graphql-response+json, application/json"
)

// lean fetches over plain HTTP/1.1: one write and as few reads as the answer
// allows, on the goroutine of the caller. A connection that is kept holds no
// buffers.
type lean struct {
	pool     *pool
	preamble []byte // of every request, up to what differs
	largest  int
}

func newLean(target *url.URL, connections, largest int) *lean {
	port := target.Port()
	if port == "" {
		port = "80"
	}
	preamble := "POST " + target.RequestURI() + " HTTP/1.1\r\nHost: " + target.Host +
		"\r\nUser-Agent: " + userAgent + "\r\nAccept: " + accepted + "\r\nContent-Type: application/json\r\n"
	return &lean{pool: newPool(net.JoinHostPort(target.Hostname(), port), connections), preamble: []byte(preamble), largest: largest}
}

func (l *lean) do(ctx context.Context, deadline time.Time, r Request, into []byte, fresh bool) (answer, error) {
	c, err := l.pool.get(ctx, deadline, fresh)
	if err != nil {
		return answer{}, &attemptError{err: err, unsent: true}
	}
	x := exchanges.Get().(*exchange)
	defer x.release()
	x.in.reset(c)
	still := context.AfterFunc(ctx, c.abort)
	got, keep, err := x.run(c, l, r, into)
	// An abort that has begun may still be about to spoil the deadline.
	if undisturbed := still(); err == nil && keep && undisturbed {
		l.pool.put(c)
	} else {
		_ = c.Close()
	}
	if err != nil {
		return answer{}, &attemptError{err: err, unheard: !x.in.heard && isGone(err), reused: c.reused}
	}
	return got, nil
}

func (l *lean) close() { l.pool.close() }

// isGone reports that the other side ended the connection.
func isGone(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// exchange holds the buffers of one request and its answer.
type exchange struct {
	in  reader
	out []byte
}

// Buffers that one large request made are not kept for small ones.
const (
	readBuffer   = 8 << 10
	largestCopy  = 32 << 10 // of a body: a larger one is written from where it is
	largestSpare = 64 << 10
)

var exchanges = sync.Pool{New: func() any { return &exchange{in: reader{buf: make([]byte, readBuffer)}} }}

func (x *exchange) release() {
	x.in.src = nil
	if cap(x.out) <= largestSpare {
		exchanges.Put(x)
	}
}

// run sends the request and reads its answer. keep reports that the connection
// is clean: exactly one answer was on it.
func (x *exchange) run(c *conn, l *lean, r Request, into []byte) (got answer, keep bool, err error) {
	sent := x.send(c.Conn, l.preamble, r)
	if sent != nil && !isGone(sent) {
		return answer{}, false, sent
	}
	// Who answers early, to refuse a body, may close before having read it all.
	got, keep, err = x.in.answer(into, l.largest)
	if sent != nil && err != nil {
		return answer{}, false, sent
	}
	return got, keep && sent == nil, err
}

func (x *exchange) send(c net.Conn, preamble []byte, r Request) error {
	x.out = append(x.out[:0], preamble...)
	x.out = append(x.out, r.Header.wire()...)
	x.out = append(x.out, "Content-Length: "...)
	x.out = strconv.AppendInt(x.out, int64(len(r.Body)), 10)
	x.out = append(x.out, "\r\n\r\n"...)
	if len(r.Body) > largestCopy {
		_, err := (&net.Buffers{x.out, r.Body}).WriteTo(c)
		return err
	}
	x.out = append(x.out, r.Body...)
	_, err := c.Write(x.out)
	return err
}
