package transport_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cartograph/internal/polltest"
	"cartograph/router/transport"
)

// connect opens a connection from an address that is not the one of other clients.
func (s *site) connect(t *testing.T) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	return conn
}

const headOf = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

// status reads the status of the next answer; 0 if there is none.
func status(conn net.Conn) int {
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestRequestsThatDoNotArriveOccupyNothing(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, func(o *transport.Options) { o.InFlight, o.ConcurrencyMin, o.ConcurrencyMax, o.Readers = 2, 1, 1, 10 })
	var conns []net.Conn
	for range 30 {
		conn := s.connect(t)
		_, _ = fmt.Fprintf(conn, headOf+"{", 100)
		conns = append(conns, conn)
	}
	s.post(t, "small").want(t, http.StatusOK, "")
	counts := map[int]int{}
	for _, conn := range conns {
		counts[status(conn)]++
		if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Error("a connection whose body has not arrived stays open")
		}
	}
	if counts[http.StatusTooManyRequests] == 0 || counts[http.StatusBadRequest] == 0 || counts[0] > 0 {
		t.Errorf("answers by status: %v, want some that are refused at once, and the others when their time has passed", counts)
	}
}

func TestABodyMustArriveAtARate(t *testing.T) {
	t.Parallel()
	s := serve(t, nil, nil)
	conn, began := s.connect(t), time.Now()
	_, _ = fmt.Fprintf(conn, headOf, 1000)
	go func() {
		for range 1000 {
			if _, err := conn.Write([]byte(" ")); err != nil {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	if got := status(conn); got != http.StatusBadRequest {
		t.Errorf("a body of 50 bytes a second is answered with %d", got)
	}
	if took := time.Since(began); took > 10*time.Second { // the whole would take 20 s
		t.Errorf("it was cut off after %s", took)
	}
}

func TestAnAnswerThatIsNotReadEndsWithItsClient(t *testing.T) {
	t.Parallel()
	g := &graph{}
	s := serve(t, g, func(o *transport.Options) {
		o.Socket.Write, o.PerAddress, o.ConcurrencyMin, o.ConcurrencyMax = 200*time.Millisecond, 1, 1, 1
	})
	conn := s.connect(t)
	request := fmt.Sprintf(headOf, len(`{"query":"large"}`)) + `{"query":"large"}`
	go func() { _, _ = io.WriteString(conn, strings.Repeat(request, 2000)) }() // 128 MB of answers
	answered := func() (n int) { g.look(func() { n = len(g.log) }); return n }
	last := 0
	polltest.Eventually(t, "the answers fill the buffers", func() bool {
		before := last
		last = answered()
		time.Sleep(50 * time.Millisecond)
		return last > 0 && last == before
	})
	polltest.Eventually(t, "the place of the client is free", func() bool {
		other := s.connect(t)
		_, _ = io.WriteString(other, request)
		return status(other) == http.StatusOK
	})
	if n := answered(); n >= 2000 {
		t.Errorf("all %d requests were answered: the buffers took everything", n)
	}
}

func TestAnAnswerInTransitHoldsNoPlaceOfTheLimiter(t *testing.T) {
	t.Parallel()
	g := &graph{}
	s := serve(t, g, func(o *transport.Options) { o.Socket.Write, o.ConcurrencyMin, o.ConcurrencyMax = 20*time.Second, 1, 1 })
	conn := s.connect(t)
	request := fmt.Sprintf(headOf, len(`{"query":"large"}`)) + `{"query":"large"}`
	go func() { _, _ = io.WriteString(conn, strings.Repeat(request, 2000)) }()
	polltest.Eventually(t, "answers are in transit", func() bool {
		n := 0
		g.look(func() { n = len(g.log) })
		return n > 10
	})
	s.post(t, "small").want(t, http.StatusOK, "")
}

func TestEveryRequestIsChargedBeforeItIsParsed(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(s *site){
		"what is run":          func(s *site) { s.post(t, "small") },
		"an unknown operation": func(s *site) { s.post(t, "nothing") },
		"no JSON":              func(s *site) { s.send(t, http.MethodPost, "", "{") },
		"a bad token":          func(s *site) { s.post(t, "small", "Authorization", "bad") },
		"a form":               func(s *site) { s.send(t, http.MethodPost, "", "x", "Content-Type", "text/plain") },
		"a bad batch":          func(s *site) { s.send(t, http.MethodPost, "", "[[]]") },
		"another method":       func(s *site) { s.send(t, http.MethodPatch, "", "") },
		"a mutation by GET":    func(s *site) { s.get(t, "write") },
	} {
		s := serve(t, &graph{}, nil)
		send(s)
		s.graph.look(func() {
			if s.graph.charged == 0 || s.graph.settled != s.graph.charged {
				t.Errorf("%s: charged %d and settled %d", name, s.graph.charged, s.graph.settled)
			}
		})
		prepared := 0
		s.graph.look(func() { s.graph.budget = 1; prepared = len(s.graph.requests) })
		send(s)
		s.graph.look(func() {
			if len(s.graph.requests) > prepared {
				t.Errorf("%s: prepared without a budget", name)
			}
		})
	}
	batch := batchOf("small", "write")
	part := serve(t, &graph{budget: len(batch) + 1}, nil) // enough for the first operation
	part.send(t, http.MethodPost, "", batch).want(t, http.StatusTooManyRequests, "RATE_LIMITED")
	part.graph.look(func() {
		if part.graph.settled != len(batch)+1 {
			t.Errorf("a batch beyond the budget is charged %d and settled %d", part.graph.charged, part.graph.settled)
		}
	})
	s := serve(t, &graph{budget: 1}, nil)
	got := s.post(t, "small")
	if got.want(t, http.StatusTooManyRequests, "RATE_LIMITED"); got.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After = %q", got.Header.Get("Retry-After"))
	}
}

func TestACompressedRequestIsChargedAsWhatItBecomes(t *testing.T) {
	t.Parallel()
	s := serve(t, &graph{}, nil)
	text := `{"query":"small ` + strings.Repeat("x", 500_000) + `"}`
	packed := compressed(t, text)
	s.send(t, http.MethodPost, "", string(packed), "Content-Encoding", "gzip").want(t, http.StatusOK, "")
	s.graph.look(func() {
		if s.graph.charged < len(text) {
			t.Errorf("%d bytes, of %d compressed ones, are charged as %d", len(text), len(packed), s.graph.charged)
		}
	})
}

func TestRequestsAndAnswersShareABudgetOfMemory(t *testing.T) {
	t.Parallel()
	g := &graph{hold: make(chan struct{})}
	s := serve(t, g, func(o *transport.Options) { o.Memory = 8 << 20 }) // 2 MiB for one address
	large := fmt.Sprintf(`{"query":"hold %s"}`, strings.Repeat("x", 700_000))
	first := s.connect(t)
	_, _ = fmt.Fprintf(first, headOf+"%s", len(large), large)
	polltest.Eventually(t, "the request runs", func() bool { return len(g.ran()) == 1 })
	second := s.connect(t)
	_, _ = fmt.Fprintf(second, headOf+"%s", len(large), large)
	if got := status(second); got != http.StatusServiceUnavailable {
		t.Errorf("a request beyond the memory of its address is answered with %d", got)
	}
	s.post(t, "small").want(t, http.StatusOK, "")
	close(g.hold)
	if got := status(first); got != http.StatusOK {
		t.Errorf("the first request is answered with %d", got)
	}
	polltest.Eventually(t, "the memory is free again", func() bool {
		again := s.connect(t)
		_, _ = fmt.Fprintf(again, headOf+"%s", len(large), large)
		return status(again) == http.StatusOK
	})
}

func TestSubscriptionsAreBoundedByAddress(t *testing.T) {
	t.Parallel()
	s := serve(t, &graph{events: make(chan string)}, func(o *transport.Options) { o.Streams.Subscriptions, o.Streams.PerAddress = 2, 3 })
	for i, c := range []struct {
		actor  string
		status int
	}{{"a", 200}, {"a", 200}, {"a", 429}, {"b", 200}, {"c", 429}} {
		got := s.open(t, http.MethodPost, "", `{"query":"watch"}`, "Accept", sse, "Authorization", c.actor)
		if got.StatusCode != c.status {
			t.Errorf("subscription %d, of %s: %d, want %d", i, c.actor, got.StatusCode, c.status)
		}
	}
}

func TestIgnoredForwardingIsLoggedOnce(t *testing.T) {
	t.Parallel()
	for proxies, want := range map[int]int{0: 1, 1: 0} {
		var log bytes.Buffer
		h := transport.New(context.Background(), &graph{}, transport.Options{
			Body: 1 << 20, Request: time.Second, Proxies: proxies, Memory: 1 << 30, Readers: 1, PerAddress: 1, InFlight: 1,
		}, slog.New(slog.NewTextHandler(&log, nil)))
		for range 3 {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://x/?query=small", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.RemoteAddr = "192.0.2.1:1"
			r.Header.Set("X-Forwarded-For", "198.51.100.1")
			h.ServeHTTP(&discard{http.Header{}}, r)
		}
		if got := strings.Count(log.String(), "X-Forwarded-For"); got != want {
			t.Errorf("with %d trusted proxies: %d warnings, want %d: %s", proxies, got, want, log.String())
		}
	}
}

// discard is a response writer.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(int)             {}

func compressed(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
