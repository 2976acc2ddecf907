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

// raw is a server that says what it is told to, whatever HTTP has to say.
type raw struct {
	url      string
	opened   atomic.Int64 // connections
	requests atomic.Int64
}

// listen serves each connection by a function of its number, from 1.
func listen(t testing.TB, serve func(r *raw, number int64, c net.Conn)) *raw {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &raw{url: "http://" + listener.Addr().String()}
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
				serve(r, r.opened.Add(1), c)
			}()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-ended
	})
	return r
}

// heard reads a request off a connection; false at its end.
func (r *raw) heard(in *bufio.Reader) bool {
	request, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	r.requests.Add(1)
	_, err = io.Copy(io.Discard, request.Body)
	return err == nil
}

// saying answers every request with the same bytes, and keeps the connection.
func saying(t testing.TB, text string) *raw {
	t.Helper()
	return listen(t, func(r *raw, _ int64, c net.Conn) {
		for in := bufio.NewReader(c); r.heard(in); {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	})
}

const fine = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

func TestOddButValidAnswersAreRead(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		for name, c := range map[string]struct {
			text  string
			keeps bool // the connection
		}{
			"plain":                {fine, true},
			"no reason":            {"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", true},
			"cases and spaces":     {"HTTP/1.1 200 OK\r\ncOnTeNt-LeNgTh:\t 2 \r\nX: \r\n\r\n{}", true},
			"interim":              {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + fine, true},
			"chunks":               {"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1;a=b\r\n{\r\n0001\r\n}\r\n0\r\nX-Trailer: a\r\n\r\n", true},
			"HTTP/1.1 that closes": {"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\n{}", false},
			"HTTP/1.0":             {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", false},
			"HTTP/1.0 kept":        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}", true},
			"one byte too much":    {fine + "!", false},
			"a second answer":      {fine + fine, false},
		} {
			if strings.HasSuffix(c.text, "{}!") && client == upstream.Standard {
				continue // whether it notices in time is a race of its own
			}
			server := saying(t, c.text)
			s := newSubgraph(t, server.url, upstream.Options{Client: client})
			for i := range 3 {
				if got, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil || string(got) != "{}" {
					t.Fatalf("%s: answer %d is %q, %v", name, i, got, err)
				}
			}
			if opened := server.opened.Load(); c.keeps != (opened == 1) && client == upstream.Lean {
				t.Errorf("%s: %d connections for 3 fetches", name, opened)
			}
		}
	})
}

func TestAnAnswerUntilTheEndOfTheConnectionIsRead(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := listen(t, func(r *raw, _ int64, c net.Conn) {
			if r.heard(bufio.NewReader(c)) {
				_, _ = io.WriteString(c, "HTTP/1.0 200 OK\r\n\r\n{}")
			}
		})
		s := newSubgraph(t, server.url, upstream.Options{Client: client})
		for range 3 {
			if got, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil || string(got) != "{}" {
				t.Fatalf("answer %q, %v", got, err)
			}
		}
	})
}

// TestAnswersThatTwoReadersCouldReadDifferentlyAreRefused is about Lean:
// net/http bears some of these.
func TestAnswersThatTwoReadersCouldReadDifferentlyAreRefused(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	for name, text := range map[string]string{
		"garbage":                     "\x00\x01\x02\r\n\r\n",
		"a TLS alert":                 "\x15\x03\x01\x00\x02\x02\x50\r\n",
		"another protocol":            "SSH-2.0-OpenSSH_9.6\r\n",
		"HTTP/2":                      "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"a status of letters":         "HTTP/1.1 2xx OK\r\nContent-Length: 2\r\n\r\n{}",
		"a status of four digits":     "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}",
		"switching protocols":         "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
		"nothing but interim answers": strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 20),
		"an interim body":             "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello" + fine,
		"length and chunks":           ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks and length":           ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
		"two lengths":                 ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
		"a list of lengths":           ok + "Content-Length: 2, 2\r\n\r\n{}",
		"a negative length":           ok + "Content-Length: -2\r\n\r\n{}",
		"a signed length":             ok + "Content-Length: +2\r\n\r\n{}",
		"a hexadecimal length":        ok + "Content-Length: 0x2\r\n\r\n{}",
		"an endless length":           ok + "Content-Length: 99999999999999999999\r\n\r\n{}",
		"an empty length":             ok + "Content-Length:\r\n\r\n{}",
		"another transfer encoding":   ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
		"chunked twice":               ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"chunks in HTTP/1.0":          "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"a space before the colon":    ok + "Content-Length : 2\r\n\r\n{}",
		"a folded line":               ok + "X: a\r\n Content-Length: 3\r\nContent-Length: 2\r\n\r\n{}",
		"a line without colon":        ok + "Content-Length 2\r\n\r\n{}",
		"a nameless header":           ok + ": 2\r\n\r\n{}",
		"a bare line feed":            "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
		"a bare carriage return":      ok + "X: a\rContent-Length: 5\r\nContent-Length: 2\r\n\r\n{}",
		"a NUL":                       ok + "X: a\x00\r\nContent-Length: 2\r\n\r\n{}",
		"a chunk size of no digits":   ok + "Transfer-Encoding: chunked\r\n\r\n\r\n{}\r\n0\r\n\r\n",
		"a negative chunk":            ok + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
		"a chunk of 0x":               ok + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n",
		"an endless chunk":            ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{}\r\n0\r\n\r\n",
		"a chunk longer than it says": ok + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n",
		"an encoding nobody asked":    ok + "Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
		"what is no gzip":             ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
		"a huge header":               ok + "X: " + strings.Repeat("x", 10<<10) + "\r\nContent-Length: 2\r\n\r\n{}",
		"a great many headers":        ok + strings.Repeat("X: xxxxxxxxxxxxxxxx\r\n", 4<<10) + "Content-Length: 2\r\n\r\n{}",
		"endless trailers":            ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("X: xxxxxxxxxxxxxxxx\r\n", 4<<10),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := saying(t, text)
			s := newSubgraph(t, server.url, upstream.Options{Timeout: 10 * time.Second})
			got, err := s.Fetch(t.Context(), query(`{}`), []byte("kept"))
			wantFailure(t, err, gqlerr.SubgraphUnavailable, "answer is no HTTP/1.1")
			if string(got) != "kept" {
				t.Errorf("into = %q, want it untouched", got)
			}
			if idle := s.State().Idle; idle != 0 {
				t.Errorf("%d connections are kept, want the bad one dropped", idle)
			}
			if n := server.requests.Load(); n != 1 {
				t.Errorf("asked %d times, want once: it did answer", n)
			}
		})
	}
}

func TestABrokenAnswerIsAFailureAndNotHalfAnAnswer(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		for name, text := range map[string]string{
			"in the status line": "HTTP/1.1 2",
			"in the headers":     "HTTP/1.1 200 OK\r\nContent-Le",
			"in the body":        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"data\":",
			"in a chunk":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"d",
			"between chunks":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
			"before the trailer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
		} {
			server := listen(t, func(r *raw, _ int64, c net.Conn) {
				if r.heard(bufio.NewReader(c)) {
					_, _ = io.WriteString(c, text)
				}
			})
			s := newSubgraph(t, server.url, upstream.Options{Client: client})
			got, err := s.Fetch(t.Context(), query(`{}`), []byte("kept"))
			wantFailure(t, err, gqlerr.SubgraphUnavailable, "")
			if string(got) != "kept" {
				t.Errorf("%s: into = %q, want it untouched", name, got)
			}
			if n := server.requests.Load(); n != 1 {
				t.Errorf("%s: asked %d times, want once: an answer had begun", name, n)
			}
		}
	})
}

func TestSlownessEndsAtTheDeadline(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		for name, text := range map[string]string{
			"no answer":   "",
			"half a head": "HTTP/1.1 200 OK\r\nContent-",
			"half a body": "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"data\":",
		} {
			server := saying(t, text)
			s := newSubgraph(t, server.url, upstream.Options{Client: client, Timeout: 60 * time.Millisecond})
			start := time.Now()
			_, err := s.Fetch(t.Context(), query(`{}`), nil)
			wantFailure(t, err, gqlerr.Timeout, "")
			if took := time.Since(start); took < 60*time.Millisecond || took > 5*time.Second {
				t.Errorf("%s: took %v, want the fetch's time", name, took)
			}

			s = newSubgraph(t, server.url, upstream.Options{Client: client, Timeout: time.Minute})
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			_, err = s.Fetch(ctx, query(`{}`), nil)
			cancel()
			wantFailure(t, err, gqlerr.Timeout, "")
			if n := server.requests.Load(); n != 2 {
				t.Errorf("%s: %d requests for two fetches: what is slow is not asked again", name, n)
			}
		}
	})
}

func TestACallerThatGoesAwayIsNotWaitedFor(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		gone := make(chan struct{})
		server := listen(t, func(r *raw, _ int64, c net.Conn) {
			in := bufio.NewReader(c)
			if r.heard(in) {
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
		_, err := s.Fetch(ctx, query(`{}`), nil)
		if !errors.Is(err, context.Canceled) || !observed.Abandoned {
			t.Errorf("err = %v, abandoned = %v; want the cancellation, seen as such", err, observed.Abandoned)
		}
		select {
		case <-gone:
		case <-time.After(10 * time.Second):
			t.Error("the subgraph's connection stays open")
		}
	})
}

func TestAnAnswerBeforeTheBodyIsReadCounts(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := listen(t, func(r *raw, _ int64, c net.Conn) {
			in := bufio.NewReader(c)
			if _, err := http.ReadRequest(in); err == nil {
				_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\nConnection: close\r\n\r\nfull")
				_ = c.(*net.TCPConn).CloseWrite()
				_, _ = io.Copy(io.Discard, in) // or the reset would take the answer with it
			}
		})
		s := newSubgraph(t, server.url, upstream.Options{Client: client})
		_, err := s.Fetch(t.Context(), query(strings.Repeat("x", 8<<20)), nil)
		wantFailure(t, err, gqlerr.Internal, "413")
	})
}

func TestWhatComesUnaskedIsNotTakenForAnAnswer(t *testing.T) {
	t.Parallel()
	late := make(chan struct{})
	server := listen(t, func(r *raw, number int64, c net.Conn) {
		for in := bufio.NewReader(c); r.heard(in); {
			_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d", number)
			if number == 1 { // an answer to nothing, while the connection is idle
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nothers")
				close(late)
			}
		}
	})
	s := newSubgraph(t, server.url, upstream.Options{})
	for i := range 3 {
		got, err := s.Fetch(t.Context(), query(`{}`), nil)
		if want := fmt.Sprint(min(i+1, 2)); err != nil || string(got) != want {
			t.Errorf("answer %d = %q, %v; want %q", i, got, err, want)
		}
		<-late
	}
}
