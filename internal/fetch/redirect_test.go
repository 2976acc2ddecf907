package fetch

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// The name leads to a public server at first, here to one of the test's, and then to
// this machine: by a redirect, or since it is resolved again.
func TestEveryConnectionIsChecked(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]error{
		"http://127.0.0.1/":        ErrForbiddenAddress,
		"http://localhost/":        ErrForbiddenAddress,
		"http://[::1]/":            ErrForbiddenAddress,
		"http://169.254.169.254/":  ErrForbiddenAddress,
		"http://[::ffff:7f00:1]/":  ErrForbiddenAddress,
		"http://127.0.0.1:6379/":   ErrPort,
		"file:///etc/passwd":       ErrScheme,
		"http://u:p@example.test/": ErrScheme,
	} {
		first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			http.Redirect(w, r, to, http.StatusFound)
		}))
		c := New(Config{MaxBytes: 100, Timeout: 10 * time.Second, Concurrent: 1})
		transport := NewTransport(false)
		checked, connections := transport.DialContext, 0
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if connections++; connections == 1 {
				return (&net.Dialer{}).DialContext(ctx, network, first.Listener.Addr().String())
			}
			return checked(ctx, network, address)
		}
		c.http.Transport = transport
		if _, err := c.Get(t.Context(), "http://pictures.test/a.png"); !errors.Is(err, want) {
			t.Errorf("a redirect to %s: %v, want %v", to, err, want)
		}
		first.Close()
	}
}
