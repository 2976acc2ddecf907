package upstream_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cartograph/internal/polltest"
	"cartograph/router/gqlerr"
	"cartograph/router/upstream"
)

func TestAStaleConnectionIsReplaced(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		closed := make(chan struct{}, 10)
		server := listen(t, func(r *rawServer, _ int64, c net.Conn) { // one response a connection, without announcing it
			if r.read(bufio.NewReader(c)) {
				_, _ = io.WriteString(c, complete)
			}
			_ = c.Close()
			closed <- struct{}{}
		})
		s := newSubgraph(t, server.url, upstream.Options{Client: client})
		for range 5 {
			if got, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil || string(got) != "{}" {
				t.Fatalf("response %q, %v", got, err)
			}
			<-closed
		}
		if n := server.requests.Load(); n != 5 {
			t.Errorf("%d requests for 5 fetches", n)
		}
	})
}

// TestAReadIsRepeatedAndAMutationIsNot: the connection breaks after the request
// was sent, so that it may have been executed.
func TestAReadIsRepeatedAndAMutationIsNot(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		for _, mutation := range []bool{false, true} {
			server := listen(t, func(r *rawServer, number int64, c net.Conn) {
				in := bufio.NewReader(c)
				if number == 1 && r.read(in) {
					_, _ = io.WriteString(c, complete)
				}
				if r.read(in) && number > 1 {
					_, _ = io.WriteString(c, complete)
				}
			})
			s := newSubgraph(t, server.url, upstream.Options{Client: client})
			if _, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil {
				t.Fatal(err)
			}
			_, err := s.Fetch(t.Context(), upstream.Request{Body: []byte(`{}`), Mutation: mutation}, nil)
			if n := server.requests.Load(); mutation {
				wantFailure(t, err, gqlerr.SubgraphUnavailable, "")
				if n != 2 {
					t.Errorf("the mutation was sent %d times, want once", n-1)
				}
			} else if err != nil || n != 3 {
				t.Errorf("the read: %v after %d requests, want it repeated once", err, n-1)
			}
		}
	})
}

func TestAReadIsAttemptedAtMostTwice(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := listen(t, func(r *rawServer, _ int64, c net.Conn) { r.read(bufio.NewReader(c)) })
		s := newSubgraph(t, server.url, upstream.Options{Client: client})
		_, err := s.Fetch(t.Context(), query(`{}`), nil)
		wantFailure(t, err, gqlerr.SubgraphUnavailable, "EOF")
		if n := server.requests.Load(); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
}

// TestTheEnginesRequestsAreRetriedOnlyIfQueries: the engine's resolver sends its requests
// by net/http, which does not distinguish mutations.
func TestTheEnginesRequestsAreRetriedOnlyIfQueries(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		for body, want := range map[string]int64{`{"query":"{a}"}`: 2, `{"query":"mutation{a}"}`: 1} {
			server := listen(t, func(r *rawServer, number int64, c net.Conn) {
				if r.read(bufio.NewReader(c)) && number > 1 {
					_, _ = io.WriteString(c, complete)
				}
			})
			s := newSubgraph(t, server.url, upstream.Options{Client: client})
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.url, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			response, err := (&http.Client{Transport: s.RoundTripper()}).Do(request)
			if err == nil {
				got, _ := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if string(got) != "{}" || want == 1 {
					t.Errorf("%s: response %q", body, got)
				}
			} else {
				wantFailure(t, err, gqlerr.SubgraphUnavailable, "")
			}
			if n := server.requests.Load(); n != want {
				t.Errorf("%s was sent %d times, want %d", body, n, want)
			}
		}
	})
}

func TestTheCircuitOpensProbesAndCloses(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		var mu sync.Mutex
		text := "HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n"
		server := listen(t, func(r *rawServer, _ int64, c net.Conn) {
			for in := bufio.NewReader(c); r.read(in); {
				mu.Lock()
				_, _ = io.WriteString(c, text)
				mu.Unlock()
			}
		})
		const openFor = 200 * time.Millisecond
		s := newSubgraph(t, server.url, upstream.Options{Client: client, Breaker: upstream.Breaker{ConsecutiveFailures: 4, OpenFor: openFor}})
		for range 4 {
			_, err := s.Fetch(t.Context(), query(`{}`), nil)
			wantFailure(t, err, gqlerr.SubgraphUnavailable, "503")
		}
		_, err := s.Fetch(t.Context(), query(`{}`), nil)
		failure := wantFailure(t, err, gqlerr.SubgraphUnavailable, "circuit is open")
		if state := s.State().Circuit; state != "open" || failure.RetryAfter <= 0 || server.requests.Load() != 4 {
			t.Errorf("circuit %s, retry after %v, %d requests; want open, some time, 4", state, failure.RetryAfter, server.requests.Load())
		}
		polltest.Eventually(t, "the circuit is half open", func() bool { return s.State().Circuit == "half-open" })
		_, err = s.Fetch(t.Context(), query(`{}`), nil)
		wantFailure(t, err, gqlerr.SubgraphUnavailable, "503")
		if state := s.State().Circuit; state != "open" || server.requests.Load() != 5 {
			t.Errorf("after a failed probe: circuit %s, %d requests; want open again after one", state, server.requests.Load())
		}
		mu.Lock()
		text = complete
		mu.Unlock()
		polltest.Eventually(t, "the circuit is half open again", func() bool { return s.State().Circuit == "half-open" })
		if _, err = s.Fetch(t.Context(), query(`{}`), nil); err != nil || s.State().Circuit != "closed" {
			t.Errorf("after a good probe: %v, circuit %s; want closed", err, s.State().Circuit)
		}
	})
}

func TestTheCircuitOpensAtAFailureRateOfHalf(t *testing.T) {
	t.Parallel()
	server := listen(t, func(r *rawServer, _ int64, c net.Conn) {
		for in := bufio.NewReader(c); r.read(in); {
			if r.requests.Load()%2 == 0 {
				_, _ = io.WriteString(c, complete)
			} else {
				_, _ = io.WriteString(c, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")
			}
		}
	})
	s := newSubgraph(t, server.url, upstream.Options{Breaker: upstream.Breaker{MinRequests: 20}})
	for i := range 21 {
		if state := s.State().Circuit; (state == "open") != (i > 20) && i != 20 {
			t.Fatalf("circuit is %s after %d fetches", state, i)
		}
		_, _ = s.Fetch(t.Context(), query(`{}`), nil)
	}
	if state := s.State().Circuit; state != "open" {
		t.Errorf("circuit is %s after half of 20 failed, want open", state)
	}
}

func TestCancelledFetchesDoNotOpenTheCircuit(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		server := respondAlways(t, "")
		s := newSubgraph(t, server.url, upstream.Options{Client: client, Timeout: time.Minute, Breaker: upstream.Breaker{ConsecutiveFailures: 2, MinRequests: 4}})
		for i := range 8 {
			ctx, cancel := context.WithCancel(t.Context())
			if i%2 == 0 {
				ctx, cancel = context.WithTimeout(t.Context(), 5*time.Millisecond)
			} else {
				go func() {
					for server.requests.Load() <= int64(i) {
						time.Sleep(time.Millisecond)
					}
					cancel()
				}()
			}
			if _, err := s.Fetch(ctx, query(`{}`), nil); err == nil {
				t.Fatal("there was a response")
			}
			cancel()
		}
		if state := s.State().Circuit; state != "closed" {
			t.Errorf("circuit is %s, want closed: no fetch gave the subgraph time", state)
		}
	})
}

func TestTimeoutsOpenTheCircuit(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		s := newSubgraph(t, respondAlways(t, "").url, upstream.Options{Client: client, Timeout: 10 * time.Millisecond, Breaker: upstream.Breaker{ConsecutiveFailures: 3}})
		for range 3 {
			_, err := s.Fetch(t.Context(), query(`{}`), nil)
			wantFailure(t, err, gqlerr.Timeout, "")
		}
		_, err := s.Fetch(t.Context(), query(`{}`), nil)
		wantFailure(t, err, gqlerr.SubgraphUnavailable, "circuit is open")
	})
}

func TestFetchesBeyondTheQueueAreShed(t *testing.T) {
	each(t, func(t *testing.T, client upstream.Client) {
		const inFlight = 2
		held := make(chan struct{})
		server := listen(t, func(r *rawServer, _ int64, c net.Conn) {
			for in := bufio.NewReader(c); r.read(in); {
				<-held
				_, _ = io.WriteString(c, complete)
			}
		})
		s := newSubgraph(t, server.url, upstream.Options{Client: client, MaxConcurrent: inFlight, Timeout: time.Minute})
		var all sync.WaitGroup
		for range inFlight + 4*inFlight {
			all.Go(func() {
				if _, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil {
					t.Error(err)
				}
			})
		}
		polltest.Eventually(t, "all slots and the queue are full", func() bool {
			state := s.State()
			return state.InFlight == inFlight && state.Waiting == 4*inFlight && server.requests.Load() == inFlight
		})
		_, err := s.Fetch(t.Context(), query(`{}`), nil)
		if f := wantFailure(t, err, gqlerr.SubgraphUnavailable, "queue is full"); f.RetryAfter <= 0 {
			t.Error("no RetryAfter")
		}
		close(held)
		all.Wait()
		if opened := server.conns.Load(); opened > inFlight {
			t.Errorf("%d connections, want at most %d", opened, inFlight)
		}
		if s.State().Circuit != "closed" {
			t.Error("shed fetches opened the circuit")
		}
	})
}

func TestAQueuedFetchWaitsUntilItsDeadline(t *testing.T) {
	t.Parallel()
	server := respondAlways(t, "")
	s := newSubgraph(t, server.url, upstream.Options{MaxConcurrent: 1, Timeout: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	var first sync.WaitGroup
	first.Go(func() { _, _ = s.Fetch(ctx, query(`{}`), nil) })
	polltest.Eventually(t, "the slot is taken", func() bool { return server.requests.Load() == 1 })
	short, done := context.WithTimeout(t.Context(), 20*time.Millisecond)
	_, err := s.Fetch(short, query(`{}`), nil)
	done()
	wantFailure(t, err, gqlerr.SubgraphUnavailable, "")
	cancel()
	first.Wait()
	if n := server.requests.Load(); n != 1 {
		t.Errorf("%d requests were sent, want only the first", n)
	}
}

func TestCloseClosesIdleConnections(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	server := listen(t, func(r *rawServer, _ int64, c net.Conn) {
		in := bufio.NewReader(c)
		r.read(in)
		_, _ = io.WriteString(c, complete)
		_, _ = in.ReadByte()
		close(ended)
	})
	s := newSubgraph(t, server.url, upstream.Options{})
	if _, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil || s.State().IdleConns != 1 {
		t.Fatalf("%v, %d idle connections; want one", err, s.State().IdleConns)
	}
	s.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the connection stays open")
	}
}

func TestBothAddressFamiliesOfAHostAreTried(t *testing.T) {
	t.Parallel()
	server := respondAlways(t, complete) // on 127.0.0.1 only, while localhost may be ::1 first
	s := newSubgraph(t, strings.Replace(server.url, "127.0.0.1", "localhost", 1), upstream.Options{})
	if _, err := s.Fetch(t.Context(), query(`{}`), nil); err != nil {
		t.Error(err)
	}
}
