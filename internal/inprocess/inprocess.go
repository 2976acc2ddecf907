// Package inprocess sends HTTP requests to handlers of the same process without a
// connection: a call costs no system call, and neither side writes or parses HTTP.
//
// Where several roles share a process, a Transport makes their calls to each other
// cheaper by what the network costs. Nothing else changes: the request has the same
// headers, the handler the same authentication, and a role that has not started, or
// has stopped, is reached over the network, which refuses the connection.
package inprocess

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"time"
)

// Transport is an http.RoundTripper that passes POST requests for the hosts of this
// process to their handlers. Everything else goes to another RoundTripper: other
// methods are pictures and streams, whose responses must not be collected in memory.
//
// The handler runs on the goroutine of the caller and its response is complete when
// RoundTrip returns. So a handler must return soon after its request's context ends.
type Transport struct {
	network http.RoundTripper

	mu    sync.RWMutex
	hosts map[string]*host
}

// host is a handler that takes requests, and how many it is serving.
type host struct {
	handler http.Handler
	serving sync.WaitGroup
}

// NewTransport returns a Transport without handlers.
func NewTransport(network http.RoundTripper) *Transport {
	return &Transport{network: network, hosts: map[string]*host{}}
}

// drainTimeout is how long requests in flight may take after a stop, as of a server.
const drainTimeout = 4 * time.Second

// Handle passes the requests for a host, such as "127.0.0.1:4001", to a handler until
// stop, which returns when the requests in flight have ended, or after some seconds.
func (t *Transport) Handle(name string, handler http.Handler) (stop func()) {
	h := &host{handler: handler}
	t.mu.Lock()
	t.hosts[name] = h
	t.mu.Unlock()
	return func() {
		t.mu.Lock()
		delete(t.hosts, name)
		t.mu.Unlock()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			h.serving.Wait()
		}()
		select {
		case <-ended:
		case <-time.After(drainTimeout):
		}
	}
}

// enter returns the handler of a host, whose serving.Done ends the request, or nil.
func (t *Transport) enter(name string) *host {
	t.mu.RLock()
	defer t.mu.RUnlock()
	h := t.hosts[name]
	if h != nil {
		h.serving.Add(1) // under the lock: none enters once it is removed
	}
	return h
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var h *host
	if r.Method == http.MethodPost {
		h = t.enter(r.URL.Host)
	}
	if h == nil {
		return t.network.RoundTrip(r)
	}
	defer h.serving.Done()
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(withoutValues{r.Context()}) // as over a network, the request ends with its response
	defer end()
	w := &response{header: make(http.Header, 4)}
	if err := serve(h.handler, w, received(ctx, r, body)); err != nil { //nolint:contextcheck // it ends with the request's
		return nil, err
	}
	// What a handler that was cut off wrote is not its response.
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.result(r), nil
}

// readBody copies the body: the handler may be reading it when the caller, who has
// its response, uses the buffer for another request.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer func() { _ = r.Body.Close() }()
	buffer := bytes.NewBuffer(make([]byte, 0, max(0, r.ContentLength)+bytes.MinRead))
	_, err := buffer.ReadFrom(r.Body)
	return buffer.Bytes(), err
}

// received is the request as a server would receive it.
func received(ctx context.Context, r *http.Request, body []byte) *http.Request {
	return (&http.Request{
		Method: r.Method, URL: r.URL, Host: r.URL.Host, RequestURI: r.URL.RequestURI(), RemoteAddr: "in-process",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.Header.Clone(), Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}).WithContext(ctx)
}

// withoutValues is a context with the end of another and no values: what a caller
// carries in its context does not travel over a network either.
type withoutValues struct{ context.Context }

func (withoutValues) Value(any) any { return nil }

// AfterFunc lets contexts that are derived from this one wait for its end without a
// goroutine each.
func (c withoutValues) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(c.Context, f) }

// errAborted is a handler that ended its response with a panic.
var errAborted = errors.New("the handler aborted the response")

// serve runs the handler. A panic, which would end the process, is an error as it is
// over a network, where it closes the connection.
func serve(handler http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch reason := recover(); reason {
		case nil:
		case http.ErrAbortHandler:
			err = errAborted
		default:
			err = fmt.Errorf("%w: panic: %v\n%s", errAborted, reason, debug.Stack())
		}
	}()
	handler.ServeHTTP(w, r)
	return nil
}

// response collects what a handler writes. It cannot be flushed: a stream would never
// arrive, so that its handler refuses to begin one.
type response struct {
	header http.Header
	sent   http.Header // at the first write; later changes do not count
	status int
	body   bytes.Buffer
}

func (w *response) Header() http.Header { return w.header }

func (w *response) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status, w.sent = status, w.header
		w.header = w.header.Clone()
	}
}

func (w *response) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

func (w *response) result(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: w.sent, ContentLength: int64(w.body.Len()), Body: io.NopCloser(bytes.NewReader(w.body.Bytes())),
	}
}
