package server

import (
	"errors"
	"net"
	"sync"
	"time"

	"cartograph/internal/auth"
	"cartograph/internal/limiter"
)

// limitConnections bounds the open connections that l accepts: those of one
// network, see auth.Caller, and all together; 0 is no bound. One above a bound is
// answered with 503 and closed before anything of it is read.
func limitConnections(l net.Listener, perAddress, total int) net.Listener {
	if perAddress <= 0 {
		perAddress = limiter.Unbounded
	}
	return &limitedListener{l, limiter.NewQuota(perAddress, max(0, total))}
}

type limitedListener struct {
	net.Listener
	open *limiter.Quota
}

// refusal is sent as HTTP/1.1; a client of another protocol reads that the
// connection is closed.
var refusal = []byte("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")

// Accept returns the next connection within the bounds.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		network := networkOf(conn)
		if l.open.Take(network, 1) {
			return &limitedConn{Conn: conn, leave: sync.OnceFunc(func() { l.open.Give(network, 1) })}, nil
		}
		// The buffers of a new connection are empty, so this does not wait.
		_ = conn.SetWriteDeadline(time.Now().Add(time.Millisecond))
		_, err = conn.Write(refusal)
		_ = errors.Join(err, conn.Close()) // the peer may be gone
	}
}

// networkOf is the peer's network, so that whoever has an IPv6 /64 has one share and
// not as many as addresses.
func networkOf(conn net.Conn) string {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return auth.Caller{Address: tcp.IP.String()}.Network()
	}
	return conn.RemoteAddr().String()
}

type limitedConn struct {
	net.Conn
	leave func()
}

// Close may be called several times.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
