package upstream_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cartograph/internal/auth"
	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

// clients are those that every claim about fetches must hold for.
var clients = map[string]upstream.Client{"http1": upstream.HTTP1, "net/http": upstream.NetHTTP}

// each runs a claim with each client.
func each(t *testing.T, claim func(t *testing.T, client upstream.Client)) {
	t.Parallel()
	for name, client := range clients {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			claim(t, client)
		})
	}
}

func newSubgraph(t testing.TB, url string, o upstream.Options) *upstream.Subgraph {
	t.Helper()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s, err := upstream.New("reviews", url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func query(body string) upstream.Request { return upstream.Request{Body: []byte(body)} }

// wantFailure fails unless err is a failure of that code whose text contains message.
func wantFailure(t testing.TB, err error, code gqlerr.Code, message string) upstream.Failure {
	t.Helper()
	failure, ok := errors.AsType[*upstream.Failure](err)
	if !ok {
		t.Fatalf("err = %v, want a failure", err)
	}
	if failure.Code != code || !strings.Contains(failure.Error(), message) {
		t.Errorf("failure = %v, want %s with %q", failure, code, message)
	}
	return *failure
}

func TestAFetchSendsBodyAndHeadersAndAppendsTheResponse(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		var seen *http.Request
		var sent []byte
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			seen = r
			sent, _ = io.ReadAll(r.Body)
			_, _ = io.WriteString(w, `{"data":1}`)
		})
		s := newSubgraph(t, server.URL+"/graphql?a=b", upstream.Options{Client: client})
		header := upstream.NewHeader(http.Header{
			"Authorization": {"Bearer t"}, "X-Request-Id": {"req_1"}, "Connection": {"close"}, "Content-Length": {"3"},
			"Request-Timeout-Ms": {"999999"}, "X-Split": {"a\r\nX-Injected: b"}, "X Bad": {"c"},
		})
		const timeout = 2 * time.Second // of the caller, which is less than the fetch's
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		got, err := s.Fetch(ctx, upstream.Request{Header: header, Body: []byte(`{"query":"{ a }"}`)}, []byte("before "))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != `before {"data":1}` {
			t.Errorf("body = %q, want it appended to dst", got)
		}
		if string(sent) != `{"query":"{ a }"}` || seen.Method != http.MethodPost || seen.URL.String() != "/graphql?a=b" {
			t.Errorf("sent %s %s %q", seen.Method, seen.URL, sent)
		}
		want := http.Header{
			"Authorization": {"Bearer t"}, "X-Request-Id": {"req_1"}, "Content-Length": {"17"}, "Content-Type": {"application/json"},
			"Accept": {"application/graphql-response+json, application/json"}, "User-Agent": {"cartograph-router"},
		}
		if left, ok := auth.TimeoutOf(seen.Header); !ok || left <= 0 || left > timeout {
			t.Errorf("%s is %q, want at most %v", auth.TimeoutHeader, seen.Header.Get(auth.TimeoutHeader), timeout)
		}
		seen.Header.Del(auth.TimeoutHeader)
		if diff := cmp.Diff(want, seen.Header); diff != "" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
		if server.Listener.Addr().String() != seen.Host {
			t.Errorf("Host = %q, want %q", seen.Host, server.Listener.Addr())
		}
	})
}

func TestResponsesOfAnySizeAndFramingArriveWhole(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			switch r.Header.Get("X-Framing") {
			case "chunked":
				for piece := range slices.Chunk(body, 7777) {
					_, _ = w.Write(piece)
					w.(http.Flusher).Flush()
				}
			case "gzip":
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				_, _ = z.Write(body)
				_ = z.Close()
			case "close":
				w.Header().Set("Connection", "close")
				_, _ = w.Write(body)
			default:
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				_, _ = w.Write(body)
			}
		})
		s := newSubgraph(t, server.URL, upstream.Options{Client: client})
		for _, framing := range []string{"length", "chunked", "gzip", "close"} {
			for _, size := range []int{0, 1, 4 << 10, 8 << 10, 8<<10 + 1, 40 << 10, 3 << 20} {
				body := bytes.Repeat([]byte("graph "), size/6+1)[:size]
				header := upstream.NewHeader(http.Header{"X-Framing": {framing}})
				got, err := s.Fetch(t.Context(), upstream.Request{Header: header, Body: body}, nil)
				if err != nil || !bytes.Equal(got, body) {
					t.Fatalf("%s of %d bytes: %d bytes came, %v", framing, size, len(got), err)
				}
			}
		}
	})
}

func TestConnectionsAreReused(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		var connections atomic.Int64
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `{}`)
		}))
		server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		server.Start()
		t.Cleanup(server.Close)
		s := newSubgraph(t, server.URL, upstream.Options{Client: client})
		for range 50 {
			if _, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil {
				t.Fatal(err)
			}
		}
		if n := connections.Load(); n != 1 {
			t.Errorf("50 fetches in a row used %d connections, want 1", n)
		}
	})
}

func TestConcurrentFetchesGetTheirOwnResponses(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(body)
		})
		s := newSubgraph(t, server.URL, upstream.Options{Client: client, MaxConcurrent: 8})
		var all sync.WaitGroup
		for worker := range 16 {
			all.Go(func() {
				for i := range 50 {
					want := strings.Repeat(fmt.Sprintf("%d/%d ", worker, i), 1+i*7)
					ctx, cancel := context.WithCancel(t.Context())
					if i%10 == 9 { // some are cancelled during their response
						go cancel()
					}
					got, err := s.Fetch(ctx, query(want), nil)
					if err == nil && string(got) != want {
						t.Errorf("got %.40q, want %.40q", got, want)
					}
					if err != nil && ctx.Err() == nil {
						t.Error(err)
					}
					cancel()
				}
			})
		}
		all.Wait()
	})
}

func TestEachFetchIsObserved(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Fail") != "" {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			_, _ = io.WriteString(w, `{"data":{}}`)
		})
		var seen []upstream.Fetch
		before := time.Now()
		s := newSubgraph(t, server.URL, upstream.Options{Client: client, Observe: func(_ context.Context, f upstream.Fetch) { seen = append(seen, f) }})
		if _, err := s.Fetch(t.Context(), query(`{}`), make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		_, err := s.Fetch(t.Context(), upstream.Request{Header: upstream.NewHeader(http.Header{"X-Fail": {"1"}}), Body: []byte(`{"a":1}`)}, nil)
		if f := wantFailure(t, err, gqlerr.SubgraphUnavailable, "503"); f.RetryAfter != 7*time.Second {
			t.Errorf("RetryAfter = %v, want the header's 7 s", f.RetryAfter)
		}
		for i, f := range seen {
			if f.Start.Before(before) || f.Duration <= 0 || f.Duration > time.Since(before) {
				t.Errorf("fetch %d: start %v, duration %v", i, f.Start, f.Duration)
			}
			seen[i].Start, seen[i].Duration = time.Time{}, 0
		}
		want := []upstream.Fetch{
			{Subgraph: "reviews", RequestBytes: 2, ResponseBytes: 11},
			{Subgraph: "reviews", RequestBytes: 7, Failure: gqlerr.SubgraphUnavailable, RetryAfter: 7 * time.Second},
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Errorf("observed (-want +got):\n%s", diff)
		}
	})
}

func TestStatusesMapToCodes(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			var status int
			_, _ = fmt.Sscan(r.Header.Get("X-Status"), &status)
			w.WriteHeader(status)
			if status != http.StatusNoContent {
				_, _ = io.WriteString(w, `{"errors":[]}`)
			}
		})
		s := newSubgraph(t, server.URL, upstream.Options{Client: client})
		for status, want := range map[int]gqlerr.Code{
			200: "", 202: "", 204: "", 400: "", 422: "", 401: gqlerr.Internal, 404: gqlerr.Internal, 413: gqlerr.Internal,
			429: gqlerr.SubgraphUnavailable, 500: gqlerr.SubgraphUnavailable, 503: gqlerr.SubgraphUnavailable,
		} {
			_, err := s.Fetch(t.Context(), upstream.Request{Header: upstream.NewHeader(http.Header{"X-Status": {fmt.Sprint(status)}})}, nil)
			var got gqlerr.Code
			if failure, ok := errors.AsType[*upstream.Failure](err); ok {
				got = failure.Code
			}
			if got != want {
				t.Errorf("status %d: code %q, want %q", status, got, want)
			}
		}
	})
}

func TestAResponseBeyondTheLimitIsAFailure(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		const largest = 10_000
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			size := largest + int(r.ContentLength) - 1 // one byte more for each byte of the request after the first
			body := make([]byte, size)
			switch r.Header.Get("X-Framing") {
			case "gzip":
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				_, _ = z.Write(body)
				_ = z.Close()
				return
			case "chunked":
				w.(http.Flusher).Flush()
			default:
				w.Header().Set("Content-Length", fmt.Sprint(size))
			}
			_, _ = w.Write(body)
		})
		s := newSubgraph(t, server.URL, upstream.Options{Client: client, MaxResponseBytes: largest})
		for _, framing := range []string{"length", "chunked", "gzip"} {
			header := upstream.NewHeader(http.Header{"X-Framing": {framing}})
			if got, err := s.Fetch(t.Context(), upstream.Request{Header: header, Body: []byte("1")}, nil); err != nil || len(got) != largest {
				t.Errorf("%s of exactly %d bytes: %d, %v", framing, largest, len(got), err)
			}
			_, err := s.Fetch(t.Context(), upstream.Request{Header: header, Body: []byte("12")}, nil)
			wantFailure(t, err, gqlerr.SubgraphUnavailable, "exceeds the limit")
		}
	})
}

func TestInvalidAddressesAreRejected(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "reviews:4000", "ftp://reviews", "http://", "http://[::1", "/graphql", "http://ada:secret@reviews/"} {
		if _, err := upstream.New("reviews", address, upstream.Options{}); err == nil || !strings.Contains(err.Error(), "reviews") {
			t.Errorf("New(%q): %v, want an error that names the subgraph", address, err)
		}
	}
}
