// Package http1 is an HTTP/1.1 client for many small POST requests to one
// address: no TLS, no proxy, no redirects, no cookies.
//
// A request costs one write and as few reads as the response allows, on the
// caller's goroutine. Connections are kept for reuse, but no buffers with
// them. What net/http does in addition (a read and a write goroutine for each
// connection, a header map for each response) is what this package avoids.
//
// Guarantees: Do returns by its deadline, and soon after its context is
// cancelled. A connection is reused only if exactly one response was read from
// it. A response whose end two implementations could place differently is an
// error (request smuggling, RFC 9112 section 11.2). Do makes one attempt; its
// error has what the caller needs to decide whether another is safe.
package http1

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

// Options of a client. Its bounds are required.
type Options struct {
	Header           string        // header lines sent with every request, each ending in CRLF
	TimeoutHeader    string        // name of a header with the milliseconds until the deadline of a request; empty: none
	MaxIdleConns     int           // further connections are closed after use
	IdleTimeout      time.Duration // after which an unused connection is closed
	MaxResponseBytes int           // of a body, before and after decompression
}

// Client sends requests to one address. It is safe for concurrent use.
type Client struct {
	pool     *pool
	preamble []byte // request line and the header lines that all requests share
	timeout  string // name of the header with what is left of a request's time; may be empty
	maxBytes int
}

// New makes a client for an http URL. It opens no connection.
func New(target *url.URL, o Options) *Client {
	port := target.Port()
	if port == "" {
		port = "80"
	}
	return &Client{
		pool:     newPool(net.JoinHostPort(target.Hostname(), port), o.MaxIdleConns, o.IdleTimeout),
		preamble: []byte("POST " + target.RequestURI() + " HTTP/1.1\r\nHost: " + target.Host + "\r\n" + o.Header),
		timeout:  o.TimeoutHeader,
		maxBytes: o.MaxResponseBytes,
	}
}

// Request is one POST. The client adds Content-Length.
type Request struct {
	Header []byte // header lines, each ending in CRLF; the caller has validated them
	Body   []byte
}

// Response is what the server sent, whatever its status.
type Response struct {
	Status     int
	RetryAfter string // the header, as it is
	Body       []byte // the buffer given to Do, with the body appended
}

// Error is a failed attempt, and what is known of how far it came.
type Error struct {
	Err error
	// NotSent: there was no connection, so the server has not seen the request.
	NotSent bool
	// NoResponse: the server closed the connection before the first byte of a
	// response. It may or may not have processed the request.
	NoResponse bool
	// ReusedConn: the connection had served a request before, so the likely
	// cause of NoResponse is that the server closed it while it was idle.
	ReusedConn bool
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Do sends a request and appends the body of the response to dst. newConn
// forbids a pooled connection: a second attempt must not meet a second one that
// the server closed while idle. Errors are *Error.
func (c *Client) Do(ctx context.Context, deadline time.Time, r Request, dst []byte, newConn bool) (Response, error) {
	conn, err := c.pool.get(ctx, deadline, newConn)
	if err != nil {
		return Response{}, &Error{Err: err, NotSent: true}
	}
	x := exchanges.Get().(*exchange)
	defer x.release()
	x.in.reset(conn)
	stop := context.AfterFunc(ctx, conn.abort)
	got, reusable, err := x.run(conn, c, r, deadline, dst)
	// stop reports false once abort has been started, on a goroutine of its own:
	// it may set the deadline after this line, when the connection would already
	// belong to another request. Such a connection is never reused, even if its
	// response arrived whole.
	if notAborted := stop(); err == nil && reusable && notAborted {
		c.pool.put(conn)
	} else {
		_ = conn.Close()
	}
	if err != nil {
		return Response{}, &Error{Err: err, NoResponse: !x.in.started && isClosed(err), ReusedConn: conn.reused}
	}
	return got, nil
}

// IdleConns is the number of connections that are kept for reuse.
func (c *Client) IdleConns() int { return c.pool.idle() }

// Close closes the idle connections. Those in use are closed after their
// response.
func (c *Client) Close() { c.pool.close() }

// isClosed reports that the peer ended the connection. A deadline that passed
// is a network error too, but no evidence about the peer.
func isClosed(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// exchange holds the buffers of one request and its response. They belong to
// the request and not to the connection, because most connections are idle.
type exchange struct {
	in  reader
	out []byte
}

const (
	readBuffer  = 8 << 10
	maxCopied   = 32 << 10 // bytes of a body that are copied behind the header; a larger body is written from where it is
	maxRetained = 64 << 10 // bytes of a write buffer that is pooled; a larger one is left to the collector
)

var exchanges = sync.Pool{New: func() any { return &exchange{in: reader{buf: make([]byte, readBuffer)}} }}

func (x *exchange) release() {
	x.in.src = nil
	if cap(x.out) <= maxRetained {
		exchanges.Put(x)
	}
}

// run sends the request and reads the response. reusable reports that the
// connection is in a known state: the request was written whole and exactly one
// response was read.
func (x *exchange) run(c *conn, client *Client, r Request, deadline time.Time, dst []byte) (got Response, reusable bool, err error) {
	sendErr := x.send(c.Conn, client, deadline, r)
	if sendErr != nil && !isClosed(sendErr) {
		return Response{}, false, sendErr
	}
	// A server may reject a large body with a response and close the connection
	// before it has read all of it. The write fails then, and the response, which
	// gives the reason, is still there to read.
	got, reusable, err = x.in.response(dst, client.maxBytes)
	if sendErr != nil && err != nil {
		return Response{}, false, sendErr
	}
	return got, reusable && sendErr == nil, err
}

func (x *exchange) send(c net.Conn, client *Client, deadline time.Time, r Request) error {
	x.out = append(x.out[:0], client.preamble...)
	if client.timeout != "" {
		x.out = append(append(x.out, client.timeout...), ": "...)
		x.out = strconv.AppendInt(x.out, max(0, time.Until(deadline).Milliseconds()), 10)
		x.out = append(x.out, "\r\n"...)
	}
	x.out = append(x.out, r.Header...)
	x.out = append(x.out, "Content-Length: "...)
	x.out = strconv.AppendInt(x.out, int64(len(r.Body)), 10)
	x.out = append(x.out, "\r\n\r\n"...)
	if len(r.Body) > maxCopied {
		_, err := (&net.Buffers{x.out, r.Body}).WriteTo(c) // one writev
		return err
	}
	x.out = append(x.out, r.Body...)
	_, err := c.Write(x.out)
	return err
}
