package inprocess_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"cartograph/internal/inprocess"
)

const name = "127.0.0.1:4001"

// serve passes the requests for name to a handler until stop. There is no network.
func serve(t *testing.T, handler http.HandlerFunc) (transport *inprocess.Transport, stop func()) {
	t.Helper()
	transport = inprocess.NewTransport(refused{})
	stop = transport.Handle(name, handler)
	t.Cleanup(stop)
	return transport, stop
}

func post(ctx context.Context, t *testing.T, transport http.RoundTripper, host, body string) (status int, header http.Header, answer string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+host+"/path?q=1", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Test", "sent")
	res, err := transport.RoundTrip(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer func() { _ = res.Body.Close() }()
	content, err := io.ReadAll(res.Body)
	if err != nil || res.ContentLength != int64(len(content)) {
		t.Errorf("body of %d bytes, %v; declared %d", len(content), err, res.ContentLength)
	}
	return res.StatusCode, res.Header, string(content), nil
}

type refused struct{}

var errRefused = errors.New("connection refused")

func (refused) RoundTrip(*http.Request) (*http.Response, error) { return nil, errRefused }

func TestAHandlerReceivesWhatAServerWould(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.Host+" "+r.RequestURI+" "+r.Header.Get("X-Test")+" "+string(body))
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(http.StatusOK)
		w.Header().Set("X-Late", "not sent")
		_, _ = io.WriteString(w, "short ")
		_, _ = io.WriteString(w, "and stout")
	})
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport, _ := serve(t, handler)
	for host, way := range map[string]http.RoundTripper{name: transport, target.Host: http.DefaultTransport} {
		status, header, body, err := post(t.Context(), t, way, host, "content")
		if err != nil || status != http.StatusTeapot || body != "short and stout" || header.Get("X-Late") != "" {
			t.Errorf("%s: %d %q %v, %v", host, status, body, header, err)
		}
		if got := header.Get("X-Seen"); got != "POST "+host+" /path?q=1 sent content" {
			t.Errorf("%s: the handler saw %q", host, got)
		}
	}
}

type key struct{}

func TestACallersContextEndsTheRequestAndLendsItNothingElse(t *testing.T) {
	t.Parallel()
	ended := make(chan context.Context, 1)
	transport, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Context().Value(key{}) != nil {
			t.Error("the handler sees a value of the caller's context")
		}
		if r.Header.Get("X-Wait") == "" {
			ended <- r.Context()
			return
		}
	})
	ctx := context.WithValue(t.Context(), key{}, "secret")
	if _, _, _, err := post(ctx, t, transport, name, ""); err != nil {
		t.Fatal(err)
	}
	if (<-ended).Err() == nil {
		t.Error("the context of the request lives on after the response")
	}

	waiting, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		derived, cancel := context.WithCancel(r.Context())
		defer cancel()
		<-derived.Done()
		_, _ = io.WriteString(w, "nobody reads this")
	})
	ctx, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	if _, _, answer, err := post(ctx, t, waiting, name, ""); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%q, %v; want the end of the context", answer, err)
	}
}

func TestAPanicFailsItsRequestOnly(t *testing.T) {
	t.Parallel()
	transport, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) == "panic" {
			_, _ = io.WriteString(w, "half of it")
			panic("handler")
		}
	})
	if _, _, answer, err := post(t.Context(), t, transport, name, "panic"); err == nil {
		t.Errorf("answer %q, want an error", answer)
	}
	if status, _, _, err := post(t.Context(), t, transport, name, ""); err != nil || status != http.StatusOK {
		t.Errorf("the next request: %d, %v", status, err)
	}
}

func TestOtherRequestsGoOverTheNetwork(t *testing.T) {
	t.Parallel()
	transport, stop := serve(t, func(http.ResponseWriter, *http.Request) {})
	get, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+name, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := transport.RoundTrip(get)
	if !errors.Is(err, errRefused) {
		_ = res.Body.Close()
		t.Errorf("a GET: %v, want it on the network", err)
	}
	if _, _, _, err := post(t.Context(), t, transport, "127.0.0.1:4002", ""); !errors.Is(err, errRefused) {
		t.Errorf("another host: %v, want it on the network", err)
	}
	stop()
	if _, _, _, err := post(t.Context(), t, transport, name, ""); !errors.Is(err, errRefused) {
		t.Errorf("after the end: %v, want it on the network", err)
	}
}

func TestAStopWaitsForTheRequestsInFlight(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}), make(chan struct{})
	transport, stop := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); len(body) == 0 { // the first
			close(entered)
			<-leave
		}
	})
	answered := make(chan error, 1)
	go func() {
		_, _, _, err := post(context.WithoutCancel(t.Context()), t, transport, name, "")
		answered <- err
	}()
	<-entered
	stopped := make(chan struct{})
	go func() { stop(); close(stopped) }()
	for { // until no further request is let in
		if _, _, _, err := post(t.Context(), t, transport, name, "further"); errors.Is(err, errRefused) {
			break
		}
	}
	select {
	case <-stopped:
		t.Error("stopped while a request was in flight")
	default:
	}
	close(leave)
	if err := <-answered; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
	<-stopped
}
