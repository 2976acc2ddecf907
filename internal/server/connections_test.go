package server_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"cartograph/internal/polltest"
	"cartograph/internal/server"
)

// dialFrom connects from an address of the loopback network.
func dialFrom(t *testing.T, from, to string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 10 * time.Second}
	conn, err := dialer.DialContext(t.Context(), "tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// status sends a request and returns the status of the answer; 0 if the
// connection is closed without one.
func status(t *testing.T, conn net.Conn) int {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = conn.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func TestConnectionsAreBoundedByAddressAndInTotal(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- server.RunBounded(ctx, inner, http.NotFoundHandler(), quiet, server.Bounds{PerAddress: 2, Total: 3})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	to := inner.Addr().String()

	first := dialFrom(t, "127.0.0.2", to)
	for _, conn := range []net.Conn{first, dialFrom(t, "127.0.0.2", to)} {
		if got := status(t, conn); got != http.StatusNotFound {
			t.Errorf("a connection within the bound: %d", got)
		}
	}
	if got := status(t, dialFrom(t, "127.0.0.2", to)); got == http.StatusNotFound {
		t.Error("a third connection of one address is served")
	}
	if got := status(t, dialFrom(t, "127.0.0.3", to)); got != http.StatusNotFound {
		t.Errorf("a connection of another address: %d", got)
	}
	if got := status(t, dialFrom(t, "127.0.0.4", to)); got == http.StatusNotFound {
		t.Error("a fourth connection in total is served")
	}
	_ = first.Close()
	polltest.Eventually(t, "a closed connection makes room", func() bool {
		return status(t, dialFrom(t, "127.0.0.2", to)) == http.StatusNotFound
	})
}

// relocated is a listener whose connections come from other addresses than they do.
type relocated struct {
	net.Listener
	from chan string
}

func (l relocated) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return relocatedConn{conn, &net.TCPAddr{IP: net.ParseIP(<-l.from), Port: 1}}, nil
}

type relocatedConn struct {
	net.Conn
	from net.Addr
}

func (c relocatedConn) RemoteAddr() net.Addr { return c.from }

// TestOneIPv6NetworkIsOneAddress: whoever has a /64 has all its addresses.
func TestOneIPv6NetworkIsOneAddress(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	listener := relocated{inner, make(chan string, 1)}
	go func() {
		ended <- server.RunBounded(ctx, listener, http.NotFoundHandler(), quiet, server.Bounds{PerAddress: 2})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct {
		from   string
		served bool
	}{
		{"2001:db8::1", true},
		{"2001:db8::2", true},
		{"2001:db8::3", false},
		{"2001:db8:0:0:ffff::4", false},
		{"2001:db8:0:1::1", true},
		{"192.0.2.1", true},
		{"192.0.2.2", true},
	} {
		listener.from <- c.from
		if got := status(t, dialFrom(t, "127.0.0.2", inner.Addr().String())); (got == http.StatusNotFound) != c.served {
			t.Errorf("a connection of %s: %d, want it served: %v", c.from, got, c.served)
		}
	}
}

func TestAnExchangeEndsWithoutItsClient(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	handled := make(chan error, 2)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, err := io.Copy(io.Discard, r.Body)
			handled <- err
			return
		}
		var err error
		for err == nil {
			_, err = w.Write(make([]byte, 1<<20))
		}
		handled <- err
	})
	ended := make(chan error, 1)
	go func() { ended <- server.RunBounded(ctx, l, h, quiet, server.Bounds{Exchange: 100 * time.Millisecond}) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	for what, request := range map[string]string{
		"a body that does not arrive": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n1",
		"an answer that is not read":  "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		conn := dialFrom(t, "127.0.0.2", l.Addr().String())
		if _, err := conn.Write([]byte(request)); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-handled:
			if err == nil {
				t.Errorf("%s: the handler ended without an error", what)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: the handler waits", what)
		}
	}
}
