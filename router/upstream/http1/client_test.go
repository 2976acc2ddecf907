package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// waitLimit is how long a test waits for what must happen at once.
const waitLimit = 10 * time.Second

// server is a TCP server whose test writes the HTTP.
type server struct {
	url      *url.URL
	conns    atomic.Int64
	requests atomic.Int64
}

// serve runs handle for each connection; number counts them from 1.
func serve(t *testing.T, handle func(s *server, number int64, c net.Conn)) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{url: &url.URL{Scheme: "http", Host: listener.Addr().String()}}
	var handlers sync.WaitGroup
	handlers.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				handle(s, s.conns.Add(1), c)
			}()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		handlers.Wait()
	})
	return s
}

// read consumes a request; false at the end of the connection.
func (s *server) read(in *bufio.Reader) bool {
	request, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	s.requests.Add(1)
	_, err = io.Copy(io.Discard, request.Body)
	return err == nil
}

// respond answers every request with the same bytes.
func respond(t *testing.T, text string) *server {
	t.Helper()
	return serve(t, func(s *server, _ int64, c net.Conn) {
		for in := bufio.NewReader(c); s.read(in); {
			_, _ = io.WriteString(c, text)
		}
	})
}

func newClient(t *testing.T, s *server, o Options) *Client {
	t.Helper()
	if o.MaxIdleConns == 0 {
		o.MaxIdleConns = 4
	}
	o.IdleTimeout, o.MaxResponseBytes = time.Minute, 1<<20
	c := New(s.url, o)
	t.Cleanup(c.Close)
	return c
}

func inAMinute() time.Time { return time.Now().Add(time.Minute) }

func mustDo(t *testing.T, c *Client) {
	t.Helper()
	if got, err := c.Do(t.Context(), inAMinute(), Request{}, nil, false); err != nil || string(got.Body) != "{}" {
		t.Fatalf("response %q, %v", got.Body, err)
	}
}

// TestCancellationInterruptsARead: the deadline is a minute away, so that only
// the cancellation can end the request in time.
func TestCancellationInterruptsARead(t *testing.T) {
	t.Parallel()
	for name, sent := range map[string]string{"before the response": "", "in the header": "HTTP/1.1 2", "in the body": "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			closed := make(chan struct{})
			s := serve(t, func(s *server, _ int64, c net.Conn) {
				in := bufio.NewReader(c)
				if s.read(in) {
					_, _ = io.WriteString(c, sent)
					cancel()
					_, _ = in.ReadByte() // until the client closes the connection
					close(closed)
				}
			})
			client := newClient(t, s, Options{})
			returned := make(chan error, 1)
			go func() {
				_, err := client.Do(ctx, inAMinute(), Request{}, nil, false)
				returned <- err
			}()
			select {
			case err := <-returned:
				if failed, ok := errors.AsType[*Error](err); !ok || failed.NotSent || failed.NoResponse {
					t.Errorf("err = %#v, want one that allows no retry", err)
				}
			case <-time.After(waitLimit):
				t.Fatal("Do is still waiting for the response")
			}
			select {
			case <-closed:
			case <-time.After(waitLimit):
				t.Error("the connection stays open")
			}
			if n := client.IdleConns(); n != 0 {
				t.Errorf("%d idle connections, want 0", n)
			}
		})
	}
}

// cancelOnRead cancels a context while a response is read, and returns it only
// when the client has reacted.
type cancelOnRead struct {
	net.Conn
	cancel  context.CancelFunc
	aborted chan struct{}
	once    sync.Once
}

func (c *cancelOnRead) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.cancel()
	select {
	case <-c.aborted:
	case <-time.After(waitLimit):
	}
	return n, err
}

func (c *cancelOnRead) SetDeadline(t time.Time) error {
	if t.Before(time.Now()) {
		c.once.Do(func() { close(c.aborted) })
	}
	return c.Conn.SetDeadline(t)
}

// TestAnAbortedConnectionIsNotReused: the response is complete, but the abort
// may have set its deadline on the connection by then, or be about to.
func TestAnAbortedConnectionIsNotReused(t *testing.T) {
	t.Parallel()
	client := newClient(t, respond(t, complete), Options{})
	mustDo(t, client)
	ctx, cancel := context.WithCancel(t.Context())
	pooled := client.pool.conns[0]
	pooled.Conn = &cancelOnRead{Conn: pooled.Conn, cancel: cancel, aborted: make(chan struct{})}
	if got, err := client.Do(ctx, inAMinute(), Request{}, nil, false); err != nil || string(got.Body) != "{}" {
		t.Fatalf("response %q, %v", got.Body, err)
	}
	if n := client.IdleConns(); n != 0 {
		t.Errorf("%d idle connections, want 0", n)
	}
}

func TestTheDeadlineEndsARequest(t *testing.T) {
	t.Parallel()
	client := newClient(t, respond(t, "HTTP/1.1 200 OK\r\nContent-"), Options{})
	start := time.Now()
	_, err := client.Do(t.Context(), start.Add(50*time.Millisecond), Request{}, nil, false)
	var timeout net.Error
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("err = %v, want a timeout", err)
	}
	if failed, _ := errors.AsType[*Error](err); failed.NoResponse || failed.NotSent {
		t.Errorf("%+v, want an error that allows no retry", failed)
	}
	if took := time.Since(start); took < 50*time.Millisecond || took > waitLimit {
		t.Errorf("took %v, want the deadline's 50 ms", took)
	}
}

func TestErrorsReportHowFarARequestCame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dialErr error
		handle  func(s *server, number int64, c net.Conn)
		pooled  bool
		want    Error
	}{
		"refused":                    {dialErr: syscall.ECONNREFUSED, want: Error{NotSent: true}},
		"closed on a new connection": {handle: func(s *server, _ int64, c net.Conn) { s.read(bufio.NewReader(c)) }, want: Error{NoResponse: true}},
		"closed in the response":     {handle: func(s *server, _ int64, c net.Conn) { s.read(bufio.NewReader(c)); _, _ = io.WriteString(c, "HTTP") }},
		"closed on a reused one": {pooled: true, want: Error{NoResponse: true, ReusedConn: true}, handle: func(s *server, _ int64, c net.Conn) {
			in := bufio.NewReader(c)
			if s.read(in) {
				_, _ = io.WriteString(c, complete)
				s.read(in)
			}
		}},
	} {
		client := newClient(t, serve(t, c.handle), Options{})
		client.pool.dialer.Control = func(string, string, syscall.RawConn) error { return c.dialErr }
		if c.pooled {
			mustDo(t, client)
		}
		_, err := client.Do(t.Context(), inAMinute(), Request{}, nil, false)
		failed, ok := errors.AsType[*Error](err)
		if !ok || failed.NotSent != c.want.NotSent || failed.NoResponse != c.want.NoResponse || failed.ReusedConn != c.want.ReusedConn {
			t.Errorf("%s: %#v, want %+v", name, err, c.want)
		}
	}
}

// TestAResponseToAPartlyReadRequestCounts: the server rejects a large body
// before it has read it, and closes the connection.
func TestAResponseToAPartlyReadRequestCounts(t *testing.T) {
	t.Parallel()
	client := newClient(t, serve(t, func(_ *server, _ int64, c net.Conn) {
		in := bufio.NewReader(c)
		if _, err := http.ReadRequest(in); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nfull")
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, in) // a reset would discard the response
		}
	}), Options{})
	got, err := client.Do(t.Context(), inAMinute(), Request{Body: make([]byte, 8<<20)}, nil, false)
	if err != nil || got.Status != 413 || string(got.Body) != "full" {
		t.Errorf("%d %q, %v; want the response", got.Status, got.Body, err)
	}
}

// failingWrite sends what it is given and reports that the peer has closed.
type failingWrite struct{ net.Conn }

func (c failingWrite) Write(b []byte) (int, error) {
	n, _ := c.Conn.Write(b)
	return n, &net.OpError{Op: "write", Err: syscall.EPIPE}
}

func TestAResponseAfterAFailedWriteCountsAndTheConnectionIsNotReused(t *testing.T) {
	t.Parallel()
	client := newClient(t, respond(t, complete), Options{})
	mustDo(t, client)
	pooled := client.pool.conns[0]
	pooled.Conn = failingWrite{pooled.Conn}
	mustDo(t, client)
	if n := client.IdleConns(); n != 0 {
		t.Errorf("%d idle connections, want 0: part of the request may be missing", n)
	}
}

func TestAFailedWriteWithoutAResponseIsTheError(t *testing.T) {
	t.Parallel()
	client := newClient(t, serve(t, func(s *server, _ int64, c net.Conn) {
		in := bufio.NewReader(c)
		if s.read(in) {
			_, _ = io.WriteString(c, complete)
			s.read(in)
		}
	}), Options{})
	mustDo(t, client)
	pooled := client.pool.conns[0]
	pooled.Conn = failingWrite{pooled.Conn}
	_, err := client.Do(t.Context(), inAMinute(), Request{}, nil, false)
	if failed, ok := errors.AsType[*Error](err); !ok || !errors.Is(err, syscall.EPIPE) || !failed.NoResponse {
		t.Errorf("err = %v, want the error of the write and NoResponse", err)
	}
}

func TestARequestIsWrittenWhole(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, maxCopied, maxCopied + 1, 1 << 20} {
		seen := make(chan string, 1)
		s := serve(t, func(_ *server, _ int64, c net.Conn) {
			request, err := http.ReadRequest(bufio.NewReader(c))
			if err != nil {
				return
			}
			body, _ := io.ReadAll(request.Body)
			seen <- strings.Join([]string{request.Method, request.URL.String(), request.Host, request.Header.Get("A"), request.Header.Get("B"), string(body)}, " ")
			_, _ = io.WriteString(c, complete)
		})
		s.url.Path, s.url.RawQuery = "/graphql", "a=b"
		client := newClient(t, s, Options{Header: "A: 1\r\n"})
		body := strings.Repeat("x", size)
		got, err := client.Do(t.Context(), inAMinute(), Request{Header: []byte("B: 2\r\n"), Body: []byte(body)}, []byte("before "), false)
		if err != nil || string(got.Body) != "before {}" {
			t.Fatalf("%d bytes: %q, %v", size, got.Body, err)
		}
		if want := "POST /graphql?a=b " + s.url.Host + " 1 2 " + body; <-seen != want {
			t.Errorf("%d bytes: the server read something else", size)
		}
	}
}

func TestThePortDefaultsTo80(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{"reviews": "reviews:80", "reviews:4000": "reviews:4000", "[::1]": "[::1]:80"} {
		if got := New(&url.URL{Scheme: "http", Host: host}, Options{}).pool.address; got != want {
			t.Errorf("%s: address %s, want %s", host, got, want)
		}
	}
}
