package upstream

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/upstream/http1"
)

// Client selects the HTTP client that makes fetches.
type Client string

const (
	// HTTP1 is the client of package http1. A subgraph behind TLS or a proxy
	// gets NetHTTP instead.
	HTTP1   Client = "http1"
	NetHTTP Client = "net/http"
)

const (
	userAgent = "cartograph-router"
	accepted  = "application/graphql-response+json, application/json"

	// idleTimeout is below that of most servers and proxies (nginx: 75 s), so that
	// it is usually this side that closes a connection, and a request seldom meets
	// one that is being closed.
	idleTimeout = 60 * time.Second
)

// client makes one attempt at a fetch.
type client interface {
	// do appends the body of a response to dst; its errors are *attemptError.
	// newConn requires a new connection.
	do(ctx context.Context, deadline time.Time, r Request, dst []byte, newConn bool) (response, error)
	close()
}

// response is what a subgraph sent, whatever its status.
type response struct {
	status     int
	retryAfter string
	body       []byte // dst and what was appended
}

// attemptError is an attempt without a response. Its fields decide whether
// another is safe; see http1.Error.
type attemptError struct {
	err        error
	notSent    bool
	noResponse bool
	reusedConn bool
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

// isPlain reports whether the address can be reached without TLS and without a
// proxy of the environment.
func isPlain(target *url.URL) bool {
	if target.Scheme != "http" {
		return false
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	return err == nil && proxy == nil
}

type http1Client struct{ *http1.Client }

func newHTTP1Client(target *url.URL, o Options) http1Client {
	return http1Client{http1.New(target, http1.Options{
		Header:        "User-Agent: " + userAgent + "\r\nAccept: " + accepted + "\r\nContent-Type: application/json\r\n",
		TimeoutHeader: auth.TimeoutHeader, MaxIdleConns: o.MaxConcurrent, IdleTimeout: idleTimeout, MaxResponseBytes: o.MaxResponseBytes,
	})}
}

func (c http1Client) do(ctx context.Context, deadline time.Time, r Request, dst []byte, newConn bool) (response, error) {
	got, err := c.Do(ctx, deadline, http1.Request{Header: r.Header.serialized(), Body: r.Body}, dst, newConn)
	if err != nil {
		failed := err.(*http1.Error) //nolint:errorlint,forcetypeassert // Do guarantees it
		return response{}, &attemptError{err: failed.Err, notSent: failed.NotSent, noResponse: failed.NoResponse, reusedConn: failed.ReusedConn}
	}
	return response{got.Status, got.RetryAfter, got.Body}, nil
}

func (c http1Client) close() { c.Close() }
