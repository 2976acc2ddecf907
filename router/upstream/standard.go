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
	"strings"
	"time"
)

// standard fetches by net/http: what Lean does not do, TLS, HTTP/2 and proxies.
type standard struct {
	target    *url.URL
	transport *http.Transport
	largest   int
}

// keep is how long a connection that nobody uses is kept open: less than
// servers usually do, so that they seldom close it under us.
const keep = 60 * time.Second

func newTransport(connections int) *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, DisableCompression: true,
		MaxIdleConns: connections, MaxIdleConnsPerHost: connections, IdleConnTimeout: keep,
		MaxResponseHeaderBytes: mostHead,
	}
}

func (s *standard) do(ctx context.Context, deadline time.Time, r Request, into []byte, _ bool) (answer, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.target.String(), bytes.NewReader(r.Body))
	if err != nil {
		return answer{}, &attemptError{err: err}
	}
	maps.Copy(request.Header, r.Header.Fields())
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", accepted)
	request.Header.Set("User-Agent", userAgent)
	if !r.Mutates {
		request.Header["X-Idempotency-Key"] = nil // tells net/http that it may repeat; not sent
	}
	response, err := s.transport.RoundTrip(request)
	if err != nil {
		var dial *net.OpError
		return answer{}, &attemptError{err: err, unsent: errors.As(err, &dial) && dial.Op == "dial", unheard: heardNothing(err)}
	}
	defer func() { _ = response.Body.Close() }()
	got := answer{status: response.StatusCode, retryAfter: response.Header.Get("Retry-After")}
	got.body, err = readBody(response, into, s.largest)
	if err != nil {
		return answer{}, &attemptError{err: err}
	}
	return got, nil
}

// heardNothing reports a connection that ended before an answer began. What
// net/http calls malformed was an answer.
func heardNothing(err error) bool {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return !isTimeout(err)
	}
	return errors.Is(err, io.EOF)
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// readBody appends a response's body, inflated, to into.
func readBody(response *http.Response, into []byte, largest int) ([]byte, error) {
	if response.ContentLength > int64(largest) {
		return nil, errTooLarge
	}
	switch strings.ToLower(response.Header.Get("Content-Encoding")) {
	case "", "identity":
		return appendAll(into, response.Body, largest)
	case "gzip", "x-gzip":
		return inflate(into, response.Body, largest)
	default:
		return nil, errEncoding
	}
}

func (s *standard) close() { s.transport.CloseIdleConnections() }
