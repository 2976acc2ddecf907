package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"cartograph/internal/server"
)

var quiet = slog.New(slog.DiscardHandler)

// run serves h and returns its address, how to stop it, and what Run returns.
func run(t *testing.T, h http.Handler) (url string, stop func(), ended <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	result := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		result <- server.Run(ctx, l, h, quiet)
	}()
	t.Cleanup(func() { stop(); <-done })
	return "http://" + l.Addr().String(), stop, result
}

func get(ctx context.Context, client *http.Client, url, accept string) (status int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Accept", accept)
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	read, err := io.ReadAll(res.Body)
	return res.StatusCode, string(read), err
}

type answer struct {
	status int
	body   string
	err    error
}

func request(t *testing.T, url, accept string) <-chan answer {
	t.Helper()
	answers := make(chan answer, 1)
	go func() {
		status, body, err := get(t.Context(), http.DefaultClient, url, accept)
		answers <- answer{status, body, err}
	}()
	return answers
}

func TestRequestsInFlightFinishAfterAStop(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	url, stop, ended := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		if err := r.Context().Err(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, "done")
	}))
	answers := request(t, url, "multipart/mixed;deferSpec=20220824,text/event-stream,application/json")
	<-arrived
	stop()
	for { // until new connections are refused
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			break
		}
		_ = conn.Close()
	}
	select {
	case err := <-ended:
		t.Fatalf("Run returned %v with a request in flight", err)
	default:
	}
	close(release)
	if a := <-answers; a.err != nil || a.status != http.StatusOK || a.body != "done" {
		t.Errorf("the request in flight got %d %q, %v, want 200 done", a.status, a.body, a.err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
}

func TestStreamsEndAfterAStop(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"text/event-stream", "text/event-stream; charset=utf-8", `multipart/mixed;boundary="graphql";subscriptionSpec=1.0`} {
		arrived := make(chan struct{})
		url, stop, ended := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			if err := http.NewResponseController(w).Flush(); err != nil {
				t.Error(err)
			}
			close(arrived)
			<-r.Context().Done()
			_, _ = io.WriteString(w, "event: complete\n\n")
		}))
		answers := request(t, url, "application/json, text/event-stream")
		<-arrived
		began := time.Now()
		stop()
		if a := <-answers; a.err != nil || a.body != "event: complete\n\n" {
			t.Errorf("%s ended with %q, %v, want it complete", contentType, a.body, a.err)
		}
		if err := <-ended; err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("stopping took %s, want it at once", took)
		}
	}
}

func TestHTTP2WorksWithoutTLS(t *testing.T) {
	t.Parallel()
	url, _, _ := run(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	}))
	h2c := new(http.Protocols)
	h2c.SetUnencryptedHTTP2(true)
	for want, client := range map[string]*http.Client{
		"HTTP/1.1": {Transport: &http.Transport{}},
		"HTTP/2.0": {Transport: &http.Transport{Protocols: h2c}},
	} {
		if _, got, err := get(t.Context(), client, url, "*/*"); err != nil || got != want {
			t.Errorf("protocol %q, %v, want %s", got, err, want)
		}
		client.CloseIdleConnections()
	}
}

func TestAListenerFailureIsReturned(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := server.Run(t.Context(), l, http.NotFoundHandler(), quiet); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run = %v, want %v", err, net.ErrClosed)
	}
}

func TestProbesGiveNoReasonsToThePublic(t *testing.T) {
	t.Parallel()
	own := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "own "+r.URL.Path) })
	bounded := func(ctx context.Context) error {
		if _, bounded := ctx.Deadline(); !bounded {
			return errors.New("the check may take for ever")
		}
		return nil
	}
	broken := func(context.Context) error { return errors.New("database order-7 is away") }

	for _, tt := range []struct {
		name, method, path string
		check              server.Check
		status             int
		body               string
	}{
		{"alive", http.MethodGet, "/livez", bounded, 200, "ok\n"},
		{"alive without a database", http.MethodGet, "/livez", broken, 200, "ok\n"},
		{"ready", http.MethodGet, "/readyz", bounded, 200, "ok\n"},
		{"not ready, and not why", http.MethodGet, "/readyz", broken, 503, "not ready\n"},
		{"no metrics", http.MethodGet, "/metrics", bounded, 200, "own /metrics"},
		{"its own", http.MethodPost, "/graphql", bounded, 200, "own /graphql"},
	} {
		res := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, http.NoBody)
		server.Handle(own, tt.check).ServeHTTP(res, req)
		if res.Code != tt.status || res.Body.String() != tt.body {
			t.Errorf("%s: %d %q, want %d %q", tt.name, res.Code, res.Body, tt.status, tt.body)
		}
	}
}

func TestOperatorsSeeMetricsAndWhyAPartIsNotReady(t *testing.T) {
	t.Parallel()
	metrics := prometheus.NewRegistry()
	orders := prometheus.NewCounter(prometheus.CounterOpts{Name: "cartograph_orders_placed_total", Help: "Orders."})
	metrics.MustRegister(orders)
	orders.Add(3)
	var statuses []server.Status
	operations := server.Operations(func(ctx context.Context) []server.Status {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("the check may take for ever")
		}
		return statuses
	}, metrics)
	ready := server.Status{Name: "cart", Notes: []string{"2 dead letters"}}
	away := server.Status{Name: "order", Err: errors.New("database order-7 is away")}
	for _, tt := range []struct {
		path     string
		statuses []server.Status
		status   int
		body     string
	}{
		{"/livez", []server.Status{away}, 200, "ok\n"},
		{"/readyz", []server.Status{ready}, 200, "cart: ok\ncart: 2 dead letters\n"},
		{"/readyz", []server.Status{away, ready}, 503, "order: not ready: database order-7 is away\ncart: ok\ncart: 2 dead letters\n"},
		{"/readyz", []server.Status{{Notes: []string{"reload rejected"}}}, 200, "ok\nreload rejected\n"},
		{"/metrics", nil, 200, "# HELP cartograph_orders_placed_total Orders.\n# TYPE cartograph_orders_placed_total counter\ncartograph_orders_placed_total 3\n"},
	} {
		statuses = tt.statuses
		res := httptest.NewRecorder()
		operations.ServeHTTP(res, httptest.NewRequestWithContext(t.Context(), http.MethodGet, tt.path, http.NoBody))
		if res.Code != tt.status || res.Body.String() != tt.body {
			t.Errorf("%s with %v: %d %q, want %d %q", tt.path, tt.statuses, res.Code, res.Body, tt.status, tt.body)
		}
	}
}

func TestNoResponseIsSniffedByBrowsers(t *testing.T) {
	t.Parallel()
	url, _, _ := run(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<script>") }))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := res.Header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options is %q, want nosniff", got)
	}
}
