package upstream_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

// rawServer is a TCP server that sends arbitrary bytes.
type rawServer struct {
	url      string
	conns    atomic.Int64 // connections
	requests atomic.Int64
}

// listen runs serve for each connection; number counts them from 1.
func listen(t testing.TB, serve func(r *rawServer, number int64, c net.Conn)) *rawServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rawServer{url: "http://" + listener.Addr().String()}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				serve(r, r.conns.Add(1), c)
			}()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
	})
	return r
}

// read consumes a request; false at the end of the connection.
func (r *rawServer) read(in *bufio.Reader) bool {
	request, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	r.requests.Add(1)
	_, err = io.Copy(io.Discard, request.Body)
	return err == nil
}

// respondAlways responds to every request with the same bytes.
func respondAlways(t testing.TB, text string) *rawServer {
	t.Helper()
	return listen(t, func(r *rawServer, _ int64, c net.Conn) {
		for in := bufio.NewReader(c); r.read(in); {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	})
}

const complete = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

func TestUnusualResponsesAreRead(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		for name, c := range map[string]struct {
			text  string
			keeps bool // the connection
		}{
			"plain":                {complete, true},
			"no reason":            {"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", true},
			"cases and spaces":     {"HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:\t 2 \r\nX: \r\n\r\n{}", true},
			"interim":              {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + complete, true},
			"chunks":               {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1;a=b\r\n{\r\n0001\r\n}\r\n0\r\nX-Trailer: a\r\n\r\n", true},
			"HTTP/1.1 that closes": {"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\n{}", false},
			"HTTP/1.0":             {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", false},
			"HTTP/1.0 kept":        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", true},
			"one byte too much":    {complete + "!", false},
			"a second answer":      {complete + complete, false},
		} {
			if strings.HasSuffix(c.text, "{}!") && client == upstream.NetHTTP {
				continue // whether net/http notices before it reuses the connection is a race
			}
			server := respondAlways(t, c.text)
			s := newSubgraph(t, server.url, upstream.Options{Client: client})
			for i := range 3 {
				if got, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil || string(got) != "{}" {
					t.Fatalf("%s: response %d is %q, %v", name, i, got, err)
				}
			}
			if opened := server.conns.Load(); c.keeps != (opened == 1) && client == upstream.HTTP1 {
				t.Errorf("%s: %d connections for 3 fetches", name, opened)
			}
		}
	})
}

func TestAResponseUntilTheEndOfTheConnectionIsRead(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := listen(t, func(r *rawServer, _ int64, c net.Conn) {
			if r.read(bufio.NewReader(c)) {
				_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n{}")
			}
		})
		s := newSubgraph(t, server.url, upstream.Options{Client: client})
		for range 3 {
			if got, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil || string(got) != "{}" {
				t.Fatalf("response %q, %v", got, err)
			}
		}
	})
}

// TestAMalformedResponseIsAFailureAndNotRetried: the cases are in package http1.
func TestAMalformedResponseIsAFailureAndNotRetried(t *testing.T) {
	t.Parallel()
	server := respondAlways(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ")
	s := newSubgraph(t, server.url, upstream.Options{Timeout: 10 * time.Second})
	got, err := s.Fetch(t.Context(), query(`{}`), []byte("kept"))
	wantFailure(t, err, gqlerr.SubgraphUnavailable, "malformed HTTP/1.1 response")
	if string(got) != "kept" {
		t.Errorf("dst = %q, want it unchanged", got)
	}
	if n := s.State().IdleConns; n != 0 {
		t.Errorf("%d idle connections, want 0", n)
	}
	if n := server.requests.Load(); n != 1 {
		t.Errorf("%d requests, want 1: there was a response", n)
	}
}

func TestATruncatedResponseIsAFailure(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		for name, text := range map[string]string{
			"in the status line": "HTTP/1.1 2",
			"in the headers":     "HTTP/1.1 200 OK\r\nContent-Le",
			"in the body":        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"data\":",
			"in a chunk":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"d",
			"between chunks":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
			"before the trailer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
		} {
			server := listen(t, func(r *rawServer, _ int64, c net.Conn) {
				if r.read(bufio.NewReader(c)) {
					_, _ = io.WriteString(c, text)
				}
			})
			s := newSubgraph(t, server.url, upstream.Options{Client: client})
			got, err := s.Fetch(t.Context(), query(`{}`), []byte("kept"))
			wantFailure(t, err, gqlerr.SubgraphUnavailable, "")
			if string(got) != "kept" {
				t.Errorf("%s: dst = %q, want it unchanged", name, got)
			}
			if n := server.requests.Load(); n != 1 {
				t.Errorf("%s: %d requests, want 1: a response had started", name, n)
			}
		}
	})
}

func TestASlowResponseEndsAtTheDeadline(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		for name, text := range map[string]string{
			"no response":   "",
			"half a header": "HTTP/1.1 200 OK\r\nContent-",
			"half a body":   "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"data\":",
		} {
			server := respondAlways(t, text)
			s := newSubgraph(t, server.url, upstream.Options{Client: client, Timeout: 60 * time.Millisecond})
			start := time.Now()
			_, err := s.Fetch(t.Context(), query(`{}`), nil)
			wantFailure(t, err, gqlerr.Timeout, "")
			if took := time.Since(start); took < 60*time.Millisecond || took > 5*time.Second {
				t.Errorf("%s: took %v, want the timeout of the fetch", name, took)
			}

			s = newSubgraph(t, server.url, upstream.Options{Client: client, Timeout: time.Minute})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			_, err = s.Fetch(ctx, query(`{}`), nil)
			cancel()
			wantFailure(t, err, gqlerr.Timeout, "")
			if n := server.requests.Load(); n != 2 {
				t.Errorf("%s: %d requests for two fetches: a timeout is not retried", name, n)
			}
		}
	})
}

func TestCancellationEndsAFetchAtOnce(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		gone := make(chan struct{})
		server := listen(t, func(r *rawServer, _ int64, c net.Conn) {
			in := bufio.NewReader(c)
			if r.read(in) {
				_, _ = in.ReadByte() // until the client closes
				close(gone)
			}
		})
		var observed upstream.Fetch
		s := newSubgraph(t, server.url, upstream.Options{Client: client, Timeout: time.Minute, Observe: func(_ context.Context, f upstream.Fetch) { observed = f }})
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for server.requests.Load() == 0 {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		start := time.Now()
		_, err := s.Fetch(ctx, query(`{}`), nil)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("the cancelled fetch took %v, want it to end at once", took)
		}
		if !errors.Is(err, context.Canceled) || !observed.Canceled {
			t.Errorf("err = %v, canceled = %v; want the cancellation, observed as such", err, observed.Canceled)
		}
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Error("the subgraph's connection stays open")
		}
	})
}

func TestAResponseToAPartlyReadRequestCounts(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := listen(t, func(r *rawServer, _ int64, c net.Conn) {
			in := bufio.NewReader(c)
			if _, err := http.ReadRequest(in); err == nil {
				_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfull")
				_ = c.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, in) // a reset would discard the response
			}
		})
		s := newSubgraph(t, server.url, upstream.Options{Client: client})
		_, err := s.Fetch(t.Context(), query(strings.Repeat("x", 8<<20)), nil)
		wantFailure(t, err, gqlerr.Internal, "413")
	})
}

func TestUnsolicitedBytesAreNotTakenForAResponse(t *testing.T) {
	t.Parallel()
	late := make(chan struct{})
	server := listen(t, func(r *rawServer, number int64, c net.Conn) {
		for in := bufio.NewReader(c); r.read(in); {
			_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", number)
			if number == 1 { // unsolicited, while the connection is idle
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nothers")
				close(late)
			}
		}
	})
	s := newSubgraph(t, server.url, upstream.Options{})
	for i := range 3 {
		got, err := s.Fetch(t.Context(), query(`{}`), nil)
		if want := fmt.Sprint(min(i+1, 2)); err != nil || string(got) != want {
			t.Errorf("response %d = %q, %v; want %q", i, got, err, want)
		}
		<-late
	}
}
