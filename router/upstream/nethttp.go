package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"cartograph/internal/auth"
	"cartograph/router/upstream/bodyio"
	"cartograph/router/upstream/http1"
)

// netHTTPClient makes fetches by net/http, for what http1 does not support: TLS,
// HTTP/2 and proxies.
type netHTTPClient struct {
	target    *url.URL
	transport http.RoundTripper
	maxBytes  int
}

// newTransport keeps net/http from decompressing: its limit would be on the
// compressed size.
func newTransport(connections int) *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableCompression: true,
		MaxIdleConns: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: idleTimeout,
		MaxResponseHeaderBytes: http1.MaxHeaderBytes,
	}
}

func (c *netHTTPClient) do(ctx context.Context, deadline time.Time, r Request, dst []byte, _ bool) (response, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return response{}, &attemptError{err: err}
	}
	maps.Copy(request.Header, r.Header.Fields())
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", accepted)
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set(auth.TimeoutHeader, strconv.FormatInt(max(0, time.Until(deadline).Milliseconds()), 10))
	if !r.Mutation {
		// A documented convention: net/http then repeats the POST itself when a
		// pooled connection turns out to be closed. The nil value is not sent.
		request.Header["X-Idempotency-Key"] = nil
	}
	reply, err := c.transport.RoundTrip(request)
	if err != nil {
		var dial *net.OpError
		return response{}, &attemptError{err: err, notSent: errors.As(err, &dial) && dial.Op == "dial", noResponse: isNoResponse(err)}
	}
	defer func() { _ = reply.Body.Close() }()
	got := response{status: reply.StatusCode, retryAfter: reply.Header.Get("Retry-After")}
	got.body, err = readBody(reply, dst, c.maxBytes)
	if err != nil {
		return response{}, &attemptError{err: err}
	}
	return got, nil
}

// isNoResponse reports a connection that ended before a response began. An
// error about a malformed response is not one.
func isNoResponse(err error) bool {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return !isTimeout(err)
	}
	return errors.Is(err, io.EOF)
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// readBody appends a response's body, decompressed, to dst.
func readBody(reply *http.Response, dst []byte, limit int) ([]byte, error) {
	if reply.ContentLength > int64(limit) {
		return nil, bodyio.ErrTooLarge
	}
	switch strings.ToLower(reply.Header.Get("Content-Encoding")) {
	case "", "identity":
		return bodyio.Append(dst, reply.Body, limit)
	case "gzip", "x-gzip":
		return bodyio.AppendGzip(dst, reply.Body, limit)
	default:
		return nil, bodyio.ErrEncoding
	}
}

// close does nothing: idle connections are those of Subgraph.transport, or of whoever
// gave the RoundTripper.
func (*netHTTPClient) close() {}
