package stripe

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"cartograph/internal/polltest"
	"cartograph/subgraphs/payment/gateway"
)

// mockModule is Stripe's own server that checks requests against its API description.
// It keeps nothing: it answers with examples.
const mockModule = "github.com/stripe/stripe-mock@v0.203.0"

// startMock builds and starts stripe-mock, and returns its address. A machine that cannot
// build it skips the test.
func startMock(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("stripe-mock is not built in short tests")
	}
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	build := exec.CommandContext(ctx, "go", "install", mockModule)
	build.Dir, build.Env = dir, append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("stripe-mock cannot be built: %v\n%s", err, out)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	_ = free.Close()
	mock := exec.CommandContext(t.Context(), filepath.Join(dir, "stripe-mock"), "-http-port", fmt.Sprint(port)) //nolint:gosec // built above
	if err := mock.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mock.Process.Kill(); _ = mock.Wait() })
	address := fmt.Sprintf("http://127.0.0.1:%d", port)
	polltest.Eventually(t, "stripe-mock listens", func() bool {
		resp, err := http.Get(address + "/v1/charges") //nolint:noctx // of a local server
		if err == nil {
			_ = resp.Body.Close()
		}
		return err == nil
	})
	return address
}

// TestStripeAcceptsEveryRequest sends each request to stripe-mock, which refuses what
// Stripe's API description does not allow.
func TestStripeAcceptsEveryRequest(t *testing.T) {
	t.Parallel()
	target, err := url.Parse(startMock(t))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	answers := map[string]int{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = func(r *http.Response) error {
		mu.Lock()
		defer mu.Unlock()
		answers[r.Request.Method+" "+r.Request.URL.Path] = r.StatusCode
		return nil
	}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	s := New(gateway.Config{URL: server.URL, APIKey: "sk_test_123", Timeout: 30 * time.Second})
	t.Cleanup(s.Close)
	ctx, token := t.Context(), authorization()
	token.Token = "ctoken_1"
	for _, call := range []func() error{
		func() error { _, err := s.Authorize(ctx, authorization()); return err },
		func() error { _, err := s.Authorize(ctx, token); return err },
		func() error { _, err := s.Confirm(ctx, "pi_1", "a"); return err },
		func() error { _, err := s.Capture(ctx, "pi_1", usd(1000), "b"); return err },
		func() error { _, err := s.Void(ctx, "pi_1", "c"); return err },
		func() error { _, err := s.Refund(ctx, "pi_1", usd(1), "d"); return err },
		func() error { _, err := s.SubmitEvidence(ctx, "dp_1", "Delivered.", "e"); return err },
		func() error { _, err := s.AcceptDispute(ctx, "dp_1", "f"); return err },
		func() error { _, _, err := s.Find(ctx, "pay_1", ""); return err },
		func() error { _, err := s.disputesOf(ctx, "pi_1"); return err },
	} {
		_ = call() // examples are about other payments; what counts is that the request was accepted
	}
	for _, route := range []string{
		"POST /v1/payment_intents", "GET /v1/payment_intents/pi_1", "POST /v1/payment_intents/pi_1/capture", "POST /v1/payment_intents/pi_1/cancel",
		"POST /v1/refunds", "POST /v1/disputes/dp_1", "POST /v1/disputes/dp_1/close", "GET /v1/payment_intents/search", "GET /v1/disputes",
	} {
		if answers[route] != http.StatusOK {
			t.Errorf("%s was answered with %d, want 200", route, answers[route])
		}
	}
}
