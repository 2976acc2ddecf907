package upstream

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/iotest"
)

func read(src io.Reader, largest int) (answer, bool, error) {
	d := reader{buf: make([]byte, readBuffer)}
	d.reset(src)
	return d.answer(nil, largest)
}

// FuzzAnswer holds that no bytes break the reader; that what it takes, net/http
// takes too and reads the same; that the sizes of reads make no difference; and
// that the limit is one.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"HTTP/1.0 200 OK\r\n\r\n{}",
		"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\nRetry-After: 3\r\n\r\n",
		"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2;x=y\r\n{}\r\n0\r\nT: 1\r\n\r\nmore",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
		"HTTP/1.1 304 Not\r\nContent-Length: 99\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 24\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xaa\xae\x05\x04\x00\x00\xff\xff\x43\xbf\xa6\xa3\x02\x00\x00\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		const largest = 1 << 10
		got, clean, err := read(bytes.NewReader(data), largest)
		again, cleanAgain, errAgain := read(iotest.OneByteReader(bytes.NewReader(data)), largest)
		if (err == nil) != (errAgain == nil) || got.status != again.status || !bytes.Equal(got.body, again.body) || clean && !cleanAgain {
			t.Fatalf("at once: %v %v %v; byte by byte: %v %v %v", got, clean, err, again, cleanAgain, errAgain)
		}
		if err != nil {
			return
		}
		if len(got.body) > largest {
			t.Fatalf("%d bytes, more than allowed", len(got.body))
		}
		theirs := oracle(t, data)
		defer func() { _ = theirs.Body.Close() }()
		body, err := readBody(theirs, nil, largest)
		if err != nil || theirs.StatusCode != got.status || !bytes.Equal(body, got.body) {
			t.Fatalf("we read %d %q, net/http %d %q, %v", got.status, got.body, theirs.StatusCode, body, err)
		}
		if clean && theirs.Close {
			t.Fatal("we keep a connection that net/http would close")
		}
	})
}

// oracle reads with net/http, past interim answers.
func oracle(t *testing.T, data []byte) *http.Response {
	t.Helper()
	in := bufio.NewReaderSize(bytes.NewReader(data), 64<<10)
	for {
		response, err := http.ReadResponse(in, &http.Request{Method: http.MethodPost})
		if err != nil {
			t.Fatalf("we take what net/http refuses: %v", err)
		}
		if response.StatusCode >= http.StatusOK {
			return response
		}
	}
}

// TestALengthIsNotBelievedBeforeItsBytesCome is not parallel: it counts what
// the whole process allocates.
func TestALengthIsNotBelievedBeforeItsBytesCome(t *testing.T) {
	const claim = "HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n{}"
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := read(bytes.NewReader([]byte(claim)), 1<<30); !errors.Is(err, io.ErrUnexpectedEOF) {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	if allocated > 4*stride {
		t.Errorf("a claim of 900 MB made us take %d bytes", allocated)
	}
}

// TestWhatWasNeverSentMayBeSentAgain: a subgraph that is restarting refuses
// connections for a moment, which harms no mutation.
func TestWhatWasNeverSentMayBeSentAgain(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(server.Close)
	for refused, want := range map[int64]bool{0: true, 1: true, 2: false} {
		s, err := New("reviews", server.URL, Options{Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Close)
		var dialled atomic.Int64
		s.client.(*lean).pool.dialer.Control = func(string, string, syscall.RawConn) error {
			if dialled.Add(1) <= refused {
				return syscall.ECONNREFUSED
			}
			return nil
		}
		asked.Store(0)
		_, err = s.Fetch(t.Context(), Request{Body: []byte(`{}`), Mutates: true}, nil)
		if (err == nil) != want || (asked.Load() == 1) != want {
			t.Errorf("after %d refused connections: %v, and the subgraph was asked %d times", refused, err, asked.Load())
		}
	}
}

func TestConnectionsThatNobodyUsesAreClosed(t *testing.T) {
	t.Parallel()
	var held sync.WaitGroup
	const clients = 3
	held.Add(clients)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		held.Done()
		held.Wait()
	}))
	t.Cleanup(server.Close)
	s, err := New("reviews", server.URL, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			if _, err := s.Fetch(t.Context(), Request{}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	pool := s.client.(*lean).pool
	for _, c := range pool.kept[:2] {
		c.since = c.since.Add(-keep)
	}
	pool.sweep()
	if n := s.State().Idle; n != 1 {
		t.Errorf("%d connections are kept, want the one of three that was used of late", n)
	}
}

func TestOnlyQueriesOfTheEngineAreReads(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"query":"{me {id}}"}`:                                         true,
		`{"query":"query($a: Int){a}"}`:                                 true,
		`{"variables":{},"query":"{me}"}`:                               true,
		`{"query":"query{a}","variables":{"q":"\"query\":\"mutation"}}`: true,
		`{"query":"mutation{a}"}`:                                       false,
		`{"variables":{"query":"{a"},"query":"mutation($a: A){a}"}`:     false,
		`{"query":"subscription{a}"}`:                                   false,
		``:                                                              false,
	} {
		if got := isRead([]byte(body)); got != want {
			t.Errorf("isRead(%s) = %v", body, got)
		}
	}
}
