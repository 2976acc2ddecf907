package fetch_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"cartograph/internal/fetch"
)

func TestOnlyThePublicInternetIsPublic(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"93.184.215.14": true, "8.8.8.8": true, "2606:2800:21f:cb07:6820:80da:af6b:8b2c": true, "100.63.255.255": true, "100.128.0.0": true, "172.32.0.1": true,
		"127.0.0.1": false, "127.8.8.8": false, "0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false,
		"192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false, "100.127.255.255": false, "192.0.0.192": false, "192.0.2.1": false,
		"198.18.0.1": false, "198.51.100.1": false, "203.0.113.9": false, "224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false,
		"192.88.99.1": false,
		"::":          false, "::1": false, "::ffff:127.0.0.1": false, "::ffff:8.8.8.8": false, "::127.0.0.1": false, "::8.8.8.8": false,
		"64:ff9b::7f00:1": false, "64:ff9b::808:808": false, "64:ff9b:1::a00:1": false, "2002:7f00:1::1": false, "2001:0:7f00:1::1": false, "2001:db8::1": false,
		"fe80::1": false, "fe80::1%eth0": false, "fec0::1": false, "fc00::1": false, "fd00:ec2::254": false, "ff02::1": false, "100::1": false, "3fff::1": false, "5f00::1": false,
	} {
		if got := fetch.Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %t, want %t", text, got, want)
		}
	}
	if fetch.Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

func client(private bool) *fetch.Client {
	return fetch.New(fetch.Config{AllowPrivate: private, MaxBytes: 100, Timeout: 5 * time.Second, Concurrent: 2})
}

// serve is a server on this machine, which no public client may reach.
func serve(t *testing.T, handle http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	return s
}

func TestThisMachineIsNotReached(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the server was reached") })
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	// The transport alone, since a client refuses the port before.
	public := &http.Client{Transport: fetch.NewTransport(false)}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "127.1", "0x7f.0.0.1", "2130706433"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+host+port+"/", http.NoBody)
		if err != nil {
			continue // not even a URL
		}
		if res, err := public.Do(req); err == nil {
			_ = res.Body.Close()
			t.Errorf("%s was reached", host)
		}
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0"} {
		if _, err := client(false).Get(t.Context(), "http://"+host+"/"); !errors.Is(err, fetch.ErrForbiddenAddress) {
			t.Errorf("%s: %v, want ErrForbiddenAddress", host, err)
		}
	}
}

func TestOnlyWebAddressesAreFetched(t *testing.T) {
	t.Parallel()
	c := client(false)
	for address, want := range map[string]error{
		"file:///etc/passwd": fetch.ErrScheme, "ftp://example.com/": fetch.ErrScheme, "gopher://example.com/": fetch.ErrScheme, "/relative": fetch.ErrScheme,
		"http:///": fetch.ErrScheme, "http://user:secret@example.com/": fetch.ErrScheme, "http://exa mple": fetch.ErrScheme,
		"http://example.com:22/": fetch.ErrPort, "https://example.com:6379/": fetch.ErrPort,
	} {
		if _, err := c.Get(t.Context(), address); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", address, err, want)
		}
	}
}

func TestRedirectsAreBounded(t *testing.T) {
	t.Parallel()
	n := 0
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n++
		http.Redirect(w, r, "/again", http.StatusFound)
	})
	if _, err := client(true).Get(t.Context(), s.URL); !errors.Is(err, fetch.ErrRedirects) || n != 6 {
		t.Errorf("after %d requests: %v, want ErrRedirects after 6", n, err)
	}
}

func TestAResponseIsBounded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handle http.HandlerFunc
		want   error
	}{
		"as long as allowed": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100)) }, nil},
		"declared longer":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 101)) }, fetch.ErrTooLarge},
		"longer than declared": {func(w http.ResponseWriter, _ *http.Request) {
			for range 50 {
				_, _ = w.Write(make([]byte, 100))
				_ = http.NewResponseController(w).Flush()
			}
		}, fetch.ErrTooLarge},
	} {
		body, err := client(true).Get(t.Context(), serve(t, c.handle).URL)
		if !errors.Is(err, c.want) || err == nil && len(body) != 100 {
			t.Errorf("%s: %d bytes, %v; want %v", name, len(body), err, c.want)
		}
	}
	_, err := client(true).Get(t.Context(), serve(t, http.NotFound).URL)
	if e, ok := errors.AsType[*fetch.StatusError](err); !ok || e.Status != http.StatusNotFound {
		t.Errorf("a status of 404 is reported as %v", err)
	}
}

func TestASlowServerIsGivenUp(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("x"))
		_ = http.NewResponseController(w).Flush()
		<-done
	})
	t.Cleanup(func() { close(done) })
	c := fetch.New(fetch.Config{AllowPrivate: true, MaxBytes: 100, Timeout: 50 * time.Millisecond, Concurrent: 1})
	for range 2 { // the slot is free again
		if _, err := c.Get(t.Context(), s.URL); err == nil {
			t.Error("a response that never ends was awaited")
		}
	}
}
